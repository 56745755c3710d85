"""Looking inside a graph: which layers it has; the same graph cut off after one of them, or after an early output."""

import math
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


def work_of(content: bytes, outputs: tuple[str, ...]) -> dict[str, float]:
    """What each output costs beside the whole graph, in [0, 1]: the multiplications of the convolutions it needs."""
    model = shape_inference.infer_shapes(onnx.load_from_string(content))
    values = (*model.graph.value_info, *model.graph.output)
    sides = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim][2:] for value in values}
    weights = {constant.name: math.prod(constant.dims) for constant in model.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}

    def cost(wanted: tuple[str, ...]) -> float:
        waiting, seen, total = list(wanted), set[str](), 0.0
        while waiting:
            node = makers.get(waiting.pop())
            if node is None or node.output[0] in seen:
                continue
            seen.add(node.output[0])
            waiting += node.input
            if node.op_type in OPERATORS:
                total += weights.get(node.input[1], 0) * math.prod(sides.get(node.output[0], []))
        return total

    whole = max(cost(tuple(output.name for output in model.graph.output)), 1.0)
    return {output: cost((output,)) / whole for output in outputs}


def cut(content: bytes, output: str) -> tuple[bytes, frozenset[str]]:
    """The graph that gives one of its outputs alone, and the names of the inputs that this one still takes.

    Asking onnxruntime for an early output of the whole graph runs all of it.
    """
    model = onnx.load_from_string(content)
    kept: list[Any] = [value for value in model.graph.output if value.name == output]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    needed = _prune(model.graph, output)
    inputs: list[Any] = [value for value in model.graph.input if value.name in needed]
    del model.graph.input[:], model.graph.value_info[:]
    model.graph.input.extend(inputs)
    return model.SerializeToString(), frozenset(value.name for value in inputs)


def tapped(content: bytes, layer: Layer) -> bytes:
    """The graph with a layer as its only output: what comes after it is not computed."""
    model = onnx.load_from_string(content)
    del model.graph.output[:]
    shape = ("batch", *layer.shape)
    model.graph.output.append(helper.make_tensor_value_info(layer.tensor, TensorProto.FLOAT, shape))
    _prune(model.graph, layer.tensor)
    return model.SerializeToString()


def _prune(graph: onnx.GraphProto, wanted: str) -> set[str]:
    """Take out the nodes and constants that the output does not need; inputs stay. The names that it needs."""
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
    return needed
