"""The field for prompts: what it tells, and when."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from explorer.latent.sampling import PROMPT
from explorer.qt.widgets.prompt_field import PromptField


@pytest.fixture
def field(qtbot) -> Iterator[PromptField]:
    room = QWidget()
    layout = QVBoxLayout(room)
    field = PromptField("prompt", "Prompt", "What it should show.", "a boat", room)
    layout.addWidget(field)
    layout.addWidget(QLineEdit(room))
    qtbot.addWidget(room)
    with qtbot.waitExposed(room):
        room.show()
    room.activateWindow()
    field.text.setFocus()
    yield field
    room.close()


def test_letters_are_told_at_once_and_the_text_with_enter(field, qtbot):
    typed, entered = [], []
    field.edited.connect(typed.append)
    field.entered.connect(entered.append)
    qtbot.keyClicks(field.text, "a fox")
    assert typed[-1] == "a fox" and len(typed) == 5 and entered == []
    qtbot.keyClick(field.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field.text, "b")
    qtbot.keyClick(field.text, Qt.Key.Key_Enter)
    assert entered == ["a fox\nb"] and field.written == "a fox\nb"
    qtbot.keyClick(field.text, Qt.Key.Key_Return)
    assert len(entered) == 1  # nothing new to tell


def test_tab_leaves_the_field_and_tells(field, qtbot):
    entered = []
    field.entered.connect(entered.append)
    qtbot.keyClicks(field.text, "x")
    qtbot.keyClick(field.text, Qt.Key.Key_Tab)
    assert entered == ["x"] and "\t" not in field.written


def test_what_is_being_typed_is_not_taken_away(field, qtbot):
    told = []
    field.edited.connect(told.append)
    qtbot.keyClicks(field.text, "half a th")
    field.show_text("something else")
    assert field.written == "half a th"
    field.text.clearFocus()
    told.clear()
    field.show_text("something else")
    assert field.written == "something else" and told == []


def test_a_very_long_text_is_cut(field, qtbot):
    entered = []
    field.entered.connect(entered.append)
    field.text.setPlainText("word " * PROMPT)
    qtbot.keyClick(field.text, Qt.Key.Key_Return)
    assert len(entered[0]) == PROMPT


def test_how_much_is_read_is_told(field):
    field.show_count(5, 75)
    assert field._count.text() == "5 of 75 tokens" and field._count.property("kind") == "hint"
    field.show_count(80, 75)
    assert "after the first 75" in field._count.text() and field._count.property("kind") == "warning"
