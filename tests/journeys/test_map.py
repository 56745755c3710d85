"""A walk over the map in the real window: look, go, drag, filter, come back."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton

from explorer.app import App
from explorer.qt.widgets.scatter import Scatter
from tests.graphs import STORED, Toy, tiny_bundle
from tests.journeys.conftest import Journey, assert_shows, code_of
from tests.qt.widgets import hands

pytestmark = pytest.mark.journey

PLANE, DEEP = Toy(2), Toy(5)


def opened(journey: Journey, toy: Toy) -> App:
    tiny_bundle(journey.library / "toy", name="toy", dims=toy.dims)
    app = journey.start()
    press(journey, app, "instruments_map")
    journey.until(lambda: scatter(app).isVisible() and app.whereabouts.newest is not None)
    return app


def scatter(app: App) -> Scatter:
    return app.window.map.scatter


def press(journey: Journey, app: App, name: str) -> None:
    button = app.window.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton)
    journey.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    journey.settle(app)


def pixel(app: App, x: float, y: float) -> QPointF:
    return QPointF(scatter(app).view.x(x), scatter(app).view.y(y))


def click(journey: Journey, app: App, x: float, y: float) -> None:
    hands.press(scatter(app), pixel(app, x, y))
    hands.release(scatter(app), pixel(app, x, y))
    journey.settle(app)


def test_a_click_decodes_the_place_and_undo_leads_back(journey: Journey):
    app = opened(journey, PLANE)
    before = app.explore.place
    click(journey, app, 0.5, -0.75)
    assert code_of(app) == pytest.approx((0.5, -0.75), abs=1e-4)
    assert_shows(app, PLANE)
    journey.undo(app)
    assert app.explore.place == before
    assert_shows(app, PLANE)


def test_a_drag_is_one_step_and_ends_where_the_hand_does(journey: Journey):
    app = opened(journey, DEEP)
    before, steps = app.explore.place, app.stack.count()
    hands.press(scatter(app), pixel(app, 0, 0))
    for x in (0.25, 0.5, 1.0):
        hands.move(scatter(app), pixel(app, x, 0.5))
    hands.release(scatter(app), pixel(app, 1.0, 0.5))
    journey.settle(app)
    assert_shows(app, DEEP)
    assert app.stack.count() == steps + 1
    journey.undo(app)
    assert app.explore.place == before


def test_a_double_click_fits_and_leaves_no_trace(journey: Journey):
    app = opened(journey, PLANE)
    before, fitted, steps = app.explore.place, scatter(app).view, app.stack.count()
    hands.turn_wheel(scatter(app), QPointF(60, 60), 2)
    click(journey, app, 0.5, 0.5)
    journey.qtbot.mouseDClick(scatter(app), Qt.MouseButton.LeftButton, pos=pixel(app, 0.5, 0.5).toPoint())
    journey.settle(app)
    assert scatter(app).view == fitted and app.explore.place == before and app.stack.count() == steps


def test_the_nearest_picture_is_named_and_can_be_gone_to(journey: Journey):
    app = opened(journey, PLANE)
    click(journey, app, 0.1, 0.1)
    journey.until(lambda: app.whereabouts.newest is not None and app.whereabouts.newest.gap > 0)
    press(journey, app, "go_to_nearest")
    journey.until(lambda: app.whereabouts.newest is not None and app.whereabouts.newest.gap == 0)
    assert app.whereabouts.newest is not None
    assert code_of(app) == pytest.approx(PLANE.codes()[app.whereabouts.newest.row].tolist())


def test_a_filter_is_undone_and_remembered(journey: Journey):
    app = opened(journey, PLANE)
    press(journey, app, "legend_1")
    assert app.explore.map.hidden == {"shoe"}
    app.window.close()
    later = journey.start()
    assert later.explore.instrument == "map" and later.explore.map.hidden == {"shoe"}
    journey.until(lambda: "40 points" in scatter(later).accessibleDescription())
    assert STORED == 40
    press(journey, later, "legend_1")
    assert later.explore.map.hidden == frozenset()
    journey.undo(later)
    assert later.explore.map.hidden == {"shoe"}


def test_circled_pictures_become_a_group_for_arithmetic(journey: Journey, monkeypatch: pytest.MonkeyPatch):
    app = opened(journey, PLANE)
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(app.window, "ask_group_name", lambda count, name: asked.append((count, name)) or "corner")
    before = app.explore.place
    corners = [(-9, -9), (9, -9), (9, 9), (-9, 9)]
    app.window.map.scatter.fit()
    hands.press(scatter(app), pixel(app, *corners[0]), hands.CONTROL)
    for corner in corners[1:]:
        hands.move(scatter(app), pixel(app, *corner), hands.CONTROL)
    hands.release(scatter(app), pixel(app, *corners[-1]), hands.CONTROL)
    journey.settle(app)
    assert asked == [(STORED, "mostly shirt")] and app.explore.place == before
    (group,) = app.notebooks.notes.groups
    assert (group.name, group.count) == ("corner", STORED)
    assert np.allclose(group.code, PLANE.codes().mean(axis=0), atol=1e-5)
    hands.press(scatter(app), pixel(app, 8, 8), hands.CONTROL)
    hands.release(scatter(app), pixel(app, 8, 8), hands.CONTROL)
    assert "No picture lies inside" in journey.message(app) and len(app.notebooks.notes.groups) == 1
