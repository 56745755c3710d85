"""Undo of everything: the history as a ``QUndoStack`` with one generic command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtGui import QUndoCommand, QUndoStack

from explorer.state.history import Change

LIMIT = 500  # steps; a place of 512 numbers takes 15 kB


class _Step(QUndoCommand):
    """One change; changes of one gesture merge."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.words)
        self.change = change

    def id(self) -> int:
        return -1 if self.change.gesture is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Step):
            return False
        mine, new = self.change, other.change
        if (mine.owner, mine.field, mine.gesture) != (new.owner, new.field, new.gesture):
            return False
        self.change = Change(mine.owner, mine.field, mine.old, new.new, mine.words, mine.gesture)
        self.setObsolete(mine.old == new.new)  # the hand came back to where it began: nothing to undo
        return True

    def redo(self) -> None:
        self.change.apply(self.change.new)

    def undo(self) -> None:
        self.change.apply(self.change.old)


class UndoHistory:
    """The history that the window's undo and redo belong to."""

    def __init__(self, stack: QUndoStack) -> None:
        self.stack = stack
        stack.setUndoLimit(LIMIT)

    def make(self, change: Change) -> None:
        """Apply a change and remember it."""
        self.stack.push(_Step(change))

    @contextmanager
    def together(self, words: str) -> Iterator[None]:
        """What is made inside is one step, called ``words``."""
        self.stack.beginMacro(words)
        try:
            yield
        finally:
            self.stack.endMacro()

    def __repr__(self) -> str:
        words: list[Any] = [self.stack.text(index) for index in range(self.stack.count())]
        return f"UndoHistory({words})"
