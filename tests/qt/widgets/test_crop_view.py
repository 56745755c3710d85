"""The square on a picture: by mouse, wheel and keys, never outside the picture; showing is not editing."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.crop_view import CropView
from tests.qt.widgets import hands

PICTURE = np.full((100, 200, 3), 200, np.uint8)
MIDDLE = (50, 0, 100)


@pytest.fixture
def view(qtbot: QtBot) -> CropView:
    """A view twice as large as its picture, so that two pixels of it are one of the picture."""
    view = CropView("crop", "Picture")
    qtbot.addWidget(view)
    view.setFixedSize(400, 200)
    view.show()
    view.show_picture(PICTURE, MIDDLE)
    return view


def test_showing_tells_nobody(view: CropView, qtbot: QtBot):
    with qtbot.assertNotEmitted(view.cropped, wait=0):
        view.show_picture(PICTURE, (10, 20, 30))
    assert view.box == (10, 20, 30)


def test_a_drag_moves_the_square(view: CropView, qtbot: QtBot):
    view.show_picture(PICTURE, (50, 20, 40))
    with qtbot.waitSignal(view.cropped) as told:
        hands.press(view, QPointF(150, 80))
        hands.move(view, QPointF(190, 100))
        hands.release(view, QPointF(190, 100))
    assert told.args == [(70, 30, 40)] and view.box == (70, 30, 40)
    hands.move(view, QPointF(0, 0), down=False)
    assert view.box == (70, 30, 40)


@pytest.mark.parametrize("to, box", [(QPointF(-900, 0), (0, 0, 100)), (QPointF(1_300, 0), (100, 0, 100))])
def test_the_square_stays_on_the_picture(view: CropView, to: QPointF, box: tuple[int, int, int]):
    hands.press(view, QPointF(200, 100))
    hands.move(view, to)
    assert view.box == box


def test_the_wheel_changes_the_size_around_the_middle(view: CropView):
    assert hands.turn_wheel(view, QPointF(200, 100), 1)
    assert view.box == (55, 5, 90)
    for _ in range(9):
        hands.turn_wheel(view, QPointF(200, 100), -1)
    assert view.box == MIDDLE  # no larger than the picture
    for _ in range(60):
        hands.turn_wheel(view, QPointF(200, 100), 1)
    assert view.box[2] == 8  # no smaller than can be seen


def test_a_double_click_takes_the_middle(view: CropView, qtbot: QtBot):
    view.show_picture(PICTURE, (3, 4, 20))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view.box == MIDDLE


@pytest.mark.parametrize(
    "key, box",
    [
        (Qt.Key.Key_Left, (48, 20, 40)),
        (Qt.Key.Key_Right, (52, 20, 40)),
        (Qt.Key.Key_Up, (50, 18, 40)),
        (Qt.Key.Key_Down, (50, 22, 40)),
        (Qt.Key.Key_Plus, (52, 22, 36)),
    ],
)
def test_keys_do_what_the_mouse_does(view: CropView, qtbot: QtBot, key: Qt.Key, box: tuple[int, int, int]):
    view.show_picture(PICTURE, (50, 20, 40))
    with qtbot.waitSignal(view.cropped):
        qtbot.keyClick(view, key)
    assert view.box == box


def test_minus_undoes_plus(view: CropView, qtbot: QtBot):
    view.show_picture(PICTURE, (50, 20, 40))
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.box == (50, 20, 40)


def test_without_a_picture_nothing_happens(view: CropView, qtbot: QtBot):
    view.show_picture(None, (0, 0, 0))
    with qtbot.assertNotEmitted(view.cropped, wait=0):
        hands.press(view, QPointF(200, 100))
        hands.move(view, QPointF(100, 100))
        hands.turn_wheel(view, QPointF(200, 100), 1)
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
        qtbot.keyClick(view, Qt.Key.Key_Left)
    view.grab()


def test_one_pixel_can_be_shown(view: CropView):
    view.show_picture(np.zeros((1, 1, 3), np.uint8), (0, 0, 1))
    hands.turn_wheel(view, QPointF(200, 100), 1)
    assert view.box == (0, 0, 1)
    view.grab()
