"""Painting by mouse and by keys tells strokes in pixels of the picture; showing tells nobody."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.paint_view import PaintView
from tests.qt.widgets import hands

PICTURE = np.full((8, 8, 1), 90, np.uint8)
FREE = np.zeros((8, 8), np.bool_)


@pytest.fixture
def view(qtbot: QtBot) -> PaintView:
    view = PaintView("paint", "Picture", "Drag to paint.")
    qtbot.addWidget(view)
    view.setFixedSize(160, 80)  # ten pixels for each of the picture, in the middle
    view.show()
    view.show_picture(PICTURE, FREE)
    return view


def test_a_drag_is_one_gesture_of_joined_strokes(view: PaintView):
    started, strokes = [], []
    view.started.connect(lambda: started.append(1))
    view.stroked.connect(lambda *ends: strokes.append(ends))
    hands.press(view, QPointF(50, 10))
    hands.move(view, QPointF(70, 10))
    hands.move(view, QPointF(70, 40))
    hands.release(view, QPointF(70, 40))
    hands.move(view, QPointF(90, 40), down=False)
    assert started == [1]
    assert strokes == [((1, 1), (1, 1)), ((1, 1), (3, 1)), ((3, 1), (3, 4))]


def test_the_keyboard_moves_the_brush_and_paints(view: PaintView, qtbot: QtBot):
    strokes: list[tuple[tuple[float, float], ...]] = []
    view.stroked.connect(lambda *ends: strokes.append(ends))
    for _ in range(20):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    for _ in range(2):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert strokes == [((7.5, 2.5), (7.5, 2.5))]


def test_what_is_painted_is_seen_on_the_picture(view: PaintView):
    def colour(x: int, y: int) -> tuple[int, int, int]:
        found = view.grab().toImage().pixelColor(x, y)
        return found.red(), found.green(), found.blue()

    before = colour(75, 35)
    free = FREE.copy()
    free[3, 3] = True
    view.show_picture(PICTURE, free)
    assert colour(75, 35) != before == colour(85, 35)
    assert view.accessibleDescription() == "2% painted"
    view.show_picture(None, None)
    assert view.accessibleDescription() == "no picture"
