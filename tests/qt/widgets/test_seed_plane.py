"""The plane of seeds by mouse, wheel and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.seed_plane import PITCH, SeedPlane
from tests.qt.widgets import hands

FACE = np.full((8, 8, 3), 120, np.uint8)


@pytest.fixture
def plane(qtbot: QtBot) -> SeedPlane:
    plane = SeedPlane("plane", "Plane of seeds", "Drag.")
    qtbot.addWidget(plane)
    plane.resize(320, 240)
    with qtbot.waitExposed(plane):
        plane.show()
    plane.show_point((5.0, 3.0))
    return plane


def told(plane: SeedPlane) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    plane.moved.connect(lambda x, y: points.append((round(x, 3), round(y, 3))))
    return points


def test_a_drag_tells_where_it_is(plane: SeedPlane, qtbot: QtBot) -> None:
    points, starts = told(plane), []
    plane.started.connect(lambda: starts.append(1))
    hands.press(plane, plane.position(5, 3))
    hands.move(plane, plane.position(5.5, 3.25))
    hands.move(plane, QPointF(-500, -900))
    hands.release(plane, QPointF(-500, -900))
    hands.move(plane, plane.position(5, 3), down=False)
    assert points == [(5, 3), (5.5, 3.25), (0, 0)] and len(starts) == 1


def test_keys_step_and_home_goes_to_the_nearest(plane: SeedPlane, qtbot: QtBot) -> None:
    points = told(plane)
    plane.setFocus()
    qtbot.keyClick(plane, Qt.Key.Key_Right)
    qtbot.keyClick(plane, Qt.Key.Key_Up, hands.SHIFT)
    plane.show_point((5.4, 2.6))
    qtbot.keyClick(plane, Qt.Key.Key_Home)
    plane.show_point((0.0, 0.0))
    qtbot.keyClick(plane, Qt.Key.Key_Left)
    assert points == [(5.1, 3), (5, 2), (5, 3), (0, 0)]


def test_escape_takes_a_drag_back(plane: SeedPlane, qtbot: QtBot) -> None:
    hands.press(plane, plane.position(5, 3))
    with qtbot.waitSignal(plane.taken_back):
        qtbot.keyClick(plane, Qt.Key.Key_Escape)
    points = told(plane)
    hands.move(plane, plane.position(6, 3))
    assert points == []


def test_it_tells_what_is_in_sight_the_middle_first(plane: SeedPlane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(plane.looked) as looked:
        plane.show_point((40.0, 20.0))
    (seeds,) = looked.args
    assert seeds[0] == 2040 and {2039, 2041, 1940, 2140} <= set(seeds)
    with qtbot.waitSignal(plane.looked) as looked:
        assert hands.turn_wheel(plane, QPointF(50, 50), -1)
    assert looked.args[0][0] == 2140
    before = plane.position(40, 20)
    plane.show_point((40.3, 21.0))
    assert plane.position(40, 20) == before, "what is in sight does not move the view"


def test_the_edge_of_the_plane_is_seen_whole(plane: SeedPlane) -> None:
    plane.show_point((0.0, 0.0))
    assert plane.position(0, 0).x() >= PITCH / 2 and plane.position(0, 0).y() >= PITCH / 2
    plane.show_point((99.0, 4.0))
    assert plane.position(99, 4).x() <= plane.width() - PITCH / 2 + 1


def test_it_paints_pictures_and_nowhere(plane: SeedPlane) -> None:
    plane.show_tiles({305: FACE})
    at = plane.position(5, 3).toPoint()
    assert plane.grab().toImage().pixelColor(at).red() == 120
    plane.show_tiles({})
    plane.show_point(None)
    assert plane.grab().toImage().pixelColor(at).red() != 120
    assert plane.accessibleDescription() == "not on the plane"
