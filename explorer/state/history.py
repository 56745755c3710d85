"""The door through which state changes, so that everything can be undone; one gesture is one step."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from psygnal import EventedModel


@dataclass(frozen=True)
class Change:
    """One field of one evented model: what it was, what it becomes, and what a person calls that."""

    owner: EventedModel
    field: str
    old: Any
    new: Any
    words: str
    gesture: int | None = None  # changes of the same gesture and field become one step

    def apply(self, value: Any) -> None:
        """Set the field; its listeners hear of it."""
        setattr(self.owner, self.field, value)


class History(Protocol):
    """Makes changes and can take them back."""

    def make(self, change: Change) -> None:
        """Apply a change and remember it."""
        ...

    def together(self, words: str) -> AbstractContextManager[None]:
        """What is made inside is one step, called ``words``."""
        ...


def change(
    history: History, owner: EventedModel, field: str, value: Any, words: str, gesture: int | None = None
) -> bool:
    """Change a field through the history; False when it has that value already."""
    old = getattr(owner, field)
    if old == value:
        return False
    history.make(Change(owner, field, old, value, words, gesture))
    return True
