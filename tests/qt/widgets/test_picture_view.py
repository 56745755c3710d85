import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.picture_view import MAX_ZOOM, Picture, Viewport, draw_picture, fit_scale

ROOM = QRect(16, 16, 700, 600)


@pytest.mark.parametrize(
    ("side", "ratio", "wanted"),
    [
        (28, 1.0, 21),  # 600 / 28 = 21.4: whole numbers
        (64, 1.0, 9),  # 9.4
        (512, 1.0, 1),  # 1.17: the whole number costs less than a fifth
        (400, 1.0, 1.5),  # 1 would cost a third of the size
        (512, 2.0, 2),  # 2.34 on a dense screen
        (1200, 1.0, 0.5),
    ],
)
def test_crisp_pictures_take_whole_scales_where_they_cost_little(side, ratio, wanted):
    assert fit_scale(QSize(side, side), ROOM, ratio, crisp=True) == wanted


def test_smooth_pictures_fill_the_room():
    target = Viewport().target(QSize(64, 64), ROOM, 1.0, crisp=False)
    assert target == QRectF(66, 16, 600, 600)


@given(st.floats(0.2, 5), st.floats(0, 800), st.floats(0, 700), st.sampled_from([QSize(64, 64), QSize(20, 90)]))
def test_zooming_keeps_the_point_under_the_pointer_or_the_edge(factor, x, y, size):
    start = Viewport().zoomed(3.0, QPointF(350, 300), size, ROOM)
    point = QPointF(x, y)
    before, zoomed = start.target(size, ROOM, 1e6, crisp=False), start.zoomed(factor, point, size, ROOM)
    after = zoomed.target(size, ROOM, 1e6, crisp=False)
    assert 1.0 <= zoomed.zoom <= MAX_ZOOM
    assert covers(after, QRectF(ROOM))
    inside = QRectF(ROOM).contains(point) and before.contains(point)
    free = after.width() > ROOM.width() and after.height() > ROOM.height() and before.height() > ROOM.height()
    if inside and free and before.width() > ROOM.width() and factor >= 1 and zoomed.zoom < MAX_ZOOM:
        old = (point.x() - before.x()) / before.width(), (point.y() - before.y()) / before.height()
        new = (point.x() - after.x()) / after.width(), (point.y() - after.y()) / after.height()
        assert new == pytest.approx(old, abs=1e-3)


def covers(target: QRectF, room: QRectF) -> bool:
    """No empty edge along an axis on which the picture is larger than the room."""
    across = target.width() <= room.width() or (target.left() <= room.left() + 1 and target.right() >= room.right() - 1)
    down = target.height() <= room.height() or (target.top() <= room.top() + 1 and target.bottom() >= room.bottom() - 1)
    return across and down


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_panning_never_leaves_the_picture(x, y):
    start = Viewport().zoomed(2.0, QPointF(350, 300), QSize(64, 64), ROOM)
    moved = start.moved(QPointF(x, y), QSize(64, 64), ROOM)
    assert covers(moved.target(QSize(64, 64), ROOM, 1.0, crisp=False), QRectF(ROOM))


def drawn(pixels: np.ndarray, side: int, *, crisp: bool, viewport: Viewport | None = None) -> np.ndarray:
    image = QImage(side, side, QImage.Format.Format_RGB888)
    image.fill(0)
    room = QRect(0, 0, side, side)
    picture = Picture(pixels)
    painter = QPainter(image)
    target = (viewport or Viewport()).target(picture.size, room, 1.0, crisp=crisp)
    draw_picture(painter, picture, target, room, 1.0, crisp=crisp)
    painter.end()
    return to_pixels(image)


def test_whole_scales_repeat_every_pixel_equally():
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(drawn(pixels, 40, crisp=True), pixels.repeat(5, 0).repeat(5, 1))


def test_broken_scales_keep_pixels_equally_large():
    """Nearest at 1.5 makes columns of 1 and 2; here every second edge is blended instead."""
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::2] = 255
    row = drawn(stripes, 60, crisp=True)[30, :, 0].astype(float)
    light = row.reshape(-1, 3).sum(axis=1)  # one light and one dark stripe in every three pixels
    assert np.ptp(light[1:-1]) <= 12
    assert light[5] == pytest.approx(255 * 1.5, rel=0.05)


def test_smooth_enlarging_has_no_steps():
    ramp = np.linspace(0, 255, 16).astype(np.uint8)[None, :, None].repeat(16, 0).repeat(3, 2)
    row = drawn(ramp, 320, crisp=False)[160, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() <= 4


def test_smooth_reducing_averages():
    noise = np.random.default_rng(0).integers(0, 2, (256, 256, 1), dtype=np.uint8).repeat(3, 2) * 255
    assert drawn(noise, 32, crisp=False).std() < 40


def test_zoomed_crisp_draws_the_right_part():
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    viewport = Viewport(4.0, 0.125, 0.125)
    assert np.array_equal(drawn(pixels, 64, crisp=True, viewport=viewport), pixels[:8, :8].repeat(8, 0).repeat(8, 1))
