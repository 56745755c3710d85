# pyright: basic
"""Hand-to-picture latency in a real window, beside what the bare session takes in the same run."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from explorer.runtime.session import Runtime  # isort: skip - before Qt, see app.py
from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from explorer.app import App, settle
from explorer.contract.archive import open_bundle
from explorer.contract.errors import ModelFault
from explorer.models.graphs import weights_of
from explorer.models.load import load_model
from explorer.options import Device, LaunchOptions
from explorer.qt.widgets.latent_slider import LatentSlider

TICK_MS = 1  # between two moves of the hand: a mouse that reports 1,000 times a second
KEY_TICKS = 33  # between two presses of a key that is held down
LOOK_MS = 20  # between two looks whether the storm is over
PATIENCE_S = 300.0
BARE_S, WARM, POINTS = 20.0, 3, 100  # seconds of bare runs at most; the first ones do not count


@dataclass(frozen=True)
class Latency:
    """One storm of slider moves; milliseconds. Moves that a newer one replaced before they ran are not painted."""

    bundle: str
    provider: str
    moves: int
    painted: int
    in_order: bool  # no painted picture was older than the one before it
    last_painted: bool  # the picture of the last move was painted
    bare_median: float  # one picture by session.run alone, or by the model where several graphs make it
    bare_p99: float
    hand_median: float  # from the mouse event to the painted picture
    hand_p99: float
    gap_p999: float  # how long the event loop did not come back, beyond the tick
    gap_max: float
    busy_max: float  # the longest that the main thread computed between two ticks
    empty_gap_p999: float  # an event loop with nothing but the ticks, in the same run: what the machine does to it
    empty_gap_max: float


def measure(bundle: Path, moves: int, device: Device, qt: QApplication) -> Latency:
    """Open the bundle in a window of its own, move its first slider ``moves`` times, close.

    Raises:
        ModelFault: no picture came, so there is nothing to measure.
    """
    options = LaunchOptions(target=bundle, device=device, session=False)
    app = App(options, qt)
    settle()  # as the program does
    app.open()
    _until(app, lambda: app.idle and app.showing and not app.window.picture.waiting)
    storm = _Storm(app, moves)
    bare, empty = _bare(bundle, device, moves // 2), _empty_gaps(moves // 2)
    storm.run()
    model = app.stage.model
    app.window.close()
    bare += _bare(bundle, device, moves - moves // 2)
    empty += _empty_gaps(moves - moves // 2)
    return Latency(
        bundle=bundle.name,
        provider="" if model is None else model.runs_on().provider,
        moves=moves,
        painted=len(storm.latencies),
        in_order=storm.tokens == sorted(storm.tokens),
        last_painted=bool(storm.tokens) and storm.tokens[-1] == app.pictures.token,
        bare_median=statistics.median(bare),
        bare_p99=float(np.percentile(bare, 99)),
        hand_median=statistics.median(storm.latencies),
        hand_p99=float(np.percentile(storm.latencies, 99)),
        gap_p999=float(np.percentile(storm.pulse.gaps, 99.9)),
        gap_max=max(storm.pulse.gaps),
        busy_max=max(storm.pulse.busy),
        empty_gap_p999=float(np.percentile(empty, 99.9)),
        empty_gap_max=max(empty),
    )


def bench(bundle: Path, *, moves: int, device: Device, as_json: bool) -> int:
    """Print the latency of one bundle; exit status 0."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qt = cast(QApplication, QApplication.instance() or QApplication(sys.argv[:1]))
    found = measure(bundle, max(moves, 10), device, qt)
    if as_json:
        print(json.dumps(asdict(found), indent=1))
        return 0
    print(f"{found.bundle} on {found.provider}: {found.painted} of {found.moves} moves painted, ", end="")
    print("in order, " if found.in_order else "OUT OF ORDER, ", end="")
    print("the last one too" if found.last_painted else "THE LAST ONE MISSING")
    for what, low, high, *more in (
        ("milliseconds", "median", "99 %"),
        ("one picture alone", found.bare_median, found.bare_p99),
        ("hand to painted picture", found.hand_median, found.hand_p99),
        ("milliseconds", "99.9 %", "longest"),
        ("gap of the event loop", found.gap_p999, found.gap_max, f"{found.busy_max:.2f} of computing at most"),
        ("gap of an empty one", found.empty_gap_p999, found.empty_gap_max),
    ):
        numbers = "".join(f"{value:>10}" if isinstance(value, str) else f"{value:>10.2f}" for value in (low, high))
        print(f"{what:<26}{numbers}", *more)
    return 0


