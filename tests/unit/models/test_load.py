"""From a bundle to a model: what it can do depends on the graphs that are there."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.archive import pack_arrays
from explorer.contract.errors import BundleNotFound, Cancelled, ModelFault, PortMismatch, UnsafeGraph, WrongHash
from explorer.contract.manifest import Array, EmpiricalPrior, Graph, LatentSpace, NormalPrior, UniformPrior
from explorer.contract.pixels import to_pixels
from explorer.models.load import check_bundle, load_model, size_bytes
from explorer.runtime.providers import CPU
from explorer.runtime.session import Runtime
from tests import graphs
from tests.graphs import Toy, tiny_bundle, tiny_facts

TOY = Toy()


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


def renamed_roles(**roles: str) -> tuple[Graph, ...]:
    return tuple(Graph(**(dict(graph) | {"role": roles[graph.role]})) for graph in tiny_facts(TOY)["graphs"])


def test_an_autoencoder_decodes_and_encodes(tmp_path: Path, runtime: Runtime) -> None:
    path = tiny_bundle(tmp_path / "tiny").path
    model = load_model(path, runtime)
    assert model.key == str(path)
    assert model.manifest.name == "tiny"
    assert model.decodes is not None
    assert model.encodes is not None
    pixels = model.decodes.decode(TOY.codes(3))
    assert np.abs(pixels.astype(int) - to_pixels(TOY.decode(TOY.codes(3)), TOY.image_meaning)).max() <= 1
    np.testing.assert_allclose(model.encodes.encode(pixels).mean, TOY.codes(3), atol=0.05)


def test_a_zip_is_as_good_as_a_folder(tmp_path: Path, runtime: Runtime) -> None:
    model = load_model(tiny_bundle(tmp_path / "tiny.zip").path, runtime)
    assert model.decodes is not None
    assert model.decodes.decode(TOY.codes(1)).shape == (1, 8, 8, 1)


def test_without_an_encoder_it_only_decodes(tmp_path: Path, runtime: Runtime) -> None:
    model = load_model(tiny_bundle(tmp_path / "tiny", encoder=False).path, runtime)
    assert model.decodes is not None
    assert model.encodes is None


def test_without_a_decoder_it_only_encodes(tmp_path: Path, runtime: Runtime) -> None:
    graphs_there = renamed_roles(decoder="synthesis", encoder="encoder")
    model = load_model(tiny_bundle(tmp_path / "tiny", facts={"graphs": graphs_there}).path, runtime)
    assert model.decodes is None
    assert model.encodes is not None


def test_a_bundle_of_neither_opens_and_can_do_nothing(tmp_path: Path, runtime: Runtime) -> None:
    graphs_there = renamed_roles(decoder="synthesis", encoder="critic")
    model = load_model(tiny_bundle(tmp_path / "tiny", facts={"graphs": graphs_there}).path, runtime)
    assert (model.decodes, model.encodes) == (None, None)
    assert model.runs_on().provider == ""
    model.cancel()


def test_a_space_that_is_no_vector_is_not_for_these_adapters(tmp_path: Path, runtime: Runtime) -> None:
    space = LatentSpace(name="z", shape=(2, 2), prior=NormalPrior())
    model = load_model(tiny_bundle(tmp_path / "tiny", stores=False, facts={"spaces": (space,)}).path, runtime)
    assert (model.decodes, model.encodes) == (None, None)


@pytest.mark.parametrize("prior", [NormalPrior(), UniformPrior(low=-2.0, high=6.0)])
def test_the_prior_is_the_manifests(tmp_path: Path, runtime: Runtime, prior: Any) -> None:
    model = load_model(tiny_bundle(tmp_path / "tiny", prior=prior).path, runtime)
    assert model.decodes is not None
    center = 2.0 if isinstance(prior, UniformPrior) else 0.0
    np.testing.assert_array_equal(model.decodes.prior.center, np.full(4, center, np.float32))


def test_an_empirical_prior_is_read_from_its_arrays(tmp_path: Path, runtime: Runtime) -> None:
    mean, covariance = np.arange(4, dtype=np.float32), np.diag([1.0, 4.0, 9.0, 16.0]).astype(np.float32)
    arrays = {"prior.npz": pack_arrays({"mean": mean, "covariance": covariance})}
    prior = EmpiricalPrior(
        mean=Array(file="prior.npz", key="mean"), covariance=Array(file="prior.npz", key="covariance")
    )
    model = load_model(tiny_bundle(tmp_path / "tiny", prior=prior, files=arrays).path, runtime)
    assert model.decodes is not None
    np.testing.assert_array_equal(model.decodes.prior.center, mean)
    np.testing.assert_allclose(model.decodes.prior.deviation, [1, 2, 3, 4], rtol=1e-6)


def test_it_says_where_it_runs_and_how_long_a_picture_took(tmp_path: Path, runtime: Runtime) -> None:
    runs_on = load_model(tiny_bundle(tmp_path / "tiny").path, runtime).runs_on()
    assert (runs_on.provider, runs_on.reason) == (CPU, "chosen by you")
    assert runs_on.run_ms is not None
    assert 0 < runs_on.run_ms < 1_000


def test_cancel_ends_the_call_that_runs(tmp_path: Path, runtime: Runtime) -> None:
    """Loading times the decoder at the centre of the prior, where this one does not loop."""
    model = load_model(tiny_bundle(tmp_path / "tiny", decoder=hanging_unless_zero()).path, runtime)
    assert model.decodes is not None
    decodes, ended, said = model.decodes, threading.Event(), list[BaseException]()

    def call() -> None:
        try:
            decodes.decode(np.full((1, 4), 1e9, np.float32))
        except Cancelled as error:
            said.append(error)
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    while not ended.wait(0.005):
        model.cancel()
    assert [type(what) for what in said] == [Cancelled]


def hanging_unless_zero() -> bytes:
    """A decoder that loops as often as the largest number of the code says."""
    model = onnx.load_from_string(graphs.hanging_decoder(TOY))
    nodes = list(model.graph.node)
    for name, value in (("all", np.array([-1], np.int64)), ("trips_shape", np.zeros(0, np.int64))):
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    del model.graph.node[:]
    model.graph.node.extend(
        [
            helper.make_node("ReduceMax", ["z"], ["largest"], keepdims=0),
            helper.make_node("Cast", ["largest"], ["count"], to=TensorProto.INT64),
            helper.make_node("Reshape", ["count", "trips_shape"], ["rounds"]),
        ]
    )
    for node in nodes:
        if node.op_type == "Loop":
            node.input[0] = "rounds"
    model.graph.node.extend(nodes)
    return model.SerializeToString(deterministic=True)


def test_its_size_counts_its_graphs(tmp_path: Path, runtime: Runtime) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    graphs_bytes = len(TOY.decoder()) + len(TOY.encoder())
    assert size_bytes(load_model(bundle.path, runtime)) == 2 * graphs_bytes


# --- what is wrong -------------------------------------------------------------------------------------------------


def test_a_decoder_that_gives_no_numbers_does_not_load(tmp_path: Path, runtime: Runtime) -> None:
    path = tiny_bundle(tmp_path / "tiny", decoder=graphs.nan_decoder(TOY)).path
    with pytest.raises(ModelFault, match="not numbers"):
        load_model(path, runtime)


def test_a_fine_bundle_has_no_faults(tmp_path: Path, runtime: Runtime) -> None:
    assert check_bundle(tiny_bundle(tmp_path / "tiny").path, runtime) == []


def test_what_cannot_be_opened_is_one_fault(tmp_path: Path, runtime: Runtime) -> None:
    assert [type(fault) for fault in check_bundle(tmp_path / "nowhere", runtime)] == [BundleNotFound]


def test_every_damaged_file_is_a_fault(tmp_path: Path, runtime: Runtime) -> None:
    path = tiny_bundle(tmp_path / "tiny").path
    for name in ("decoder.onnx", "preview.png"):
        content = bytearray((path / name).read_bytes())
        content[-1] ^= 1
        (path / name).write_bytes(content)
    faults = check_bundle(path, runtime)
    assert [type(fault) for fault in faults] == [WrongHash, WrongHash]
    assert [str(fault).split()[0] for fault in faults] == ["decoder.onnx", "preview.png"]


def test_every_graph_is_inspected_and_loaded_whatever_its_role(tmp_path: Path, runtime: Runtime) -> None:
    roles = renamed_roles(decoder="critic", encoder="classifier")
    foreign = graphs.custom_operator_decoder(TOY)
    path = tiny_bundle(
        tmp_path / "tiny", decoder=foreign, facts={"graphs": roles}, files={"encoder.onnx": Toy(dims=5).encoder()}
    ).path
    assert [type(fault) for fault in check_bundle(path, runtime)] == [UnsafeGraph, PortMismatch]
