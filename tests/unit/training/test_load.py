"""How busy a trainer keeps the machine, in words."""

import os
import re
import time

import pytest

from explorer.training.load import ASK_GPU, Load


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1_000))


def test_a_process_that_computes_is_seen_with_its_memory() -> None:
    load = Load(os.getpid(), gpu=False)
    assert load.words() == ""  # there is nothing to compare with yet
    busy(0.1)
    found = re.fullmatch(r"(\d+) % of a core, ([\d,]+) MB", load.words())
    assert found is not None
    assert int(found[1]) > 0
    assert int(found[2].replace(",", "")) > 20


@pytest.mark.parametrize(
    ("said", "words"),
    [("87, 3100\n", "; GPU 87 %, 3100 MB"), ("5, 10\n7, 11\n", "; GPU 5 %, 10 MB; GPU 7 %, 11 MB"), ("", "")],
)
def test_a_gpu_is_asked_about_itself(said: str, words: str) -> None:
    asked: list[object] = []
    load = Load(os.getpid(), gpu=True, ask=lambda command: asked.append(command) or said)
    load.words()
    for _ in range(2):
        busy(0.1)
        assert load.words().endswith(f" MB{words}")
    assert asked == [ASK_GPU]  # not at every look


def test_a_process_that_is_gone_keeps_nothing_busy() -> None:
    assert Load(2**22 - 7, gpu=False).words() == ""
