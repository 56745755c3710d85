"""The worker lets go of what ended work held at once, not when the garbage collector comes."""

import gc
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from explorer.contract.errors import ModelFault
from explorer.tasks.latest import Job, Worker
from tests.unit.inbox import Inbox


class Model:
    """Stands for many megabytes of weights."""

    def cancel(self) -> None:
        """What a job would call to end a call."""


def at_once(model: Model, job: Job) -> int:
    job.cancel_with(model.cancel)
    return 1


def in_steps(model: Model, job: Job) -> Iterator[None]:
    job.cancel_with(model.cancel)
    job.report("a step")
    yield


def at_fault(model: Model, job: Job) -> int:
    job.cancel_with(model.cancel)
    raise ModelFault("It failed.")


def without_end(model: Model, job: Job) -> Iterator[None]:
    job.cancel_with(model.cancel)
    while True:
        yield


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("work", [at_once, in_steps, at_fault, without_end])
def test_ended_work_keeps_nothing_in_memory(work: Callable[[Model, Job], Any]):
    inbox = Inbox()
    worker = Worker(inbox.post, lanes=1)
    (lane,) = worker.lanes
    model = Model()
    gone = weakref.ref(model)
    told: list[object] = []
    lane.submit(partial(work, model), told.append, lambda error: told.append(type(error)))
    if work is not without_end:
        inbox.run_until(lambda: len(told) == 1)
    lane.submit(lambda job: "newer", told.append, told.append)  # the worker holds its newest work until the next comes
    inbox.run_until(lambda: told[-1:] == ["newer"])
    del model
    worker.close()
    assert gone() is None
