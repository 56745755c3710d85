"""Reading a file that somebody made: weights beside it, and everything that is no graph, each with its own sentence."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from explorer.contract.errors import BundleError, DamagedBundle, UnsafeGraph, UnsafePath
from explorer.foreign.reading import NotAGraph, licence_beside, read_graph
from tests.foreign_graphs import FLOAT, INT64, decoder, model, with_external
from tests.graphs import Toy
from tests.unit.contract.sentences import assert_plain
from tests.unit.foreign.conftest import Hand

TOY = Toy(size=12)
PICTURE_SUFFIXES = (".onnx", ".pt", ".pth", ".ckpt", ".pkl", ".bin", ".safetensors", ".h5", ".pb", ".zip", ".txt", "")


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(BundleError) as caught:
        read_graph(path, "g0")
    assert_plain(caught.value)
    return str(caught.value)


# --- weights in another file -----------------------------------------------------------------------------------------


def test_weights_that_lie_beside_the_graph_are_taken_in(tmp_path: Path, hand: Hand) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.onnx.data")
    content, _ = read_graph(path, "g0")
    inside = onnx.load_model_from_string(content)
    assert not any(tensor.external_data for tensor in inside.graph.initializer)
    hand.drop_paths(path)
    model_ = hand.save()
    assert model_.decodes is not None
    plain = hand
    plain.drop(net2=decoder(TOY))
    codes = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    kept = model_.decodes.decode(codes)
    again = plain.save()
    assert again.decodes is not None and np.array_equal(kept, again.decodes.decode(codes))


@pytest.mark.parametrize("location", ["../secret", "sub/../../secret", "/etc/passwd", "C:\\secret", "..", "a\x00b", ""])
def test_weights_elsewhere_are_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 10_000)
    inside = tmp_path / "inside"
    inside.mkdir()
    path = with_external(decoder(TOY), inside, "net.onnx", location, write=False)
    with pytest.raises(UnsafePath):
        read_graph(path, "g0")


def test_weights_behind_a_link_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 10_000)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "data").symlink_to(secret)
    with pytest.raises(UnsafePath):
        read_graph(with_external(decoder(TOY), inside, "net.onnx", "data", write=False), "g0")
    (inside / "folder").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        read_graph(with_external(decoder(TOY), inside, "net.onnx", "folder/secret", write=False), "g0")


def test_weights_that_are_missing_or_too_short(tmp_path: Path) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data", write=False)
    with pytest.raises(DamagedBundle, match=r"missing"):
        read_graph(path, "g0")
    (tmp_path / "net.data").write_bytes(b"short")
    with pytest.raises(DamagedBundle, match=r"shorter"):
        read_graph(path, "g0")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_the_place_of_weights_does_not_hang(tmp_path: Path) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data", write=False)
    (tmp_path / "net.data").symlink_to("/dev/zero")
    with pytest.raises(UnsafePath):
        read_graph(path, "g0")
    (tmp_path / "net.data").unlink()
    os.mkfifo(tmp_path / "net.data")
    with pytest.raises(UnsafePath):
        read_graph(path, "g0")


@pytest.mark.parametrize("entry", [("offset", "-1"), ("offset", "1e9"), ("length", "x"), ("offset", "9" * 40)])
def test_invented_offsets_are_refused(tmp_path: Path, entry: tuple[str, str]) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data")
    made = onnx.load_model_from_string(path.read_bytes())
    for tensor in made.graph.initializer:
        for pair in tensor.external_data:
            if pair.key == entry[0]:
                pair.value = entry[1]
    path.write_bytes(made.SerializeToString())
    with pytest.raises((UnsafeGraph, DamagedBundle)):
        read_graph(path, "g0")


# --- other kinds of files --------------------------------------------------------------------------------------------


class Harm:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self._path, "harm")


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_pickle_under_any_name_is_never_read(tmp_path: Path, suffix: str, protocol: int) -> None:
    trace = tmp_path / "trace"
    path = tmp_path / f"net{suffix}"
    path.write_bytes(pickle.dumps(Harm(trace), protocol=protocol))
    refusal(path)
    assert not trace.exists()


def zip_with(**members: bytes) -> bytes:
    """A zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.pt", zip_with(archive__data_dot_pkl=b"\x80\x02."), "PyTorch"),
        ("model.onnx", zip_with(archive__data_dot_pkl=b"\x80\x02."), "PyTorch"),
        ("script.pt", zip_with(archive__code__net_dot_py=b"", archive__data_dot_pkl=b""), "TorchScript"),
        ("model.keras", zip_with(model_dot_weights_dot_h5=b""), "Keras"),
        ("model.zip", zip_with(a=b""), "unpack it"),
        ("model.h5", b"\x89HDF\r\n\x1a\n" + b"0" * 99, "Keras"),
        ("model.safetensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", "without the network"),
        ("model.tflite", b"\x1c\x00\x00\x00TFL3" + b"0" * 99, "TensorFlow Lite"),
        ("graph.pb", b"\x0a\x10" + b"0" * 50, "TensorFlow graph"),
        ("model.json", b'{"format": "layers-model"}', "TensorFlow.js"),
        ("model.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "Git LFS"),
        ("model.onnx", b"<!DOCTYPE html><html>", "web page"),
        ("model.onnx", b"GGUF\x03\x00\x00\x00", "language model"),
        ("model.onnx", b"", "empty"),
        ("model.onnx", b"plain words, no protobuf at all", "not an ONNX graph"),
        ("model.onnx", onnx.ModelProto(ir_version=8).SerializeToString(), "no graph that computes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip - zips hold the hour they were made
def test_each_other_thing_has_its_own_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_language_model_is_told_apart(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("Gather", ["table", "input_ids"], ["logits"])]
    made = model(
        nodes, {"input_ids": (INT64, ("N", "T"))}, {"logits": (FLOAT, ("N", "T", 8))},
        {"table": np.zeros((9, 8), np.float32)},
    )  # fmt: skip
    path = tmp_path / "llm.onnx"
    path.write_bytes(made.SerializeToString())
    assert "language model" in refusal(path)


def test_a_folder_and_a_device_are_no_files(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path)
    link = tmp_path / "zero.onnx"
    link.symlink_to("/dev/zero")
    assert "no file" in refusal(link)


def test_operators_of_others_are_refused(tmp_path: Path) -> None:
    made = onnx.load_model_from_string(decoder(TOY))
    made.graph.node[0].domain = "their.own"
    path = tmp_path / "net.onnx"
    path.write_bytes(made.SerializeToString())
    assert "standard ONNX operators" in refusal(path)


def test_an_old_graph_that_cannot_be_raised_says_so(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("Crop", ["x"], ["y"])]  # was experimental, and is no more
    shape = ("N", 1, 8, 8)
    made = model(nodes, {"x": (FLOAT, shape)}, {"y": (FLOAT, shape)}, {}, opset=6)
    path = tmp_path / "old.onnx"
    path.write_bytes(made.SerializeToString())
    assert "opset 6" in refusal(path)


def test_names_with_terminal_escapes_are_told_without_them(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\x07b.onnx"
    path.write_bytes(b"nonsense")
    assert "\x1b" not in refusal(path) and "\x07" not in refusal(path)
    made = onnx.load_model_from_string(decoder(TOY))
    made.producer_name = "evil\x1b]0;title\x07"
    path.write_bytes(made.SerializeToString())
    _, facts = read_graph(path, "g0")
    assert facts.producer.isprintable() and facts.file.isprintable()


def test_a_licence_beside_the_file_comes_along(hand: Hand) -> None:
    (hand.folder / "LICENSE").write_text("MIT\x1b[0m\nCopyright somebody")
    assert licence_beside(hand.folder / "net.onnx") == "MIT[0m\nCopyright somebody"
    hand.drop(decoder=decoder(TOY))
    assert hand.save().bundle.read("LICENSE").startswith(b"MIT")


def test_one_bad_file_does_not_spoil_the_others(hand: Hand) -> None:
    good, bad = hand.folder / "good.onnx", hand.folder / "bad.onnx"
    good.write_bytes(decoder(TOY))
    bad.write_bytes(b"version https://git-lfs")
    proposal = hand.drop_paths(bad, good)
    assert not proposal.fault and "Git LFS" in hand.study.refused[0].sentence


def test_nothing_is_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "missing.onnx"
    with pytest.raises((NotAGraph, DamagedBundle)):
        read_graph(path, "g0")
