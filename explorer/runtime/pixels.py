"""The last step of a decoder, from numbers to pixels, done inside its graph.

In numpy it takes seven passes, and after each of them the worker waits for the interpreter, which the window holds
while it paints: on two cores that took 1.2 of the 3.9 ms from hand to painted picture.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.manifest import ImageMeaning, Port
from explorer.runtime.shuffle import with_quick_shuffles

PIXELS = "latent_explorer.pixels"  # uint8 (N, H, W, C), the numbers that ``contract.pixels.to_pixels`` gives
ENERGY = "latent_explorer.energy"  # the sum of all squares, (): finite where all values are, unless it overflows
OLDEST_OPSET = 13  # that has the operators used here


def with_pixels(content: bytes, image: Port) -> bytes:
    """The graph with ``PIXELS`` and ``ENERGY`` among its outputs; the same graph where they cannot be had.

    As it is read and written here anyway, it is also made quicker (``runtime/shuffle.py``).

    Args:
        content: a graph that was checked.
        image: its output that is a picture.
    """
    meaning = image.meaning
    model = onnx.load_model_from_string(content)
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    output = next((output for output in model.graph.output if output.name == image.name), None)
    axes = 0 if output is None else len(output.type.tensor_type.shape.dim)
    if not isinstance(meaning, ImageMeaning) or axes != 4 or opset < OLDEST_OPSET:
        return content
    with_quick_shuffles(model.graph)
    low, high = meaning.value_range
    constants = {"low": low, "scale": 255.0 / (high - low), "black": 0.0, "white": 255.0}
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, np.float32), _own(name)) for name, value in constants.items()
    )

    def step(operator: str, inputs: str, output: str) -> onnx.NodeProto:
        return helper.make_node(operator, [_own(name) for name in inputs.split()], [_own(output)])

    model.graph.node.extend(
        (
            helper.make_node("Cast", [image.name], [_own("values")], to=TensorProto.FLOAT),
            step("Sub", "values low", "shifted"),
            step("Mul", "shifted scale", "levels"),
            step("Clip", "levels black white", "within"),
            step("Round", "within", "rounded"),  # halves to even, as numpy
            helper.make_node("Cast", [_own("rounded")], [_own("bytes")], to=TensorProto.UINT8),
            helper.make_node(
                "Transpose", [_own("bytes")], [PIXELS], perm=(0, 2, 3, 1) if meaning.layout == "NCHW" else (0, 1, 2, 3)
            ),
            helper.make_node("ReduceSumSquare", [_own("values")], [ENERGY], keepdims=0),
        )
    )
    model.graph.output.extend(
        (
            helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, [None] * 4),
            helper.make_tensor_value_info(ENERGY, TensorProto.FLOAT, []),
        )
    )
    return model.SerializeToString()


def _own(name: str) -> str:
    """A name that no other part of the graph has."""
    return f"{PIXELS}.{name}"
