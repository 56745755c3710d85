"""A whole autoencoder in one graph, cut in two at its narrowest tensor, so that one can move among its codes."""

import math

import onnx
from onnx import TensorProto, helper

from explorer.foreign.facts import GraphFacts

SMALLER = 4  # times as few numbers as a picture has: as wide a tensor is no code


def bottleneck(content: bytes, facts: GraphFacts) -> tuple[str, tuple[int | None, ...]] | None:
    """The last tensor that everything on the way from the picture to a picture of the same shape goes through.

    None where the graph is no autoencoder: no such pair, or no tensor that is a quarter as large or less.
    """
    if len(facts.inputs) != 1:
        return None
    given = facts.inputs[0]
    back = next((tensor for tensor in facts.outputs if tensor.shape == given.shape), None)
    if back is None or math.prod(size or 1 for size in given.shape) < SMALLER:
        return None
    model = onnx.load_model_from_string(content)
    graph = model.graph
    shapes: dict[str, tuple[int | None, ...]] = {
        value.name: tuple(axis.dim_value or None for axis in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
        if value.type.tensor_type.elem_type == TensorProto.FLOAT
    }
    most = math.prod(size or 1 for size in given.shape) // SMALLER
    for node in reversed(graph.node):
        for name in node.output:
            shape = shapes.get(name)
            small = shape is not None and 1 < math.prod(size or 1 for size in shape) <= most
            vector = shape is not None and len(shape) in (1, 2)
            between = small and vector and name != back.name and _reaches(graph, name, back.name, without="")
            if between and not _reaches(graph, given.name, back.name, without=name):
                return name, shape or ()
    return None


def second_half(content: bytes, tensor: str, shape: tuple[int | None, ...], output: str) -> bytes:
    """The graph from ``tensor`` (of ``shape``) to ``output``."""
    model = onnx.load_model_from_string(content)
    graph = model.graph
    needed, kept = {output}, list[onnx.NodeProto]()
    for node in reversed(graph.node):
        if needed & set(node.output) and tensor not in node.output:
            kept.append(node)
            needed |= set(node.input)
    constants = [constant for constant in graph.initializer if constant.name in needed]
    outputs = [value for value in graph.output if value.name == output]
    del graph.node[:], graph.initializer[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
    axes = [f"axis_{at}" if size is None else size for at, size in enumerate(shape)]
    graph.input.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, axes))
    graph.output.extend(outputs)
    return model.SerializeToString()


def _reaches(graph: onnx.GraphProto, start: str, end: str, *, without: str) -> bool:
    """Whether ``end`` depends on ``start`` by a way that does not go through ``without``."""
    reached = {start}
    for node in graph.node:
        if any(name in reached for name in node.input):
            reached |= {name for name in node.output if name != without}
    return end in reached
