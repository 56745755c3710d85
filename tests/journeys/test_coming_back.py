"""Closing, crashing, saving and dropping: the way back to where one was."""

import json
import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from explorer.app import App
from explorer.cli import main
from explorer.control.keeper import SESSION, SETTINGS
from explorer.places import config_folder, state_folder
from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from tests.graphs import tiny_bundle
from tests.journeys.conftest import FIRST, SECOND, Journey, assert_shows, code_of, oracle, shown

pytestmark = pytest.mark.journey

CONTROL = Qt.KeyboardModifier.ControlModifier


def drop(widget: QWidget, *paths: Path) -> None:
    """Drag files over a widget and let them go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, copy = widget.rect().center(), Qt.DropAction.CopyAction
    mouse, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(at), copy, data, mouse, keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(at), copy, data, mouse, keys)
    QApplication.sendEvent(widget, event)
    assert event.isAccepted()


def save(person: Journey, app: App, path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Press Ctrl+S and choose ``path``."""
    monkeypatch.setattr(app.window, "ask_where_to_save", lambda name: str(path))
    person.keys(app, Qt.Key.Key_S, CONTROL)
    return path.read_bytes()


def test_closing_and_coming_back_leads_to_the_same_place(stocked: Journey):
    app = stocked.start()
    stocked.choose(app, "second")
    stocked.drag(app, 1, 1.25)
    stocked.keys(app, Qt.Key.Key_C)
    stocked.keys(app, Qt.Key.Key_T, CONTROL)
    left = app.explore.model_dump()
    app.window.close()
    again = stocked.start()
    assert again.explore.model_dump() == left
    assert again.settings.theme == "light"
    assert theme.current() is theme.LIGHT
    assert_shows(again, SECOND)
    assert not again.stack.canUndo()


def test_a_crash_loses_nothing_that_was_calm(stocked: Journey):
    app = stocked.start()
    stocked.drag(app, 0, -1.75)
    place = app.explore.place
    file = state_folder() / SESSION
    stocked.until(lambda: file.is_file() and json.loads(file.read_bytes())["place"]["code"] == list(place.code or ()))
    again = stocked.start()  # the first one was never closed
    assert again.explore.place == place
    assert_shows(again, FIRST)


def test_a_session_whose_model_is_gone_says_so_and_goes_on(stocked: Journey):
    app = stocked.start()
    app.window.close()
    gone = Path(app.explore.place.bundle)
    gone.rename(gone.with_name("elsewhere"))
    again = stocked.start()
    told = again.window.picture.canvas.accessibleDescription()
    assert "first" in told and told.endswith(".")
    stocked.choose(again, "second")
    assert_shows(again, SECOND)


def test_a_damaged_session_is_set_aside(stocked: Journey):
    file = state_folder() / SESSION
    file.parent.mkdir(parents=True)
    file.write_text('{"place": {"bundle"')
    app = stocked.start()
    assert "damaged" in stocked.message(app)
    assert file.with_suffix(".damaged.json").read_text() == '{"place": {"bundle"'
    assert_shows(app, FIRST)


def test_a_model_that_is_dropped_is_opened_and_remembered(stocked: Journey, tmp_path: Path):
    app = stocked.start()
    tiny_bundle(tmp_path / "elsewhere.zip", name="third", dims=3, size=12, channels=3, seed=1)
    drop(app.window, tmp_path / "elsewhere.zip")
    stocked.settle(app)
    assert_shows(app, SECOND)
    app.window.close()
    again = stocked.start()
    assert "third" in [item.title for item in again.library.items]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_model_that_is_reached_by_a_link_is_listed_once(stocked: Journey, tmp_path: Path):
    app = stocked.start()
    (tmp_path / "link").symlink_to(stocked.library / "second")
    drop(app.window, tmp_path / "link")
    stocked.settle(app)
    assert_shows(app, SECOND)
    assert sorted(item.title for item in app.library.items) == ["first", "second"]


def test_a_file_that_is_no_model_is_refused_in_a_sentence(stocked: Journey, tmp_path: Path):
    app = stocked.start()
    place, picture = app.explore.place, shown(app)
    (tmp_path / "letter.txt").write_text("Dear model,")
    drop(app.window, tmp_path / "letter.txt")
    stocked.settle(app)
    assert stocked.message(app).startswith("letter.txt: ")
    assert app.explore.place == place
    assert shown(app) is picture


def test_the_window_saves_the_bytes_that_the_command_writes(
    stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = stocked.start()
    saved = save(stocked, app, tmp_path / "window.png", monkeypatch)
    bundle = app.explore.place.bundle
    assert main(["render", bundle, "-o", str(tmp_path / "command.png")]) == 0
    assert (tmp_path / "command.png").read_bytes() == saved
    stocked.drag(app, 2, 0.8)
    saved = save(stocked, app, tmp_path / "moved.png", monkeypatch)
    assert main(["render", str(tmp_path / "moved.png"), "-o", str(tmp_path / "again.png")]) == 0
    assert (tmp_path / "again.png").read_bytes() == saved


def test_a_saved_picture_that_is_dropped_restores_its_point(
    stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = stocked.start()
    stocked.drag(app, 3, -0.6)
    place, picture = app.explore.place, shown(app)
    save(stocked, app, tmp_path / "point.png", monkeypatch)
    stocked.choose(app, "second")
    drop(app.window.picture.canvas.window(), tmp_path / "point.png")
    stocked.settle(app)
    assert app.explore.place == place
    assert (shown(app) == picture).all()
    stocked.undo(app)
    assert_shows(app, SECOND)


def test_copying_puts_the_picture_on_the_clipboard(stocked: Journey):
    app = stocked.start()
    stocked.keys(app, Qt.Key.Key_C, CONTROL)
    assert (to_pixels(QGuiApplication.clipboard().image()) == oracle(FIRST, code_of(app))).all()


def test_saving_where_nothing_can_be_written_says_so(stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = stocked.start()
    monkeypatch.setattr(app.window, "ask_where_to_save", lambda name: str(tmp_path / "no" / "such" / "folder.png"))
    stocked.keys(app, Qt.Key.Key_S, CONTROL)
    assert "folder" in stocked.message(app)
    assert_shows(app, FIRST)


def test_settings_that_cannot_be_written_are_told_once(stocked: Journey):
    for folder in (config_folder(), state_folder()):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("a file where the folder should be")
    app = stocked.start()
    lost = [f"{name} cannot be written" for name in (SETTINGS, SESSION)]  # what was proved of a model is a setting
    stocked.until(lambda: all(sentence in stocked.message(app) for sentence in lost))
    assert "nothing is remembered" in stocked.message(app)
    app.window.toasts.clear()
    stocked.drag(app, 0, 1.0)
    assert_shows(app, FIRST)
    stocked.keys(app, Qt.Key.Key_T, CONTROL)
    assert app.settings.theme == "light"
    assert stocked.message(app) == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_told(stocked: Journey):
    config_folder().mkdir(parents=True)
    config_folder().chmod(0o500)
    app = stocked.start()
    stocked.keys(app, Qt.Key.Key_T, CONTROL)
    stocked.until(lambda: SETTINGS in stocked.message(app))
