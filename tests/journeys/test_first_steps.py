"""What a person does in the first minutes: look, move, take back, lock, go elsewhere."""

from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QAbstractButton

from explorer.app import App
from explorer.control.walk import FIRST_SEED
from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.latent_slider import LatentSlider
from tests.journeys.conftest import FIRST, SECOND, Journey, assert_shows, code_of, row_of, shown
from tests.qt.widgets import hands

pytestmark = pytest.mark.journey


def on_screen(app: App) -> Counter[tuple[int, ...]]:
    """How often each colour is on the canvas, as it is painted."""
    pixels = to_pixels(app.window.picture.canvas.grab().toImage())[..., :3].reshape(-1, 3).astype(int)
    packed, counts = np.unique(pixels @ (1 << 16, 1 << 8, 1), return_counts=True)
    colours = ((value >> 16, value >> 8 & 255, value & 255) for value in packed.tolist())
    return Counter(dict(zip(colours, counts.tolist(), strict=True)))


def button(app: App, name: str) -> QAbstractButton:
    found = app.window.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def test_a_first_start_opens_a_model_and_paints_its_picture(stocked: Journey):
    app = stocked.start()
    assert app.showing
    assert app.explore.place.seed == FIRST_SEED
    assert_shows(app, FIRST)
    colours = on_screen(app)
    for level in np.unique(shown(app)).tolist():
        assert colours[(level, level, level)] >= 100  # crisp pixels: each is a large square of exactly its level


def test_an_empty_library_says_what_to_do_next(journey: Journey):
    app = journey.start()
    assert not app.showing
    assert "drop a model" in app.window.picture.canvas.accessibleDescription()
    assert not button(app, "save_picture").isEnabled()
    assert not button(app, "sliders_random").isEnabled()
    journey.keys(app, Qt.Key.Key_Space)
    assert app.explore.place.code is None


def test_dragging_a_slider_changes_the_picture_to_what_the_numbers_say(stocked: Journey):
    app = stocked.start()
    before, start = shown(app), code_of(app)
    stocked.drag(app, 2, 1.5)
    code = code_of(app)
    assert code[2] == pytest.approx(1.5, abs=0.02)
    assert [code[k] for k in (0, 1, 3)] == [start[k] for k in (0, 1, 3)]
    assert app.explore.place.seed is None
    assert not np.array_equal(shown(app), before)
    assert_shows(app, FIRST)


def test_one_gesture_is_one_step_of_undo(stocked: Journey):
    app = stocked.start()
    start = app.explore.place
    stocked.drag(app, 0, 2.0)
    first = app.explore.place
    stocked.drag(app, 0, -1.0)
    stocked.drag(app, 1, 0.5)
    last = app.explore.place
    assert app.stack.count() == 3
    stocked.undo(app)
    stocked.undo(app)
    assert app.explore.place == first
    assert_shows(app, FIRST)
    stocked.undo(app)
    assert app.explore.place == start
    assert row_of(app, 0).shown_value == pytest.approx(code_of(app)[0])
    assert not button(app, "undo").isEnabled()
    for _ in range(3):
        stocked.redo(app)
    assert app.explore.place == last
    assert not button(app, "redo").isEnabled()
    assert_shows(app, FIRST)


def test_a_wheel_turned_in_one_go_is_one_step(stocked: Journey):
    app = stocked.start()
    start = code_of(app)[1]
    row = row_of(app, 1)
    for _ in range(5):
        hands.turn_wheel(row, QPointF(row.rect().center()), 1)
    stocked.settle(app)
    assert code_of(app)[1] == pytest.approx(start + 0.5, abs=1e-4)
    stocked.undo(app)
    assert code_of(app)[1] == start


def test_escape_takes_a_drag_back(stocked: Journey):
    app = stocked.start()
    start = code_of(app)
    row, middle = row_of(app, 0), row_of(app, 0).rect().center()
    stocked.qtbot.mousePress(row, Qt.MouseButton.LeftButton, pos=middle)
    stocked.qtbot.mouseMove(row, middle + QPoint(60, 0))
    stocked.settle(app)
    assert code_of(app) != start
    stocked.keys(app, Qt.Key.Key_Escape)
    stocked.qtbot.mouseRelease(row, Qt.MouseButton.LeftButton, pos=middle)
    assert code_of(app) == start
    assert not button(app, "undo").isEnabled()


def test_locked_dimensions_stay_when_the_point_is_drawn_anew(stocked: Journey):
    app = stocked.start()
    start = code_of(app)
    row = row_of(app, 1)
    row.setFocus()
    stocked.keys(app, Qt.Key.Key_L)
    assert app.explore.place.locked == {1}
    stocked.qtbot.mouseClick(button(app, "sliders_random"), Qt.MouseButton.LeftButton)
    stocked.settle(app)
    moved = code_of(app)
    assert moved[1] == start[1]
    assert all(moved[k] != start[k] for k in (0, 2, 3))
    assert app.explore.place.seed is None  # not the seed's own point
    assert_shows(app, FIRST)
    stocked.drag(app, 1, 2.0)
    assert code_of(app) == moved
    stocked.undo(app)
    assert code_of(app) == start
    assert app.explore.place.locked == {1}
    stocked.undo(app)
    assert app.explore.place.locked == frozenset()


