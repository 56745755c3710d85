"""What a bundle wants otherwise in a graph: two outputs in the place of one, no noise drawn inside, no idle outputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from explorer.foreign.pipelines.facts import ENCODER, GRAPH
from explorer.foreign.pipelines.files import NotAPipeline

MEAN, LOG_VARIANCE = "latent_mean", "latent_log_variance"
TIGHTEST, WIDEST = -30.0, 20.0  # log-variances, as DiagonalGaussianDistribution of diffusers bounds them
OPSET = 13  # from which on the operators used here are as they are used here
_OWN = "latent_explorer."


def split_moments(content: bytes, name: str, channels: int) -> bytes:
    """An encoder whose output ``name`` (N, 2C, h, w) becomes ``MEAN`` and ``LOG_VARIANCE``, (N, C, h, w) each."""
    model = onnx.load_model_from_string(content)
    graph = model.graph
    old = next(output for output in graph.output if output.name == name)
    kind = old.type.tensor_type.elem_type
    number = helper.tensor_dtype_to_np_dtype(kind)
    constants: dict[str, Any] = {
        "axis": np.array([1], np.int64),
        "start": np.array([0], np.int64),
        "half": np.array([channels], np.int64),
        "end": np.array([2 * channels], np.int64),
        "tightest": np.asarray(TIGHTEST, number),
        "widest": np.asarray(WIDEST, number),
    }
    graph.initializer.extend(numpy_helper.from_array(value, f"{_OWN}{key}") for key, value in constants.items())
    start, half, end, axis = (f"{_OWN}{key}" for key in ("start", "half", "end", "axis"))
    graph.node.extend(
        (
            helper.make_node("Slice", [name, start, half, axis], [MEAN]),
            helper.make_node("Slice", [name, half, end, axis], [f"{_OWN}raw"]),
            helper.make_node("Clip", [f"{_OWN}raw", f"{_OWN}tightest", f"{_OWN}widest"], [LOG_VARIANCE]),
        )
    )
    del graph.output[:]
    shape = [axis.dim_param or axis.dim_value or None for axis in old.type.tensor_type.shape.dim]
    shape[1:2] = [channels]
    graph.output.extend(helper.make_tensor_value_info(each, kind, shape) for each in (MEAN, LOG_VARIANCE))
    return model.SerializeToString()


def without_noise(content: bytes) -> bytes:
    """An encoder that draws its latents, as one that gives their mean: the noise in it becomes zero."""
    model = onnx.load_model_from_string(content)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "RandomNormalLike":
            nodes.append(node)
            continue
        dtype = next((attribute.i for attribute in node.attribute if attribute.name == "dtype"), None)
        zero = f"{_OWN}{node.output[0]}" if dtype is not None else node.output[0]
        nodes.append(helper.make_node("Sub", [node.input[0], node.input[0]], [zero]))
        if dtype is not None:
            nodes.append(helper.make_node("Cast", [zero], [node.output[0]], to=dtype))
    if any(node.op_type.startswith("Random") for node in nodes):
        raise NotAPipeline(f"{ENCODER}/{GRAPH} draws its latents; export the pipeline with `optimum-cli export onnx`.")
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString()


def with_outputs(content: bytes, names: Sequence[str]) -> bytes:
    """The graph with no other outputs than these, so that nothing is computed for the others."""
    model = onnx.load_model_from_string(content)
    kept = [next(output for output in model.graph.output if output.name == name) for name in names]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return model.SerializeToString()
