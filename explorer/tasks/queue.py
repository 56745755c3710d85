"""Long work in order, in a thread of its own that gives way to everything else; it tells how far it is."""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

Post = Callable[[Callable[[], None]], None]

NICENESS = 10  # of the thread, where a thread can have one of its own


@dataclass(frozen=True)
class Progress:
    """How far the running job is: ``done`` of ``total`` steps, and how many jobs wait behind it."""

    name: str
    done: int
    total: int
    left_s: float | None  # None: not known yet
    waiting: int


class Task:
    """What a running job may know of the world: whether to stop, and whom to tell."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self.report = report  # of so many steps that are done
        self._stopped = threading.Event()
        self._on_stop: Callable[[], None] | None = None

    @property
    def stopped(self) -> bool:
        """Whether it should end, with what it has."""
        return self._stopped.is_set()

    def stop_with(self, call: Callable[[], None]) -> None:
        """What wakes the job where it waits; called at once when it was stopped already."""
        self._on_stop = call
        if self.stopped:
            call()

    def stop(self) -> None:
        """Ask it to end, from any thread."""
        self._stopped.set()
        if self._on_stop is not None:
            self._on_stop()


@dataclass(eq=False)
class _Job:
    name: str
    total: int
    work: Callable[[Task], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class JobQueue:
    """Jobs in order; ``show`` is called in the main thread with the newest progress, and with None in the end."""

    def __init__(self, post: Post, show: Callable[[Progress | None], None]) -> None:
        self._post, self._show = post, show
        self._change = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running: tuple[_Job, Task] | None = None
        self._newest: Progress | None = None  # what the main thread has not been told yet
        self._thread: threading.Thread | None = None
        self._started_s = 0.0
        self._closed = False

    def submit(
        self,
        name: str,
        total: int,
        work: Callable[[Task], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Put a job at the end; ``done`` or ``failed`` is called in the main thread, where this is called too."""
        with self._change:
            if self._closed:
                return
            self._waiting.append(_Job(name, total, work, done, failed))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="queue", daemon=True)
                self._thread.start()
            self._change.notify()

    def stop(self) -> None:
        """End the running job, which keeps what it has; the next one begins."""
        with self._change:
            running = self._running
        if running is not None:
            running[1].stop()

    def close(self) -> None:
        """End everything and wait for it; nothing is called back afterwards."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify()
        self.stop()
        if self._thread is not None:
            self._thread.join()

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs, and all was told."""
        with self._change:
            return self._running is None and not self._waiting

    def _run(self) -> None:
        if sys.platform == "linux":  # elsewhere niceness belongs to whole processes
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._waiting) or self._closed)
                if self._closed:
                    return
                job = self._waiting.popleft()
                task = Task(partial(self._report, job))
                self._running = job, task
            self._started_s = time.monotonic()
            self._report(job, 0)
            try:
                tell = partial(job.done, job.work(task))
            except Exception as error:  # noqa: BLE001 - brought to the main thread: shown there, or a crash there
                tell = partial(job.failed, error)
            self._post(partial(self._end, tell))
            with self._change:  # the next one waits until the main thread knows of this one's end
                self._change.wait_for(lambda: self._running is None or self._closed)

    def _report(self, job: _Job, done: int) -> None:
        """In any thread: remember the newest progress, and have it shown unless that is on its way."""
        elapsed_s = time.monotonic() - self._started_s
        left_s = elapsed_s / done * (job.total - done) if done else None
        with self._change:
            on_its_way = self._newest is not None
            self._newest = Progress(job.name, done, job.total, left_s, len(self._waiting))
        if not on_its_way:
            self._post(self._tell)

    def _tell(self) -> None:
        """In the main thread."""
        with self._change:
            newest, self._newest = self._newest, None
            wanted = not self._closed and self._running is not None
        if wanted and newest is not None:
            self._show(newest)

    def _end(self, tell: Callable[[], None]) -> None:
        """In the main thread."""
        with self._change:
            self._running = None
            closed, last = self._closed, not self._waiting
            self._change.notify()
        if closed:
            return
        if last:
            self._show(None)
        tell()
