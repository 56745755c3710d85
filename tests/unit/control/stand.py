"""What controllers stand on in tests: lanes that work when told to, models computed by numpy, a history that undoes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.manifest import Dimension, LatentSpace, NormalPrior
from explorer.contract.pixels import Pixels, to_pixels
from explorer.control.stage import Models
from explorer.latent.priors import Prior
from explorer.models.capabilities import Model
from explorer.runtime.providers import CPU, RunsOn
from explorer.state.history import Change
from explorer.tasks.latest import Job
from tests.graphs import Toy


class HandLane:
    """A lane of a worker that works in this thread, when it is told to; the newest request wins."""

    def __init__(self) -> None:
        self.waiting: tuple[Any, ...] | None = None
        self.asked = self.cancelled = self.hurried = 0
        self.kept = False  # whether the newest may report once before a newer one ends it
        self._era, self._open = 0, 0

    def submit(
        self,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        report: Callable[[Any], None] = lambda _: None,
        *,
        keeps_to_report: bool = False,
    ) -> None:
        self.waiting, self._open = (work, done, failed, report), 1
        self.asked += 1
        self.kept = keeps_to_report

    def cancel(self) -> None:
        self.waiting, self._open = None, 0
        self._era += 1
        self.cancelled += 1

    def hurry(self) -> None:
        self.hurried += 1

    @property
    def idle(self) -> bool:
        return self._open == 0

    def compute(self) -> Callable[[], None]:
        """Do the waiting work now; the answer, a call into the main thread, is still on its way."""
        assert self.waiting is not None, "nothing was asked for"
        (work, done, failed, report), self.waiting = self.waiting, None
        era = self._era
        try:
            answer = work(Job(lambda value: report(value) if era == self._era else None))
            if isinstance(answer, Iterator):
                answer = _drained(answer)
            told = (done, answer)
        except Exception as error:  # noqa: BLE001 - as the worker does
            told = (failed, error)

        def deliver() -> None:
            if era == self._era:
                self._open = 0 if self.waiting is None else 1
                told[0](told[1])

        return deliver

    def run(self) -> None:
        """Work until nothing waits."""
        while self.waiting is not None:
            self.compute()()


def _drained(steps: Iterator[Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


class ToyDecodes:
    """The toy decoder in numpy; counts the pictures it makes."""

    def __init__(self, toy: Toy, prior: Prior | None = None, dimensions: tuple[Dimension, ...] = ()) -> None:
        self.toy, self.decoded = toy, 0
        self.space = LatentSpace(name="z", shape=(toy.dims,), prior=NormalPrior(), dimensions=dimensions)
        self.prior = prior or Prior(np.zeros(toy.dims, np.float32), np.ones(toy.dims, np.float32))
        self.fault: Exception | None = None

    def under(self, style: object) -> "ToyDecodes":
        return self

    batch: int | None = None

    def decode(self, codes: NDArray[np.float32]) -> Pixels:
        if self.fault is not None:
            raise self.fault
        self.decoded += len(codes)
        return to_pixels(self.toy.decode(codes), self.toy.image_meaning)


def toy_model(
    key: str = "/models/toy",
    toy: Toy | None = None,
    prior: Prior | None = None,
    dimensions: tuple[Dimension, ...] = (),
    decodes: bool = True,
) -> Model:
    """A model without a bundle on disk; its identity is its key."""
    toy = toy or Toy()
    bundle: Any = SimpleNamespace(
        manifest=SimpleNamespace(name=key.rsplit("/", 1)[-1]), identity=lambda: f"id of {key}"
    )
    return Model(
        key=key,
        bundle=bundle,
        runs_on=lambda: RunsOn(CPU),
        cancel=lambda: None,
        decodes=ToyDecodes(toy, prior, dimensions) if decodes else None,
    )


def decoder_of(model: Model) -> ToyDecodes:
    assert isinstance(model.decodes, ToyDecodes)
    return model.decodes


def pixels_at(model: Model, code: NDArray[np.float32] | tuple[float, ...]) -> Pixels:
    """(H, W, C) as numpy computes it."""
    toy = decoder_of(model).toy
    return to_pixels(toy.decode(np.asarray(code, np.float32)[None]), toy.image_meaning)[0]


class ToyModels(Models):
    """Loaded models by path, without disk or runtime; an exception in the place of a model is raised."""

    def __init__(self, *models: Model) -> None:
        self.by_path: dict[str, Model | Exception] = {model.key: model for model in models}

    def get(self, path: str, job: Job) -> Model:
        found = self.by_path[path]
        if isinstance(found, Exception):
            raise found
        return found

    def fresh(self, path: str, job: Job) -> Model:
        return self.get(path, job)


class Steps:
    """A history: makes changes, and takes them back."""

    def __init__(self) -> None:
        self.made: list[Change] = []
        self.names: list[str] = []  # of what was made together

    def make(self, change: Change) -> None:
        self.made.append(change)
        change.apply(change.new)

    @contextmanager
    def together(self, words: str) -> Iterator[None]:
        self.names.append(words)
        yield

    def undo(self) -> None:
        change = self.made.pop()
        change.apply(change.old)

    @property
    def words(self) -> list[str]:
        return [change.words for change in self.made]


class Immediate(HandLane):
    """A lane that works as soon as it is asked, and answers at once."""

    def submit(
        self,
        work: Callable[[Job], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        report: Callable[[Any], None] = lambda _: None,
        *,
        keeps_to_report: bool = False,
    ) -> None:
        super().submit(work, done, failed, report, keeps_to_report=keeps_to_report)
        self.run()
