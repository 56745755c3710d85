"""What one thread makes and another takes, with a bound; the one that makes never waits, it asks for room."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Handover(Generic[T]):
    """At most ``capacity`` things lie here. ``hungry`` is called in the taker's thread when half of that is free."""

    def __init__(self, capacity: int, hungry: Callable[[], None]) -> None:
        self._capacity, self._hungry = capacity, hungry
        self._change = threading.Condition()
        self._things: deque[T] = deque()
        self._ended = self._asked = False  # asked: since something was put last
        self._error: Exception | None = None

    @property
    def room(self) -> int:
        """How many things may be put now."""
        with self._change:
            return 0 if self._ended else self._capacity - len(self._things)

    def put(self, things: Iterable[T]) -> None:
        """Hand over, no more than there is room; nobody takes them after ``close``."""
        with self._change:
            if not self._ended:
                self._things.extend(things)
                self._asked = False
                self._change.notify()

    def end(self, error: Exception | None = None) -> None:
        """No more will come; ``error`` is raised to the taker after what lies here."""
        with self._change:
            if not self._ended:
                self._ended, self._error = True, error
                self._change.notify()

    def close(self) -> None:
        """Nobody wants more; the taker's loop ends at once."""
        with self._change:
            self._ended, self._error = True, None
            self._things.clear()
            self._change.notify()

    def __iter__(self) -> Iterator[T]:
        """Take everything, waiting where nothing lies.

        Raises:
            Exception: what ``end`` was given.
        """
        self._hungry()
        while True:
            with self._change:
                while not self._things and not self._ended:
                    self._change.wait()
                if not self._things:
                    if self._error is not None:
                        raise self._error
                    return
                thing = self._things.popleft()
                scarce = len(self._things) <= self._capacity // 2
                ask = scarce and not self._asked and not self._ended
                self._asked = self._asked or ask
            if ask:
                self._hungry()
            yield thing
