"""Pictures survive the way into a graph's numbers and back, for every layout, range and number of channels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pydantic import ValidationError

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import ImageMeaning
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from tests.unit.contract.sentences import assert_plain

ranges = st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-2.5, 2.5)]) | st.tuples(
    st.floats(-100, 100, width=32), st.floats(0.5, 200, width=32)
).map(lambda pair: (pair[0], pair[0] + pair[1]))
meanings = st.builds(
    ImageMeaning, layout=st.sampled_from(["NCHW", "NHWC"]), channels=st.sampled_from([1, 3, 4]), value_range=ranges
)


def _pictures(channels: int) -> st.SearchStrategy[Pixels]:
    sizes = st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(1, 5), st.just(channels))
    return hnp.arrays(np.uint8, sizes)


@settings(max_examples=150, deadline=None)
@given(st.data(), meanings)
def test_there_and_back(data: st.DataObject, meaning: ImageMeaning) -> None:
    pixels = data.draw(_pictures(meaning.channels))
    values = from_pixels(pixels, meaning)
    n, h, w, c = pixels.shape
    assert values.shape == ((n, c, h, w) if meaning.layout == "NCHW" else (n, h, w, c))
    assert values.dtype == np.float32 and values.flags.c_contiguous
    back = to_pixels(values, meaning)
    assert back.dtype == np.uint8 and back.flags.c_contiguous
    np.testing.assert_array_equal(back, pixels)


@settings(max_examples=60, deadline=None)
@given(meanings)
def test_black_and_white_are_the_ends_of_the_range(meaning: ImageMeaning) -> None:
    black, white = np.zeros((1, 2, 2, meaning.channels), np.uint8), np.full((1, 2, 2, meaning.channels), 255, np.uint8)
    low, high = meaning.value_range
    np.testing.assert_allclose(from_pixels(black, meaning), low, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(from_pixels(white, meaning), high, rtol=1e-5, atol=1e-4)
    shape = from_pixels(black, meaning).shape
    width = high - low
    assert (to_pixels(np.full(shape, low - width), meaning) == 0).all()
    assert (to_pixels(np.full(shape, high + width), meaning) == 255).all()


def test_layouts_put_channels_where_they_belong() -> None:
    values = np.zeros((1, 3, 2, 4), np.float32)
    values[0, 1, 0, 2] = 1.0  # green, first row, third column
    planar = to_pixels(values, ImageMeaning())
    assert planar.shape == (1, 2, 4, 3) and planar[0, 0, 2].tolist() == [0, 255, 0] and planar.sum() == 255
    interleaved = to_pixels(values.transpose(0, 2, 3, 1), ImageMeaning(layout="NHWC"))
    np.testing.assert_array_equal(interleaved, planar)


def test_halves_round_to_even_and_half_precision_works() -> None:
    values = np.array([0.5, 1.5, 254.5, 0.49, 127.0], np.float16).reshape(1, 1, 1, 5)
    meaning = ImageMeaning(channels=1, value_range=(0, 255))
    assert to_pixels(values, meaning).ravel().tolist() == [0, 2, 254, 0, 127]


@settings(max_examples=40, deadline=None)
@given(_pictures(3).filter(lambda pixels: len(pixels) > 0))
def test_colour_becomes_grey_as_pillow_does_it(pixels: Pixels) -> None:
    grey = to_pixels(from_pixels(pixels, ImageMeaning(channels=1)), ImageMeaning(channels=1))[0, ..., 0]
    pillow = np.asarray(Image.fromarray(pixels[0]).convert("L"))
    assert np.abs(grey.astype(int) - pillow.astype(int)).max() <= 1


@pytest.mark.parametrize(("have", "want", "expected"), [
    (1, 3, [7, 7, 7]), (1, 4, [7, 7, 7, 255]), (3, 4, [7, 7, 7, 255]), (4, 3, [7, 7, 7]), (4, 1, [7]), (1, 1, [7]),
])  # fmt: skip
def test_channels_are_added_and_taken_away(have: int, want: int, expected: list[int]) -> None:
    pixels = np.full((1, 1, 1, have), 7, np.uint8)
    meaning = ImageMeaning(channels=want)
    assert to_pixels(from_pixels(pixels, meaning), meaning).ravel().tolist() == expected


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1, 3, 8, 8), (8,), (2, 4, 8, 8), (1, 8, 8, 3)])
def test_a_graph_that_gives_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(PortMismatch) as caught:
        to_pixels(np.zeros(shape, np.float32), ImageMeaning())
    assert_plain(caught.value)


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8, 2), (1, 3, 8, 8), (1, 8, 9, 3), (1, 9, 8, 3)])
def test_pictures_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(PortMismatch) as caught:
        from_pixels(np.zeros(shape, np.uint8), ImageMeaning(height=8, width=8))
    assert_plain(caught.value)


@pytest.mark.parametrize("value_range", [(1.0, 0.0), (0.0, 0.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_a_range_that_is_none(value_range: tuple[float, float]) -> None:
    with pytest.raises(ValidationError):
        ImageMeaning(value_range=value_range)
