"""The worker: newest wins, the last is always answered, cancelled calls end, and nobody is told too late."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from explorer.contract.errors import Cancelled, ModelFault
from explorer.tasks.latest import Job, Lane, Worker
from tests.unit.inbox import GIVE_UP_S, Inbox


class Gate:
    """A call that waits inside the worker until it is opened or cancelled."""

    def __init__(self) -> None:
        self.entered, self._end = threading.Event(), threading.Event()
        self.cancelled = False

    def __call__(self, job: Job) -> str:
        job.cancel_with(self.cancel)
        return self.wait()

    def wait(self) -> str:
        self.entered.set()
        assert self._end.wait(GIVE_UP_S)
        if self.cancelled:
            raise Cancelled
        return "through the gate"

    def open(self) -> None:
        self._end.set()

    def cancel(self) -> None:
        self.cancelled = True
        self._end.set()


class Heard:
    """What the main thread was told, in order."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.faults: list[Exception] = []
        self.reports: list[Any] = []

    def ask(self, lane: Lane, work: Callable[[Job], Any], *, keeps_to_report: bool = False) -> None:
        told = self.answers.append, self.faults.append, self.reports.append
        lane.submit(work, *told, keeps_to_report=keeps_to_report)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[Worker]:
    """Patient without end, so that only what a test does ends anything."""
    worker = Worker(inbox.post, lanes=2, patience_s=3_600)
    yield worker
    worker.close()


@pytest.fixture
def impatient(inbox: Inbox) -> Iterator[Worker]:
    """To whom every call that runs is a long one."""
    worker = Worker(inbox.post, lanes=2, patience_s=3_600)
    worker._patience_s = -1.0  # the watchdog's own stays: it would look without a pause
    yield worker
    worker.close()


def hold(worker: Worker, lane: Lane | None = None) -> Gate:
    """Keep the worker's thread busy in a lane until the gate opens."""
    gate = Gate()
    (lane or worker.lanes[0]).submit(gate, lambda _: None, lambda _: None)
    assert gate.entered.wait(GIVE_UP_S)
    return gate


def constant(value: Any) -> Callable[[Job], Any]:
    return lambda job: value


# --- newest wins ---------------------------------------------------------------------------------------------------


def test_an_answer_arrives_only_when_the_main_thread_takes_it(worker: Worker, inbox: Inbox) -> None:
    heard, lane = Heard(), worker.lanes[0]
    heard.ask(lane, constant(7))
    call = inbox.calls.get(timeout=GIVE_UP_S)
    assert heard.answers == []
    assert not lane.idle
    call()
    assert heard.answers == [7]
    assert lane.idle


def test_work_runs_in_another_thread(worker: Worker, inbox: Inbox) -> None:
    heard = Heard()
    heard.ask(worker.lanes[0], lambda job: threading.get_ident())
    inbox.run(1)
    assert heard.answers != [threading.get_ident()]


def test_a_request_replaces_the_one_that_waits(worker: Worker, inbox: Inbox) -> None:
    heard = Heard()
    gate = hold(worker)
    for number in range(5):
        heard.ask(worker.lanes[0], constant(number))
    gate.open()
    inbox.run_until(lambda: worker.lanes[0].idle)
    assert heard.answers == [4]


def test_in_a_storm_answers_come_in_order_and_the_last_always_comes(worker: Worker, inbox: Inbox) -> None:
    heard, lane = Heard(), worker.lanes[0]
    for number in range(1_000):
        heard.ask(lane, constant(number))
        if number % 10 == 0:
            inbox.drain()
    inbox.run_until(lambda: lane.idle)
    assert heard.answers == sorted(set(heard.answers))
    assert heard.answers[-1] == 999
    assert not heard.faults
    assert inbox.drain() == 0


def test_no_answer_after_cancel(worker: Worker, inbox: Inbox) -> None:
    heard, lane = Heard(), worker.lanes[0]
    gate = hold(worker)
    heard.ask(lane, constant("never"))
    lane.cancel()
    assert lane.idle
    gate.open()
    heard.ask(lane, constant("after"))
    inbox.run_until(lambda: lane.idle)
    assert heard.answers == ["after"]


def test_an_answer_on_its_way_is_not_told_after_cancel_even_when_more_was_asked_since(
    worker: Worker, inbox: Inbox
) -> None:
    heard, lane = Heard(), worker.lanes[0]
    heard.ask(lane, constant("old"))
    on_its_way = inbox.calls.get(timeout=GIVE_UP_S)
    lane.cancel()
    heard.ask(lane, constant("new"))
    on_its_way()
    inbox.run_until(lambda: lane.idle)
    assert heard.answers == ["new"]


