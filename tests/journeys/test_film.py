"""A path of three keyframes, its film, and the film dropped on the window: everything is as it was."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton

from explorer.app import App
from explorer.qt.panels.film_dialog import FilmDialog
from explorer.state.filmchoice import FilmChoice
from explorer.state.journey import Journey as Path_
from tests.journeys.conftest import FIRST, Journey, assert_shows, code_of, oracle

pytestmark = pytest.mark.journey
FILM = FilmChoice(kind="gif", fps=20, scale=2, smooth=False)


def click(journey: Journey, app: App, name: str) -> None:
    (button,) = app.window.findChildren(QPushButton, name)
    journey.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    journey.settle(app)


def drop(journey: Journey, app: App, path: Path) -> None:
    """Let a file fall on the picture."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    at, button, keys = QPoint(300, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    QApplication.sendEvent(app.window, QDragEnterEvent(at, action, mime, button, keys))
    QApplication.sendEvent(app.window, QDropEvent(QPointF(at), action, mime, button, keys))
    journey.settle(app)


def walk(journey: Journey, app: App) -> Path_:
    """Keep three random points as keyframes, walked as a smooth loop."""
    for _ in range(3):
        journey.keys(app, Qt.Key.Key_Space)
        journey.keys(app, Qt.Key.Key_K)
    click(journey, app, "path_kinds_spline")
    click(journey, app, "loop_path")
    assert len(app.explore.journey.keyframes) == 3
    return app.explore.journey


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where films go that are asked for; the dialogs answer at once."""
    target = tmp_path / "walk.gif"
    monkeypatch.setattr(FilmDialog, "ask", lambda *facts: FILM)
    monkeypatch.setattr(FilmDialog, "ask_where", lambda *facts: target)
    return target


def test_a_film_brings_point_and_path_back(stocked: Journey, choose: Path) -> None:
    app = stocked.start()
    path, code = walk(stocked, app), code_of(app)
    click(stocked, app, "export_film")
    assert stocked.message(app).startswith("Saved as ")
    assert not app.window.exports.isVisible()
    with Image.open(choose) as film:
        assert film.n_frames == round(path.duration_s * FILM.fps)
    click(stocked, app, "clear_keyframes")
    stocked.keys(app, Qt.Key.Key_Space)
    stocked.choose(app, "second")
    drop(stocked, app, choose)
    assert app.explore.journey == path
    assert code_of(app) == code
    assert_shows(app, FIRST)
    stocked.undo(app)  # one step back: the model and path that were there before
    assert app.explore.journey.keyframes == ()
    assert app.explore.place.bundle.endswith("second")


def test_a_path_comes_back_after_a_restart(stocked: Journey) -> None:
    app = stocked.start()
    path = walk(stocked, app)
    app.window.close()
    again = stocked.start()
    assert again.explore.journey == path
    assert oracle(FIRST, path.keyframes[0]).shape == (8, 8, 1)


def test_a_film_of_a_model_that_is_not_here_is_named(stocked: Journey, choose: Path) -> None:
    app = stocked.start()
    walk(stocked, app)
    click(stocked, app, "export_film")
    app.window.close()
    first = stocked.library / "first"
    first.rename(stocked.library.parent / "away")
    again = stocked.start()
    drop(stocked, again, choose)
    assert "made with first, which is not in the library" in stocked.message(again)


def test_closing_in_the_middle_of_a_film_leaves_one_that_plays(stocked: Journey, choose: Path) -> None:
    app = stocked.start()
    walk(stocked, app)
    app.strip.set(leg_s=60.0)
    stocked.qtbot.mouseClick(app.window.findChildren(QPushButton, "export_film")[0], Qt.MouseButton.LeftButton)
    bar = app.window.exports
    stocked.until(lambda: bar.isVisible() and bar.findChildren(type(bar._bar))[0].value() > 0)
    app.window.close()
    assert not app.window.isVisible()
    with Image.open(choose) as film:
        assert 0 < film.n_frames < 3_600


def test_a_code_is_copied_and_pasted(stocked: Journey) -> None:
    app = stocked.start()
    stocked.keys(app, Qt.Key.Key_Space)
    code = code_of(app)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    stocked.keys(app, Qt.Key.Key_C, both)
    assert QApplication.clipboard().text().startswith("first: [")
    stocked.keys(app, Qt.Key.Key_Space)
    assert code_of(app) != code
    stocked.keys(app, Qt.Key.Key_V, both)
    assert code_of(app) == code
    assert_shows(app, FIRST)
    QApplication.clipboard().setText("[1, 2, NaN, 4]")
    stocked.keys(app, Qt.Key.Key_V, both)
    assert stocked.message(app).endswith("holds a number that is not finite; copy it again.")
    assert code_of(app) == code
