"""Handing over between two threads: nothing is lost, nothing is kept without bound, and nobody waits for ever."""

import threading
from collections.abc import Callable

import pytest

from explorer.tasks.handover import Handover
from tests.unit.inbox import GIVE_UP_S


def test_everything_comes_in_order_and_never_more_than_the_bound() -> None:
    wanted, most = threading.Semaphore(0), 0
    handover = Handover[int](6, wanted.release)

    def give() -> None:
        nonlocal most
        at = 0
        while at < 100:
            assert wanted.acquire(timeout=GIVE_UP_S)
            count = min(handover.room, 100 - at)
            handover.put(range(at, at + count))
            at += count
            most = max(most, 6 - handover.room)
        handover.end()

    giver = threading.Thread(target=give, daemon=True)
    giver.start()
    assert list(handover) == list(range(100))
    giver.join(GIVE_UP_S)
    assert most <= 6


def test_more_is_asked_for_once_when_half_is_taken() -> None:
    asked = []
    handover = Handover[int](8, lambda: asked.append(handover.room))
    things = iter(handover)
    handover.put(range(8))
    for _ in range(3):
        next(things)
    assert asked == [0]  # at the start, in the middle of the first ``next``
    for _ in range(4):
        next(things)
    assert asked == [0, 4]


def test_an_error_comes_after_what_was_made() -> None:
    handover = Handover[int](4, lambda: None)
    handover.put([1, 2])
    handover.end(ValueError("no more"))
    taken = []
    with pytest.raises(ValueError, match="no more"):
        for thing in handover:
            taken.append(thing)
    assert taken == [1, 2]


@pytest.mark.parametrize("end", [Handover.end, Handover.close])
def test_a_taker_that_waits_is_woken(end: Callable[[Handover[int]], None]) -> None:
    waiting = threading.Event()
    handover = Handover[int](4, waiting.set)
    taken: list[int] = []
    taker = threading.Thread(target=lambda: taken.extend(handover), daemon=True)
    taker.start()
    assert waiting.wait(GIVE_UP_S)
    end(handover)
    taker.join(GIVE_UP_S)
    assert not taker.is_alive()
    assert taken == []


def test_after_closing_nothing_is_kept() -> None:
    handover = Handover[int](4, lambda: None)
    handover.put([1, 2])
    handover.close()
    handover.put([3])
    assert handover.room == 0
    assert list(handover) == []
