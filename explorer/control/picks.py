"""Own directions from own picks: which pictures were marked, what separates them, and how sure that is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.notebooks import Notebooks
from explorer.control.sliders import is_dead
from explorer.control.stage import Stage
from explorer.latent.directions import Fit, fit_direction
from explorer.models.capabilities import Decodes, Model
from explorer.state.notebook import LONGEST_NAME, Code, Pick, Trait
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

ENOUGH = 5  # picks of each kind before a direction is shown
DOUBTFUL = 0.6  # below this accuracy the picks seem to contradict each other
UNNAMED = "my direction"
SIDES = {True: "more", False: "less"}

Picks = tuple[Pick, ...]


@dataclass(frozen=True, eq=False)
class Marked:
    """One marked picture as it is shown; ``index`` among the picks of its trait, the newest last."""

    index: int
    pixels: Pixels | None  # None: still to come


@dataclass(frozen=True, eq=False)
class Teaching:
    """How far the question has come: its name, the marked pictures of both kinds, and what there is to say."""

    name: str
    less: tuple[Marked, ...]
    more: tuple[Marked, ...]
    sentence: str
    doubtful: bool = False


@dataclass(frozen=True, eq=False)
class _Fitted:
    picks: Picks
    fit: Fit | None


@dataclass(frozen=True, eq=False)
class _Drawn:
    code: Code
    pixels: Pixels


class TeachView(Protocol):
    """What the controller needs of the page where a direction is taught."""

    def show_teaching(self, teaching: Teaching) -> None: ...


class Draws(Protocol):
    """Who can go to a random point."""

    def random(self) -> None: ...


class PicksController:
    """Marks the picture in view, draws the next one, and refits in the worker with every pick."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        notebooks: Notebooks,
        walk: Draws,
        together: Callable[[str], AbstractContextManager[None]],
        lane: Lane,
        view: TeachView,
    ) -> None:
        self._explore, self._stage, self._notebooks, self._walk = explore, stage, notebooks, walk
        self._together, self._lane, self._view = together, lane, view
        self._fits: dict[Picks, Fit | None] = {}  # None: nothing separates them
        self._pictures: dict[Code, Pixels] = {}
        self._model: Model | None = None  # whose fits these are
        self._decodes: Decodes | None = None  # who made the pictures
        notebooks.changed.connect(self.refresh)

    # what a person does

    def ask(self, name: str) -> None:
        """From here on marks say "more" or "less" of ``name``; picks it has already stay."""
        name = name.strip()[:LONGEST_NAME]
        notes = self._notebooks.notes
        if name == notes.question:
            return
        if any(made.name == name for made in notes.made):
            name = notes.free_name(name)
        self._notebooks.write(f"Ask for “{name}”" if name else "Ask for something new", question=name)

    def mark(self, more: bool) -> str:
        """Say that the picture in view has more or less of what is asked, and draw the next one -> what was done."""
        picture, place = self._stage.picture, self._explore.place
        if picture is None or picture.model is not self._stage.model:
            return ""
        if place.code is not None and not np.array_equal(np.asarray(place.code, np.float32), picture.code):
            return ""  # the next picture is on its way: this one was marked already
        code: Code = tuple(picture.code.tolist())
        notes = self._notebooks.notes
        name = notes.question or notes.free_name(UNNAMED)
        trait = notes.trait(name) or Trait(name=name)
        kept = tuple(pick for pick in trait.picks if pick.code != code)
        changed = Trait(name=name, picks=(*kept, Pick(code=code, more=more)))
        self._pictures[code] = picture.pixels
        words = f"Mark as {SIDES[more]} “{name}”"
        with self._together(words):
            self._notebooks.write(words, traits=_with(notes.traits, changed), question=name)
            self._walk.random()
        return f"Marked as {SIDES[more]} “{name}”"

    def unmark(self, index: int) -> None:
        """Take one mark back."""
        notes = self._notebooks.notes
        trait = notes.trait(notes.question)
        if trait is None or not 0 <= index < len(trait.picks):
            return
        changed = Trait(name=trait.name, picks=trait.picks[:index] + trait.picks[index + 1 :])
        self._notebooks.write(f"Remove a mark of “{trait.name}”", traits=_with(notes.traits, changed))

    # what follows

    def refresh(self) -> None:
        """Show the question, publish what is fitted, and have the rest fitted and drawn."""
        model, notes = self._stage.model, self._notebooks.notes
        decodes = self._stage.small
        if model is not self._model:
            self._model = model
            self._fits.clear()
        if decodes is not self._decodes:
            self._decodes = decodes
            self._pictures.clear()
        self._publish()
        self._show()
        if decodes is None:
            self._lane.cancel()
            return
        open_picks = tuple(
            trait.picks for trait in notes.traits if trait.picks not in self._fits and is_enough(trait)
        )  # fmt: skip
        asked = notes.trait(notes.question)
        missing = tuple(pick.code for pick in asked.picks if pick.code not in self._pictures) if asked else ()
        if not open_picks and not missing:
            return
        units = units_of(decodes)
        self._lane.submit(
            lambda job: _study(decodes, units, open_picks, missing, job),
            lambda _: None,
            _crash_unless_told,
            lambda found: self._learn(found) if self._stage.model is model else None,
        )

    def _learn(self, found: _Fitted | _Drawn) -> None:
        if isinstance(found, _Drawn):
            self._pictures[found.code] = found.pixels
            self._show()
        else:
            self._fits[found.picks] = found.fit
            self._publish()
            self._show()

    def _publish(self) -> None:
        known = {trait.name: self._fits.get(trait.picks) for trait in self._notebooks.notes.traits}
        taught = {name: fit for name, fit in known.items() if fit is not None}
        if taught != self._stage.taught:
            self._stage.taught = taught

    def _show(self) -> None:
        notes = self._notebooks.notes
        trait = notes.trait(notes.question) or Trait(name=notes.question or UNNAMED)
        marked = {
            side: tuple(
                Marked(index, self._pictures.get(pick.code))
                for index, pick in enumerate(trait.picks)
                if pick.more is side
            )
            for side in (False, True)
        }
        sentence, doubtful = self._said(trait)
        self._view.show_teaching(Teaching(notes.question, marked[False], marked[True], sentence, doubtful))

    def _said(self, trait: Trait) -> tuple[str, bool]:
        if not is_enough(trait):
            return progress_sentence(trait), trait.side(True) + trait.side(False) >= 2 * ENOUGH
        if trait.picks not in self._fits:
            return "Finding the direction …", False
        fit = self._fits[trait.picks]
        if fit is None:
            return "Nothing tells “more” from “less” here: both hold the same pictures. Remove some marks.", True
        if fit.accuracy < DOUBTFUL:
            return f"{accuracy_words(fit)}: your picks seem to contradict each other. Mark more, or remove some.", True
        return f"{accuracy_words(fit)}. Every further pick makes it better.", False


