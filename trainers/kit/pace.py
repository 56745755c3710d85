"""How fast a training goes and how long it took; what it waited for people or for room does not count."""

import time
from collections.abc import Generator
from contextlib import contextmanager

TOLD_S = 1.0  # at most this often


class Pace:
    """Counts from when it is made, after ``images`` and ``seconds`` of earlier processes, to ``total`` images."""

    def __init__(self, images: int, seconds: float, total: int) -> None:
        self._images, self._total = images, total
        self._began = time.monotonic()
        self._before = seconds
        self._told = self._began

    @property
    def wall_time_s(self) -> float:
        """Seconds of training, those of earlier processes included."""
        return self._before + time.monotonic() - self._began

    def news(self, images: int) -> tuple[float, float] | None:
        """Images per second and seconds left, where it is time to say so."""
        now = time.monotonic()
        if now - self._told < TOLD_S:
            return None
        self._told = now
        pace = (images - self._images) / (now - self._began)
        return pace, max(0, self._total - images) / pace

    @contextmanager
    def still(self) -> Generator[None]:
        """Time that does not count."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._began += time.monotonic() - began