def test_a_cancelled_job_knows_that_it_was_stopped(worker: Worker, inbox: Inbox) -> None:
    lane, gate, seen = worker.lanes[0], Gate(), []

    def work(job: Job) -> None:
        gate.wait()
        seen.append(job.stopped)

    lane.submit(work, lambda _: None, lambda _: None)
    assert gate.entered.wait(GIVE_UP_S)
    lane.cancel()
    gate.open()
    heard = Heard()
    heard.ask(lane, constant(1))
    inbox.run_until(lambda: lane.idle)
    assert seen == [True]


# --- lanes and generators ------------------------------------------------------------------------------------------


def counting(steps: int, log: list[Any], between: Callable[[int], None] = lambda _: None) -> Callable[[Job], Any]:
    """A generator of ``steps`` steps that answers with their number."""

    def work(job: Job) -> Iterator[None]:
        for step in range(steps):
            log.append(step)
            between(step)
            yield
        return steps

    return work


def test_a_generator_answers_with_its_return_value(worker: Worker, inbox: Inbox) -> None:
    heard, log = Heard(), list[Any]()
    heard.ask(worker.lanes[1], counting(3, log))
    inbox.run_until(lambda: worker.lanes[1].idle)
    assert (heard.answers, log) == ([3], [0, 1, 2])


def test_an_urgent_lane_goes_between_the_steps_of_a_patient_one(worker: Worker, inbox: Inbox) -> None:
    urgent, patient = worker.lanes
    heard, log = Heard(), list[Any]()

    def between(step: int) -> None:
        if step == 1:
            heard.ask(urgent, lambda job: log.append("urgent"))

    heard.ask(patient, counting(4, log, between))
    inbox.run_until(lambda: patient.idle and urgent.idle)
    assert log == [0, 1, "urgent", 2, 3]


def test_a_patient_lane_does_not_interrupt_an_urgent_generator(worker: Worker, inbox: Inbox) -> None:
    urgent, patient = worker.lanes
    heard, log = Heard(), list[Any]()

    def between(step: int) -> None:
        if step == 0:
            heard.ask(patient, lambda job: log.append("patient"))

    heard.ask(urgent, counting(3, log, between))
    inbox.run_until(lambda: patient.idle and urgent.idle)
    assert log == [0, 1, 2, "patient"]


def test_a_newer_request_ends_a_generator_at_its_next_step(worker: Worker, inbox: Inbox) -> None:
    lane, heard, log = worker.lanes[1], Heard(), list[Any]()

    def between(step: int) -> None:
        if step == 2:
            heard.ask(lane, constant("newer"))

    heard.ask(lane, counting(1_000, log, between))
    inbox.run_until(lambda: lane.idle)
    assert (log, heard.answers) == ([0, 1, 2], ["newer"])


def test_reports_arrive_in_order_before_the_answer(worker: Worker, inbox: Inbox) -> None:
    lane, told = worker.lanes[0], list[Any]()

    def work(job: Job) -> Iterator[None]:
        for step in range(3):
            job.report(step / 3)
            yield
        return "done"

    lane.submit(work, told.append, told.append, told.append)
    inbox.run_until(lambda: lane.idle)
    assert told == [0, 1 / 3, 2 / 3, "done"]


@pytest.mark.parametrize("when", ["before the report", "after it, unread"])
def test_a_generator_that_was_asked_to_is_ended_after_its_first_report(worker: Worker, inbox: Inbox, when: str) -> None:
    lane, heard, log = worker.lanes[0], Heard(), list[str]()

    def work(job: Job) -> Iterator[None]:
        for step in ("first", "second"):
            if when == "before the report" and step == "first":
                heard.ask(lane, constant("newer"))
            yield
            job.report(step)
            if when == "after it, unread" and step == "first":
                heard.ask(lane, constant("newer"))
            log.append(step)
            yield
        return "never"

    heard.ask(lane, work, keeps_to_report=True)
    inbox.run_until(lambda: lane.idle)
    assert (log, heard.reports, heard.answers) == (["first"], ["first"], ["newer"])


