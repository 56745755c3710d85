"""Forks of a trajectory: leave it at any step with another wish, keep ways, go back to them, hold two side by side."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.stage import Picture, Stage
from explorer.control.trajectory import asked_words, rms
from explorer.control.walk import Walk
from explorer.control.ways import Walked, Ways
from explorer.latent.sampling import Sampling
from explorer.models.capabilities import Model
from explorer.samplers.diffusion import Step
from explorer.state.branches import LONGEST_NAME, MOST, Branch
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

KEY = "branches"  # of the instrument
NOT_YET = "Scrub to a step in Trajectory, then fork there: what you change from then on holds after it alone."


@dataclass(frozen=True, eq=False)
class BranchView:
    """A way that is kept: what it is called, where it forks, and its picture; None: still to come."""

    name: str
    words: str
    depth: int  # how many forks lie before it
    pixels: Pixels | None
    here: bool


@dataclass(frozen=True, eq=False)
class Pair:
    """Both ways at the step in view, their difference (H, W) in [0, 1], and their distance over all steps (n,)."""

    mine: Pixels
    other: Pixels
    difference: NDArray[np.float32]
    distance: NDArray[np.float64]
    at: int
    name: str


class BranchesView(Protocol):
    """What the controller needs of the panel."""

    def show_fork(self, sentence: str, can_fork: bool, forked: bool, stir: float) -> None: ...
    def show_branches(self, branches: tuple[BranchView, ...], beside: int) -> None: ...
    def show_pair(self, pair: Pair | None) -> None: ...
    def show_memory(self, sentence: str) -> None: ...
    def tell(self, sentence: str) -> None: ...


class BranchesController:
    """Forks through the walk, keeps ways through the history, and walks those that are in sight again."""

    def __init__(
        self, explore: Explore, stage: Stage, history: History, walk: Walk, lane: Lane, view: BranchesView
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._lane, self._view = lane, view
        self.ways = Ways()
        self._failed: set[Branch] = set()
        self._apart: tuple[object, object, NDArray[np.float64]] | None = None  # both ways, and their distances
        asked = explore.events
        for signal in (stage.events.picture, asked.instrument, asked.branches, asked.trajectory):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is kept and what is held side by side; walk what is missing."""
        if self._explore.instrument != KEY or self._picture is None:
            return
        self._show_fork()
        self.ways.retain(self._kept)
        self._show()
        self._go_on()

    def close(self) -> None:
        """Take what lies on the disk away."""
        self.ways.close()

    # what a person does

    def fork(self) -> None:
        """From the step in view on, the way may be another one."""
        sampling, index = self._sampling, self._index
        if index is None:
            self._view.tell(NOT_YET)
            return
        forked = sampling.model_copy(update={"base": sampling, "since": index, "stir": 0.0})
        self._walk.begin()
        self._walk.restyle(f"Fork at step {index + 1}", sampling=forked)

    def join(self) -> None:
        """Give the fork up: back to the way that it left."""
        base = self._sampling.base
        if base is not None:
            self._walk.begin()
            self._walk.restyle("Give up the fork", sampling=base)

    def begin(self) -> None:
        """A gesture on the slider begins."""
        self._walk.begin()

    def stir(self, share: float) -> None:
        """Draw so much of the noise anew where the fork begins; part of the running gesture."""
        if self._sampling.base is not None and np.isfinite(share):
            stirred = self._sampling.model_copy(update={"stir": round(min(max(share, 0.0), 1.0), 2)})
            self._walk.restyle("Stir the noise at the fork", gesture=True, sampling=stirred)

    def keep(self) -> None:
        """Keep the way in view."""
        picture, place, look = self._picture, self._explore.place, self._explore.branches
        if picture is None:
            return
        if len(look.kept) >= MOST:
            self._view.tell(f"No more than {MOST} ways are kept; delete one first.")
            return
        name = self._free_name()
        branch = Branch(
            name=name, bundle=place.bundle, space=place.space, code=tuple(picture.code.tolist()), seed=place.seed,
            style=picture.style,
        )  # fmt: skip
        self._set(f"Keep {name}", kept=(*look.kept, branch))

    def go(self, at: int) -> None:
        """Go to a way that is kept."""
        if 0 <= at < len(self._kept):
            branch = self._kept[at]
            code = np.array(branch.code, np.float32)
            fields = {name: getattr(branch.style, name) for name in type(branch.style).model_fields}
            self._walk.to_mix(code, branch.seed, branch.space, f"Go to {branch.name}", **fields)

    def rename(self, at: int, name: str) -> None:
        """Call a way something else."""
        name = name.strip()[:LONGEST_NAME]
        if 0 <= at < len(self._kept) and name:
            mine = self._kept[at]
            renamed = mine.model_copy(update={"name": name})
            kept = tuple(renamed if branch == mine else branch for branch in self._explore.branches.kept)
            self.ways.rename(mine, renamed)
            self._set(f"Rename {mine.name}", kept=kept)

    def delete(self, at: int) -> None:
        """Keep a way no longer; undo brings it back."""
        if 0 <= at < len(self._kept):
            gone = self._kept[at]
            kept = tuple(branch for branch in self._explore.branches.kept if branch != gone)
            self._set(f"Delete {gone.name}", kept=kept, beside=-1)

    def compare(self, at: int) -> None:
        """Hold a way beside the one in view; the same again: no longer."""
        self._set("Compare two ways", beside=-1 if at == self._explore.branches.beside else at)

    # inside

    @property
    def _picture(self) -> Picture | None:
        picture = self._stage.picture
        right = picture is not None and picture.model is self._stage.model and picture.unfolding is not None
        return picture if right else None

    @property
    def _sampling(self) -> Sampling:
        return self._explore.place.style.sampling

    @property
    def _index(self) -> int | None:
        """The step in view; None where it is the finished picture."""
        steps = self._sampling.steps
        at = self._explore.trajectory.at
        return None if at >= 1.0 else min(self._explore.trajectory.frame(steps), steps - 1)

    @property
    def _kept(self) -> tuple[Branch, ...]:
        """Those of the model on stage."""
        return tuple(branch for branch in self._explore.branches.kept if branch.bundle == self._explore.place.bundle)

    def _free_name(self) -> str:
        taken = {branch.name for branch in self._explore.branches.kept}
        return next(name for number in range(1, MOST + 2) if (name := f"way {number}") not in taken)

    def _set(self, words: str, **fields: Any) -> None:
        look = self._explore.branches.model_copy(update=fields)
        change(self._history, self._explore, "branches", look, words)

    def _show_fork(self) -> None:
        sampling, index = self._sampling, self._index
        if sampling.base is not None:
            sentence = f"Forked at step {sampling.since + 1} of {sampling.steps}: before it nothing changes."
        else:
            sentence = NOT_YET if index is None else f"Step {index + 1} of {sampling.steps} is in view."
        self._view.show_fork(sentence, index is not None, sampling.base is not None, sampling.stir)

    def _go_on(self) -> None:
        """Make older ways smaller where there are too many; else walk the next one that is missing."""
        model = self._stage.model
        if model is None or not self._lane.idle:
            return
        relief = self.ways.relief()
        if relief is not None:
            branch, work = relief
            self._lane.submit(lambda job: work(), partial(self._learn, branch), self._fail_relief)
            return
        missing = [branch for branch in self._kept if self.ways.get(branch) is None]
        if missing and missing[0] not in self._failed:
            self._lane.submit(
                partial(_walk_again, model, missing[0]), partial(self._learn, missing[0]),
                partial(self._fail, missing[0]),
            )  # fmt: skip

    def _learn(self, branch: Branch, walked: Walked) -> None:
        if branch in self._kept:
            self.ways.put(branch, walked)
        self.refresh()

    def _show(self) -> None:
        if self._explore.instrument != KEY:
            return
        place, model = self._explore.place, self._stage.model
        columns = () if model is None or model.unfolds is None else model.unfolds.columns
        views: list[BranchView] = []
        for branch in self._kept:
            sampling, walked = branch.style.sampling, self.ways.get(branch)
            since = f"from step {sampling.since + 1}" if sampling.base is not None else "from the noise"
            here = branch.style == place.style and branch.code == place.code
            words = f"{since}{asked_words(columns, sampling)}"
            pixels = None if walked is None else walked.pixels
            views.append(BranchView(branch.name, words, _depth(sampling), pixels, here))
        beside = self._explore.branches.beside
        self._view.show_branches(tuple(views), beside if beside < len(views) else -1)
        self._view.show_pair(self._pair())
        self._view.show_memory(self.ways.sentence)

    def _pair(self) -> Pair | None:
        picture, beside = self._picture, self._explore.branches.beside
        kept = self._kept
        if picture is None or picture.unfolding is None or not 0 <= beside < len(kept):
            return None
        other, mine = self.ways.get(kept[beside]), picture.unfolding.steps
        if other is None or not other.steps or not mine:
            return None
        decoder = picture.unfolding.decoder
        partner = _in_step(mine, other.steps)
        index = min(self._explore.trajectory.frame(len(mine)), len(mine))
        if index == len(mine):
            shown = picture.pixels, other.pixels
        else:
            pair = mine[index].clean(), other.steps[partner[index]].clean()
            shown = decoder.to_pixels(pair[0])[0], decoder.to_pixels(pair[1])[0]
        difference = np.abs(shown[0].astype(np.float32) - shown[1]).mean(axis=2) / 255
        if self._apart is None or self._apart[0] is not mine or self._apart[1] is not other:
            gaps = [rms(step.clean() - other.steps[at].clean()) for step, at in zip(mine, partner, strict=True)]
            self._apart = mine, other, np.array(gaps)
        return Pair(shown[0], shown[1], difference.astype(np.float32), self._apart[2], index, kept[beside].name)

    def _fail(self, branch: Branch, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._failed.add(branch)
        self._view.tell(f"{branch.name}: {error}")
        self._go_on()

    def _fail_relief(self, error: Exception) -> None:
        if not isinstance(error, OSError):
            raise error
        self.ways.disk_fails = True
        self._view.tell(f"Ways cannot be put on the disk ({error.strerror or error}), so they stay in memory.")
        self._go_on()


def _in_step(mine: tuple[Step, ...], other: tuple[Step, ...]) -> list[int]:
    """For each step the one of another way at the nearest noise level."""
    levels = np.log([step.snr for step in other])
    return [int(np.abs(levels - np.log(step.snr)).argmin()) for step in mine]


def _depth(sampling: Sampling) -> int:
    return 0 if sampling.base is None else 1 + _depth(sampling.base)


def _walk_again(model: Model, branch: Branch, job: Job) -> Generator[None, None, Walked]:
    """In the worker: the steps of a way; gives way after each of them."""
    job.cancel_with(model.cancel)
    assert model.unfolds is not None
    walk = model.unfolds.under(branch.style).unfold(np.array([branch.code], np.float32))
    steps: list[Step] = []
    while True:
        try:
            steps.append(next(walk))
        except StopIteration as end:
            return Walked(tuple(steps), end.value[0])
        yield
