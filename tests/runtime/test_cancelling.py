"""The worker and real sessions together: a graph that hangs makes way, and nothing else is hit."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from explorer.contract.manifest import Graph
from explorer.runtime.session import Runtime, Session
from explorer.tasks.latest import Job, Worker
from tests import graphs
from tests.graphs import Toy, tiny_facts
from tests.unit.inbox import GIVE_UP_S, Inbox

TOY = Toy()
DECODER: Graph = tiny_facts(TOY)["graphs"][0]
PATIENCE_S = 0.05


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


def decoding(session: Session, codes: np.ndarray, begun: threading.Event | None = None) -> Callable[[Job], Any]:
    def work(job: Job) -> np.ndarray:
        job.cancel_with(session.cancel)
        if begun is not None:
            begun.set()
        return session.run({"z": codes})["image"]

    return work


def crash(error: Exception) -> None:
    raise error


def test_a_graph_that_hangs_makes_way_for_a_newer_request(runtime: Runtime) -> None:
    hanging, fine = runtime.open(graphs.hanging_decoder(TOY), DECODER), runtime.open(TOY.decoder(), DECODER)
    inbox, answers = Inbox(), list[np.ndarray]()
    worker = Worker(inbox.post, lanes=1, patience_s=PATIENCE_S)
    lane, codes = worker.lanes[0], TOY.codes(2)
    for _ in range(3):
        begun = threading.Event()
        lane.submit(decoding(hanging, codes, begun), answers.append, crash)
        assert begun.wait(GIVE_UP_S)
        lane.submit(decoding(fine, codes), answers.append, crash)
        inbox.run_until(lambda: lane.idle)
    worker.close()
    assert len(answers) == 3  # none of the hanging ones
    np.testing.assert_allclose(answers[-1], TOY.decode(codes), atol=1e-6)


def test_closing_ends_a_graph_that_hangs(runtime: Runtime) -> None:
    hanging = runtime.open(graphs.hanging_decoder(TOY), DECODER)
    inbox, answers, begun = Inbox(), list[np.ndarray](), threading.Event()
    worker = Worker(inbox.post, lanes=1, patience_s=PATIENCE_S)
    worker.lanes[0].submit(decoding(hanging, TOY.codes(1), begun), answers.append, crash)
    assert begun.wait(GIVE_UP_S)
    worker.close()
    inbox.drain()
    assert answers == []


def test_in_a_storm_the_last_code_is_always_decoded(runtime: Runtime) -> None:
    session = runtime.open(TOY.decoder(), DECODER)
    inbox, answers = Inbox(), list[np.ndarray]()
    worker = Worker(inbox.post, lanes=1)
    lane, codes = worker.lanes[0], TOY.codes(1_000)
    for number in range(1_000):
        lane.submit(decoding(session, codes[number : number + 1]), answers.append, crash)
        inbox.drain()
    inbox.run_until(lambda: lane.idle)
    worker.close()
    np.testing.assert_allclose(answers[-1], TOY.decode(codes[-1:]), atol=1e-6)
