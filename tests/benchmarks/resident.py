"""What an open window takes: processor time while nobody touches it, and memory after much use.

As a program: ``python -m tests.benchmarks.resident BUNDLE OTHER IDLE_S DECODES SWITCHES`` prints what it found as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from explorer.app import App, settle  # isort: skip - before Qt, see app.py
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from explorer.control import stage
from explorer.options import LaunchOptions
from tests.benchmarks.children import ask
from tests.benchmarks.rows import Row, at_most

IDLE_SHARE = 1.0  # per cent of one core
OPEN_MB = 450.0
GROWTH_SHARE, GROWTH_MB = 0.03, 10.0  # what an allocator may keep; the larger of the two
RELOAD_SHARE = 0.10
WARM_DECODES, WARM_SWITCHES = 1_000, 20  # before the first look at the memory
CALM_S = 1.0  # between the last thing that happened and the measurement of an idle window
LOOK_MS = 20


def rows(bundle: Path, other: Path, idle_s: float, decodes: int, switches: int) -> list[Row]:
    """One process: open, idle, decode, switch between two models, switch with every model loaded anew.

    Loading again and again leaves holes of megabytes in the allocator's memory, so more is allowed there; that no model
    stays is a test of its own, ``tests/unit/tasks/test_latest_memory.py``.
    """
    found = ask("tests.benchmarks.resident", bundle, other, str(idle_s), str(decodes), str(switches))
    name, since = bundle.name, f"after {WARM_SWITCHES}"
    return [
        at_most(f"{name}: processor while untouched for {idle_s:g} s", found["idle"], IDLE_SHARE, "% of a core"),
        at_most(f"{name}: memory, open", found["open"], OPEN_MB, "MB", f"imports alone {found['imports']:.0f} MB"),
        _growth(f"{name}: memory after {decodes:,} decodes", found["decodes"], f"after {WARM_DECODES:,}"),
        _growth(f"{name}, {other.name}: memory after {switches} switches", found["switches"], since),
        _growth(f"{name}, {other.name}: the same, each loaded anew", found["reloads"], since, RELOAD_SHARE),
    ]


def _growth(what: str, sizes: tuple[float, float], since: str, share: float = GROWTH_SHARE) -> Row:
    first, last = sizes
    allowed = max(GROWTH_MB, share * first)
    return at_most(what, last - first, allowed, "MB more", f"{first:.0f} MB {since}", f", {last:.0f} MB")


class _Use:
    """One window and the hand that uses it."""

    def __init__(self, bundle: Path, qt: QApplication) -> None:
        self.app = App(LaunchOptions(target=bundle, device="cpu", session=False), qt)
        self.app.open()
        self.until(lambda: self.app.showing and self.calm)

    @property
    def calm(self) -> bool:
        return self.app.idle and not self.app.window.picture.waiting

    def until(self, ready: Callable[[], bool]) -> None:
        """Run the event loop until ``ready``, looked at now and then."""
        loop, look = QEventLoop(), QTimer(interval=LOOK_MS)
        look.timeout.connect(lambda: loop.quit() if ready() else None)
        look.start()
        loop.exec()
        look.stop()

    def idle_share(self, seconds: float) -> float:
        """Per cent of a core while nothing happens; not even a look in between."""
        self._rest(CALM_S)
        began, computed = time.perf_counter(), time.process_time()
        self._rest(seconds)
        return 100 * (time.process_time() - computed) / (time.perf_counter() - began)

    def decode(self, count: int) -> None:
        """Move the first slider's dimension ``count`` times, each as soon as the one before is painted."""
        loop, left = QEventLoop(), count

        def move() -> None:
            nonlocal left
            if left == 0:
                loop.quit()
                return
            left -= 1
            self.app.walk.to_sigma(0, ((left * 0.37) % 4) - 2)

        connection = self.app.window.picture.canvas.painted.connect(lambda _: QTimer.singleShot(0, move))
        self.app.walk.begin()
        move()
        loop.exec()
        self.app.window.picture.canvas.painted.disconnect(connection)

    def switch(self, bundles: tuple[Path, Path], count: int) -> list[float]:
        """Open the two in turn, each as soon as a picture of the other is in view; the memory after each, in MB."""
        sizes: list[float] = []
        for number in range(count):
            wanted = str(bundles[number % 2])
            self.app.shelf.open(wanted)
            self.until(lambda wanted=wanted: self.app.explore.place.bundle == wanted and self.app.showing)
            sizes.append(_resident_mb())
        return sizes

    def _rest(self, seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1_000), loop.quit)
        loop.exec()


def _measure(bundle: Path, other: Path, idle_s: float, decodes: int, switches: int) -> dict[str, object]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    imports = _resident_mb()
    settle()
    qt = QApplication(sys.argv[:1])
    use = _Use(bundle, qt)
    found: dict[str, object] = {"imports": imports, "open": _resident_mb(), "idle": use.idle_share(idle_s)}
    use.decode(WARM_DECODES)
    sizes = [_resident_mb()]
    use.decode(decodes)
    found["decodes"] = (*sizes, _resident_mb())
    found["switches"] = _switched(use, bundle, other, switches)
    use.app.window.close()
    stage.BUDGET_BYTES = 0  # nothing stays on the shelf but the model in view
    again = _Use(bundle, qt)
    found["reloads"] = _switched(again, bundle, other, switches)
    again.app.window.close()
    return found


def _switched(use: _Use, bundle: Path, other: Path, switches: int) -> tuple[float, float]:
    """The least memory in the first and the last few switches: after some the allocator holds more for a while."""
    use.switch((other, bundle), WARM_SWITCHES)
    sizes = use.switch((other, bundle), switches)
    return min(sizes[:WARM_SWITCHES]), min(sizes[-WARM_SWITCHES:])


def _resident_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    one, two, seconds, pictures, times = sys.argv[1:]
    print(json.dumps(_measure(Path(one).resolve(), Path(two).resolve(), float(seconds), int(pictures), int(times))))
