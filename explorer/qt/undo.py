"""Undo of everything: the history as a ``QUndoStack`` with one generic command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from PySide6.QtGui import QUndoCommand, QUndoStack

from explorer.state.history import Change

LIMIT = 500  # steps; a place of 512 numbers takes 15 kB


class _Step(QUndoCommand):
    """One change, or all changes of one gesture."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.words)
        self.change = change

    def redo(self) -> None:
        self.change.apply(self.change.new)

    def undo(self) -> None:
        self.change.apply(self.change.old)


class UndoHistory:
    """The history that the window's undo and redo belong to; changes of one gesture become one step.

    They are merged here and not by ``QUndoCommand.mergeWith``, because PySide 6.11 never lets go of a command that was
    merged: an hour of dragging 512 numbers would take gigabytes. Qt's own way is fine again when the test of a long
    gesture passes with it.
    """

    def __init__(self, stack: QUndoStack) -> None:
        self.stack = stack
        self._last: _Step | None = None  # what a change of the same gesture may join
        stack.setUndoLimit(LIMIT)

    def make(self, change: Change) -> None:
        """Apply a change and remember it."""
        last = self._last
        if last is None or not self._on_top or not _one_gesture(last.change, change):
            self._last = _Step(change)
            self.stack.push(self._last)
            return
        last.change = replace(last.change, new=change.new)
        change.apply(change.new)
        if change.new == last.change.old:  # the hand came back to where it began: there is nothing to undo
            self._last = None
            last.setObsolete(True)
            self.stack.undo()  # which drops the step

    @property
    def _on_top(self) -> bool:
        """Whether the newest step is one that can be undone now: not taken back already, and no group is being made."""
        return self.stack.canUndo() and not self.stack.canRedo()

    @contextmanager
    def together(self, words: str) -> Iterator[None]:
        """What is made inside is one step, called ``words``."""
        self._last = None
        self.stack.beginMacro(words)
        try:
            yield
        finally:
            self.stack.endMacro()
            self._last = None

    def __repr__(self) -> str:
        words: list[Any] = [self.stack.text(index) for index in range(self.stack.count())]
        return f"UndoHistory({words})"


def _one_gesture(first: Change, second: Change) -> bool:
    same = first.owner is second.owner and first.field == second.field
    return same and first.gesture is not None and first.gesture == second.gesture
