"""One worker thread in which the newest request wins; urgent lanes go before patient ones.

A request replaces the one that waits in its lane. Work that is a generator gives way between its steps: a more urgent
lane's work runs first, and a newer request of the same lane ends it, at once or, where that was asked for, after its
first report, because a hand that moves faster than reports come would see nothing at all. Answers arrive in the main
thread in the order they were asked for; after an answer no older one arrives. A running call that takes long is
cancelled for a newer one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from explorer.contract.errors import Cancelled
from explorer.runtime.watchdog import Watchdog

T = TypeVar("T")
Post = Callable[[Callable[[], None]], None]

PATIENCE_S = 0.25  # a call that runs for longer is cancelled for a newer request; a shorter one is soon done


class Job:
    """What running work may know of the world: whether to stop, and whom to tell."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        self.report = report
        self._stopped = threading.Event()
        self._on_stop: Callable[[], None] | None = None

    @property
    def stopped(self) -> bool:
        """Whether a newer request took its place, or nobody wants the answer any more."""
        return self._stopped.is_set()

    def cancel_with(self, cancel: Callable[[], None]) -> None:
        """What ends a blocking call of this job from another thread, such as a session's ``cancel``.

        Raises:
            Cancelled: the job was asked to stop already, so the call must not even begin.
        """
        self._on_stop = cancel
        if self.stopped:
            raise Cancelled

    def stop(self, *, interrupt: bool) -> None:
        """Ask it to end, from any thread; ``interrupt`` also ends the call that it is in."""
        self._stopped.set()
        if interrupt and self._on_stop is not None:
            self._on_stop()

    def end(self) -> None:
        """Let go of whom to tell and of what to cancel.

        Else request and job hold each other, and with them a model, until the garbage collector comes; it counts
        objects, not their size, and may not come for a long time.
        """
        self.report = _nobody
        self._on_stop = None


def _nobody(_: Any) -> None:
    """Whom an ended job tells."""


class _Request(Generic[T]):
    def __init__(
        self,
        work: Callable[[Job], Any],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        report: Callable[[Any], None],
        keeps_to_report: bool,
    ) -> None:
        self.work, self.done, self.failed, self.report = work, done, failed, report
        self.kept = keeps_to_report  # until its first report
        self.job = Job(self.report)
        self.steps: Iterator[Any] | None = None
        self.started_s = 0.0
        self.era = 0
        self.hurried = False  # it may not take long


class Lane:
    """A queue of length one; ``submit`` from the main thread."""

    def __init__(self, worker: "Worker") -> None:
        self._worker = worker
        self.waiting: _Request[Any] | None = None
        self.running: _Request[Any] | None = None  # a generator between two steps stays here
        self.newest: _Request[Any] | None = None
        self.era = 0  # grows with each ``cancel``: what was asked for in an earlier one is told nobody

    def submit(
        self,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        report: Callable[[Any], None] = lambda _: None,
        *,
        keeps_to_report: bool = False,
    ) -> None:
        """Ask for work: a function of a ``Job``, or a generator function whose return value is the answer.

        ``done``, ``failed`` and ``report`` are called in the main thread; at most one of the first two, and none after
        a newer request's answer. A generator that ``keeps_to_report`` is ended by a newer request only after it has
        reported once, unless a step of it takes long.
        """
        self._worker.submit(self, _Request(work, done, failed, report, keeps_to_report))

    def cancel(self) -> None:
        """Nobody wants an answer any more."""
        self._worker.cancel(self)

    def hurry(self) -> None:
        """End the call that runs if it takes long, now or soon: something else is wanted more."""
        self._worker.hurry(self)

    @property
    def idle(self) -> bool:
        """Whether nothing waits, runs or is on its way to the main thread."""
        return self.newest is None