def test_a_storm_over_a_generator_that_is_kept_is_followed_by_its_reports(worker: Worker, inbox: Inbox) -> None:
    lane, heard, newest = worker.lanes[0], Heard(), 9

    def work(number: int) -> Callable[[Job], Iterator[None]]:
        def steps(job: Job) -> Iterator[None]:
            yield
            if number < newest:  # the hand is quicker than the first report
                heard.ask(lane, work(number + 1), keeps_to_report=True)
            yield
            job.report(number)
            yield
            return -number

        return steps

    heard.ask(lane, work(0), keeps_to_report=True)
    inbox.run_until(lambda: lane.idle)
    assert (heard.reports, heard.answers) == ([*range(newest + 1)], [-newest])


def test_nothing_is_kept_after_cancel(worker: Worker, inbox: Inbox) -> None:
    lane, heard = worker.lanes[0], Heard()

    def work(job: Job) -> Iterator[None]:
        yield
        job.report("early")
        lane.cancel()
        yield

    heard.ask(lane, work, keeps_to_report=True)
    inbox.run_until(lambda: lane.running is None and lane.idle)
    inbox.drain()
    assert (heard.reports, heard.answers) == ([], [])


def test_a_stopped_job_reports_to_nobody(worker: Worker, inbox: Inbox) -> None:
    lane, heard = worker.lanes[0], Heard()

    def work(job: Job) -> Iterator[None]:
        job.report("early")
        heard.ask(lane, constant("newer"))
        job.report("late")
        yield

    heard.ask(lane, work)
    inbox.run_until(lambda: lane.idle)
    # "early" lay unread when the newer request came: to the person both are old
    assert (heard.reports, heard.answers) == ([], ["newer"])


# --- failures ------------------------------------------------------------------------------------------------------


def test_an_exception_reaches_the_main_thread(worker: Worker, inbox: Inbox) -> None:
    heard, fault = Heard(), ModelFault("The model is broken; get another.")

    def work(job: Job) -> None:
        raise fault

    heard.ask(worker.lanes[0], work)
    inbox.run_until(lambda: worker.lanes[0].idle)
    assert (heard.faults, heard.answers) == ([fault], [])


def test_an_exception_in_a_later_step_reaches_the_main_thread_and_the_worker_goes_on(
    worker: Worker, inbox: Inbox
) -> None:
    heard, lane = Heard(), worker.lanes[1]

    def work(job: Job) -> Iterator[None]:
        yield
        raise ValueError("in the second step")

    heard.ask(lane, work)
    inbox.run_until(lambda: lane.idle)
    heard.ask(lane, constant("after"))
    inbox.run_until(lambda: lane.idle)
    assert [str(fault) for fault in heard.faults] == ["in the second step"]
    assert heard.answers == ["after"]


def test_a_cancellation_that_nobody_asked_for_is_told(worker: Worker, inbox: Inbox) -> None:
    heard = Heard()

    def work(job: Job) -> None:
        raise Cancelled

    heard.ask(worker.lanes[0], work)
    inbox.run_until(lambda: worker.lanes[0].idle)
    assert [type(fault) for fault in heard.faults] == [Cancelled]


# --- calls that take long ------------------------------------------------------------------------------------------


def test_a_long_call_is_cancelled_for_a_newer_request(impatient: Worker, inbox: Inbox) -> None:
    heard, lane, gate = Heard(), impatient.lanes[0], Gate()
    heard.ask(lane, gate)
    assert gate.entered.wait(GIVE_UP_S)
    heard.ask(lane, constant("newer"))
    inbox.run_until(lambda: lane.idle)
    assert gate.cancelled
    assert (heard.answers, heard.faults) == (["newer"], [])


def test_a_call_that_becomes_long_is_cancelled_for_the_request_that_waits_already(inbox: Inbox) -> None:
    worker = Worker(inbox.post, lanes=1, patience_s=0.05)
    heard, lane, gate = Heard(), worker.lanes[0], Gate()

    def work(job: Job) -> str:
        job.cancel_with(gate.cancel)
        heard.ask(lane, constant("newer"))  # asked at once, when this call is still young
        return gate.wait()

    heard.ask(lane, work)
    inbox.run_until(lambda: lane.idle)
    worker.close()
    assert gate.cancelled
    assert heard.answers == ["newer"]


def test_a_long_call_that_nobody_waits_behind_is_left_alone(impatient: Worker, inbox: Inbox) -> None:
    heard, lane, gate = Heard(), impatient.lanes[0], Gate()
    heard.ask(lane, gate)
    assert gate.entered.wait(GIVE_UP_S)
    other = impatient.lanes[1]
    heard.ask(other, constant("patient"))
    gate.open()
    inbox.run_until(lambda: lane.idle and other.idle)
    assert heard.answers == ["through the gate", "patient"]


