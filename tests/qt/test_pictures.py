import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage

from explorer.qt.pictures import enlarge, fitted, rounded_thumbnail, to_image, to_pixels, to_pixmap

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4]))


@given(arrays(np.uint8, SHAPES))
@settings(deadline=None)
def test_there_and_back(pixels):
    assert np.array_equal(to_pixels(to_image(pixels)), pixels)


def test_two_axes_are_grey():
    assert to_pixels(to_image(np.array([[7, 9]], np.uint8))).tolist() == [[[7], [9]]]


def test_a_slice_is_read_right():
    pixels = np.arange(2 * 6 * 3, dtype=np.uint8).reshape(2, 6, 3)[:, ::2]
    assert np.array_equal(to_pixels(to_image(pixels)), pixels)


def test_the_image_does_not_follow_the_array():
    pixels = np.zeros((4, 4, 3), np.uint8)
    image = to_image(pixels)
    pixels[:] = 255
    assert image.pixelColor(0, 0) == QColor(0, 0, 0)


def test_other_formats_become_rgba():
    image = QImage(2, 1, QImage.Format.Format_RGB32)
    image.fill(QColor(1, 2, 3))
    assert to_pixels(image).tolist() == [[[1, 2, 3, 255]] * 2]


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(pixels):
    with pytest.raises(ValueError, match="expected uint8"):
        to_image(pixels)


def test_to_pixmap(qapp):
    assert to_pixmap(np.zeros((3, 5, 3), np.uint8)).size() == QSize(5, 3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_enlarged_keeps_what_is_flat_and_where_things_are(channels):
    pixels = np.full((8, 8, channels), 90, np.uint8)
    pixels[:, 4:] = 200
    larger = enlarge(pixels, 4)
    assert larger.shape == (32, 32, channels)
    assert np.array_equal(larger[:, 2], np.full((32, channels), 90))
    assert np.array_equal(larger[:, -2], np.full((32, channels), 200))


def test_fitted_is_whole_and_central():
    assert fitted(QSize(10, 20), QRect(0, 0, 100, 100)) == QRect(25, 0, 50, 100)


def test_thumbnails_are_round_filled_and_sharp_on_dense_screens(qapp):
    red = np.zeros((20, 10, 3), np.uint8)
    red[..., 0] = 255
    pixmap = rounded_thumbnail(to_image(red), 48, 6, 2.0, QColor("#0000ff"))
    assert pixmap.size() == QSize(96, 96)
    assert pixmap.deviceIndependentSize().toSize() == QSize(48, 48)
    image = pixmap.toImage()
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(48, 48).name() == "#ff0000"
    assert image.pixelColor(6, 48).name() == "#0000ff"
