"""A sentence for each thing that people take for a network that can be imported, and is not: what it is, what to do.

Files are known by how they begin, never by their name alone.
"""

import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from explorer.contract.errors import short
from explorer.contract.zips import TORN
from trainers.foreign.errors import CannotImport
from trainers.foreign.stylegan2 import ONLY_CRITIC

JSON_BYTES = 4 << 20  # of a configuration
ENTRIES = 100_000  # of a zip that are looked at
LANGUAGE = (
    "{file} is a language model ({what}), which makes no pictures; choose a network that makes pictures."
)  # fmt: skip
KERAS = "{file} is a Keras model; export it to ONNX with tf2onnx, then drop that into the app."
TENSORFLOW = "{file} is a TensorFlow model; export it to ONNX with tf2onnx, then drop that into the app."
TFJS = "{file} is a TensorFlow.js model; export the model it was made of to ONNX with tf2onnx, then drop that."
SCRIPT = "{file} is a TorchScript model, which is a program; export it to ONNX (torch.onnx.export), then drop that."
ONNX = "{file} is an ONNX graph, which needs no import here; open it in the app: latent-explorer import FILE -o BUNDLE."
BUNDLE = "{file} is a model of this program already; open it: latent-explorer BUNDLE."
UNKNOWN = (
    "{file} is no network that is known here; choose a StyleGAN2 network file, weights as safetensors with their "
    "config.json beside them, or a folder of diffusers."
)
_BEGINNINGS = (
    (
        b"version https://git-lfs",
        "{file} is only a pointer of Git LFS; get the file itself with `git lfs pull`, then import that.",
    ),
    (b"\x89HDF", KERAS),
    (b"<", "{file} is a web page, not a network; get the file itself (on GitHub: the “Raw” button)."),
    (b"GGUF", LANGUAGE.replace("{what}", "GGUF")),
    (b"\x89PNG", "{file} is a picture, not a network; open it in the app beside a model."),
    (b"\x1f\x8b", "{file} is a packed archive; unpack it and import what is inside."),
)
_MODELS_OF_LANGUAGE = (
    "ForCausalLM", "LMHeadModel", "ForMaskedLM", "ForSequenceClassification", "ForConditionalGeneration",
    "ForTokenClassification", "ForQuestionAnswering",
)  # fmt: skip
_WORDS_OF_LANGUAGE = ("embed_tokens.", "wte.weight", "word_embeddings.", "lm_head.")
_WORDS_OF_CRITICS = ("discriminator.", "fromrgb.", "from_rgb.", "netD.", "critic.")


def refuse_file(path: Path) -> None:
    """Raise for a file that is something else.

    Raises:
        CannotImport: with the sentence for what it is.
    """
    name, suffix = short(path.name), path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise CannotImport(f"{name} is empty; get it again.")
    for start, sentence in _BEGINNINGS:
        if head.startswith(start):
            raise CannotImport(sentence.format(file=name))
    if head[4:8] == b"TFL3":
        raise CannotImport(TENSORFLOW.format(file=name))
    if head.startswith(b"PK"):
        _refuse_zip(path, name)
        return
    if path.with_name("model.json").is_file() and suffix == ".bin" and _is_tfjs(path.with_name("model.json")):
        raise CannotImport(TFJS.format(file=name))
    if suffix == ".json":
        _refuse_json(path, name)
    if suffix == ".pb":
        raise CannotImport(TENSORFLOW.format(file=name))
    if suffix == ".onnx" and not pickled(head):
        raise CannotImport(ONNX.format(file=name))


def refuse_folder(path: Path, config: Mapping[str, Any]) -> NoReturn:
    """Raise for a folder that is something else, or nothing that is known; ``config`` is its config.json.

    Raises:
        CannotImport: with the sentence for what it is.
    """
    name = short(path.name or path.resolve().name)
    refuse_language(config, name)
    if "family" in config:
        raise CannotImport(
            f"{name} is the folder of a training; make a bundle of it: python -m trainers export RUN -o BUNDLE."
        )
    if (path / "manifest.json").is_file():
        raise CannotImport(BUNDLE.format(file=name))
    if (path / "model.json").is_file() and _is_tfjs(path / "model.json"):
        raise CannotImport(TFJS.format(file=name))
    if (path / "saved_model.pb").is_file():
        raise CannotImport(TENSORFLOW.format(file=name))
    if any(path.glob("*.onnx")) or any(path.glob("*/*.onnx")):
        raise CannotImport(
            f"{name} holds ONNX graphs, which need no import here; drop them or the folder into the app."
        )
    if "_class_name" in config:
        kind = short(config["_class_name"], 40)
        raise CannotImport(
            f"{name} holds the class {kind} of diffusers, and only UNet2DModel in pixels can be imported; choose one."
        )
    raise CannotImport(UNKNOWN.format(file=name))


def refuse_language(config: Mapping[str, Any], name: str) -> None:
    """Raise where a configuration is that of a language model."""
    kinds = config.get("architectures")
    for kind in kinds if isinstance(kinds, list) else []:
        if isinstance(kind, str) and kind.endswith(_MODELS_OF_LANGUAGE):
            raise CannotImport(LANGUAGE.format(file=name, what=short(kind, 40)))


def refuse_weights(keys: Iterable[str], name: str) -> NoReturn:
    """Raise for weights that no configuration says anything of, by what they are called."""
    keys = list(keys)
    if any(word in key for key in keys for word in _WORDS_OF_LANGUAGE):
        raise CannotImport(LANGUAGE.format(file=name, what="by the names of its weights"))
    critics = [key for key in keys if any(word in f".{key}" for word in _WORDS_OF_CRITICS)]
    if critics and not any("torgb" in key or "to_rgb" in key or "decoder." in key for key in keys):
        raise CannotImport(ONLY_CRITIC.format(file=name))
    raise CannotImport(
        f"{name} holds weights without the network they belong to; put the config.json of the training, or that of "
        "diffusers, beside it, or export the model to ONNX and drop that into the app."
    )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no file.

    Raises:
        CannotImport: it is no JSON object, or too large to be a configuration.
    """
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > JSON_BYTES:
            raise ValueError
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise CannotImport(f"{short(path.name)} is no valid JSON object; get it again.") from error
    return found


def pickled(head: bytes) -> bool:
    """Whether a file begins like pickled data."""
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def _refuse_zip(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.namelist()[:ENTRIES]
    except TORN as error:
        raise CannotImport(f"{name} is a damaged zip, or was not downloaded completely; get it again.") from error
    last = {entry.rsplit("/", 1)[-1] for entry in entries}
    if "constants.pkl" in last or any("/code/" in f"/{entry}" for entry in entries):
        raise CannotImport(SCRIPT.format(file=name))
    if "model.weights.h5" in last:
        raise CannotImport(KERAS.format(file=name))
    if "manifest.json" in entries:
        raise CannotImport(BUNDLE.format(file=name))
    if "data.pkl" not in last:
        raise CannotImport(f"{name} is a zip of other files; unpack it and import what is inside.")


def _refuse_json(path: Path, name: str) -> None:
    if _is_tfjs(path):
        raise CannotImport(TFJS.format(file=name))
    refuse_language(read_json(path), name)
    raise CannotImport(f"{name} is a description without weights; choose the folder that it lies in.")


def _is_tfjs(path: Path) -> bool:
    return bool({"modelTopology", "weightsManifest"} & set(read_json(path)))
