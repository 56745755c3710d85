"""Foreign graphs whose weights are too many for one file: they stay where they are, and only there."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from explorer.contract.errors import BundleError, DamagedBundle, TooLarge, UnsafeGraph, UnsafePath
from explorer.contract.manifest import Graph
from explorer.foreign import reading
from explorer.foreign.reading import read_graph, read_parts
from explorer.runtime.inspect import tensors_of_model
from explorer.runtime.session import Runtime
from explorer.runtime.weights import is_outside, lent
from tests.foreign_graphs import FLOAT, decoder, model, with_external
from tests.graphs import Toy
from tests.unit.contract.sentences import assert_plain

TOY = Toy(size=16)
CODES = TOY.codes(2)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte is as many as a gigabyte."""
    monkeypatch.setattr(reading, "APART_BYTES", 1 << 10)


def refusal(path: Path) -> str:
    with pytest.raises(BundleError) as caught:
        read_parts(path, "g0")
    assert_plain(caught.value)
    return str(caught.value)


def answers(content: bytes, weights: Path | None, runtime: Runtime) -> np.ndarray:
    """What a graph that was read says to some codes."""
    named = Graph.model_construct(
        file="g", role="g", inputs=(), outputs=(), weights="" if weights is None else weights.name
    )
    tensors = lent(content, named, None if weights is None else np.memmap(weights, np.uint8, "r"))
    return runtime.open_plain(content, "g", tensors).run({"z": CODES})["out"]


def outside(content: bytes) -> list[onnx.TensorProto]:
    return [tensor for tensor in tensors_of_model(onnx.load_model_from_string(content)) if is_outside(tensor)]


@pytest.mark.parametrize("location", ["net.data", "deep/er/net.data"])
def test_they_stay_in_their_file(tmp_path: Path, runtime: Runtime, location: str) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", location)
    content, weights, facts = read_parts(path, "g0")
    assert weights == tmp_path / location
    (tensor,) = outside(content)
    assert {entry.key: entry.value for entry in tensor.external_data} == {
        "location": "net.data", "offset": "0", "length": str(TOY.weights.nbytes),
    }  # fmt: skip
    inside, same = read_graph(path, "g0")
    assert facts == same and not outside(inside)
    np.testing.assert_array_equal(answers(content, weights, runtime), answers(inside, None, runtime))


def test_few_are_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "APART_BYTES", TOY.weights.nbytes)
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data")
    assert read_parts(path, "g0") == (read_graph(path, "g0")[0], None, read_graph(path, "g0")[1])


def test_a_graph_with_its_weights_inside_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(decoder(TOY))
    content, weights, _ = read_parts(tmp_path / "net.onnx", "g0")
    assert weights is None and content == read_graph(tmp_path / "net.onnx", "g0")[0]


def all_outside(folder: Path, *, files: int = 1, opset: int = 17) -> Path:
    """A graph that keeps even its smallest constant in another file, as some exporters do."""
    nodes = [
        helper.make_node("MatMul", ["z", "one"], ["a"]),
        helper.make_node("MatMul", ["a", "two"], ["b"]),
        helper.make_node("Reshape", ["b", "four"], ["out"]),
    ]
    rng = np.random.default_rng(0)
    constants = {
        "one": rng.standard_normal((4, 128)).astype(np.float32),
        "two": rng.standard_normal((128, 256)).astype(np.float32),
        "four": np.array([-1, 1, 16, 16], np.int64),
    }
    made = model(nodes, {"z": (FLOAT, ("N", 4))}, {"out": (FLOAT, ("N", 1, 16, 16))}, constants, opset)
    for at, tensor in enumerate(made.graph.initializer):
        place = folder / f"{at % files}.data"
        held = place.read_bytes() if place.exists() else b""
        place.write_bytes(held + tensor.raw_data)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", place.name), ("offset", len(held)), ("length", len(tensor.raw_data))):
            tensor.external_data.add(key=key, value=str(value))
        tensor.ClearField("raw_data")
    (folder / "net.onnx").write_bytes(made.SerializeToString())
    return folder / "net.onnx"


