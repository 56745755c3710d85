"""Teaching a direction in the real window: mark, get a slider, move it, calculate, and find all of it again."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from explorer.app import App
from tests.journeys.conftest import FIRST, Journey, assert_shows, code_of

pytestmark = pytest.mark.journey


def open_panel(person: Journey, app: App, key: str) -> None:
    person.qtbot.mouseClick(app.window.chips.button(key), Qt.MouseButton.LeftButton)
    person.settle(app)


def teach(person: Journey, app: App, name: str, count: int) -> None:
    """Say which pictures have a high first number."""
    app.window.directions.show_page("teach")
    field = app.window.directions.findChild(QLineEdit, "teach_name")
    assert field is not None
    field.setFocus()
    person.qtbot.keyClicks(field, name)
    person.keys(app, Qt.Key.Key_Return)
    for _ in range(count):
        person.keys(app, Qt.Key.Key_2 if code_of(app)[0] > 0 else Qt.Key.Key_1)


def test_marked_pictures_become_a_slider_that_is_there_after_a_restart(stocked: Journey):
    app = stocked.start()
    stocked.choose(app, "first")
    open_panel(stocked, app, "directions")
    teach(stocked, app, "high 1", 30)
    (trait,) = app.notebooks.notes.traits
    assert (trait.name, len(trait.picks)) == ("high 1", 30)
    fit = app.stage.taught["high 1"]
    assert fit.accuracy > 0.75
    assert fit.vector[0] > 0.7
    sentence = app.window.directions.findChild(QLabel, "teach_sentence")
    assert sentence is not None and "chance is 50" in sentence.text()

    row = app.window.directions.teach.row
    assert row is not None
    before = np.array(code_of(app))
    row.setFocus()
    stocked.keys(app, Qt.Key.Key_PageUp)
    moved = np.array(code_of(app)) - before
    np.testing.assert_allclose(moved / np.linalg.norm(moved), fit.vector, atol=1e-4)
    assert_shows(app, FIRST)
    stocked.until(lambda: row.isVisible())
    stocked.undo(app)
    np.testing.assert_allclose(code_of(app), before, atol=1e-6)

    app.window.close()
    again = stocked.start()
    assert again.notebooks.notes.traits == (trait,)
    np.testing.assert_array_equal(again.stage.taught["high 1"].vector, fit.vector)
    assert not again.stack.canUndo()


def test_one_step_of_undo_takes_a_mark_back_and_returns_to_its_picture(stocked: Journey):
    app = stocked.start()
    stocked.choose(app, "first")
    here = app.explore.place
    stocked.keys(app, Qt.Key.Key_2)  # anywhere in the window
    assert stocked.message(app).startswith("Marked as more “my direction”")
    assert app.explore.place != here
    stocked.undo(app)
    assert app.explore.place == here
    assert app.notebooks.notes.traits == ()
    stocked.redo(app)
    assert len(app.notebooks.notes.traits[0].picks) == 1


def test_a_sum_of_groups_leads_to_a_point(stocked: Journey):
    app = stocked.start()
    stocked.choose(app, "first")
    open_panel(stocked, app, "arithmetic")
    panel, encoded = app.window.arithmetic, app.stage.encoded
    assert encoded is not None
    here = np.array(app.stage.picture.code)
    for label in ("shoe", "bag"):
        panel.tray.group_asked.emit(label, "")
        panel.tray.taken.emit(f"group:{label}")
    panel.turned.emit(1)
    panel.tray.taken.emit("here")
    stocked.settle(app)
    panel.go_asked.emit()
    stocked.settle(app)
    means = [encoded.codes[encoded.labels[:, 0] == index].mean(axis=0) for index in (1, 2)]
    np.testing.assert_allclose(code_of(app), here + means[0] - means[1], atol=1e-5)
    assert_shows(app, FIRST)