def is_enough(trait: Trait) -> bool:
    """Whether there are picks enough of both kinds for a direction."""
    return min(trait.side(True), trait.side(False)) >= ENOUGH


def progress_sentence(trait: Trait) -> str:
    """What is still missing before there is a direction."""
    more, less = trait.side(True), trait.side(False)
    if more + less >= 2 * ENOUGH and not min(more, less):
        side, other = SIDES[more > 0], SIDES[more == 0]
        return f"All {more + less} picks say “{side}”; mark some as “{other}”, or nothing can be told apart."
    wanted = [f"{ENOUGH - count} “{side}”" for side, count in (("less", less), ("more", more)) if count < ENOUGH]
    return f"Mark {' and '.join(wanted)}; then a direction appears."


def accuracy_words(fit: Fit) -> str:
    """``Right on 86 % of held-out picks, chance is 50 %``."""
    return f"Right on {100 * fit.accuracy:.0f}\N{NO-BREAK SPACE}% of held-out picks, chance is 50\N{NO-BREAK SPACE}%"


def units_of(decodes: Decodes) -> NDArray[np.float32]:
    """What picks are measured in (D,): the prior's deviations; infinite where the model does not use a dimension.

    Picks are drawn from the prior, so in a dead dimension they hold nothing but noise.
    """
    units = decodes.prior.deviation.copy()
    dead = [is_dead(dimension) for dimension in decodes.space.dimensions]
    if dead and not all(dead):
        units[dead] = np.inf
    return units


def _with(traits: tuple[Trait, ...], changed: Trait) -> tuple[Trait, ...]:
    if not any(trait.name == changed.name for trait in traits):
        return (*traits, changed)
    return tuple(changed if trait.name == changed.name else trait for trait in traits)


def _study(
    decodes: Decodes, units: NDArray[np.float32], open_picks: tuple[Picks, ...], missing: tuple[Code, ...], job: Job
) -> Iterator[None]:
    """In the worker: fit every trait that changed, then draw the pictures that are not known."""
    for picks in open_picks:
        codes = np.array([pick.code for pick in picks], np.float32)
        more = np.array([pick.more for pick in picks])
        try:
            job.report(_Fitted(picks, fit_direction(codes, more, units)))
        except ValueError:
            job.report(_Fitted(picks, None))
        yield
    for code in missing:
        job.report(_Drawn(code, decodes.decode(np.array([code], np.float32))[0]))
        yield


def _crash_unless_told(error: Exception) -> None:
    """What a model cannot do is told where its picture is."""
    if not isinstance(error, ExplorerError):
        raise error
