"""The bar at the top."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from explorer.qt.header import Header


@pytest.fixture
def header(qtbot: QtBot) -> Header:
    header = Header()
    qtbot.addWidget(header)
    header.resize(1024, header.height())
    header.show()
    return header


def button(header: Header, name: str) -> QPushButton:
    found = header.findChild(QPushButton, name)
    assert found is not None
    return found


def test_it_says_where_models_run_and_why(header: Header):
    label = header.findChild(QLabel, "runs_on")
    assert label is not None
    assert label.text() == ""
    header.show_runs_on("CPU · 2.1 ms a picture", "Running on the CPU: no CUDA driver found.", explained=True)
    assert label.text() == "CPU · 2.1 ms a picture"
    assert label.toolTip() == label.accessibleDescription() == "Running on the CPU: no CUDA driver found."


def test_undo_and_redo_say_what_they_would_do(header: Header):
    header.show_undo("Move z7", "")
    undo, redo = button(header, "undo"), button(header, "redo")
    assert undo.isEnabled() and undo.toolTip() == "Takes back: Move z7 (Ctrl+Z)."
    assert not redo.isEnabled() and redo.toolTip() == "Makes again: nothing yet (Ctrl+Shift+Z)."
    header.show_undo("", "Move z7")
    assert redo.isEnabled() and redo.toolTip() == "Makes again: Move z7 (Ctrl+Shift+Z)."
    assert not undo.isEnabled()


@pytest.mark.parametrize("name", ["undo", "redo", "theme", "help"])
def test_every_button_asks_for_its_own(qtbot: QtBot, header: Header, name: str):
    header.show_undo("this", "that")
    with qtbot.waitSignal(getattr(header, f"{name}_asked"), timeout=0):
        qtbot.mouseClick(button(header, name), Qt.MouseButton.LeftButton)
