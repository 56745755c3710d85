"""``python -m tests.benchmarks.bench_map``: the map's frames and hovers, in a real widget without a screen."""

import os
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from explorer.control.map import LegendValue
from explorer.control.maplayout import MapPoints
from explorer.control.maptiles import MapWindow, Tiles
from explorer.latent.neighbours import Neighbours
from explorer.qt import theme
from explorer.qt.widgets.scatter import Scatter
from tests.benchmarks.rows import Row, at_most, print_table

SIDE = 420  # px, a map in a panel that was pulled wide
LABELS = 10
DOTS_MS, DENSITY_MS, HOVER_MS = 16.0, 50.0, 16.0
DIMENSIONS = 32  # of the codes that neighbours are looked for among


def rows(repetitions: int) -> list[Row]:
    """Pan, zoom and hover at 10,000 and 1,000,000 points, with tiles and a hidden value; and nearest codes."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.DARK)
    return [
        *_map_rows(10_000, DOTS_MS, repetitions),
        *_map_rows(1_000_000, DENSITY_MS, repetitions),
        _near(repetitions),
    ]


def _map_rows(count: int, bar: float, repetitions: int) -> list[Row]:
    scatter, empty = _map(count), Scatter("empty", "Empty")
    empty.resize(SIDE, SIDE)
    frame = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    bare = np.median(_times(lambda _: empty.render(frame), repetitions))
    moves: tuple[tuple[str, Callable[[int], None], float], ...] = (
        ("pan", lambda at: scatter.pan(*((3, -2) if at % 2 else (-3, 2))), bar),
        ("zoom", lambda at: scatter.zoom(1.02 if at % 2 else 1 / 1.02), bar),
        ("hover", lambda at: _hover(scatter, at), HOVER_MS),
    )
    found: list[Row] = []
    for name, move, most in moves:

        def paint(at: int, move: Callable[[int], None] = move) -> None:
            move(at)
            scatter.render(frame)

        middle, late = np.percentile(_times(paint, repetitions), [50, 95]).tolist()
        what = f"map of {count:,} points: {name}, computing, 95 %"
        found.append(at_most(what, late, most, "ms", f"an empty map {bare:.2f} ms", f" (median {middle:.2f})"))
    return found


def _map(count: int) -> Scatter:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, LABELS, count)
    places = (rng.standard_normal((count, 2)) * 0.5 + rng.standard_normal((LABELS, 2))[labels]).astype(np.float32)
    thumbnails = np.broadcast_to(rng.integers(0, 255, (1, 28, 28, 1), np.uint8), (count, 28, 28, 1))
    scatter = Scatter("map", "Map")
    scatter.resize(SIDE, SIDE)
    bounds = np.array([[-3, -3], [3, 3]], np.float32)
    scatter.show_points(MapPoints(places, np.arange(count), thumbnails, bounds, "Made up."))
    values = tuple(LegendValue(f"value {index}", 0, index == 0) for index in range(LABELS))
    scatter.show_values(values, labels)
    window = MapWindow(-3, -3, 6, 6, 12, 12, 35)
    scatter.show_tiles(Tiles(window, np.arange(144), rng.integers(0, 255, (144, 28, 28, 1), np.uint8)))
    scatter.grab()  # only then does it know its size
    scatter.fit()
    return scatter


def _hover(scatter: Scatter, at: int) -> None:
    place = QPointF(SIDE / 2 + at * 7 % 90, SIDE / 2 + at * 13 % 90)
    none = Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(scatter, QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, keys))


def _near(repetitions: int) -> Row:
    codes = np.random.default_rng(0).standard_normal((10_000, DIMENSIONS)).astype(np.float32)
    search = Neighbours(codes)
    late = float(np.percentile(_times(lambda _: search.nearest(codes[:1] + 1, 25), repetitions), 95))
    return at_most(f"25 nearest of 10,000 codes of {DIMENSIONS} numbers, computing, 95 %", late, HOVER_MS, "ms")


def _times(call: Callable[[int], object], repetitions: int) -> list[float]:
    """Milliseconds that this thread computed for each call, so that other work on the machine does not count."""
    times: list[float] = []
    for at in range(repetitions):
        start = time.thread_time()
        call(at)
        times.append((time.thread_time() - start) * 1_000)
    return times


if __name__ == "__main__":
    print_table(rows(100))
