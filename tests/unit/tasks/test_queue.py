"""Long work in order: one after the other, stopped when asked, and the main thread hears of the newest alone."""

import threading
from collections.abc import Callable, Iterator

import pytest

from explorer.tasks.queue import JobQueue, Progress, Task
from tests.unit.inbox import GIVE_UP_S, Inbox


class Desk:
    def __init__(self) -> None:
        self.inbox = Inbox()
        self.shown: list[Progress | None] = []
        self.told: list[object] = []
        self.queue = JobQueue(self.inbox.post, self.shown.append)

    def submit(self, name: str, work: Callable[[Task], object], total: int = 1) -> None:
        self.queue.submit(name, total, work, self.told.append, self.told.append)

    def settle(self) -> None:
        self.inbox.run_until(lambda: self.queue.idle)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.queue.close()


def test_jobs_run_in_the_order_they_came(desk: Desk) -> None:
    for name in "abc":
        desk.submit(name, lambda task, name=name: name)
    desk.settle()
    assert desk.told == ["a", "b", "c"]
    assert desk.shown[-1] is None


def test_a_job_that_fails_tells_and_the_next_one_runs(desk: Desk) -> None:
    fault = ValueError("no")

    def broken(task: Task) -> None:
        raise fault

    desk.submit("a", broken)
    desk.submit("b", lambda task: "b")
    desk.settle()
    assert desk.told == [fault, "b"]


def test_only_the_newest_progress_reaches_the_main_thread(desk: Desk) -> None:
    reported = threading.Event()

    def work(task: Task) -> None:
        for done in range(1, 101):
            task.report(done)
        reported.set()

    desk.submit("film", work, 100)
    assert reported.wait(GIVE_UP_S)
    desk.settle()
    (first, last) = desk.shown
    assert last is None
    assert first is not None
    assert (first.name, first.done, first.total, first.waiting) == ("film", 100, 100, 0)
    assert first.left_s == 0


def test_how_long_it_takes_is_known_after_the_first_step(desk: Desk) -> None:
    shown, go = threading.Event(), threading.Event()

    def work(task: Task) -> None:
        shown.wait(GIVE_UP_S)
        task.report(1)
        go.wait(GIVE_UP_S)

    desk.submit("film", work, 4)
    desk.submit("other", lambda task: None)
    desk.inbox.run_until(lambda: bool(desk.shown))
    shown.set()
    desk.inbox.run_until(lambda: len(desk.shown) == 2)
    before, after = desk.shown
    go.set()
    assert before is not None
    assert after is not None
    assert before.left_s is None
    assert after.left_s is not None
    assert after.left_s > 0
    assert after.waiting == 1
    desk.settle()


def test_a_job_that_waits_is_woken_to_stop(desk: Desk) -> None:
    begun, woken = threading.Event(), threading.Event()

    def work(task: Task) -> bool:
        task.stop_with(woken.set)
        begun.set()
        assert woken.wait(GIVE_UP_S)
        return task.stopped

    desk.submit("film", work)
    desk.submit("other", lambda task: task.stopped)
    assert begun.wait(GIVE_UP_S)
    desk.queue.stop()
    desk.settle()
    assert desk.told == [True, False]  # the other one was not meant


def test_closing_ends_what_runs_and_tells_nobody(desk: Desk) -> None:
    begun, woken = threading.Event(), threading.Event()
    ended: list[bool] = []

    def work(task: Task) -> None:
        begun.set()
        task.stop_with(woken.set)
        assert woken.wait(GIVE_UP_S)
        ended.append(task.stopped)

    desk.submit("film", work)
    desk.submit("other", lambda task: ended.append(True))
    assert begun.wait(GIVE_UP_S)
    desk.queue.close()
    assert ended == [True]
    desk.shown.clear()
    desk.inbox.drain()
    assert desk.told == []
    assert desk.shown == []
    desk.submit("late", lambda task: ended.append(True))
    assert ended == [True]


def test_no_thread_is_made_before_there_is_work() -> None:
    before = threading.active_count()
    queue = JobQueue(Inbox().post, lambda progress: None)
    assert threading.active_count() == before
    assert queue.idle
    queue.close()