def test_a_short_call_is_not_cancelled_for_a_newer_request(worker: Worker, inbox: Inbox) -> None:
    heard, lane, gate = Heard(), worker.lanes[0], Gate()
    heard.ask(lane, gate)
    assert gate.entered.wait(GIVE_UP_S)
    heard.ask(lane, constant("newer"))
    gate.open()
    inbox.run_until(lambda: lane.idle)
    assert heard.answers == ["through the gate", "newer"]


def test_a_job_stopped_before_it_names_its_call_never_begins_it(worker: Worker, inbox: Inbox) -> None:
    lane, loading, begun = worker.lanes[0], Gate(), list[str]()

    def work(job: Job) -> None:
        loading.wait()
        job.cancel_with(lambda: None)
        begun.append("the call")

    heard = Heard()
    heard.ask(lane, work)
    assert loading.entered.wait(GIVE_UP_S)
    lane.cancel()
    loading.open()
    heard.ask(lane, constant("after"))
    inbox.run_until(lambda: lane.idle)
    assert begun == []
    assert (heard.answers, heard.faults) == (["after"], [])


def test_stopping_a_generator_between_two_steps_does_not_cancel_what_runs_in_another_lane(
    worker: Worker, inbox: Inbox
) -> None:
    urgent, patient = worker.lanes
    gate, heard, at_rest = Gate(), Heard(), threading.Event()

    def work(job: Job) -> Iterator[None]:
        job.cancel_with(gate.cancel)  # both lanes work on one session
        heard.ask(urgent, lambda job: gate.wait())
        yield
        at_rest.set()

    heard.ask(patient, work)
    assert gate.entered.wait(GIVE_UP_S)
    patient.cancel()
    gate.open()
    inbox.run_until(lambda: urgent.idle)
    assert not gate.cancelled
    assert heard.answers == ["through the gate"]
    assert not at_rest.is_set()


def test_a_long_call_ends_when_something_else_is_wanted_more(impatient: Worker, inbox: Inbox) -> None:
    heard, gate = Heard(), Gate()
    lane, other = impatient.lanes
    heard.ask(lane, gate)
    assert gate.entered.wait(GIVE_UP_S)
    lane.hurry()
    assert gate.cancelled
    assert lane.idle  # no answer will come
    heard.ask(other, constant("the other"))
    inbox.run_until(lambda: other.idle)
    assert (heard.answers, heard.faults) == (["the other"], [])


def test_a_call_that_becomes_long_ends_when_something_else_was_wanted_more(inbox: Inbox) -> None:
    worker, gate = Worker(inbox.post, lanes=2, patience_s=0.05), Gate()
    lane, other = worker.lanes
    heard = Heard()

    def work(job: Job) -> str:
        job.cancel_with(gate.cancel)
        lane.hurry()  # asked at once, when this call is still young
        return gate.wait()

    heard.ask(lane, work)
    heard.ask(other, constant("the other"))
    inbox.run_until(lambda: other.idle)
    worker.close()
    assert gate.cancelled
    assert heard.answers == ["the other"]


def test_hurry_leaves_a_short_call_and_an_idle_lane_alone(worker: Worker, inbox: Inbox) -> None:
    lane, heard, gate = worker.lanes[0], Heard(), Gate()
    lane.hurry()
    heard.ask(lane, gate)
    assert gate.entered.wait(GIVE_UP_S)
    lane.hurry()
    gate.open()
    inbox.run_until(lambda: lane.idle)
    assert heard.answers == ["through the gate"]


