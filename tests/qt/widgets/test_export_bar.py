"""The bar of a film that is being saved: there while one is, with words and a way to stop."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.export_bar import ExportBar, sentence
from explorer.tasks.queue import Progress


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("film.gif", 120, 300, 4.2, 0), "film.gif 120 of 300, 4 s left"),
        (Progress("film.gif", 0, 300, None, 0), "film.gif 0 of 300"),
        (Progress("film.gif", 299, 300, 0.1, 1), "film.gif 299 of 300, 1 s left, 1 more waits"),
        (Progress("film.gif", 1, 300, 600.0, 2), "film.gif 1 of 300, 10 min left, 2 more wait"),
        (Progress("film.gif", 1, 300, 9_000.0, 0), "film.gif 1 of 300, 2.5 h left"),
    ],
)
def test_it_says_how_far_it_is(progress: Progress, words: str) -> None:
    assert sentence(progress) == words


def test_it_comes_and_goes_and_asks_to_stop(qtbot: QtBot) -> None:
    bar = ExportBar("export", "Film that is being saved")
    qtbot.addWidget(bar)
    assert not bar.isVisible()
    bar.show_progress(Progress("film.gif", 120, 300, 4.0, 0))
    assert bar.isVisible()
    assert bar.findChildren(QLabel)[0].text() == "film.gif 120 of 300, 4 s left"
    (progress,) = bar.findChildren(QProgressBar)
    assert (progress.value(), progress.maximum()) == (120, 300)
    (stop,) = bar.findChildren(QPushButton)
    with qtbot.waitSignal(bar.stop_asked):
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    bar.show_progress(None)
    assert not bar.isVisible()