def test_small_tensors_are_taken_in(tmp_path: Path, runtime: Runtime) -> None:
    path = all_outside(tmp_path)
    content, weights, _ = read_parts(path, "g0")
    assert {tensor.name for tensor in outside(content)} == {"one", "two"}
    np.testing.assert_array_equal(answers(content, weights, runtime), answers(read_graph(path, "g0")[0], None, runtime))


def test_weights_in_several_files_are_taken_in(tmp_path: Path) -> None:
    path = all_outside(tmp_path, files=2)
    content, weights, _ = read_parts(path, "g0")
    assert weights is None and not outside(content)


@pytest.mark.parametrize("opset", [7, 11])
def test_an_old_graph_is_raised_without_them(tmp_path: Path, runtime: Runtime, opset: int) -> None:
    path = all_outside(tmp_path, opset=opset)
    content, weights, facts = read_parts(path, "g0")
    assert (facts.was_opset, facts.opset) == (opset, reading.OPSET)
    assert [tensor.name for tensor in facts.inputs] == ["z"] and len(outside(content)) == 2
    np.testing.assert_array_equal(answers(content, weights, runtime), answers(read_graph(path, "g0")[0], None, runtime))


def test_they_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data")
    monkeypatch.setattr(reading, "opened", None)
    assert read_parts(path, "g0")[1] == tmp_path / "net.data"


def test_a_file_may_be_larger_than_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = all_outside(tmp_path)
    size = (tmp_path / "0.data").stat().st_size
    monkeypatch.setattr(reading, "FILE_BYTES", size - 1)
    assert read_parts(path, "g0")[1] == tmp_path / "0.data"
    with pytest.raises(TooLarge):
        read_graph(path, "g0")
    monkeypatch.setattr(reading, "WEIGHTS_BYTES", size - 1)
    with pytest.raises(TooLarge):
        read_parts(path, "g0")


# --- refused as always -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["../secret", "sub/../../secret", "/etc/passwd", "C:\\secret", "..", ""])
def test_weights_elsewhere(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (tmp_path / "inside").mkdir()
    path = with_external(decoder(TOY), tmp_path / "inside", "net.onnx", location, write=False)
    with pytest.raises(UnsafePath):
        read_parts(path, "g0")


def test_weights_behind_a_link_or_in_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(10_000))
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data", write=False)
    (tmp_path / "net.data").symlink_to(tmp_path / "secret")
    assert "does not lie beside it" in refusal(path)
    if hasattr(os, "mkfifo"):
        (tmp_path / "net.data").unlink()
        os.mkfifo(tmp_path / "net.data")
        assert "does not lie beside it" in refusal(path)


def test_weights_that_are_missing_or_too_short(tmp_path: Path) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data", write=False)
    with pytest.raises(DamagedBundle, match="missing"):
        read_parts(path, "g0")
    (tmp_path / "net.data").write_bytes(b"short")
    with pytest.raises(DamagedBundle, match="shorter"):
        read_parts(path, "g0")


@pytest.mark.parametrize(
    ("key", "value"), [("offset", "-1"), ("offset", "1e9"), ("length", "x"), ("offset", "9" * 40), ("length", "2048")]
)
def test_invented_numbers(tmp_path: Path, key: str, value: str) -> None:
    path = with_external(decoder(TOY), tmp_path, "net.onnx", "net.data")
    made = onnx.load_model_from_string(path.read_bytes())
    for tensor in made.graph.initializer:
        for pair in tensor.external_data:
            if pair.key == key:
                pair.value = value
    path.write_bytes(made.SerializeToString())
    with pytest.raises((UnsafeGraph, DamagedBundle)) as caught:
        read_parts(path, "g0")
    assert_plain(caught.value)
