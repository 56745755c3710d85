"""Undo over evented state: one generic command, merged by gesture."""

import gc

import pytest
from psygnal import EventedModel
from PySide6.QtGui import QUndoStack

from explorer.qt import undo
from explorer.qt.undo import UndoHistory
from explorer.state.history import Change, change


class Lamp(EventedModel):
    brightness: int = 0
    colour: str = "white"


@pytest.fixture
def lamp() -> Lamp:
    return Lamp()


@pytest.fixture
def stack() -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def history(stack: QUndoStack) -> UndoHistory:
    return UndoHistory(stack)


def test_a_change_is_applied_at_once_and_taken_back(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    heard: list[int] = []
    lamp.events.brightness.connect(heard.append)
    assert change(history, lamp, "brightness", 3, "Turn up")
    assert stack.undoText() == "Turn up"
    stack.undo()
    stack.redo()
    assert heard == [3, 0, 3]


def test_a_change_to_what_is_there_already_is_none(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    assert not change(history, lamp, "brightness", 0, "Turn up")
    assert stack.count() == 0


def test_a_gesture_is_one_step_from_its_first_value_to_its_last(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    for value in (1, 2, 3):
        change(history, lamp, "brightness", value, "Turn up", gesture=1)
    for value in (4, 5):
        change(history, lamp, "brightness", value, "Turn up", gesture=2)
    assert stack.count() == 2
    stack.undo()
    assert lamp.brightness == 3
    stack.undo()
    assert lamp.brightness == 0
    stack.redo()
    assert lamp.brightness == 3


def test_a_gesture_that_comes_back_leaves_no_step(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    change(history, lamp, "colour", "red", "Colour")
    for value in (1, 2, 0):
        change(history, lamp, "brightness", value, "Turn up", gesture=1)
    assert lamp.brightness == 0
    assert stack.count() == 1
    stack.undo()
    assert lamp.colour == "white"


@pytest.mark.parametrize("first, second", [(1, None), (None, 1), (None, None), (1, 2)])
def test_other_gestures_do_not_merge(
    lamp: Lamp, stack: QUndoStack, history: UndoHistory, first: int | None, second: int | None
):
    change(history, lamp, "brightness", 1, "Turn up", gesture=first)
    change(history, lamp, "brightness", 2, "Turn up", gesture=second)
    assert stack.count() == 2


def test_other_fields_and_other_owners_do_not_merge(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    change(history, lamp, "brightness", 1, "Turn up", gesture=1)
    change(history, lamp, "colour", "red", "Colour", gesture=1)
    change(history, Lamp(), "colour", "blue", "Colour", gesture=1)
    assert stack.count() == 3


def test_a_change_after_undo_ends_the_other_future(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    change(history, lamp, "brightness", 1, "Turn up")
    stack.undo()
    change(history, lamp, "brightness", 2, "Turn up")
    assert not stack.canRedo()
    assert lamp.brightness == 2


def test_the_oldest_steps_go_first(lamp: Lamp, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(undo, "LIMIT", 3)
    stack = QUndoStack()
    history = UndoHistory(stack)
    for value in range(1, 6):
        change(history, lamp, "brightness", value, "Turn up")
    while stack.canUndo():
        stack.undo()
    assert lamp.brightness == 2
    assert repr(history) == "UndoHistory(['Turn up', 'Turn up', 'Turn up'])"


def test_a_gesture_that_is_taken_back_halfway_goes_on_as_a_new_step(
    lamp: Lamp, stack: QUndoStack, history: UndoHistory
):
    change(history, lamp, "brightness", 1, "Turn up", gesture=1)
    stack.undo()
    change(history, lamp, "brightness", 2, "Turn up", gesture=1)
    change(history, lamp, "brightness", 3, "Turn up", gesture=1)
    assert stack.count() == 1 and not stack.canRedo()
    stack.undo()
    assert lamp.brightness == 0


def test_what_is_made_together_stays_together(lamp: Lamp, stack: QUndoStack, history: UndoHistory):
    with history.together("Both"):
        change(history, lamp, "colour", "red", "Colour", gesture=1)
        change(history, lamp, "brightness", 1, "Turn up", gesture=1)
        change(history, lamp, "brightness", 0, "Turn up", gesture=1)
    change(history, lamp, "brightness", 2, "Turn up", gesture=1)
    assert stack.count() == 2
    stack.undo()
    assert (lamp.brightness, lamp.colour) == (0, "red")
    stack.undo()
    assert lamp.colour == "white"


def test_a_long_gesture_keeps_only_its_two_ends(lamp: Lamp, history: UndoHistory):
    def kept() -> int:
        return sum(type(found) is Change for found in gc.get_objects())  # isinstance would ask foreign proxies

    before = kept()
    for value in range(1, 100):
        change(history, lamp, "brightness", value, "Turn up", gesture=1)
    assert kept() == before + 1
