"""Looking inside a graph: which layers it has, and the same graph with one of them as an output more."""

from dataclasses import dataclass
from typing import Any

import onnx
from onnx import TensorProto, helper, shape_inference

MAPS = 4  # axes of a batch of feature maps
OPERATORS = frozenset({"Conv", "ConvTranspose"})  # whose answers are layers that people speak of
MOST = 200  # layers that are listed


@dataclass(frozen=True)
class Layer:
    """One layer: the tensor that it gives, and the shape (C, H, W) of its feature maps."""

    tensor: str
    operator: str
    shape: tuple[int, int, int]


def layers_of(content: bytes) -> tuple[Layer, ...]:
    """The convolutions of a graph in order, those whose shapes are known.

    Where something that is computed for each number alone follows (a nonlinearity), its answer is the layer's.
    """
    model = shape_inference.infer_shapes(onnx.load_from_string(content))
    shapes = {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
        for value in (*model.graph.value_info, *model.graph.output)
        if value.type.HasField("tensor_type") and value.type.tensor_type.elem_type == TensorProto.FLOAT
    }
    found: list[Layer] = []
    for node in model.graph.node:
        if node.op_type not in OPERATORS or not node.output:
            continue
        shape = shapes.get(node.output[0], ())
        if len(shape) == MAPS and all(side > 0 for side in shape[1:]):
            found.append(Layer(node.output[0], node.op_type, (shape[1], shape[2], shape[3])))
    return tuple(found[:MOST])


def tapped(content: bytes, layer: Layer) -> bytes:
    """The graph with a layer as its only output: what comes after it is not computed."""
    model = onnx.load_from_string(content)
    del model.graph.output[:]
    shape = ("batch", *layer.shape)
    model.graph.output.append(helper.make_tensor_value_info(layer.tensor, TensorProto.FLOAT, shape))
    _prune(model.graph, layer.tensor)
    return model.SerializeToString()


def _prune(graph: onnx.GraphProto, wanted: str) -> None:
    """Take out the nodes and constants that the output does not need; inputs stay, so that the feeds are the same."""
    nodes: list[Any] = list(graph.node)
    needed, kept = {wanted}, list[Any]()
    for node in reversed(nodes):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
            for attribute in node.attribute:
                needed |= {name for inner in attribute.g.node for name in inner.input}
    constants: list[Any] = [constant for constant in graph.initializer if constant.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
