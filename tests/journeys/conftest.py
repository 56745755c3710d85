"""A real program with a library of its own: every part is the one that ships, only the waiting is shorter."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import explorer.app
import explorer.control.outside
import explorer.headless
from explorer.app import App
from explorer.contract.pixels import Pixels, to_pixels
from explorer.options import LaunchOptions
from explorer.qt import theme
from explorer.qt.widgets.dimension_row import RowLayout
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.runtime.session import Runtime
from tests.graphs import Toy, tiny_bundle
from tests.qt.widgets import hands

LIMIT_S = 20.0  # of one call of a graph; tests that wait for it take their own
PATIENCE_MS = 30_000  # a test that waits this long has failed; on a busy machine a second is nothing
THREADS = ("worker", "watchdog")


@dataclass
class Journey:
    """A person at the program: starts it, uses hands and keys, and sees what is there."""

    qtbot: QtBot
    qapp: QApplication
    library: Path  # the folder of the user's models
    made: list[App] = field(default_factory=list)
    patience_ms: int = PATIENCE_MS

    def start(self, target: Path | None = None, *, limit_s: float = LIMIT_S, session: bool = True) -> App:
        """Start the program and wait until it has nothing left to do."""
        app = App(LaunchOptions(target=target, session=session), self.qapp, Runtime("cpu", threads=1, limit_s=limit_s))
        self.made.append(app)
        self.qtbot.addWidget(app.window)
        with self.qtbot.waitExposed(app.window):
            app.open()
        app.window.activateWindow()
        self.settle(app)
        return app

    def settle(self, app: App) -> None:
        """Wait until nothing is on its way any more, to the worker, to the screen or to the disk."""
        self.until(lambda: app.idle and not app.window.picture.waiting)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        self.qtbot.waitUntil(condition, timeout=self.patience_ms)

    def keys(self, app: App, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and release a key where the focus is, then wait."""
        self.qtbot.keyClick(app.window.focusWidget() or app.window, key, modifiers)
        self.settle(app)

    def undo(self, app: App) -> None:
        self.keys(app, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    def redo(self, app: App) -> None:
        self.keys(app, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)

    def drag(self, app: App, dimension: int, sigma: float, *, moves: int = 8) -> None:
        """Take the handle of a slider in sight and drag it to ``sigma``, in so many moves of the mouse; then wait."""
        self.pull(app, dimension, sigma, moves)
        self.settle(app)

    def pull(self, app: App, dimension: int, sigma: float, moves: int = 8) -> None:
        """``drag`` without waiting, where something else goes on all the time."""
        row = row_of(app, dimension)
        layout = RowLayout(row.width(), row.height())
        y = layout.groove.center().y()
        start = layout.x_of(row.shown_value, row.view.minimum, row.view.maximum)
        end = layout.x_of(sigma, row.view.minimum, row.view.maximum)
        hands.press(row, QPointF(start, y))
        for x in np.linspace(start, end, moves + 1)[1:].tolist():
            hands.move(row, QPointF(x, y))
        hands.release(row, QPointF(end, y))

    def choose(self, app: App, name: str) -> None:
        """Click a model in the library."""
        shelf = app.window.library.list
        titles = [shelf.model().index(at, 0).data() for at in range(shelf.model().rowCount())]
        at = shelf.visualRect(shelf.model().index(titles.index(name), 0)).center()
        self.qtbot.mouseClick(shelf.viewport(), Qt.MouseButton.LeftButton, pos=at)
        self.settle(app)

    def message(self, app: App) -> str:
        """What the window says over the picture now, a line each, the newest last; empty where it says nothing."""
        return "\n".join(toast.text for toast in app.window.toasts.waiting)


@pytest.fixture
def journey(
    qtbot: QtBot, qapp: QApplication, user_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Journey]:
    """A person before their first start, with an empty library."""
    library = tmp_path / "models"
    library.mkdir()
    for module in (explorer.app, explorer.headless):
        monkeypatch.setattr(module, "model_folders", lambda: (tmp_path / "nothing", library))
    monkeypatch.setattr(explorer.app, "REST_MS", 0)
    monkeypatch.setattr(explorer.app, "SAVE_MS", 0)
    monkeypatch.setattr(explorer.control.outside, "_check", lambda path, stop: "")  # a process for each would take long
    before = set(threading.enumerate())
    person = Journey(qtbot, qapp, library)
    yield person
    for app in person.made:
        app.window.close()
    left = [thread for thread in set(threading.enumerate()) - before if thread.name in THREADS]
    for thread in left:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in left)
    theme.apply(qapp, theme.DARK)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that are made once: ``first`` (4 numbers, 8 px), ``second`` (3 numbers, 12 px, colour)."""
    folder = tmp_path_factory.mktemp("shelf")
    tiny_bundle(folder / "first", name="first", dims=4)
    tiny_bundle(folder / "second", name="second", dims=3, size=12, channels=3, seed=1)
    return folder


@pytest.fixture
def stocked(journey: Journey, shelf: Path) -> Journey:
    """A person whose library holds both models of ``shelf``."""
    shutil.copytree(shelf, journey.library, dirs_exist_ok=True)
    return journey


FIRST = Toy(4)
SECOND = Toy(3, 12, 3, 1)


def row_of(app: App, dimension: int) -> LatentSlider:
    """The row in sight of a dimension."""
    rows = [row for row in app.window.findChildren(LatentSlider) if row.isVisible() and row.view.index == dimension]
    assert len(rows) == 1, f"{len(rows)} rows of z{dimension}"
    return rows[0]


def code_of(app: App) -> tuple[float, ...]:
    """The point asked for."""
    code = app.explore.place.code
    assert code is not None
    return code


def oracle(toy: Toy, code: tuple[float, ...]) -> Pixels:
    """The picture (H, W, C) that numpy makes of a code."""
    return to_pixels(toy.decode(np.array([code], np.float32)), toy.image_meaning)[0]


def shown(app: App) -> Pixels:
    """The picture in view (H, W, C); it must be the one of the point asked for."""
    picture = app.stage.picture
    assert picture is not None
    np.testing.assert_array_equal(picture.code, np.array(code_of(app), np.float32))
    return picture.pixels


def assert_shows(app: App, toy: Toy) -> None:
    """The picture in view is what numpy makes of the code; one grey level of rounding is allowed in a few pixels."""
    wanted, got = oracle(toy, code_of(app)).astype(int), shown(app).astype(int)
    gap: NDArray[np.int_] = np.abs(wanted - got)
    assert gap.max() <= 1
    assert (gap > 0).mean() < 0.02
