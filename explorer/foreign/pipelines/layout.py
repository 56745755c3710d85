"""From a folder to the facts of a pipeline: what lies where, what it is, and, for everything else, a sentence why not.

The layout is that of Hugging Face: model_index.json, and a folder for each part, which optimum fills with model.onnx.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from explorer.contract.errors import BundleNotFound, DamagedBundle, short
from explorer.foreign.pipelines.facts import (
    DECODER,
    ENCODER,
    GRAPH,
    ROLES,
    TEXT,
    TEXT_2,
    UNET,
    Pipeline,
    Tokenizer,
)
from explorer.foreign.pipelines.files import POINTER, Config, NotAPipeline, has, place_of, read_json
from explorer.foreign.pipelines.schedule import FILE as SCHEDULER_FILE
from explorer.foreign.pipelines.schedule import read_scheduler
from explorer.foreign.pipelines.tokens import read_tokenizer
from explorer.foreign.reading import licence_beside

INDEX = "model_index.json"
CHANNELS = 4  # of latents, where no configuration says
LATENTS = {"sd": 64, "xl": 128}  # positions along a side, where no configuration says
SCALES = {"sd": 0.18215, "xl": 0.13025}
LARGEST = 4_096  # px
_SD = {"StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"}
_XL = {"StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"}

# What a class is called, or a folder, when it is something else; the first that fits speaks.
_OTHERS = (
    (r"Inpaint", "paints into masks by a U-Net of its own (inpainting)"),
    (r"InstructPix2Pix", "follows instructions about a picture (InstructPix2Pix)"),
    (r"ControlNet|T2IAdapter|Adapter", "is led by a second network (ControlNet)"),
    (r"LatentConsistency", "is distilled to a few steps (latent consistency)"),
    (r"Upscale|Depth2Img|UnCLIP|ImageVariation|GLIGEN|Video|Audio|AnimateDiff", "takes more than words"),
    (r"Kandinsky|Wuerstchen|StableCascade|Prior", "makes its latents by a prior of its own"),
    (r"^(DDPM|DDIM|PNDM|ScoreSdeVe|KarrasVe|LDM|ConsistencyModel|DiT|UNet)", "draws without words"),
)


@dataclass(frozen=True)
class _Sizes:
    """What the configurations of U-Net and autoencoder say."""

    channels: int
    latent: int
    factor: int
    halvings: int
    scale: float
    shift: float
    upcast: bool
    told: tuple[str, ...]


def read_pipeline(folder: Path) -> Pipeline:
    """The facts of an exported pipeline; opens no graph.

    Raises:
        NotAPipeline: it is something else, with the sentence what. BundleNotFound, UnsafePath, TooLarge, DamagedBundle.
    """
    if not folder.is_dir():
        raise BundleNotFound(f"There is no folder at {short(folder, 120)}; check the path.")
    try:
        return _read(folder.resolve())
    except OSError as error:
        raise DamagedBundle(
            f"{short(folder.name)} cannot be read ({error.strerror or error}); check the disk and the rights."
        ) from error


def bundle_name(name: str) -> str:
    """A folder's name as a bundle may have it."""
    plain = re.sub(r"[^A-Za-z0-9 ._+-]", "", name).strip(" ._+-")
    return plain[:60] or "pipeline"


def tokenizer_files(pipeline: Pipeline) -> tuple[tuple[Tokenizer, dict[str, bytes]], ...]:
    """Each tokenizer once more, with its files."""
    return tuple(read_tokenizer(Path(pipeline.folder), tokenizer.folder) for tokenizer in pipeline.tokenizers)


def _read(root: Path) -> Pipeline:
    if not has(root, INDEX):
        raise NotAPipeline(f"{short(root.name)} has no {INDEX}; choose the folder of an exported pipeline.")
    named = read_json(root, INDEX)
    kind = _kind(root, named)
    parts = _parts(root, kind)
    sizes = _sizes(root, kind)
    tokenizers = tuple(read_tokenizer(root, name)[0] for name in _tokenizer_folders(kind))
    return Pipeline(
        folder=str(root),
        name=bundle_name(root.name),
        kind=kind,
        pipeline_class=named.text("_class_name"),
        parts=parts,
        bytes_of={part: _bytes_of(root, part) for part in parts},
        channels=sizes.channels,
        latent=sizes.latent,
        factor=sizes.factor,
        halvings=sizes.halvings,
        scale=sizes.scale,
        shift=sizes.shift,
        upcast=sizes.upcast,
        scheduler=read_scheduler(root, kind),
        tokenizers=tokenizers,
        zero_when_empty=kind == "xl" and named.flag("force_zeros_for_empty_prompt", default=True),
        licence=licence_beside(root / INDEX),
        told=sizes.told,
    )


def _kind(root: Path, named: Config) -> Literal["sd", "xl"]:
    """Which of both it is."""
    full = named.text("_class_name")
    plain = re.sub(r"^(ORT|Onnx|OV)", "", full)
    name = short(root.name, 40)
    if has(root, "transformer") or re.match(r"StableDiffusion3|Flux|PixArt|Sana|HunyuanDiT|AuraFlow", plain):
        raise NotAPipeline(
            f"{name} denoises with a transformer (Stable Diffusion 3, Flux and the like), which is not read here; "
            "choose a pipeline of Stable Diffusion 1, 2 or XL."
        )
    if has(root, "controlnet"):
        plain = "ControlNet"
    if has(root, "prior"):
        plain = "Prior"
    for pattern, what in _OTHERS:
        if re.search(pattern, plain):
            raise NotAPipeline(
                f"{name} {what}, which is not read here; choose a pipeline of Stable Diffusion 1, 2 or XL."
            )
    if plain not in _SD | _XL:
        raise NotAPipeline(
            f"{name} is a {short(full) or 'pipeline without a name'}, which is not read here; choose a pipeline of "
            "Stable Diffusion 1, 2 or XL."
        )
    if plain in _SD:
        return "sd"
    refines = not has(root, "tokenizer") and has(root, "tokenizer_2")
    if refines or named.flag("requires_aesthetics_score", default=False):
        raise NotAPipeline(
            f"{name} is the refiner of Stable Diffusion XL, which only finishes what the base model drew; choose the "
            "folder of the base model."
        )
    return "xl"


