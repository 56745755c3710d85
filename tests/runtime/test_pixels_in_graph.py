"""Pixels that come out of a graph are those that numpy makes of its numbers, to the last one."""

import math

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.errors import ModelFault
from explorer.contract.manifest import Graph, ImageMeaning, LatentMeaning, LatentSpace, NormalPrior, Port
from explorer.contract.pixels import to_pixels
from explorer.latent.priors import Prior
from explorer.models.autoencoder import Decoder
from explorer.runtime.pixels import ENERGY, PIXELS, with_pixels
from explorer.runtime.session import Runtime

SIDE = 4
COUNT = 3


def described(meaning: ImageMeaning, dtype: str = "float32") -> Graph:
    size = SIDE * SIDE * meaning.channels
    shape = (None, meaning.channels, SIDE, SIDE) if meaning.layout == "NCHW" else (None, SIDE, SIDE, meaning.channels)
    return Graph(
        file="decoder.onnx",
        role="decoder",
        inputs=(Port(name="z", shape=(None, size), meaning=LatentMeaning(space="z")),),
        outputs=(Port(name="image", shape=shape, dtype=dtype, meaning=meaning),),  # type: ignore[arg-type]
    )


def reshaping(graph: Graph, opset: int = 18) -> bytes:
    """A graph whose picture is its code in another shape, so that a test chooses every number of it."""
    (code,), (image,) = graph.inputs, graph.outputs
    half = image.dtype == "float16"
    nodes = [
        helper.make_node("Reshape", ["z", "shape"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["image"], to=TensorProto.FLOAT16 if half else TensorProto.FLOAT),
    ]
    made = helper.make_graph(
        nodes,
        "reshaping",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, list(code.shape))],
        [
            helper.make_tensor_value_info(
                "image", TensorProto.FLOAT16 if half else TensorProto.FLOAT, ["N", *image.shape[1:]]
            )
        ],
        [numpy_helper.from_array(np.array([0, *image.shape[1:]], np.int64), "shape")],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10).SerializeToString()


@pytest.fixture
def runtime() -> Runtime:
    return Runtime("cpu", threads=1)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-0.3, 0.7)])
def test_they_are_the_pixels_that_numpy_makes(runtime, dtype, layout, channels, value_range) -> None:
    meaning = ImageMeaning(channels=channels, layout=layout, value_range=value_range)
    graph = described(meaning, dtype)
    low, high = value_range
    levels = np.random.default_rng(0).uniform(-20, 275, (COUNT, SIDE * SIDE * channels))
    levels[0] = np.arange(levels.shape[1]) * 2 + 0.5  # halves, which round to even
    values = (levels / 255 * (high - low) + low).astype(np.float32)
    answer = runtime.open(reshaping(graph), graph).run({"z": values})
    assert answer[PIXELS].dtype == np.uint8
    np.testing.assert_array_equal(answer[PIXELS], to_pixels(answer["image"], meaning))
    assert math.isfinite(answer[ENERGY])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_still_refused(runtime: Runtime, value: float) -> None:
    decoder, values = decoding(runtime)
    values[1, 5] = value
    with pytest.raises(ModelFault, match="values that are not numbers"):
        decoder.decode(values)


def test_numbers_too_large_to_be_squared_are_clipped_as_any(runtime: Runtime) -> None:
    decoder, values = decoding(runtime)
    values[1, 5] = 1e30
    assert decoder.decode(values)[1].max() == 255


def test_a_graph_of_older_operators_is_left_as_it_is(runtime: Runtime) -> None:
    graph = described(ImageMeaning(channels=1))
    content = reshaping(graph, opset=12)
    assert with_pixels(content, graph.outputs[0]) == content
    values = np.full((1, SIDE * SIDE), 0.5, np.float32)
    assert list(runtime.open(content, graph).run({"z": values})) == ["image"]


def decoding(runtime: Runtime) -> tuple[Decoder, np.ndarray]:
    """A decoder and codes (3, D) that it shows as they are."""
    graph = described(ImageMeaning(channels=1))
    size = SIDE * SIDE
    space = LatentSpace(name="z", shape=(size,), prior=NormalPrior())
    prior = Prior(np.zeros(size, np.float32), np.ones(size, np.float32))
    return Decoder(runtime.open(reshaping(graph), graph), graph, space, prior), np.full((3, size), 0.5, np.float32)
