# pyright: basic
"""The window as a picture file: opened for real, saved when everything in sight has been painted."""

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from explorer.contract.errors import CannotWrite, ExplorerError
from explorer.qt.bridge import MainThread
from explorer.qt.window import Window

PATIENCE_MS = 60_000
CALM_MS = 200  # after the last thing that happened, so that timers of the window had their turn


class NoPicture(ExplorerError):
    """The window could not show what it was asked for."""


class Running(Protocol):
    """What is needed of the running program."""

    main: MainThread
    window: Window

    @property
    def idle(self) -> bool: ...

    @property
    def showing(self) -> bool: ...


def take_screenshot(app: Running, qt: QApplication, path: Path) -> None:
    """Run the event loop until the window is complete, save it to ``path`` as PNG, and close it.

    Raises:
        NoPicture: the model could not be shown (the window, with its message, is saved all the same).
        CannotWrite: the file cannot be written.
    """
    outcome: list[ExplorerError] = []
    calm = QTimer()
    calm.setSingleShot(True)
    calm.setInterval(CALM_MS)

    def look() -> None:
        toast = app.window.toasts.shown
        failed = toast is not None and toast.kind == "error"
        picture = app.window.picture
        painted = not (picture.waiting and picture.isVisible())  # on another page it waits until it comes into sight
        if not app.idle or not painted or not (app.showing or failed):
            return
        if toast is not None and failed:
            outcome.append(NoPicture(toast.text))
        if not _saved(app.window.grab().toImage(), path):
            outcome.append(CannotWrite(f"{path} cannot be written; choose another folder."))
        app.window.close()
        qt.quit()

    def give_up() -> None:
        outcome.append(NoPicture("No picture came within a minute; try `latent-explorer check` on the model."))
        app.window.close()
        qt.quit()

    calm.timeout.connect(look)
    app.main.called.connect(calm.start)
    app.window.picture.canvas.painted.connect(lambda _: calm.start())
    QTimer.singleShot(PATIENCE_MS, calm, give_up)
    calm.start()
    qt.exec()
    if outcome:
        raise outcome[0]


def _saved(image: QImage, path: Path) -> bool:
    return image.save(str(path), "PNG")  # type: ignore[call-overload] - the stubs want bytes for the format