def test_drawing_one_dimension_leaves_the_others(stocked: Journey):
    app = stocked.start()
    start = code_of(app)
    row_of(app, 2).setFocus()
    stocked.keys(app, Qt.Key.Key_R)
    assert code_of(app)[2] != start[2]
    assert [code_of(app)[k] for k in (0, 1, 3)] == [start[k] for k in (0, 1, 3)]
    stocked.undo(app)
    assert code_of(app) == start


def test_a_double_click_resets_one_dimension(stocked: Journey):
    app = stocked.start()
    start = code_of(app)
    row = row_of(app, 3)
    stocked.qtbot.mouseDClick(row, Qt.MouseButton.LeftButton, pos=row.rect().center())
    stocked.settle(app)
    assert code_of(app) == (*start[:3], 0.0)
    stocked.undo(app)
    assert code_of(app) == start


def test_space_presses_the_button_that_has_the_keyboard(stocked: Journey):
    app = stocked.start()
    button(app, "sliders_reset").setFocus(Qt.FocusReason.TabFocusReason)
    stocked.keys(app, Qt.Key.Key_Space)
    assert code_of(app) == (0.0,) * 4


def test_space_elsewhere_draws_a_point(stocked: Journey):
    app = stocked.start()
    app.window.picture.canvas.setFocus()
    stocked.keys(app, Qt.Key.Key_Space)
    assert app.explore.place.seed not in (None, FIRST_SEED)
    assert_shows(app, FIRST)


def test_the_theme_is_changed_and_taken_back(stocked: Journey):
    app = stocked.start()
    dark = on_screen(app)
    stocked.keys(app, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert theme.current() is theme.LIGHT
    assert on_screen(app)[theme.LIGHT.color("ground").getRgb()[:3]] > 1_000
    stocked.undo(app)
    assert theme.current() is theme.DARK
    assert on_screen(app) == dark


def test_undo_leads_back_to_the_model_before(stocked: Journey):
    app = stocked.start()
    stocked.drag(app, 0, -2.0)
    there = app.explore.place
    stocked.choose(app, "second")
    assert_shows(app, SECOND)
    assert len([row for row in app.window.findChildren(LatentSlider) if row.isVisible()]) == 3
    stocked.undo(app)
    assert app.explore.place == there
    assert_shows(app, FIRST)
    assert app.window.library.list.chosen_key == there.bundle
    stocked.redo(app)
    assert_shows(app, SECOND)


def test_opening_the_open_model_again_keeps_the_point(stocked: Journey):
    app = stocked.start()
    stocked.drag(app, 0, -2.0)
    there = app.explore.place
    stocked.choose(app, "first")
    assert app.explore.place == there


def test_b_shows_the_picture_before_for_as_long_as_it_is_held(stocked: Journey):
    app = stocked.start()
    canvas = app.window.picture.canvas
    before = on_screen(app)
    stocked.drag(app, 0, 2.5)
    after = on_screen(app)
    canvas.setFocus()
    stocked.qtbot.keyPress(canvas, Qt.Key.Key_B)
    assert canvas.accessibleDescription().startswith("before")
    level = int(np.median(app.stage.before.pixels)) if app.stage.before is not None else -1
    assert on_screen(app)[(level,) * 3] >= before[(level,) * 3] // 2
    assert on_screen(app) != after
    stocked.qtbot.keyRelease(canvas, Qt.Key.Key_B)
    assert on_screen(app) == after


def test_the_sheet_of_shortcuts_comes_and_goes(stocked: Journey):
    app = stocked.start()
    sheet = app.window.findChild(type(app.window._sheet))
    app.window.picture.canvas.setFocus()
    stocked.keys(app, Qt.Key.Key_Question)
    assert sheet.isVisible()
    stocked.keys(app, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert app.window.focusWidget() is app.window.picture.canvas


def test_the_filter_takes_letters_that_are_shortcuts_elsewhere(stocked: Journey):
    app = stocked.start()
    crisp = app.explore.smooth
    stocked.keys(app, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = app.window.focusWidget()
    stocked.qtbot.keyClicks(field, "c b?rl z2")
    assert app.explore.smooth == crisp
    assert field.property("text") == "c b?rl z2"
    assert not app.window._sheet.isVisible()
    stocked.keys(app, Qt.Key.Key_Escape)
    assert field.property("text") == ""


def test_a_model_taken_out_of_the_library_comes_back(stocked: Journey):
    app = stocked.start()
    stocked.choose(app, "second")
    stocked.keys(app, Qt.Key.Key_Delete)
    assert [item.title for item in app.library.items] == ["first"]
    assert_shows(app, SECOND)
    stocked.undo(app)
    assert [item.title for item in app.library.items] == ["first", "second"]
