"""The time limit for calls that cannot be interrupted from their own thread."""

import threading
from collections.abc import Iterator

import pytest

from explorer.runtime import watchdog as module
from explorer.runtime.watchdog import Watchdog
from tests.unit.inbox import GIVE_UP_S

LIMIT_S = 0.02


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog(LIMIT_S)
    yield watchdog
    watchdog.close()


class Bite:
    def __init__(self) -> None:
        self.count, self.bitten = 0, threading.Event()

    def __call__(self) -> None:
        self.count += 1
        self.bitten.set()


def test_a_block_over_the_limit_is_bitten(watchdog: Watchdog) -> None:
    bite = Bite()
    with watchdog.guard(bite):
        assert bite.bitten.wait(GIVE_UP_S)


def test_it_bites_again_while_the_block_lasts_and_never_afterwards(watchdog: Watchdog) -> None:
    stubborn, later = Bite(), Bite()
    with watchdog.guard(stubborn):
        for _ in range(3):
            assert stubborn.bitten.wait(GIVE_UP_S)
            stubborn.bitten.clear()
    count = stubborn.count
    with watchdog.guard(later):
        assert later.bitten.wait(GIVE_UP_S)
    assert stubborn.count == count >= 3


def test_a_quick_block_is_never_bitten(watchdog: Watchdog, clock: Clock) -> None:
    quick, slow = Bite(), Bite()
    with watchdog.guard(quick):
        pass
    with watchdog.guard(slow):
        clock.now_s += 2 * LIMIT_S  # over the limit of both
        assert slow.bitten.wait(GIVE_UP_S)
    assert quick.count == 0


def test_a_block_within_the_limit_is_not_bitten_beside_one_over_it(watchdog: Watchdog, clock: Clock) -> None:
    older, younger = Bite(), Bite()
    with watchdog.guard(older):
        clock.now_s += 0.6 * LIMIT_S
        with watchdog.guard(younger):
            clock.now_s += 0.6 * LIMIT_S
            assert older.bitten.wait(GIVE_UP_S)
    assert younger.count == 0


def test_a_block_with_a_limit_of_its_own_is_bitten_at_that(watchdog: Watchdog, clock: Clock) -> None:
    patient, usual = Bite(), Bite()
    with watchdog.guard(patient, 10 * LIMIT_S):
        with watchdog.guard(usual):
            clock.now_s += 2 * LIMIT_S
            assert usual.bitten.wait(GIVE_UP_S)
        assert patient.count == 0
        clock.now_s += 10 * LIMIT_S
        with watchdog.guard(usual):  # wakes it
            assert patient.bitten.wait(GIVE_UP_S)


def test_a_block_that_raises_is_not_guarded_any_more(watchdog: Watchdog, clock: Clock) -> None:
    failing, slow = Bite(), Bite()
    with pytest.raises(KeyError), watchdog.guard(failing):
        raise KeyError
    with watchdog.guard(slow):
        clock.now_s += 2 * LIMIT_S
        assert slow.bitten.wait(GIVE_UP_S)
    assert failing.count == 0


def test_it_wakes_for_a_block_that_begins_while_it_sleeps(watchdog: Watchdog) -> None:
    for _ in range(3):
        bite = Bite()
        with watchdog.guard(bite):
            assert bite.bitten.wait(GIVE_UP_S)


def test_idle_it_sleeps_without_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    asleep = threading.Event()

    class Recorded(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            if timeout is None:
                asleep.set()
            return super().wait(timeout)

    monkeypatch.setattr(module.threading, "Condition", Recorded)
    watchdog = Watchdog(LIMIT_S)
    monkeypatch.undo()
    for _ in range(100):
        with watchdog.guard(lambda: None):
            pass
    assert asleep.wait(GIVE_UP_S)
    watchdog.close()
    assert waits[-1] is None
    assert len(waits) < 50  # not one for each block


def test_no_thread_before_the_first_block_and_none_after_close() -> None:
    before = set(threading.enumerate())
    watchdog = Watchdog(LIMIT_S)
    assert set(threading.enumerate()) == before
    with watchdog.guard(lambda: None):
        pass
    (thread,) = set(threading.enumerate()) - before
    watchdog.close()
    thread.join(GIVE_UP_S)
    assert not thread.is_alive()
