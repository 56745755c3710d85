"""Weights in a file of their own: the same answers to the last bit, and no file is ever opened by the runtime."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from explorer.contract.archive import facts_of, open_bundle, save_bundle
from explorer.contract.errors import ModelFault, UnsafeGraph, WrongHash
from explorer.contract.manifest import Graph
from explorer.models.load import check_bundle, load_model, size_bytes
from explorer.runtime.pixels import ENERGY, PIXELS
from explorer.runtime.providers import CPU, CUDA, Choice
from explorer.runtime.session import RUN_LIMIT_S, OrtSession, Runtime
from explorer.runtime.tap import cut
from explorer.runtime.watchdog import S_PER_GB
from tests.graphs import Toy, apart_bundle, external_data_decoder, tiny_bundle, tiny_facts

TOY = Toy(dims=4, size=16)
CONTENT, WEIGHTS = external_data_decoder(TOY)
BYTES = np.frombuffer(WEIGHTS, np.uint8)
DECODER: Graph = tiny_facts(TOY)["graphs"][0]
APART = DECODER.model_copy(update={"weights": "weights.bin"})


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


def test_the_answers_are_the_same_to_the_last_bit(runtime: Runtime) -> None:
    inside, apart = runtime.open(TOY.decoder(), DECODER), runtime.open(CONTENT, APART, BYTES)
    for count in (1, 3):
        codes = TOY.codes(count)
        expected, answer = inside.run({"z": codes}), apart.run({"z": codes})
        assert list(answer) == list(expected) == ["image", PIXELS, ENERGY]
        for name in expected:
            np.testing.assert_array_equal(answer[name], expected[name])


def test_a_mapped_file_may_lie_at_any_offset(runtime: Runtime, tmp_path: Path) -> None:
    model = onnx.load_model_from_string(CONTENT)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "offset":
                entry.value = "3"
    (tmp_path / "weights.bin").write_bytes(b"abc" + WEIGHTS)
    mapped = np.memmap(tmp_path / "weights.bin", np.uint8, "r")
    session = runtime.open(model.SerializeToString(), APART, mapped)
    codes = TOY.codes(2)
    np.testing.assert_allclose(session.run({"z": codes})["image"], TOY.decode(codes), atol=1e-6)


def test_they_live_as_long_as_the_session(runtime: Runtime, tmp_path: Path) -> None:
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    session = runtime.open_checked(CONTENT, APART, bundle.mapped("weights.bin")).raw  # nothing else holds the file
    del bundle
    (image,) = session.run(["image"], {"z": TOY.codes(2)})
    np.testing.assert_allclose(image, TOY.decode(TOY.codes(2)), atol=1e-6)


@pytest.mark.parametrize("kind", ["bundle", "bundle.zip"])
def test_a_model_is_loaded_from_them(runtime: Runtime, tmp_path: Path, kind: str) -> None:
    plain = tiny_bundle(tmp_path / "plain", dims=4, size=16, encoder=False, stores=False)
    bundle = apart_bundle(tmp_path / kind, TOY)
    assert check_bundle(bundle.path, runtime) == []
    model, expected = load_model(bundle.path, runtime), load_model(plain.path, runtime)
    assert model.decodes is not None and expected.decodes is not None
    np.testing.assert_array_equal(model.decodes.decode(TOY.codes(3)), expected.decodes.decode(TOY.codes(3)))
    assert size_bytes(model) == 2 * (len(CONTENT) + len(WEIGHTS))


def test_a_part_of_the_graph_takes_the_weights_that_it_needs(runtime: Runtime, tmp_path: Path) -> None:
    model = load_model(apart_bundle(tmp_path / "bundle", TOY).path, runtime)
    assert model.graphs is not None
    session = model.graphs.derived("part", model.manifest.graphs[0], lambda content: cut(content, "image")[0])
    np.testing.assert_allclose(session.run({"z": TOY.codes(2)})["image"], TOY.decode(TOY.codes(2)), atol=1e-6)


def test_changed_ones_are_refused(runtime: Runtime, tmp_path: Path) -> None:
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    (bundle.path / "weights.bin").write_bytes(WEIGHTS[::-1])
    with pytest.raises(WrongHash):
        load_model(bundle.path, runtime)
    assert [type(fault) for fault in check_bundle(bundle.path, runtime)] == [WrongHash]


def test_those_of_another_graph_are_refused(runtime: Runtime, tmp_path: Path) -> None:
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    files = {entry.path: bundle.source(entry.path) for entry in bundle.manifest.files} | {"weights.bin": b"short"}
    save_bundle(tmp_path / "other", facts_of(bundle.manifest), files)
    with pytest.raises(UnsafeGraph, match="reach beyond the end"):
        load_model(tmp_path / "other", runtime)


def test_no_file_is_opened_in_their_place(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one of that name in the folder where the program was started, and not by a graph that nobody checked."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(bytes(len(WEIGHTS)))
    codes = TOY.codes(1)
    np.testing.assert_allclose(
        runtime.open(CONTENT, APART, BYTES).run({"z": codes})["image"], TOY.decode(codes), atol=1e-6
    )
    with pytest.raises(UnsafeGraph):
        runtime.open(CONTENT, DECODER)
    with pytest.raises(ModelFault, match="cannot be loaded"):
        runtime.open_plain(CONTENT, "decoder.onnx")


def test_a_run_may_take_longer_with_them(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.runtime.session.S_PER_GB", S_PER_GB * 1e9 / len(WEIGHTS))  # as if they were 1 GB
    inside, apart = runtime.open(TOY.decoder(), DECODER), runtime.open(CONTENT, APART, BYTES)
    assert isinstance(inside, OrtSession) and isinstance(apart, OrtSession)
    assert (inside.limit_s, apart.limit_s) == (RUN_LIMIT_S, RUN_LIMIT_S + S_PER_GB)


def test_a_gpu_that_fails_leaves_them_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime("cpu", threads=1)
    runtime._choice = Choice((CUDA, CPU))
    real, created = runtime._create, list[Any]()

    def create(content: bytes, providers: Sequence[str], tensors: Any) -> Any:
        created.append(real(content, (CPU,), tensors))
        return Broken(created[-1]) if CUDA in providers else created[-1]

    monkeypatch.setattr(runtime, "_create", create)
    session = runtime.open(CONTENT, APART, BYTES)
    codes = TOY.codes(2)
    assert session.provider == CUDA
    np.testing.assert_allclose(session.run({"z": codes})["image"], TOY.decode(codes), atol=1e-6)
    assert session.provider == CPU and len(created) == 2
    runtime.close()


class Broken:
    """A session on a GPU that gives up at each run."""

    def __init__(self, inner: ort.InferenceSession) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def run(self, *_: object) -> list[Any]:
        raise ort_errors.Fail("CUDA failure 2: out of memory")


def test_the_bundle_knows_its_weights(tmp_path: Path) -> None:
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    assert open_bundle(bundle.path).manifest.weights == {"weights.bin"}
