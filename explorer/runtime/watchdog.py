"""A time limit for calls that cannot be interrupted from their own thread."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

S_PER_GB = 60.0  # that a limit grows with each GB of weights which lie in a file of their own


class Watchdog:
    """Calls ``bite`` when a guarded block lasts longer than the limit; idle it sleeps without a timeout.

    It bites again after every further limit, because what it means to end may just have been between two calls.
    One thread for a whole program: arming costs a lock, and wakes the thread only when it sleeps for good.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._wake = threading.Condition()
        self._deadlines: dict[int, tuple[float, float, Callable[[], None]]] = {}  # when, limit, bite
        self._next = 0
        self._asleep = True
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def guard(self, bite: Callable[[], None], limit_s: float | None = None) -> Generator[None]:
        """Run the block; ``bite`` is called in the watchdog's thread each time its limit, or the usual one, passes."""
        limit_s = self.limit_s if limit_s is None else limit_s
        with self._wake:
            key = self._next = self._next + 1
            self._deadlines[key] = (time.monotonic() + limit_s, limit_s, bite)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            elif self._asleep:
                self._wake.notify()
        try:
            yield
        finally:
            with self._wake:
                self._deadlines.pop(key, None)

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _watch(self) -> None:
        with self._wake:
            while not self._closed:
                wait_s = self._bite_who_is_late()
                self._asleep = wait_s is None
                self._wake.wait(wait_s)

    def _bite_who_is_late(self) -> float | None:
        """Seconds until the next limit; a method, so that its variables keep no model alive while the thread sleeps."""
        now = time.monotonic()
        for key, (deadline, limit_s, bite) in list(self._deadlines.items()):
            if deadline <= now:
                self._deadlines[key] = (now + limit_s, limit_s, bite)
                bite()
        return min((deadline - now for deadline, _, _ in self._deadlines.values()), default=None)