class Worker:
    """The thread; ``post`` brings a call into the main thread."""

    def __init__(self, post: Post, lanes: int, patience_s: float = PATIENCE_S) -> None:
        self._post, self._patience_s = post, patience_s
        self.lanes = tuple(Lane(self) for _ in range(lanes))  # the most urgent first
        self._change = threading.Condition()
        self._active: _Request[Any] | None = None  # whose step the thread is in
        self._watchdog = Watchdog(patience_s)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def submit(self, lane: Lane, request: _Request[Any]) -> None:
        with self._change:
            if self._closed:
                return
            request.era = lane.era
            lane.waiting = lane.newest = request
            running = lane.running
            if running is not None and ((running.steps is not None and not running.kept) or self._is_long(running)):
                self._stop(lane, running)
            self._change.notify()

    def cancel(self, lane: Lane) -> None:
        with self._change:
            self._forget(lane)
            self._change.notify()

    def hurry(self, lane: Lane) -> None:
        with self._change:
            running = lane.running
            if running is not None and running is self._active:
                running.hurried = True
                if self._is_long(running):
                    self._stop(lane, running)

    def close(self) -> None:
        """Stop what runs and wait for the thread; nothing is called back afterwards."""
        with self._change:
            self._closed = True
            for lane in self.lanes:
                self._forget(lane)
            self._change.notify()
        self._thread.join()
        self._watchdog.close()

    def _forget(self, lane: Lane) -> None:
        lane.waiting = lane.newest = None
        lane.era += 1
        if lane.running is not None:
            self._stop(lane, lane.running)

    def _stop(self, lane: Lane, request: _Request[Any]) -> None:
        """Call it with ``_change`` held: then what is interrupted is this request's call and never the next one's."""
        request.job.stop(interrupt=request is self._active)
        if lane.newest is request:
            lane.newest = None  # no answer will come

    def _is_long(self, request: _Request[Any]) -> bool:
        return time.monotonic() - request.started_s > self._patience_s

    def _hurry(self, lane: Lane, request: _Request[Any]) -> None:
        """In the watchdog's thread: the call lasts long, so it ends when something else is wanted already.

        A job that was told to stop is told again: the first time it may have been between two calls.
        """
        with self._change:
            wanted = request.job.stopped or request.hurried or lane.waiting is not None
            if lane.running is request and wanted:
                self._stop(lane, request)

    def _run(self) -> None:
        while True:
            with self._change:
                while (lane := self._next_lane()) is None and not self._closed:
                    self._change.wait()
                if self._closed or lane is None:
                    return
                if lane.running is not None and lane.running.job.stopped:
                    lane.running.job.end()
                    lane.running = None
                if lane.running is None:
                    lane.running, lane.waiting = lane.waiting, None
                request = lane.running
                if request is None:
                    continue
                request.started_s = time.monotonic()
                self._active = request
            with self._watchdog.guard(partial(self._hurry, lane, request)):
                ended = self._step(lane, request)
            with self._change:
                self._active = None
                if ended or (request.steps is not None and not request.kept and lane.waiting is not None):
                    lane.running = None
                    request.job.end()

    def _next_lane(self) -> Lane | None:
        return next((lane for lane in self.lanes if lane.waiting is not None or lane.running is not None), None)

    def _step(self, lane: Lane, request: _Request[Any]) -> bool:
        """Run the work, or one step of it; whether it has ended."""
        job = request.job
        if job.stopped:
            return True

        def report(value: Any) -> None:
            kept, request.kept = request.kept, False
            self._post(partial(self._tell, lane, request, request.report, value, kept=kept))

        job.report = report
        try:
            if request.steps is None:
                answer = request.work(job)
                if not isinstance(answer, Iterator):
                    self._answer(lane, request, request.done, answer)
                    return True
                request.steps = answer
                return False
            next(request.steps)
        except StopIteration as end:
            self._answer(lane, request, request.done, end.value)
            return True
        except Exception as error:  # noqa: BLE001 - brought to the main thread: shown there, or a crash there
            self._answer(lane, request, request.failed, error)
            return True
        return False

    def _answer(self, lane: Lane, request: _Request[Any], call: Callable[[Any], None], value: Any) -> None:
        if not request.job.stopped:
            self._post(partial(self._tell, lane, request, call, value, last=True))

    def _tell(
        self,
        lane: Lane,
        request: _Request[Any],
        call: Callable[[Any], None],
        value: Any,
        *,
        last: bool = False,
        kept: bool = False,
    ) -> None:
        """In the main thread: answers come in order because one thread gives them; none after ``cancel``.

        ``Cancelled``, which a stopped call raises, is told nobody either: its job was stopped. A report that the job
        was ``kept`` for is told even when it was stopped since.
        """
        if request.era != lane.era or (request.job.stopped and not kept):
            return
        if last and lane.newest is request:
            lane.newest = None
        call(value)
