"""What is found in a graph before onnxruntime sees it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.errors import PortMismatch, UnsafeGraph
from explorer.contract.manifest import Graph, ImageMeaning, LatentMeaning, Port
from explorer.runtime import inspect
from explorer.runtime.inspect import check_graph, check_ports
from tests import graphs
from tests.graphs import Toy, tiny_facts

TOY = Toy()
DECODER: Graph = tiny_facts(TOY)["graphs"][0]
OWN = "own.functions"


def node(kind: str, *, domain: str = "", **attributes: object) -> onnx.NodeProto:
    return helper.make_node(kind, ["x"], ["y"], domain=domain, **attributes)


def function(name: str, *body: onnx.NodeProto) -> onnx.FunctionProto:
    return helper.make_function(OWN, name, ["x"], ["y"], list(body), [helper.make_opsetid("", graphs.OPSET)])


def model(*body: onnx.NodeProto, functions: tuple[onnx.FunctionProto, ...] = ()) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph(list(body), "graph", values[:1], values[1:])
    return helper.make_model(graph, functions=list(functions))


def check(proto: onnx.ModelProto) -> None:
    check_graph(proto.SerializeToString(), DECODER)


def external(tensor: onnx.TensorProto) -> onnx.TensorProto:
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.data_location = TensorProto.EXTERNAL
    return tensor


def tensor() -> onnx.TensorProto:
    return numpy_helper.from_array(np.ones(3, np.float32), "secret")


def branches(*body: onnx.NodeProto) -> onnx.NodeProto:
    """An If whose branches hold ``body``."""
    inner = helper.make_graph(list(body), "inner", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
    return helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)


@pytest.mark.parametrize("content", [TOY.decoder(), TOY.encoder(), graphs.hanging_decoder(TOY)])
def test_ordinary_graphs_pass(content: bytes) -> None:
    check_graph(content, DECODER)


@pytest.mark.parametrize("content", [b"not a graph", b"\xff" * 100, TOY.decoder()[:-7]])
def test_what_is_no_graph_is_refused(content: bytes) -> None:
    with pytest.raises(UnsafeGraph, match=r"^decoder\.onnx is not an ONNX graph; export the model again\.$"):
        check_graph(content, DECODER)


@pytest.mark.parametrize("domain", ["com.example.unknown", "ai.onnx.contrib", "pkg\nname"])
def test_operators_from_elsewhere_are_refused(domain: str) -> None:
    with pytest.raises(UnsafeGraph, match="which needs code from elsewhere; export the model with standard") as caught:
        check_graph(graphs.custom_operator_decoder(TOY, domain), DECODER)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("domain", ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"])
def test_operators_of_onnxruntime_itself_pass(domain: str) -> None:
    check(model(node("Gelu", domain=domain)))


def test_operators_from_elsewhere_are_found_inside_branches_and_functions() -> None:
    foreign = node("Surprise", domain="com.example")
    for proto in (
        model(branches(branches(foreign))),
        model(node("F", domain=OWN), functions=(function("F", foreign),)),
    ):
        with pytest.raises(UnsafeGraph, match=r"com\.example\.Surprise"):
            check(proto)


def test_the_models_own_functions_pass() -> None:
    check(model(node("F", domain=OWN), functions=(function("F", node("Sin")),)))


def test_external_weights_are_refused() -> None:
    with pytest.raises(UnsafeGraph, match="keeps weights in another file, which a model may not"):
        check_graph(graphs.external_data_decoder(TOY, "../../secret")[0], DECODER)


def test_external_data_is_found_wherever_a_tensor_may_stand() -> None:
    initializer = model(node("Sin"))
    initializer.graph.initializer.append(external(tensor()))
    sparse = model(node("Sin"))
    sparse.graph.sparse_initializer.add(values=external(tensor()), indices=tensor(), dims=[9])
    sparse_attribute = node("Constant")
    value = onnx.SparseTensorProto(values=tensor(), indices=external(tensor()), dims=[9])
    sparse_attribute.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR, sparse_tensor=value)
    constant = helper.make_node("Constant", [], ["y"], value=external(tensor()))
    default = function("F", node("Sin"))
    default.attribute_proto.append(helper.make_attribute("weights", external(tensor())))
    several = node("Sin")
    several.attribute.append(helper.make_attribute("many", [tensor(), external(tensor())]))
    cases = {
        "an initializer": initializer,
        "a sparse initializer": sparse,
        "a sparse constant": model(sparse_attribute),
        "a constant": model(constant),
        "a constant in a branch": model(branches(constant)),
        "a constant in a function": model(node("F", domain=OWN), functions=(function("F", constant),)),
        "a function's default": model(node("F", domain=OWN), functions=(default,)),
        "a list of tensors": model(several),
    }
    for place, proto in cases.items():
        with pytest.raises(UnsafeGraph, match="weights in another file"):
            check(proto)
            pytest.fail(f"external data in {place} was not found")


def test_a_location_without_the_flag_is_refused_too() -> None:
    proto = model(node("Sin"))
    proto.graph.initializer.append(tensor())
    proto.graph.initializer[0].external_data.add(key="location", value="weights.bin")
    with pytest.raises(UnsafeGraph, match="weights in another file"):
        check(proto)


def test_operators_are_counted_in_branches_too(monkeypatch: pytest.MonkeyPatch) -> None:
    proto = model(branches(node("Sin"), node("Sin")))  # five: If, and two in each of its branches
    monkeypatch.setattr(inspect, "NODES", 5)
    check(proto)
    monkeypatch.setattr(inspect, "NODES", 4)
    with pytest.raises(UnsafeGraph, match=r"^decoder\.onnx has more than 4 operators; do not use this model\.$"):
        check(proto)


def chain(length: int, calls: int) -> list[onnx.FunctionProto]:
    """Functions that each call the one before ``calls`` times: calls ** length operators when written out."""
    made = [function("F0", *[node("Sin")] * calls)]
    made += [function(f"F{k}", *[node(f"F{k - 1}", domain=OWN)] * calls) for k in range(1, length)]
    return made


def test_calls_of_functions_count_as_what_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    proto = model(node("F2", domain=OWN), functions=tuple(chain(3, 4)[::-1]))  # in any order
    monkeypatch.setattr(inspect, "NODES", 64)
    check(proto)
    monkeypatch.setattr(inspect, "NODES", 63)
    with pytest.raises(UnsafeGraph, match="more than 63 operators"):
        check(proto)


def test_a_few_lines_that_mean_billions_of_operators_are_refused() -> None:
    proto = model(node("F11", domain=OWN), functions=tuple(chain(12, 10)))
    assert len(proto.SerializeToString()) < 10_000
    with pytest.raises(UnsafeGraph, match="more than 100,000 operators"):
        check(proto)


def test_functions_that_call_each_other_in_a_circle_are_refused() -> None:
    circle = (function("A", node("B", domain=OWN), node("Sin")), function("B", node("A", domain=OWN)))
    with pytest.raises(UnsafeGraph, match="operators; do not use this model"):
        check(model(node("A", domain=OWN), functions=circle))


def test_graphs_that_nest_too_deep_are_refused() -> None:
    inner = node("Sin")
    for _ in range(inspect.DEPTH + 1):
        graph = helper.make_graph([inner], "inner", [], [])
        inner = helper.make_node("If", ["c"], ["y"], then_branch=graph)
    proto = model(inner)
    with pytest.raises(UnsafeGraph, match="nests deeper than 16 levels"):
        check(proto)


# --- ports ---------------------------------------------------------------------------------------------------------


Z = Port(name="z", shape=(None, 4), meaning=LatentMeaning(space="z"))
IMAGE = Port(name="image", shape=(None, 1, 8, 8), meaning=ImageMeaning(channels=1))
GRAPH = Graph(file="decoder.onnx", role="decoder", inputs=(Z,), outputs=(IMAGE,))
FLOAT = "tensor(float)"
REAL_Z, REAL_IMAGE = {"z": (FLOAT, ("N", 4))}, {"image": (FLOAT, ("N", 1, 8, 8))}


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (REAL_Z, REAL_IMAGE),
        ({"z": (FLOAT, (None, "D"))}, {"image": (FLOAT, ("N", "C", None, None))}),
        ({"z": (FLOAT, (5, 4))}, REAL_IMAGE),  # the manifest may say less than the graph
        (REAL_Z, REAL_IMAGE | {"early": (FLOAT, ("N", 3))}),  # an output that nobody asks for
    ],
)
def test_ports_that_fit(inputs: dict, outputs: dict) -> None:
    check_ports(GRAPH, inputs, outputs)


@pytest.mark.parametrize(
    ("inputs", "outputs", "sentence"),
    [
        ({}, REAL_IMAGE, "decoder.onnx has no input 'z' (it has: none); export the model again."),
        (
            {"code": REAL_Z["z"], "label": REAL_Z["z"]},
            REAL_IMAGE,
            "decoder.onnx has no input 'z' (it has: code, label); export the model again.",
        ),
        (REAL_Z, {"x": REAL_IMAGE["image"]}, "decoder.onnx has no output 'image' (it has: x); export the model again."),
        (
            {"z": ("tensor(int64)", ("N", 4))},
            REAL_IMAGE,
            "decoder.onnx: the input 'z' is tensor(int64) ['N', 4], the manifest says float32 [None, 4]; "
            "export the model again.",
        ),
        (
            {"z": (FLOAT, ("N", 5))},
            REAL_IMAGE,
            "decoder.onnx: the input 'z' is tensor(float) ['N', 5], the manifest says float32 [None, 4]; "
            "export the model again.",
        ),
        (
            REAL_Z,
            {"image": (FLOAT, ("N", 8, 8))},
            "decoder.onnx: the output 'image' is tensor(float) ['N', 8, 8], the manifest says float32 "
            "[None, 1, 8, 8]; export the model again.",
        ),
        (
            REAL_Z | {"noise": REAL_Z["z"]},
            REAL_IMAGE,
            "decoder.onnx wants an input 'noise' that the manifest does not describe; export the model again.",
        ),
    ],
)
def test_ports_that_do_not_fit(inputs: dict, outputs: dict, sentence: str) -> None:
    with pytest.raises(PortMismatch) as caught:
        check_ports(GRAPH, inputs, outputs)
    assert str(caught.value) == sentence
