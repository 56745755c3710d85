"""The map in the hand: click, drag, wheel, hover, keys; driven as a person does."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from explorer.control.map import LegendValue
from explorer.control.maplayout import MapPoints
from explorer.control.maptiles import MapWindow, Tiles
from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets import scatter_layer
from explorer.qt.widgets.scatter import Scatter
from explorer.qt.widgets.scatter_palette import HUES
from tests.qt.looks import looks_like
from tests.qt.widgets.hands import CONTROL, SHIFT, move, press, release, turn_wheel

PLACES = np.array([[-1, -1], [1, 1], [1, -1], [-1, 1]], np.float32)
VALUES = (LegendValue("shirt", 2, False), LegendValue("shoe", 2, False))
INDICES = np.array([0, 1, 0, 1])


def points(places: np.ndarray = PLACES, rows: np.ndarray | None = None) -> MapPoints:
    thumbnails = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 1), np.uint8)
    bounds = np.array([[-1, -1], [1, 1]], np.float32)
    return MapPoints(places, np.arange(len(places)) if rows is None else rows, thumbnails, bounds, "Toys.")


@pytest.fixture
def scatter(qtbot: QtBot) -> Scatter:
    widget = Scatter("map", "Map", rest_ms=0)
    qtbot.addWidget(widget)
    widget.resize(300, 300)
    widget.show()
    widget.show_points(points())
    widget.show_values(VALUES, INDICES)
    return widget


def pixel(scatter: Scatter, x: float, y: float) -> QPointF:
    return QPointF(scatter.view.x(x), scatter.view.y(y))


def color_at(scatter: Scatter, x: float, y: float) -> str:
    at = pixel(scatter, x, y)
    return QColor(scatter.grab().toImage().pixel(int(at.x()), int(at.y()))).name()


def test_points_stand_at_their_places_in_their_colours(scatter: Scatter):
    assert color_at(scatter, -1, -1) == HUES[0] and color_at(scatter, 1, 1) == HUES[1]
    assert color_at(scatter, 0, 0) == theme.current().ground


def test_without_labels_all_points_have_the_accent(scatter: Scatter):
    scatter.show_values((), None)
    assert {color_at(scatter, *place) for place in PLACES.tolist()} == {theme.current().accent}


def test_hidden_values_are_neither_drawn_nor_found(scatter: Scatter):
    scatter.show_values((LegendValue("shirt", 2, True), VALUES[1]), INDICES)
    assert color_at(scatter, -1, -1) == theme.current().ground and color_at(scatter, 1, 1) == HUES[1]
    move(scatter, pixel(scatter, -1, -1), down=False)
    assert scatter.hovered is None
    scatter.show_values((LegendValue("shirt", 2, True), LegendValue("shoe", 2, True)), INDICES)
    assert color_at(scatter, 1, 1) == theme.current().ground


def test_many_points_become_a_density(scatter: Scatter, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scatter_layer, "DENSE", 3)
    scatter.show_values(VALUES, INDICES)
    assert color_at(scatter, 0, 0) == theme.current().ground
    assert color_at(scatter, 1, 1) != theme.current().ground


def test_the_mouse_over_a_point_shows_its_picture_and_label(scatter: Scatter):
    scatter.show_points(points(rows=np.array([7, 8, 9, 10])))
    scatter.show_values(VALUES, INDICES)
    empty = scatter.grab().toImage()
    move(scatter, pixel(scatter, 1, 1) + QPointF(-6, 4), down=False)
    assert scatter.hovered is not None
    assert scatter.hovered.row == 8 and scatter.hovered.label == "shoe" and scatter.hovered.picture is not None
    assert scatter.grab().toImage() != empty
    move(scatter, pixel(scatter, 0, 0), down=False)
    assert scatter.hovered is None and scatter.grab().toImage() == empty


def test_a_click_goes_there(scatter: Scatter, qtbot: QtBot):
    with qtbot.waitSignal(scatter.started), qtbot.waitSignal(scatter.moved) as told:
        press(scatter, pixel(scatter, 0.5, -0.25))
    release(scatter, pixel(scatter, 0.5, -0.25))
    assert told.args == pytest.approx((0.5, -0.25))


def test_a_drag_moves_all_the_way_and_begins_once(scatter: Scatter):
    begun, places = [], []
    scatter.started.connect(lambda: begun.append(1))
    scatter.moved.connect(lambda x, y: places.append((x, y)))
    press(scatter, pixel(scatter, 0, 0))
    for x in (0.1, 0.2, 0.3):
        move(scatter, pixel(scatter, x, 0))
    release(scatter, pixel(scatter, 0.3, 0))
    move(scatter, pixel(scatter, 0.9, 0), down=False)
    assert len(begun) == 1 and [x for x, _ in places] == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-6)


def test_shift_and_click_chooses_the_picture_itself(scatter: Scatter, qtbot: QtBot):
    moves = []
    scatter.moved.connect(lambda *at: moves.append(at))
    at = pixel(scatter, 1, -1)
    move(scatter, at, down=False)
    with qtbot.waitSignal(scatter.picture_chosen) as told:
        press(scatter, at, SHIFT)
    release(scatter, at)
    assert told.args == [2] and moves == []


def test_the_wheel_comes_closer_to_the_mouse_and_a_double_click_shows_all(scatter: Scatter, qtbot: QtBot):
    fitted, at = scatter.view, QPointF(60, 80)
    under = fitted.at(60, 80)
    assert turn_wheel(scatter, at, 3)
    assert scatter.view.scale > fitted.scale and scatter.view.at(60, 80) == pytest.approx(under)
    with qtbot.waitSignal(scatter.taken_back):
        qtbot.mouseDClick(scatter, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert scatter.view == fitted


def test_the_right_button_pans(scatter: Scatter, qtbot: QtBot):
    moves = []
    scatter.moved.connect(lambda *at: moves.append(at))
    under = scatter.view.at(100, 100)
    qtbot.mousePress(scatter, Qt.MouseButton.RightButton, pos=QPointF(100, 100).toPoint())
    qtbot.mouseMove(scatter, QPointF(130, 90).toPoint())
    qtbot.mouseRelease(scatter, Qt.MouseButton.RightButton, pos=QPointF(130, 90).toPoint())
    assert scatter.view.at(130, 90) == pytest.approx(under) and moves == []


def test_keys_move_the_point_zoom_and_fit(scatter: Scatter, qtbot: QtBot):
    scatter.show_position((0.0, 0.0), exact=True)
    with qtbot.waitSignal(scatter.moved) as told:
        qtbot.keyClick(scatter, Qt.Key.Key_Up)
    assert told.args[0] == 0 and 0 < told.args[1] < 0.2
    fitted = scatter.view
    qtbot.keyClick(scatter, Qt.Key.Key_Plus)
    assert scatter.view.scale > fitted.scale
    qtbot.keyClick(scatter, Qt.Key.Key_Home)
    assert scatter.view == fitted


def test_when_the_view_rests_it_tells_its_window_of_tiles(scatter: Scatter, qtbot: QtBot):
    with qtbot.waitSignal(scatter.rested) as told:
        turn_wheel(scatter, QPointF(150, 150), 1)
    window: MapWindow = told.args[0]
    assert (window.columns, window.rows) == (8, 8)
    assert (window.left, window.bottom + window.height) == pytest.approx(scatter.view.at(0, 0))
    assert (window.left + window.width, window.bottom) == pytest.approx(scatter.view.at(300, 300))


def test_tiles_lie_under_the_points_where_they_belong_and_the_former_ones_stay(scatter: Scatter):
    scatter.show_values((), None)
    scatter.show_dots(False)
    window = MapWindow(-2, -2, 4, 4, 2, 2, 8)
    white, black = np.full((1, 8, 8, 1), 255, np.uint8), np.zeros((4, 8, 8, 3), np.uint8)
    scatter.show_tiles(Tiles(window, np.array([1]), white))  # the upper right one
    assert color_at(scatter, 0.5, 0.5) == "#ffffff" and color_at(scatter, -0.5, 0.5) == theme.current().ground
    scatter.show_tiles(Tiles(window, np.array([0, 2, 3]), np.repeat(white, 3, 0)))
    scatter.show_tiles(Tiles(MapWindow(-4, -4, 8, 8, 2, 2, 8), np.array([0]), black[:1]))
    assert color_at(scatter, 0.5, 0.5) == "#ffffff" and color_at(scatter, -0.5, 0.5) == "#000000"
    scatter.show_tiles(None)
    assert color_at(scatter, 0.5, 0.5) == theme.current().ground


def test_a_path_and_its_keyframes_are_drawn(scatter: Scatter):
    scatter.show_dots(False)
    line = np.stack([np.linspace(-0.9, 0.9, 20), np.zeros(20)], axis=1).astype(np.float32)
    scatter.show_path(line, line[[0, -1]])
    assert QColor(color_at(scatter, 0.3, 0)).lightness() > 150
    nothing = np.zeros((0, 2), np.float32)
    scatter.show_path(nothing, nothing)
    assert color_at(scatter, 0.3, 0) == theme.current().ground


def test_the_current_point_is_marked_differently_where_it_is_only_about_there(scatter: Scatter):
    scatter.show_position((0.0, 0.0), exact=True)
    assert color_at(scatter, 0, 0) == theme.current().accent
    exact = scatter.grab().toImage()
    scatter.show_position((0.0, 0.0), exact=False)
    assert scatter.grab().toImage() != exact


def test_an_empty_map_takes_no_hands(qtbot: QtBot):
    widget = Scatter("map", "Map", rest_ms=0)
    qtbot.addWidget(widget)
    widget.resize(200, 200)
    widget.show()
    told = []
    widget.moved.connect(lambda *at: told.append(at))
    press(widget, QPointF(50, 50))
    turn_wheel(widget, QPointF(50, 50), 1)
    assert told == []


def test_a_larger_widget_shows_the_same_middle(scatter: Scatter):
    middle = scatter.view.at(150, 150)
    scatter.resize(420, 360)
    assert scatter.view.at(210, 180) == pytest.approx(middle)
    assert scatter.view.x(1.0) < 420 and scatter.view.y(1.0) > 0


def test_it_is_described_in_words(scatter: Scatter):
    assert scatter.accessibleDescription() == "4 points. Toys."


def test_looks(scatter: Scatter, tmp_path: Path):
    rng = np.random.default_rng(1)
    many = rng.standard_normal((400, 2)).astype(np.float32) * 0.4
    scatter.show_points(points(many, np.arange(400) % 40))
    scatter.show_values(VALUES, (many[:, 0] > 0).astype(np.int64))
    scatter.show_position((0.5, 0.25), exact=True)
    line = np.stack([np.linspace(-0.8, 0.8, 40), np.sin(np.linspace(-2, 2, 40)) / 2], axis=1).astype(np.float32)
    scatter.show_path(line, line[[0, 20, 39]])
    scatter.clearFocus()
    looks_like(scatter, "scatter", tmp_path, size=(240, 240))
    assert to_pixels(scatter.grab().toImage()).std() > 5


def circle(scatter: Scatter, *corners: tuple[float, float]) -> list[list[int]]:
    """Circle with Ctrl held; what was told."""
    told: list[list[int]] = []
    scatter.lassoed.connect(lambda rows: told.append(rows.tolist()))
    press(scatter, pixel(scatter, *corners[0]), CONTROL)
    for corner in corners[1:]:
        move(scatter, pixel(scatter, *corner), CONTROL)
    release(scatter, pixel(scatter, *corners[-1]), CONTROL)
    return told


def test_ctrl_and_drag_circles_pictures_and_moves_nothing(scatter: Scatter, qtbot: QtBot):
    scatter.show_points(points(rows=np.array([7, 5, 3, 1])))
    scatter.show_values(VALUES, INDICES)
    with qtbot.assertNotEmitted(scatter.moved), qtbot.assertNotEmitted(scatter.started):
        told = circle(scatter, (-1.2, -1.2), (1.2, -1.2), (1.2, -0.8), (-1.2, -0.8))
    assert told == [[7, 3]], "the two points below"


def test_what_the_legend_hides_is_not_circled(scatter: Scatter):
    scatter.show_values((VALUES[0], LegendValue("shoe", 2, True)), INDICES)
    assert circle(scatter, (-1.5, -1.5), (1.5, -1.5), (1.5, 1.5), (-1.5, 1.5)) == [[0, 2]]


def test_an_outline_around_nothing_holds_nothing(scatter: Scatter):
    assert circle(scatter, (-0.2, -0.2), (0.2, -0.2), (0, 0.2)) == [[]]
