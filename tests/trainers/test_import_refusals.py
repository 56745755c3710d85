"""What is no network that can be imported: one sentence each, nothing is run, nothing is written."""

import io
import json
import os
import pickle
import random
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.trainers import published
from trainers.__main__ import FAILED, main
from trainers.foreign.errors import CannotImport, UnsafeFile
from trainers.foreign.importing import import_model
from trainers.foreign.states import tensors_of
from trainers.foreign.torchfiles import read_weights

pytestmark = pytest.mark.torch
repositories = published.repositories

SUFFIXES = (".pkl", ".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx", ".zip", "")
VAST = 25_000_000_000  # numbers of four bytes


def refusal(path: Path) -> str:
    target = path.parent / "bundle"
    with pytest.raises(CannotImport) as caught:
        import_model(path, target)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith((".", ").")) and len(sentence) < 400
    assert not target.exists()
    return sentence


class Harm:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"{sys.executable} -c \"open(r'{self._marker}', 'w')\"",)


class Whole(nn.Module):
    """A model that is saved with its code."""


# --- hostile files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_program_under_any_name_is_not_run(tmp_path: Path, suffix: str, protocol: int) -> None:
    marker = tmp_path / "was-run"
    path = tmp_path / f"net{suffix}"
    path.write_bytes(pickle.dumps({"G_ema": Harm(marker)}, protocol))
    sentence = refusal(path)
    if protocol:
        assert "asks for" in sentence and ".system to be run" in sentence and "nothing was run" in sentence
    assert not marker.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_program_in_a_file_of_pytorch_is_not_run(tmp_path: Path, zipped: bool) -> None:
    marker, path = tmp_path / "was-run", tmp_path / "net.pt"
    torch.save({"w": torch.ones(2), "x": Harm(marker)}, path, _use_new_zipfile_serialization=zipped)
    assert ".system to be run" in refusal(path)
    assert not marker.exists()


def opcodes(*lines: bytes) -> bytes:
    """A file of protocol 4."""
    return b"\x80\x04" + b"".join(lines) + b"."


