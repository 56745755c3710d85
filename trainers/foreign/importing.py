"""From a file or folder that somebody made to a bundle: what it is, who can make a bundle of it, or why nobody can."""

from pathlib import Path

from torch import Tensor

from explorer.contract.errors import short
from trainers.foreign import own, stylegan2_bundle, unet2d, unet2d_bundle
from trainers.foreign.errors import CannotImport
from trainers.foreign.origin import Origin, hashes, plain_name
from trainers.foreign.refusals import (
    UNKNOWN,
    pickled,
    read_json,
    refuse_file,
    refuse_folder,
    refuse_language,
    refuse_weights,
)
from trainers.foreign.states import is_safetensors, read_safetensors, tensors_of
from trainers.foreign.stylegan2 import generator_of, holds_networks
from trainers.foreign.torchfiles import read_weights

INDEX = "model_index.json"
_READ = (".pkl", ".pt", ".pth", ".ckpt", ".bin", ".safetensors")
FILE_BYTES = 16 << 30  # more is no network that the app could hold


def import_model(network: Path, target: Path, name: str = "") -> Path:
    """Write a bundle of ``network``, a file or a folder, to ``target``; ``name`` is the model's, by default the file's.

    Raises:
        CannotImport: the sentence says what it is instead. ParityError: a graph does not compute what its network does.
        CannotWrite: no space, no right.
    """
    try:
        if network.is_dir():
            return _folder(network, target, name or network.resolve().name)
        if not network.is_file():
            raise CannotImport(f"There is no file or folder at {short(network, 120)}; check the path.")
        return _file(network, target, name or _name(network))
    except OSError as error:
        raise CannotImport(
            f"{short(network.name)} cannot be read ({error.strerror or short(error)}); check the disk and the rights."
        ) from error


def _file(path: Path, target: Path, name: str) -> Path:
    if path.name in (unet2d.CONFIG, INDEX):
        return _folder(path.parent, target, path.resolve().parent.name)
    if path.stat().st_size > FILE_BYTES:
        raise CannotImport(f"{short(path.name)} is larger than {FILE_BYTES >> 30} GiB, more than a bundle can hold.")
    refuse_file(path)
    if not is_safetensors(path):
        with path.open("rb") as file:
            head = file.read(4)
        if not (pickled(head) or head.startswith(b"PK") or path.suffix.lower() in _READ):
            raise CannotImport(UNKNOWN.format(file=short(path.name)))
        content = read_weights(path)
        if holds_networks(content):
            found = generator_of(content, short(path.name))
            del content  # the other networks of the file, which are as large
            return stylegan2_bundle.export(found, Origin(plain_name(name), hashes(path), ()), target)
        tensors = tensors_of(content, short(path.name))
    else:
        tensors = read_safetensors(path)
    config = read_json(path.with_name(unet2d.CONFIG))
    if config.get("_class_name") == unet2d.CLASS:
        return _unet(path, tensors, target, name)
    refuse_language(config, short(path.name))
    run = own.run_of(path)
    if run is None:
        refuse_weights(tensors, short(path.name))
    return own.export(path, tensors, run, target)


def _name(file: Path) -> str:
    """What a model is called: after its file, or after its folder where all files are called alike."""
    return file.resolve().parent.name if file.name in unet2d.WEIGHTS else file.stem


def _folder(folder: Path, target: Path, name: str) -> Path:
    index = read_json(folder / INDEX)
    inside = folder / "unet" if index and (folder / "unet").is_dir() else folder
    config = read_json(inside / unet2d.CONFIG)
    parts = {part for part, value in index.items() if not part.startswith("_") and isinstance(value, list)}
    if index and (parts != {"unet", "scheduler"} or config.get("_class_name") != unet2d.CLASS):
        kind = short(index.get("_class_name"), 40)
        raise CannotImport(
            f"{short(folder.name)} is the pipeline {kind} of diffusers, which works in a latent space or on text; "
            "export it to ONNX with optimum and drop that folder into the app."
        )
    if config.get("_class_name") != unet2d.CLASS:
        refuse_folder(folder, config)
    weights = next((inside / file for file in unet2d.WEIGHTS if (inside / file).is_file()), None)
    if weights is None:
        raise CannotImport(f"{short(folder.name)} has no weights; {unet2d.WEIGHTS[0]} must lie beside its config.json.")
    refuse_file(weights)
    safe = is_safetensors(weights)
    tensors = read_safetensors(weights) if safe else tensors_of(read_weights(weights), short(weights.name))
    return _unet(weights, tensors, target, name)


def _unet(weights: Path, tensors: dict[str, Tensor], target: Path, name: str) -> Path:
    config = weights.with_name(unet2d.CONFIG)
    facts = read_json(config)
    shape = unet2d.shape_of(facts, config.name)
    schedule = unet2d.schedule_of(weights.parent)
    denoiser = unet2d.build(facts, tensors, shape, config.name)
    origin = Origin(plain_name(name), hashes(weights, config), ())
    return unet2d_bundle.export(denoiser, shape, schedule, origin, target)
