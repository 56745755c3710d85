"""A hand-cranked main thread, so that threads are tested without Qt and without waiting for time."""

from collections.abc import Callable
from queue import Empty, Queue

GIVE_UP_S = 10.0  # far more than anything here takes; it passes only when something hangs


class Inbox:
    """Collects posted calls; they are executed here, in the test's thread, as Qt's event loop would."""

    def __init__(self) -> None:
        self.calls: Queue[Callable[[], None]] = Queue()

    def post(self, call: Callable[[], None]) -> None:
        """From any thread."""
        self.calls.put(call)

    def run(self, count: int) -> None:
        """Execute the next ``count`` calls, waiting for each."""
        for _ in range(count):
            self.calls.get(timeout=GIVE_UP_S)()

    def run_until(self, done: Callable[[], bool]) -> None:
        """Execute calls until ``done``."""
        while not done():
            self.run(1)

    def drain(self) -> int:
        """Execute what lies here already; how many calls that were."""
        count = 0
        while True:
            try:
                call = self.calls.get_nowait()
            except Empty:
                return count
            call()
            count += 1
