"""Sub-pixel upsampling by transpositions: the same numbers as DepthToSpace, and only where it is known to be."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from explorer.runtime.shuffle import with_quick_shuffles


def shuffling(depth: int, high: int, wide: object, times: int, mode: str) -> onnx.ModelProto:
    shape = ["batch", depth, high, wide]
    graph = helper.make_graph(
        [
            helper.make_node("Relu", ["x"], ["middle"]),
            helper.make_node("DepthToSpace", ["middle"], ["y"], blocksize=times, mode=mode),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)],
        value_info=[helper.make_tensor_value_info("middle", TensorProto.FLOAT, shape)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def answer(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


@pytest.mark.parametrize(
    ("channels", "high", "wide", "times"), [(3, 4, 6, 2), (1, 1, 5, 3), (8, 7, 7, 4), (2, 5, 1, 2)]
)
def test_two_transpositions_are_the_same_numbers(channels: int, high: int, wide: int, times: int) -> None:
    model = shuffling(channels * times**2, high, wide, times, "CRD")
    x = np.random.default_rng(0).random((2, channels * times**2, high, wide), np.float32)
    wanted = answer(model, x)
    with_quick_shuffles(model.graph)
    assert [node.op_type for node in model.graph.node] == [
        "Relu",
        "Reshape",
        "Transpose",
        "Reshape",
        "Transpose",
        "Reshape",
    ]
    np.testing.assert_array_equal(answer(model, x), wanted)


@pytest.mark.parametrize(("wide", "mode"), [("width", "CRD"), (6, "DCR")])
def test_a_free_side_and_another_order_are_left_alone(wide: object, mode: str) -> None:
    model = shuffling(8, 4, wide, 2, mode)
    before = model.SerializeToString(deterministic=True)
    with_quick_shuffles(model.graph)
    assert model.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("times", [0, -2, 3, None])
def test_what_makes_no_sense_is_left_to_onnxruntime(times: int | None) -> None:
    model = shuffling(8, 4, 6, 2, "CRD")  # eight channels are no multiple of nine
    node = model.graph.node[1]
    (blocksize,) = [attribute for attribute in node.attribute if attribute.name == "blocksize"]
    node.attribute.remove(blocksize) if times is None else setattr(blocksize, "i", times)
    before = model.SerializeToString(deterministic=True)
    with_quick_shuffles(model.graph)
    assert model.SerializeToString(deterministic=True) == before
