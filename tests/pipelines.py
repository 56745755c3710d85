"""Small latent diffusion pipelines of random weights, as folders in the layout of optimum's ONNX exports.

Port names, axes and files are those of optimum and, where ``older``, of the script that diffusers had before. What a
folder holds also comes as the pipeline of diffusers, so that numbers and pictures can be compared.
"""

import copy
import itertools
import json
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from trainers.kit.torchvision_pair import make_importable

Kind = Literal["sd1", "sd2", "xl"]
LENGTH = 77  # tokens
OPSET = 17
START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = 400
TEXT = """
a photograph of an astronaut riding a horse on the moon, a painting of a red fox in the snow, a small house beside the
river at night, the portrait of an old woman with a blue hat, a drawing of three green apples on a wooden table, the
city in the morning rain, mountains behind a lake under a yellow sky, a cat that sleeps on a pile of books, flowers in a
glass vase, oil on canvas, watercolour, pencil, highly detailed, soft light, low quality, blurry, a black and white
photo of a man in a boat, the sea in a storm, two birds on a branch, an island far away, a street with trees and people
"""
INDEX = {  # model_index.json -> the class that is named there, which differs from tool to tool
    "sd1": "StableDiffusionPipeline",
    "sd2": "OnnxStableDiffusionPipeline",
    "xl": "ORTStableDiffusionXLPipeline",
}