class _Pulse:
    """Calls ``beat`` so many times, a tick apart, and notes how late each call comes."""

    def __init__(self, beats: int, beat: Callable[[int], None], ended: Callable[[], None] = lambda: None) -> None:
        self.left, self._beat, self._ended = beats, beat, ended
        self.gaps: list[float] = []  # milliseconds beyond the tick since the call before
        self.busy: list[float] = []  # milliseconds that this thread computed since the call before
        self._last: tuple[float, float] | None = None
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        self._timer.start(TICK_MS)

    def _on_tick(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.gaps.append((now - self._last[0]) * 1_000 - TICK_MS)
            self.busy.append((computed - self._last[1]) * 1_000)
        self._last = now, computed
        if self.left == 0:
            self._timer.stop()
            self._ended()
            return
        self.left -= 1
        self._beat(self.left)


class _Storm:
    """A hand that drags the first slider to and fro, a move a tick; without one it holds down the space bar."""

    def __init__(self, app: App, moves: int) -> None:
        self._app = app
        self._slider = app.window.sliders.list.findChild(LatentSlider)
        self._sent: dict[int, float] = {}
        self.latencies: list[float] = []
        self.tokens: list[int] = []
        self.pulse = _Pulse(moves, self._move)
        app.window.picture.canvas.painted.connect(self._on_painted)

    def run(self) -> None:
        """Press, move, release, and wait for the last picture."""
        self._send(QEvent.Type.MouseButtonPress, 0.5)
        self.pulse.start()
        _until(self._app, lambda: self.pulse.left == 0 and self._app.idle and not self._app.window.picture.waiting)
        self._send(QEvent.Type.MouseButtonRelease, 0.5)

    def _move(self, left: int) -> None:
        before = self._app.pictures.token
        start = time.perf_counter()
        if self._slider is None and left % KEY_TICKS == 0:
            self._app.walk.random()
        self._send(QEvent.Type.MouseMove, 0.5 + 0.3 * float(np.sin(left / 20)))
        if self._app.pictures.token != before:
            self._sent[self._app.pictures.token] = start

    def _on_painted(self, token: int) -> None:
        self.tokens.append(token)
        if token in self._sent:
            self.latencies.append((time.perf_counter() - self._sent.pop(token)) * 1_000)

    def _send(self, kind: QEvent.Type, share: float) -> None:
        slider = self._slider
        if slider is None:
            return
        grip = slider.groove_rect
        point = QPointF(grip.left() + share * grip.width(), grip.center().y())
        button = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
        at = slider.mapToGlobal(point)
        QApplication.sendEvent(slider, QMouseEvent(kind, point, at, button, held, Qt.KeyboardModifier.NoModifier))


def _empty_gaps(beats: int) -> list[float]:
    """How late the ticks come, in milliseconds, when nothing happens but them."""
    loop = QEventLoop()
    pulse = _Pulse(beats, lambda _: None, loop.quit)
    pulse.start()
    loop.exec()
    return pulse.gaps


def _bare(bundle: Path, device: Device, runs: int) -> list[float]:
    """Milliseconds of one picture, a fresh point each time, for ``BARE_S`` at most.

    Of ``session.run`` where one graph makes it of a code; else of the model without a window.
    """
    runtime = Runtime(device)
    try:
        decode = _decoder(bundle, runtime)
        times, end = list[float](), time.monotonic() + BARE_S
        for at in range(runs + WARM):
            start = time.perf_counter()
            decode(at)
            times.append((time.perf_counter() - start) * 1_000)
            if time.monotonic() > end and len(times) > WARM:
                break
        return times[WARM:]
    finally:
        runtime.close()


def _decoder(bundle: Path, runtime: Runtime) -> Callable[[int], object]:
    opened, random = open_bundle(bundle), np.random.default_rng(0)
    graph = opened.manifest.graph("decoder")
    code = None if graph is None else graph.input("latent")
    if graph is not None and code is not None:
        session = runtime.open_checked(opened.read(graph.file), graph, weights_of(opened, graph)).raw
        points = random.standard_normal((POINTS, *(size or 1 for size in code.shape))).astype("float32")
        return lambda at: session.run(None, {code.name: points[at % POINTS]})
    decodes = load_model(bundle, runtime).decodes
    if decodes is None:
        raise ModelFault(f"{opened.manifest.name} makes no pictures of codes, so there is nothing to measure.")
    codes = decodes.prior.sample(random, POINTS)
    return lambda at: decodes.decode(codes[at % POINTS, None])


def _until(app: App, ready: Callable[[], bool]) -> None:
    """Run an event loop until ``ready`` holds.

    Raises:
        ModelFault: the window told an error, or nothing came for long.
    """
    loop, clock = QEventLoop(), QTimer()
    clock.setInterval(LOOK_MS)
    deadline = time.monotonic() + PATIENCE_S

    def look() -> None:
        toast = app.window.toasts.shown
        if ready() or time.monotonic() > deadline or (toast is not None and toast.kind == "error"):
            loop.quit()

    clock.timeout.connect(look)
    clock.start()
    loop.exec()
    clock.stop()
    toast = app.window.toasts.shown
    if toast is not None and toast.kind == "error":
        raise ModelFault(toast.text)
    if not ready():
        raise ModelFault("No picture came within five minutes; try `latent-explorer check` on the model.")
