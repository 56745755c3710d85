"""Where a graph may say that its weights lie: in the file that the manifest names, and nowhere else."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.errors import UnsafeGraph
from explorer.contract.manifest import Graph
from explorer.runtime.inspect import check_graph
from explorer.runtime.weights import Place, lent, places
from tests.graphs import Toy, external_data_decoder, tiny_facts
from tests.unit.contract.sentences import assert_plain

TOY = Toy()
CONTENT, WEIGHTS = external_data_decoder(TOY)
DECODER: Graph = tiny_facts(TOY)["graphs"][0]
APART = DECODER.model_copy(update={"weights": "weights.bin"})
BYTES = np.frombuffer(WEIGHTS, np.uint8)
Change = Callable[[onnx.ModelProto], object]


def changed(change: Change) -> bytes:
    model = onnx.load_model_from_string(CONTENT)
    change(model)
    return model.SerializeToString()


def tensor_of(model: onnx.ModelProto) -> TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == "weights")


def refusal(content: bytes, graph: Graph = APART, size: int | None = len(WEIGHTS)) -> str:
    with pytest.raises(UnsafeGraph) as caught:
        check_graph(content, graph, size)
    assert_plain(caught.value)
    return str(caught.value)


def entry(key: str, value: str) -> Change:
    """Another value of one entry."""

    def change(model: onnx.ModelProto) -> None:
        for pair in tensor_of(model).external_data:
            if pair.key == key:
                pair.value = value

    return change


def test_they_are_found_where_they_are() -> None:
    check_graph(CONTENT, APART, len(WEIGHTS))
    (place,) = places(onnx.load_model_from_string(CONTENT), APART, len(WEIGHTS))
    assert place == Place("weights", TOY.weights.shape, "<f4", 0, len(WEIGHTS))
    np.testing.assert_array_equal(lent(CONTENT, APART, BYTES)["weights"], TOY.weights)


def test_they_are_views_that_cannot_be_written() -> None:
    values = lent(CONTENT, APART, BYTES)["weights"]
    assert np.shares_memory(values, BYTES) and not values.flags.writeable


def test_unaligned_ones_are_copied() -> None:
    shifted = np.frombuffer(b"x" + WEIGHTS, np.uint8)
    values = lent(changed(entry("offset", "1")), APART, shifted)["weights"]
    np.testing.assert_array_equal(values, TOY.weights)
    assert values.flags.aligned


def test_the_place_in_the_bundle_is_a_name_too() -> None:
    deep = DECODER.model_copy(update={"weights": "deep/weights.bin"})
    for location in ("weights.bin", "deep/weights.bin"):
        check_graph(changed(entry("location", location)), deep, len(WEIGHTS))


@pytest.mark.parametrize(
    "location",
    ["../weights.bin", "/etc/passwd", "./weights.bin", "weights.bin/", "WEIGHTS.BIN", "other.bin", "",
     "weights.bin\0", "*/_ORT_MEM_ADDR_/*", "a/weights.bin"],
)  # fmt: skip
def test_another_location_is_refused(location: str) -> None:
    assert "is not the file that the manifest names" in refusal(changed(entry("location", location)))


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("offset", "-1", "in an unusual way"),
        ("offset", "1e3", "in an unusual way"),
        ("offset", "٣", "in an unusual way"),
        ("offset", "9" * 13, "in an unusual way"),
        ("length", "", "in an unusual way"),
        ("offset", "1", "reach beyond the end"),
        ("offset", "9" * 12, "reach beyond the end"),
        ("length", str(len(WEIGHTS) - 4), "not what their shape needs"),
        ("length", str(len(WEIGHTS) + 4), "not what their shape needs"),
        ("length", "0", "not what their shape needs"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(key: str, value: str, sentence: str) -> None:
    assert sentence in refusal(changed(entry(key, value)))


def test_a_file_that_is_too_short_is_refused() -> None:
    assert "reach beyond the end" in refusal(CONTENT, size=len(WEIGHTS) - 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda tensor: tensor.dims.append(2), "not what their shape needs"),
        (lambda tensor: tensor.dims.append(0), "not what their shape needs"),
        (lambda tensor: tensor.dims.extend([-1, -1]), "not what their shape needs"),
        (lambda tensor: tensor.dims.extend([1] * 8), "not what their shape needs"),
        (lambda tensor: setattr(tensor, "data_type", TensorProto.STRING), "of a type that is not read"),
        (lambda tensor: setattr(tensor, "data_type", TensorProto.BFLOAT16), "of a type that is not read"),
        (lambda tensor: setattr(tensor, "data_type", 99), "of a type that is not read"),
        (lambda tensor: setattr(tensor, "data_location", TensorProto.DEFAULT), "in an unusual way"),
        (lambda tensor: tensor.external_data.add(key="offset", value="0"), "in an unusual way"),
        (lambda tensor: tensor.external_data.add(key="pipe", value="1"), "in an unusual way"),
        (lambda tensor: setattr(tensor, "name", ""), "share their name"),
        (lambda tensor: setattr(tensor, "name", "bias"), "share their name"),
    ],
)
def test_tensors_that_are_not_plain_are_refused(change: Callable[[TensorProto], object], sentence: str) -> None:
    assert sentence in refusal(changed(lambda model: change(tensor_of(model))))


def test_a_few_whole_numbers_must_be_inside() -> None:
    """They may be a shape, which is looked at before anything is made of it."""

    def vast(model: onnx.ModelProto) -> None:
        shape = next(tensor for tensor in model.graph.initializer if tensor.name == "shape")
        shape.ClearField("raw_data")
        shape.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "weights.bin"), ("length", "32")):
            shape.external_data.add(key=key, value=value)

    assert "are a few whole numbers" in refusal(changed(vast))


def test_only_the_outer_graph_may_have_them() -> None:
    inner = onnx.load_model_from_string(CONTENT).graph

    def branch(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner))

    def constant(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor_of(model)))

    def sparse(model: onnx.ModelProto) -> None:
        indices = numpy_helper.from_array(np.zeros(1, np.int64), "indices")
        other = TensorProto()
        other.CopyFrom(tensor_of(model))
        other.name = "sparse"
        model.graph.sparse_initializer.add(values=other, indices=indices, dims=[9])

    for change in (branch, constant, sparse):
        assert "weights of an inner graph in another file" in refusal(changed(change))


@pytest.mark.parametrize(("graph", "size"), [(DECODER, None), (DECODER, len(WEIGHTS)), (APART, None)])
def test_without_a_file_that_the_manifest_names_none_may_be_outside(graph: Graph, size: int | None) -> None:
    assert "keeps weights in another file, which a model may not" in refusal(CONTENT, graph, size)


def test_a_graph_with_its_weights_inside_needs_no_other_file() -> None:
    check_graph(TOY.decoder(), APART, len(WEIGHTS))
    assert lent(TOY.decoder(), APART, BYTES) == {}