class OneCall:
    """As a session: ``cancel`` ends the call that runs, and does nothing when none does."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._end: threading.Event | None = None

    def run(self, forever: bool) -> None:
        end = threading.Event()
        with self._guard:
            self._end = end
        cancelled = end.wait(GIVE_UP_S) if forever else end.is_set()
        with self._guard:
            self._end = None
        if cancelled:
            raise Cancelled
        assert not forever

    def cancel(self) -> None:
        with self._guard:
            if self._end is not None:
                self._end.set()


def test_a_cancel_never_hits_the_next_call(impatient: Worker, inbox: Inbox) -> None:
    """Calls that end by themselves race with cancels meant for them; those that never end must be cancelled."""
    session, lane, heard = OneCall(), impatient.lanes[0], Heard()
    rng, begun = np.random.default_rng(0), threading.Semaphore(0)

    def work(number: int, forever: bool) -> Callable[[Job], int]:
        def call(job: Job) -> int:
            job.cancel_with(session.cancel)
            begun.release()
            session.run(forever)
            if job.stopped:  # a cancel came too late for this call: its answer is not told
                return -1
            return number

        return call

    for number, forever in enumerate((rng.random(3_000) < 0.3).tolist()):
        heard.ask(lane, work(number, forever))
        assert begun.acquire(timeout=GIVE_UP_S)
        inbox.drain()
    heard.ask(lane, work(3_000, False))
    inbox.run_until(lambda: lane.idle)
    assert heard.faults == []  # Cancelled without a stop would stand here
    assert heard.answers == sorted(heard.answers)
    assert heard.answers[-1] == 3_000


# --- the end -------------------------------------------------------------------------------------------------------


def test_close_ends_what_runs_and_tells_nothing_afterwards(inbox: Inbox) -> None:
    worker, heard, gate = Worker(inbox.post, lanes=2, patience_s=3_600), Heard(), Gate()
    heard.ask(worker.lanes[0], gate)
    assert gate.entered.wait(GIVE_UP_S)
    heard.ask(worker.lanes[0], constant("waiting"))
    heard.ask(worker.lanes[1], constant("patient"))
    worker.close()
    assert gate.cancelled
    inbox.drain()
    assert (heard.answers, heard.faults, heard.reports) == ([], [], [])
    assert all(lane.idle for lane in worker.lanes)


def test_an_answer_on_its_way_is_not_told_after_close(inbox: Inbox) -> None:
    worker, heard = Worker(inbox.post, lanes=1), Heard()
    heard.ask(worker.lanes[0], constant("on its way"))
    call = inbox.calls.get(timeout=GIVE_UP_S)
    worker.close()
    heard.ask(worker.lanes[0], constant("after the end"))
    call()
    inbox.drain()
    assert heard.answers == []


def test_no_thread_is_left_after_close(inbox: Inbox) -> None:
    before = set(threading.enumerate())
    worker, heard = Worker(inbox.post, lanes=1), Heard()
    heard.ask(worker.lanes[0], constant(1))
    inbox.run_until(lambda: worker.lanes[0].idle)
    started = set(threading.enumerate()) - before
    assert started
    worker.close()
    for thread in started:
        thread.join(GIVE_UP_S)
        assert not thread.is_alive()


# --- any order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_any_interleaving_keeps_the_promises(seed: int) -> None:
    """Requests, cancels and turns of the main thread in random order, with each step of the worker let go by hand."""
    rng, inbox = np.random.default_rng(seed), Inbox()
    worker = Worker(inbox.post, lanes=2, patience_s=3_600)
    told: tuple[list[int], list[int]] = ([], [])
    asked = [-1, -1]
    floor = [-1, -1]  # nothing at or below was wanted any more
    turnstile = threading.Semaphore(0)

    def whole(number: int) -> Callable[[Job], int]:
        def work(job: Job) -> int:
            assert turnstile.acquire(timeout=GIVE_UP_S)
            return number

        return work

    def stepwise(number: int) -> Callable[[Job], Any]:
        def work(job: Job) -> Iterator[None]:
            for _ in range(3):
                assert turnstile.acquire(timeout=GIVE_UP_S)
                yield
            return number

        return work

    def hear(lane: int) -> Callable[[int], None]:
        def done(number: int) -> None:
            assert number > floor[lane], "told after cancel"
            assert not told[lane] or number > told[lane][-1], "told out of order, or twice"
            told[lane].append(number)

        return done

    def crash(error: Exception) -> None:
        raise error

    for _ in range(300):
        lane = int(rng.integers(2))
        match rng.choice(["ask", "ask", "cancel", "step", "step", "turn"]):
            case "ask":
                asked[lane] += 1
                work = whole if rng.random() < 0.5 else stepwise
                worker.lanes[lane].submit(work(asked[lane]), hear(lane), crash)
            case "cancel":
                worker.lanes[lane].cancel()
                floor[lane] = asked[lane]
            case "step":
                turnstile.release()
            case _:
                inbox.drain()
    for lane in range(2):
        asked[lane] += 1
        worker.lanes[lane].submit(whole(asked[lane]), hear(lane), crash)
    turnstile.release(10_000)
    inbox.run_until(lambda: all(lane.idle for lane in worker.lanes))
    worker.close()
    assert [numbers[-1] for numbers in told] == asked