def word(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


HOSTILE: dict[str, bytes] = {
    "an attribute of an allowed module": opcodes(b"ctorch\nhub.load\n", word("x"), b"\x85R"),
    "a path through an allowed name": opcodes(word("collections"), word("OrderedDict.__init__.__globals__"), b"\x93"),
    "an allowed name as a module": opcodes(word("collections.OrderedDict"), word("fromkeys"), b"\x93"),
    "a name that is only a mention is called": opcodes(b"ctorch\nFloatStorage\n", word("x"), b"\x85R"),
    "a value is called": opcodes(word("x"), b")R"),
    "a dictionary gets a state of a function": opcodes(b"ccollections\nOrderedDict\n", b"}b"),
    "an old instance": opcodes(b"(ios\nsystem\n"),
    "an object made by keyword": opcodes(b"ccollections\nOrderedDict\n)}\x92"),
    "an extension": opcodes(b"\x82\x01"),
    "a persistent name": opcodes(b"Phttp://example.org\n"),
    "marks and nothing else": opcodes(b"(((("),
    "an empty stack": opcodes(b"R"),
    "a key as deep as the sea": opcodes(
        b")" + b"\x85" * 100_000 + b"}" + b"0" + b"}" + b")" + b"\x85" * 100_000 + b"Ns"
    ),
    "lists within lists": opcodes(b"]" * 100_000 + b"a" * 99_999),
    "a word that promises 2^62 bytes": opcodes(b"\x8d" + struct.pack("<Q", 1 << 62)),
    "bytes that promise 100 GB": opcodes(b"\x8e" + struct.pack("<Q", 100 << 30)),
    "a number of a gigabyte": opcodes(b"\x8b" + struct.pack("<i", 1 << 30)),
    "no end": opcodes(b"N")[:-1],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_tricks_end_in_one_sentence(what: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pkl"
    path.write_bytes(HOSTILE[what])
    refusal(path)


def test_too_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.foreign.opcodes.OPCODES", 100)
    (tmp_path / "net.pkl").write_bytes(opcodes(b"]" + b"Na" * 60))
    assert "holds more than 100 parts" in refusal(tmp_path / "net.pkl")


def test_references_that_multiply_take_no_memory(tmp_path: Path) -> None:
    lines = b"]q\x00" + b"".join(b"](" + b"h\x00" * 10 + b"eq\x00" for _ in range(100))  # 10^100 when written out
    (tmp_path / "net.pkl").write_bytes(b"\x80\x02" + lines + b".")
    assert "holds no named weights" in refusal(tmp_path / "net.pkl")


def with_numbers(content: bytes, wanted: int, instead: int) -> bytes:
    """The opcodes that say ``wanted`` say ``instead``."""
    assert content.count(b"K" + bytes([wanted])) >= 1
    return content.replace(b"K" + bytes([wanted]), b"\x8a\x08" + struct.pack("<q", instead))


def test_storages_that_promise_100_gb_reserve_nothing(tmp_path: Path) -> None:
    packed = io.BytesIO()
    torch.save({"w": torch.arange(77.0)}, packed)
    with zipfile.ZipFile(packed) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as bomb:
        for name, part in parts.items():
            bomb.writestr(name, with_numbers(part, 77, VAST) if name.endswith("data.pkl") else part)
    assert "promises more numbers than it holds" in refusal(tmp_path / "net.pt")

    packed = io.BytesIO()
    torch.save({"w": torch.arange(77.0)}, packed, _use_new_zipfile_serialization=False)
    older = with_numbers(packed.getvalue(), 77, VAST)
    (tmp_path / "older.pt").write_bytes(older)
    assert "damaged" in refusal(tmp_path / "older.pt")
    counted = struct.pack("<q", 77)
    (tmp_path / "oldest.pt").write_bytes(older.replace(counted, struct.pack("<q", VAST)))
    assert "promises more numbers than it holds" in refusal(tmp_path / "oldest.pt")


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    torch.save({"w": torch.arange(77.0)[1:70]}, packed, _use_new_zipfile_serialization=False)
    for wanted in (69, 1):  # the size; the step and the offset
        (tmp_path / "net.pt").write_bytes(with_numbers(packed.getvalue(), wanted, VAST))
        assert "damaged" in refusal(tmp_path / "net.pt")


def test_a_compressed_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("net/data.pkl", b"\x80\x02" + b"N0" * 5_000_000 + b"N.")
    assert "promises more numbers than it holds" in refusal(tmp_path / "net.pt")


def test_numbers_that_are_used_by_thousands_of_names_are_made_once_or_refused(tmp_path: Path) -> None:
    base = torch.arange(100_000.0)
    torch.save({f"tied.{index}": base for index in range(1_000)}, tmp_path / "net.pt")
    tensors = tensors_of(read_weights(tmp_path / "net.pt"), "net.pt")
    assert len({tensor.data_ptr() for tensor in tensors.values()}) == 1
    torch.save({f"view.{index}": base[index:] for index in range(1_000)}, tmp_path / "net.pt")
    assert "damaged" in refusal(tmp_path / "net.pt")


def test_a_network_that_holds_itself_has_an_end(tmp_path: Path, repositories: Path) -> None:
    generator = published.Generator()
    for index in range(300):
        generator.synthesis._modules[f"again{index}"] = generator.synthesis.b8
        generator.synthesis.b8._modules[f"again{index}"] = generator.synthesis.b8
    published.written({"G_ema": generator}, tmp_path / "net.pkl")
    refusal(tmp_path / "net.pkl")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_is_torn_anywhere_is_refused(tmp_path: Path, zipped: bool) -> None:
    whole = tmp_path / "whole.pt"
    torch.save(OrderedDict(w=torch.ones(3), b=torch.zeros(2)), whole, _use_new_zipfile_serialization=zipped)
    content = whole.read_bytes()
    assert sorted(read_weights(whole)) == ["b", "w"]
    for size in range(1, len(content), 11):
        (tmp_path / "net.pt").write_bytes(content[:size])
        refusal(tmp_path / "net.pt")


def test_a_network_file_that_is_torn_is_refused(tmp_path: Path, repositories: Path) -> None:
    content = published.written({"G_ema": published.Generator()}, tmp_path / "whole.pkl").read_bytes()
    for size in range(1, len(content), len(content) // 40):
        (tmp_path / "net.pkl").write_bytes(content[:size])
        refusal(tmp_path / "net.pkl")
    assert not repositories.exists()


def test_a_spoilt_file_never_crashes(tmp_path: Path) -> None:
    chance = random.Random(0)
    packed = io.BytesIO()
    torch.save({"w": torch.ones(3), "n": 1}, packed, _use_new_zipfile_serialization=False)
    path = tmp_path / "net.pt"
    for _ in range(400):
        content = bytearray(packed.getvalue())
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            read_weights(path)
        except CannotImport:
            continue


# --- other things ----------------------------------------------------------------------------------------------------


def zip_of(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return packed.getvalue()


def saved(value: Any) -> bytes:
    packed = io.BytesIO()
    torch.save(value, packed)
    return packed.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("net.pkl", lambda: b"", "net.pkl is empty"),
    "Git LFS": ("net.pkl", lambda: b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS"),
    "web page": ("net.pkl", lambda: b"<!DOCTYPE html>", "is a web page"),
    "HDF5": ("net.h5", lambda: b"\x89HDF\r\n\x1a\n", "is a Keras model"),
    "Keras": ("net.keras", lambda: zip_of("config.json", "model.weights.h5"), "is a Keras model"),
    "TorchScript": ("net.pt", lambda: zip_of("n/data.pkl", "n/code/n.py", "n/constants.pkl"), "is a TorchScript model"),
    "TFJS": ("model.json", lambda: b'{"modelTopology": {}, "weightsManifest": []}', "is a TensorFlow.js model"),
    "TFLite": ("net.tflite", lambda: b"\x00\x00\x00\x00TFL3", "is a TensorFlow model"),
    "TensorFlow": ("net.pb", lambda: b"\x08\x01", "is a TensorFlow model"),
    "GGUF": ("net.gguf", lambda: b"GGUF\x03", "is a language model (GGUF)"),
    "ONNX": ("net.onnx", lambda: b"\x08\x07\x12\x07pytorch", "latent-explorer import FILE -o BUNDLE"),
    "bundle": ("net.zip", lambda: zip_of("manifest.json", "decoder.onnx"), "is a model of this program already"),
    "zip": ("net.zip", lambda: zip_of("a.txt"), "is a zip of other files"),
    "archive": ("net.tar.gz", lambda: b"\x1f\x8b\x08", "is a packed archive"),
    "picture": ("net.png", lambda: b"\x89PNG\r\n", "is a picture"),
    "text": ("net.txt", lambda: b"hello", "is no network that is known here"),
    "whole model": ("net.pt", lambda: saved(nn.Linear(2, 2)), "holds a whole model (torch.nn.modules.linear.Linear)"),
    "own class": ("net.pt", lambda: b"\x80\x02c__main__\nNet\n)\x81.", "holds a whole model (__main__.Net)"),
    "TensorFlow StyleGAN": ("net.pkl", lambda: b"\x80\x03cdnnlib.tflib.network\nNetwork\n.", "the older TensorFlow"),
    "optimiser": ("net.pt", lambda: saved({"optimizer": {"lr": 0.1}, "epoch": 3}), "holds the optimiser of a training"),
    "numbers": ("net.pt", lambda: saved([1, 2, 3]), "holds no named weights"),
    "weights alone": ("net.pt", lambda: saved({"a.weight": torch.ones(2)}), "put the config.json of the training"),
    "discriminator": (
        "net.pt",
        lambda: saved({"state_dict": {"b32.fromrgb.weight": torch.ones(2), "b4.out.bias": torch.ones(1)}}),
        "holds a discriminator alone",
    ),
    "language weights": (
        "net.pt",
        lambda: saved({"transformer.wte.weight": torch.ones(2)}),
        "is a language model (by the names of its weights)",
    ),
    "torn safetensors": ("net.safetensors", lambda: struct.pack("<Q", 100) + b'{"a":', "damaged"),
    "vast safetensors": (
        "net.safetensors",
        lambda: struct.pack("<Q", 64) + b'{"a":{"dtype":"F32","shape":[99999999],"data_offsets":[0,8]}}   ',
        "damaged",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_each_other_thing_has_its_own_sentence(what: str, tmp_path: Path) -> None:
    name, content, sentence = FILES[what]
    (tmp_path / name).write_bytes(content())
    assert sentence in refusal(tmp_path / name)


def test_no_two_things_share_a_sentence() -> None:
    sentences = [sentence for _, _, sentence in FILES.values() if sentence != "damaged"]
    shared = {"is a Keras model", "is a TensorFlow model"}  # of two formats each
    assert {sentence for sentence in sentences if sentences.count(sentence) > 1} == shared


FOLDERS: dict[str, tuple[dict[str, Any], str]] = {
    "language model": (
        {"config.json": {"architectures": ["GPT2LMHeadModel"]}},
        "is a language model (GPT2LMHeadModel)",
    ),
    "TFJS": ({"model.json": {"weightsManifest": []}}, "is a TensorFlow.js model"),
    "SavedModel": ({"saved_model.pb": {}}, "is a TensorFlow model"),
    "bundle": ({"manifest.json": {}}, "is a model of this program already"),
    "ONNX": ({"a.onnx": {}}, "holds ONNX graphs"),
    "other network": ({"config.json": {"_class_name": "AutoencoderKL"}}, "holds the class AutoencoderKL of diffusers"),
    "pipeline": (
        {"model_index.json": {"_class_name": "StableDiffusionPipeline"}},
        "is the pipeline StableDiffusionPipeline of diffusers",
    ),
    "nothing": ({"a.txt": {}}, "is no network that is known here"),
    "no JSON": ({"config.json": [1]}, "config.json is no valid JSON object"),
}


@pytest.mark.parametrize("what", FOLDERS)
def test_each_other_folder_has_its_own_sentence(what: str, tmp_path: Path) -> None:
    files, sentence = FOLDERS[what]
    folder = tmp_path / "net"
    folder.mkdir()
    for name, facts in files.items():
        (folder / name).write_text(json.dumps(facts))
    assert sentence in refusal(folder)


def test_weights_of_a_language_model_beside_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    save_file({"a": torch.ones(2)}, tmp_path / "model.safetensors")
    assert "is a language model (LlamaForCausalLM)" in refusal(tmp_path / "model.safetensors")


def test_a_json_that_nests_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[" * 100_000)
    assert "no valid JSON" in refusal(tmp_path)


def test_the_command_line_says_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(tmp_path / "nothing.pkl"), "-o", str(tmp_path / "bundle")]) == FAILED
    error = capsys.readouterr().err
    assert error.startswith("There is no file or folder at ") and error.count("\n") == 1
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(Harm(tmp_path / "was-run")))
    assert main(["import", str(tmp_path / "net.pkl"), "-o", str(tmp_path / "bundle")]) == FAILED
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "was-run").exists()


def test_names_that_reach_the_screen_are_printable(tmp_path: Path) -> None:
    (tmp_path / "net.pkl").write_bytes(b"\x80\x02cos\x1b[2J\nsystem\x07\n.")
    with pytest.raises(UnsafeFile) as caught:
        import_model(tmp_path / "net.pkl", tmp_path / "bundle")
    assert str(caught.value).isprintable()