@dataclass(frozen=True)
class Built:
    """An exported folder, and the pipeline of diffusers that computes the same."""

    kind: Kind
    folder: Path
    pipeline: Any
    side: int  # px of its pictures

    def copied(self, target: Path) -> Path:
        """The folder once more, to be spoilt."""
        shutil.copytree(self.folder, target)
        return target

    def picture(self, prompt: str, latents: NDArray[np.float32], **options: Any) -> NDArray[np.float32]:
        """What diffusers draws, (N, H, W, 3) in [0, 1], from standard normal ``latents`` (N, C, h, w)."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of diffusers itself
            found = self.pipeline(prompt, latents=torch.from_numpy(latents), output_type="np", **options)
        return found.images


def builder(factory: pytest.TempPathFactory) -> Callable[..., Built]:
    """Makes pipelines as ``build`` does, each once."""
    known: dict[str, Built] = {}

    def made(kind: Kind, **options: Any) -> Built:
        key = json.dumps([kind, options], sort_keys=True)
        if key not in known:
            known[key] = build(factory.mktemp("pipelines") / kind, kind, **options)
        return known[key]

    return made


def build(
    folder: Path,
    kind: Kind,
    *,
    older: bool = False,
    half: bool = False,
    external: bool = False,
    int32: bool = False,
    scalar: bool = False,
) -> Built:
    """A pipeline, exported to ``folder``.

    Args:
        folder: is made.
        kind: Stable Diffusion 1, 2 or XL, each in small.
        older: the encoder draws its latents itself, and steps are floats for each picture, as diffusers exported.
        half: the graphs compute with float16.
        external: weights lie in a file beside each graph.
        int32: tokens are int32.
        scalar: the step is a float without an axis, as optimum exports since 2024.
    """
    make_importable()
    folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries themselves, and of tracing
        pipeline = make_pipeline(folder, kind)
        _export(pipeline, folder, older=older, half=half, external=external, int32=int32, scalar=scalar)
    _write_json(folder / "model_index.json", _index(pipeline, kind))
    return Built(kind, folder, pipeline, pipeline.unet.config.sample_size * pipeline.vae_scale_factor)


def make_pipeline(folder: Path, kind: Kind) -> Any:
    """The pipeline of diffusers with random weights; writes its tokenizers, for they are read from files."""
    import diffusers
    import transformers

    torch.manual_seed({"sd1": 1, "sd2": 2, "xl": 3}[kind])
    first = write_tokenizer(folder / "tokenizer", padding="!" if kind == "sd2" else END)
    tokenizer = transformers.CLIPTokenizer.from_pretrained(str(folder / "tokenizer"))
    vae = diffusers.AutoencoderKL(**VAE[kind])
    unet = diffusers.UNet2DConditionModel(**UNET[kind])
    _strengthen(vae, unet)
    scheduler = make_scheduler(kind)
    if kind == "xl":
        write_tokenizer(folder / "tokenizer_2", padding="!")
        pipeline = diffusers.StableDiffusionXLPipeline(
            vae=vae,
            text_encoder=transformers.CLIPTextModel(_text_config(first, 16, 2)),
            text_encoder_2=transformers.CLIPTextModelWithProjection(_text_config(first, 24, 3, projection=20)),
            tokenizer=tokenizer,
            tokenizer_2=transformers.CLIPTokenizer.from_pretrained(str(folder / "tokenizer_2")),
            unet=unet,
            scheduler=scheduler,
            force_zeros_for_empty_prompt=True,
            add_watermarker=False,
        )
    else:
        width = 24 if kind == "sd1" else 32
        pipeline = diffusers.StableDiffusionPipeline(
            vae=vae,
            text_encoder=transformers.CLIPTextModel(_text_config(first, width, 2 if kind == "sd1" else 3)),
            tokenizer=tokenizer,
            unet=unet,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    for module in (pipeline.vae, pipeline.unet, pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None)):
        if module is not None:
            module.eval().requires_grad_(requires_grad=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_scheduler(kind: Kind) -> Any:
    """The scheduler as Stable Diffusion 1.5, 2.1 and XL configure it."""
    import diffusers

    betas = {"num_train_timesteps": 1_000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    if kind == "sd1":
        return diffusers.PNDMScheduler(**betas, skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1)
    if kind == "sd2":
        return diffusers.DDIMScheduler(
            **betas, clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="v_prediction"
        )
    return diffusers.EulerDiscreteScheduler(**betas, timestep_spacing="leading", steps_offset=1)


VAE: dict[str, dict[str, Any]] = {
    kind: {
        "in_channels": 3,
        "out_channels": 3,
        "block_out_channels": widths,
        "down_block_types": ("DownEncoderBlock2D",) * len(widths),
        "up_block_types": ("UpDecoderBlock2D",) * len(widths),
        "layers_per_block": 1,
        "latent_channels": 4,
        "norm_num_groups": 4,
        "sample_size": 64,
        "scaling_factor": scale,
    }
    for kind, widths, scale in (
        ("sd1", (8, 8, 16, 16), 0.18215),
        ("sd2", (8, 8, 16, 16), 0.18215),
        ("xl", (8, 16, 16), 0.13025),
    )
}
UNET: dict[str, dict[str, Any]] = {
    kind: {
        "sample_size": size,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (16, 32),
        "layers_per_block": 1,
        "norm_num_groups": 8,
        **more,
    }
    for kind, size, more in (
        ("sd1", 8, {
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "cross_attention_dim": 24,
            "attention_head_dim": 2,
        }),
        ("sd2", 8, {
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "cross_attention_dim": 32,
            "attention_head_dim": (2, 4),
            "use_linear_projection": True,
        }),
        ("xl", 16, {
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 40,
            "attention_head_dim": (2, 4),
            "transformer_layers_per_block": (1, 2),
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 * 8 + 20,
        }),
    )
}  # fmt: skip


def _text_config(vocabulary: Sequence[str], width: int, layers: int, projection: int = 0) -> Any:
    import transformers

    return transformers.CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=LENGTH,
        projection_dim=projection or width,
        bos_token_id=len(vocabulary) - 2,
        eos_token_id=len(vocabulary) - 1,
        pad_token_id=len(vocabulary) - 1,
        hidden_act="gelu" if projection else "quick_gelu",
    )


def _strengthen(vae: Any, unet: Any) -> None:
    """Random weights say little: make pictures of the decoder that have contrast, and predictions of some strength."""
    with torch.no_grad():
        vae.decoder.conv_out.weight *= 4
        unet.conv_out.weight *= 4
        for name, module in unet.named_modules():
            if name.endswith("attn2.to_out.0"):
                module.weight *= 8  # so that the prompt counts


# --- tokenizers --------------------------------------------------------------------------------------------------


def write_tokenizer(folder: Path, padding: str, merges: int = MERGES) -> list[str]:
    """A byte-pair tokenizer of CLIP's kind that knows the words of ``TEXT``; returns its tokens in order."""
    symbols = list(byte_symbols().values())
    pairs = learnt_pairs(merges)
    tokens = [*symbols, *(f"{symbol}</w>" for symbol in symbols), *(a + b for a, b in pairs), START, END]
    folder.mkdir(parents=True)
    _write_json(folder / "vocab.json", {token: number for number, token in enumerate(tokens)})
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in pairs)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")

    def added(token: str) -> dict[str, Any]:
        return {"content": token, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    special = {"bos_token": added(START), "eos_token": added(END), "unk_token": added(END)}
    _write_json(folder / "special_tokens_map.json", {**special, "pad_token": padding})
    typed = {name: {"__type": "AddedToken", **fields} for name, fields in special.items()}
    _write_json(
        folder / "tokenizer_config.json",
        {
            **typed,
            "add_prefix_space": False,
            "do_lower_case": True,
            "errors": "replace",
            "model_max_length": LENGTH,
            "pad_token": padding,
            "tokenizer_class": "CLIPTokenizer",
        },
    )
    return tokens


def byte_symbols() -> dict[int, str]:
    """A letter for each byte, in the order of CLIP's vocabulary: Radford et al. (2019), as in the code of GPT-2."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + at) for at, byte in enumerate(others)}


def learnt_pairs(count: int, text: str = TEXT) -> list[tuple[str, str]]:
    """The pairs that byte-pair encoding merges in ``text``, most frequent first: Sennrich et al. (2016)."""
    words = Counter(text.lower().replace(",", " , ").split())
    cut = {word: [*word[:-1], f"{word[-1]}</w>"] for word in words}
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        counts = Counter[tuple[str, str]]()
        for word, parts in cut.items():
            for pair in itertools.pairwise(parts):
                counts[pair] += words[word]
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], pair))
        pairs.append(best)
        for parts in cut.values():
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    return pairs


# --- export ------------------------------------------------------------------------------------------------------


class _Unet(nn.Module):
    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, sample: Any, timestep: Any, states: Any, text_embeds: Any = None, time_ids: Any = None) -> Any:
        added = None if text_embeds is None else {"text_embeds": text_embeds, "time_ids": time_ids}
        return self.unet(sample, timestep, states, added_cond_kwargs=added, return_dict=False)[0]


class _Decoder(nn.Module):
    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, latent_sample: Any) -> Any:
        return self.vae.decode(latent_sample, return_dict=False)[0]


class _Encoder(nn.Module):
    def __init__(self, vae: Any, *, draws: bool) -> None:
        super().__init__()
        self.vae, self.draws = vae, draws

    def forward(self, sample: Any) -> Any:
        posterior = self.vae.encode(sample, return_dict=False)[0]
        return posterior.sample() if self.draws else posterior.parameters


class _Text(nn.Module):
    def __init__(self, encoder: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.encoder, self.names = encoder, names

    def forward(self, input_ids: Any) -> Any:
        found = self.encoder(input_ids, output_hidden_states=True)
        return tuple(
            found.hidden_states[int(name.split(".")[1])] if name.startswith("hidden_states.") else found[name]
            for name in self.names
        )


def _export(pipeline: Any, folder: Path, *, older: bool, half: bool, external: bool, int32: bool, scalar: bool) -> None:
    dtype = torch.float16 if half else torch.float32
    xl = hasattr(pipeline, "text_encoder_2")

    def part(module: nn.Module) -> nn.Module:
        return copy.deepcopy(module).half() if half else module

    def write(name: str, module: nn.Module, inputs: Mapping[str, Any], outputs: Sequence[str], axes: Any) -> None:
        place = folder / name
        place.mkdir(exist_ok=True)
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(place / "model.onnx"),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        if external:
            _move_weights_out(place / "model.onnx")

    latent, side = pipeline.unet.config.sample_size, pipeline.unet.config.sample_size * pipeline.vae_scale_factor
    picture = {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}
    code = {0: "batch_size", 1: "num_channels_latent", 2: "height_latent", 3: "width_latent"}

    width = pipeline.unet.config.cross_attention_dim
    step = torch.tensor(3.0) if scalar else torch.tensor([3.0, 3.0]) if older else torch.tensor([3])
    unet_in: dict[str, Any] = {
        "sample": torch.randn(2, 4, latent, latent, dtype=dtype),
        "timestep": step.to(dtype) if half and step.is_floating_point() else step,
        "encoder_hidden_states": torch.randn(2, LENGTH, width, dtype=dtype),
    }
    axes: dict[str, Any] = {
        "sample": picture,
        "timestep": {} if scalar else {0: "batch" if older else "steps"},
        "encoder_hidden_states": {0: "batch_size", 1: "sequence_length"},
        "out_sample": picture,
    }
    if xl:
        unet_in |= {"text_embeds": torch.randn(2, 20, dtype=dtype), "time_ids": torch.randn(2, 6, dtype=dtype)}
        axes |= {"text_embeds": {0: "batch_size"}, "time_ids": {0: "batch_size"}}
    write("unet", _Unet(part(pipeline.unet)), unet_in, ["out_sample"], axes)
    _write_json(folder / "unet" / "config.json", _config(pipeline.unet))

    vae = part(pipeline.vae)
    codes = {"latent_sample": torch.randn(2, 4, latent, latent, dtype=dtype)}
    write("vae_decoder", _Decoder(vae), codes, ["sample"], {"latent_sample": code, "sample": picture})
    given = {"sample": torch.randn(2, 3, side, side, dtype=dtype)}
    name = "latent_sample" if older else "latent_parameters"
    write("vae_encoder", _Encoder(vae, draws=older), given, [name], {"sample": picture, name: code})
    for place in ("vae_decoder", "vae_encoder"):
        _write_json(folder / place / "config.json", _config(pipeline.vae))

    for place in ("text_encoder", "text_encoder_2") if xl else ("text_encoder",):
        encoder = getattr(pipeline, place)
        names = (
            ["last_hidden_state", "pooler_output"] if place == "text_encoder" else ["text_embeds", "last_hidden_state"]
        )
        if xl:
            names += [f"hidden_states.{at}" for at in range(encoder.config.num_hidden_layers + 1)]
        ids = torch.randint(0, encoder.config.vocab_size, (2, LENGTH), dtype=torch.int32 if int32 else torch.int64)
        batch = {0: "batch_size", 1: "sequence_length"}
        axes = {"input_ids": batch} | {name: batch if "hidden" in name else {0: "batch_size"} for name in names}
        write(place, _Text(encoder, names), {"input_ids": ids}, names, axes)
        if half:  # torch itself exports a mask of float32, which does not fit
            _halve(folder / place / "model.onnx")
        _write_json(folder / place / "config.json", encoder.config.to_dict())

    (folder / "scheduler").mkdir()
    _write_json(folder / "scheduler" / "scheduler_config.json", _config(pipeline.scheduler))


def _config(part: Any) -> dict[str, Any]:
    return json.loads(part.to_json_string())


def _index(pipeline: Any, kind: Kind) -> dict[str, Any]:
    """model_index.json; optimum keeps the names of the PyTorch classes, the older script writes its own."""
    index: dict[str, Any] = {"_class_name": INDEX[kind], "_diffusers_version": "0.30.0"}
    text = ["transformers", "CLIPTextModel"] if kind != "sd2" else ["diffusers", "OnnxRuntimeModel"]
    index |= {
        "scheduler": ["diffusers", type(pipeline.scheduler).__name__],
        "text_encoder": text,
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"] if kind != "sd2" else text,
    }
    if kind == "xl":
        index |= {
            "force_zeros_for_empty_prompt": True,
            "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
            "vae": ["diffusers", "AutoencoderKL"],
        }
    elif kind == "sd1":
        index |= {
            "safety_checker": [None, None],
            "feature_extractor": [None, None],
            "vae": ["diffusers", "AutoencoderKL"],
        }
    else:
        index |= {"vae_decoder": text, "vae_encoder": text}
    return index


def _halve(path: Path) -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save_model(convert_float_to_float16(onnx.load(str(path))), str(path))


def _move_weights_out(path: Path) -> None:
    """As optimum does with more than 2 GB: everything into one file beside the graph."""
    model = onnx.load(str(path))
    path.unlink()
    onnx.save_model(
        model,
        str(path),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=f"{path.name}_data",
        size_threshold=256,
    )


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, default=str), "utf-8")


def changed(folder: Path, file: str, **facts: Any) -> Path:
    """The folder with other values in one of its JSON files; a value of ``...`` takes the key out."""
    place = folder / file
    content = {**json.loads(place.read_text("utf-8")), **facts}
    _write_json(place, {key: value for key, value in content.items() if value is not ...})
    return folder