def _tokenizer_folders(kind: Literal["sd", "xl"]) -> tuple[str, ...]:
    return ("tokenizer",) if kind == "sd" else ("tokenizer", "tokenizer_2")


def _parts(root: Path, kind: Literal["sd", "xl"]) -> tuple[str, ...]:
    """The folders with a graph; those that must be there are, and none is a pointer."""
    needed = [UNET, DECODER, TEXT, *((TEXT_2,) if kind == "xl" else ())]
    if not any(has(root, f"{part}/{GRAPH}") for part in needed) and _holds_weights(root):
        name = short(root.name, 30)
        raise NotAPipeline(
            f"{name} holds PyTorch weights, which are not read here; export it with `optimum-cli export onnx --model "
            f"{name} {name}-onnx` (pip install optimum-onnx), then choose the new folder."
        )
    wanted = [f"{part}/{GRAPH}" for part in needed] + [SCHEDULER_FILE, *_tokenizer_folders(kind)]
    missing = [path for path in wanted if not has(root, path)]
    if missing:
        raise NotAPipeline(
            f"{short(root.name, 40)} lacks {', '.join(missing)}; export or download the whole pipeline again."
        )
    parts = tuple(part for part in ROLES if part in needed or (part == ENCODER and has(root, f"{part}/{GRAPH}")))
    for part in parts:
        with place_of(root, f"{part}/{GRAPH}").open("rb") as file:
            if file.read(len(POINTER)) == POINTER:
                raise NotAPipeline(
                    f"{part}/{GRAPH} is only a pointer of Git LFS: get the files themselves with `git lfs pull`."
                )
    return parts


def _holds_weights(root: Path) -> bool:
    return any(
        path.suffix in (".safetensors", ".bin", ".ckpt")
        for part in (UNET, "vae", TEXT)
        if (root / part).is_dir()
        for path in (root / part).iterdir()
    )


def _bytes_of(root: Path, part: str) -> int:
    """Bytes of a graph and of what is likely to be its weights."""
    files = (path for path in (root / part).iterdir() if "onnx" in path.name or path.suffix in (".pb", ".data"))
    return sum(path.lstat().st_size for path in files)


def _sizes(root: Path, kind: Literal["sd", "xl"]) -> _Sizes:
    """What the configurations say, which older exports lack.

    Raises:
        NotAPipeline: the U-Net takes more than latents, or the autoencoder is of another kind.
    """
    told: list[str] = []

    def config(*paths: str) -> Config:
        found = next((path for path in paths if has(root, path)), None)
        if found is None:
            told.append(f"it has no {paths[0]}, so the usual values of Stable Diffusion are taken")
            return Config(paths[0], {})
        return read_json(root, found)

    unet = config(f"{UNET}/config.json")
    vae = config(f"{DECODER}/config.json", "vae/config.json")
    channels = vae.whole("latent_channels", CHANNELS, 1, 64)
    _check_unet(unet, channels)
    if "latents_mean" in vae or "latents_std" in vae:
        raise NotAPipeline(
            f"{vae.path} brings each channel to a mean and spread of its own (latents_mean), which is not done here; "
            "choose another pipeline."
        )
    blocks = len(vae.wholes("block_out_channels", 1 << 16)) or 4
    latents = unet.wholes("sample_size", 1_024, 2) or (LATENTS[kind],)
    factor = 1 << (blocks - 1)
    if max(latents) * factor > LARGEST:
        raise NotAPipeline(f"{unet.path} says that pictures have more than {LARGEST:,} px a side; export it again.")
    return _Sizes(
        channels=channels,
        latent=max(latents),
        factor=factor,
        halvings=(len(unet.wholes("block_out_channels", 1 << 16)) or 4) - 1,
        scale=vae.number("scaling_factor", SCALES[kind], 1e-6, 1e6),
        shift=vae.number("shift_factor", 0.0, -1e6, 1e6),
        upcast=vae.flag("force_upcast", default=False),
        told=tuple(told),
    )


def _check_unet(unet: Config, channels: int) -> None:
    """It takes latents and gives back as much."""
    taken, given = (unet.whole(key, channels, 1, 1_024) for key in ("in_channels", "out_channels"))
    reasons = {
        9: "it paints into masks (inpainting), which is not read here; choose a pipeline that draws whole pictures.",
        8: "it follows instructions about pictures (InstructPix2Pix), which is not read here; choose another pipeline.",
    }
    if taken != channels:
        reason = reasons.get(taken, "it takes more than the latent, which is not read here; choose another pipeline.")
        raise NotAPipeline(f"The U-Net takes {taken} channels where a latent has {channels}: {reason}")
    if given != channels:
        raise NotAPipeline(
            f"The U-Net gives {given} channels where a latent has {channels}, which is not read here; choose another "
            "pipeline."
        )
    if "time_cond_proj_dim" in unet:
        raise NotAPipeline(
            "The U-Net is told the strength of guidance (latent consistency), which is not read here; choose another "
            "pipeline."
        )
