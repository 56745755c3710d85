"""A double click on a file reaches the program that runs already."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QUrl
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot

from explorer.qt.openings import Openings


def test_a_file_that_the_desktop_hands_over_is_told_and_other_events_pass(qtbot: QtBot, tmp_path: Path) -> None:
    target, openings = QObject(), Openings()
    target.installEventFilter(openings)
    told: list[str] = []
    openings.asked.connect(told.append)
    path = str(tmp_path / "a model.lexp")
    assert QCoreApplication.sendEvent(target, QFileOpenEvent(QUrl.fromLocalFile(path)))
    QCoreApplication.sendEvent(target, QFileOpenEvent(QUrl("https://example.org/model.lexp")))
    QCoreApplication.sendEvent(target, QEvent(QEvent.Type.User))
    assert told == [path]
