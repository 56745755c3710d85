"""The sliders panel: which dimensions matter, what their ends look like, where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.manifest import Dimension
from explorer.contract.pixels import Pixels
from explorer.control.stage import Stage
from explorer.latent.effects import effects, ends, steps
from explorer.models.capabilities import Decodes, Model
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

REACH = 3.0  # sigmas to each side of a slider
DEAD = "dead: posterior equals prior"  # what is said of a dimension that the model does not use
DEAD_KL_NATS = 0.01  # below it the posterior equals the prior, for all a person can see
EFFECT_SEED = 0  # the points that effects are averaged over: always the same, so the order never changes
REPORT_EVERY = 64  # estimates of the effects between two showings


@dataclass(frozen=True)
class DimensionView:
    """One latent dimension as it is shown; values in standard deviations of the prior."""

    index: int
    name: str  # "z7"
    description: str = ""  # "hair and its length"
    value: float = 0.0
    minimum: float = -REACH
    maximum: float = REACH
    effect_share: float = 0.0  # how much it changes the picture, as a share in [0, 1] of the strongest dimension
    dead: bool = False  # the posterior equals the prior: the model does not use it
    locked: bool = False

    @property
    def explanation(self) -> str:
        """What is said beside the name."""
        return DEAD if self.dead else self.description


class SlidersView(Protocol):
    """What the controller needs of the panel; ``index`` is always the latent dimension, never the row."""

    def show_dimensions(self, views: tuple[DimensionView, ...]) -> None: ...
    def show_value(self, index: int, value: float) -> None: ...
    def show_locked(self, index: int, locked: bool) -> None: ...
    def show_thumbnails(self, index: int, low: Pixels, high: Pixels) -> None: ...
    def show_progress(self, share: float | None) -> None: ...


class SlidersController:
    """Describes the model on stage once, then follows the place; thumbnails are renewed when the hand rests."""

    def __init__(self, explore: Explore, stage: Stage, effects_lane: Lane, ends_lane: Lane, view: SlidersView) -> None:
        self._explore, self._stage, self._view = explore, stage, view
        self._effects_lane, self._ends_lane = effects_lane, ends_lane
        self._known: dict[str, NDArray[np.float32]] = {}  # effects by the bundle's identity
        self._effects: NDArray[np.float32] | None = None
        self._visible: tuple[int, ...] = ()
        self._shown: tuple[NDArray[np.float32], frozenset[int]] | None = None
        stage.events.model.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show the dimensions of the model on stage, and find out how much each changes the picture."""
        self._effects_lane.cancel()
        self._ends_lane.cancel()
        self._effects = self._shown = None
        model = self._stage.model
        if model is None or model.decodes is None or not model.flat:
            self._view.show_progress(None)
            self._view.show_dimensions(())
            return
        self._effects = self._known.get(_key(model))
        self._show_all()
        if self._effects is None:
            decodes = model.preview or model.decodes
            self._effects_lane.submit(
                lambda job: _effects(decodes, job),
                lambda found: self._learn(model, found),
                self._fail,
                lambda share: self._view.show_progress(share),
            )
        else:
            self._view.show_progress(None)

    def refresh(self) -> None:
        """Show where the dimensions stand now; only those that moved."""
        sigmas, locked = self._values(), self._explore.place.locked
        if sigmas is None or self._shown is None or len(self._shown[0]) != len(sigmas):
            return
        old_sigmas, old_locked = self._shown
        self._shown = sigmas, locked
        for index in np.flatnonzero(sigmas != old_sigmas).tolist():
            self._view.show_value(index, float(sigmas[index]))
        for index in locked ^ old_locked:
            self._view.show_locked(index, index in locked)

    def see(self, indices: tuple[int, ...]) -> None:
        """These rows are in sight now: only they need thumbnails."""
        if indices != self._visible:
            self._visible = indices
            self.rest()

    def rest(self) -> None:
        """The hand is still: renew the thumbnails of the rows in sight, as seen from the point in view."""
        model, picture = self._stage.model, self._stage.picture
        decodes = self._stage.small
        if decodes is None or picture is None or picture.model is not model:
            return
        code, wanted = picture.code, self._visible
        self._ends_lane.submit(
            lambda job: _ends(decodes, code, wanted, job),
            lambda _: None,
            _crash_unless_told,
            lambda found: self._view.show_thumbnails(*found) if self._stage.model is model else None,
        )

    def _learn(self, model: Model, found: NDArray[np.float32]) -> None:
        self._known[_key(model)] = found
        self._view.show_progress(None)
        if self._stage.model is model:
            self._effects = found
            self._show_all()
            self.rest()

    def _show_all(self) -> None:
        model, sigmas = self._stage.model, self._values()
        if model is None or model.decodes is None or sigmas is None:
            return
        locked = self._explore.place.locked
        self._shown = sigmas, locked
        strength = np.zeros(len(sigmas), np.float32) if self._effects is None else self._effects
        strongest = max(float(strength.max()), 1e-9)
        letter = model.decodes.space.name if len(model.decodes.space.name) == 1 else "z"
        facts = model.decodes.space.dimensions or tuple(Dimension() for _ in sigmas)
        order: list[int] = np.argsort(-strength, kind="stable").tolist()
        self._view.show_dimensions(
            tuple(
                DimensionView(
                    index=index,
                    name=f"{letter}{index}",
                    description=facts[index].meaning,
                    value=float(sigmas[index]),
                    effect_share=float(strength[index]) / strongest,
                    dead=is_dead(facts[index]),
                    locked=index in locked,
                )
                for index in order
            )
        )

    def _values(self) -> NDArray[np.float32] | None:
        """Where each dimension stands, in sigmas; None when the place is in another model than the stage."""
        place = self._explore.place
        model = self._stage.at(place)
        if model is None or model.decodes is None:
            return None
        prior = model.decodes.prior
        if place.code is None or len(place.code) != prior.size:
            return np.zeros(prior.size, np.float32)
        return prior.in_sigmas(np.asarray(place.code, np.float32))

    def _fail(self, error: Exception) -> None:
        self._view.show_progress(None)
        _crash_unless_told(error)


def _key(model: Model) -> str:
    return f"{model.bundle.identity()} {model.space}"


def _crash_unless_told(error: Exception) -> None:
    """What a model cannot do is told where its picture is; without thumbnails and order the sliders still work."""
    if not isinstance(error, ExplorerError):
        raise error


def is_dead(dimension: Dimension) -> bool:
    """Whether the model does not use a dimension; False where nothing is known of it."""
    return dimension.kl_nats is not None and dimension.kl_nats < DEAD_KL_NATS


def _effects(decodes: Decodes, job: Job) -> Iterator[None]:
    total = steps(decodes.prior.size)
    rng = np.random.default_rng(EFFECT_SEED)
    estimate = np.zeros(decodes.prior.size, np.float32)
    for count, newest in enumerate(effects(decodes.decode, decodes.prior, rng), start=1):
        estimate = newest
        if count % REPORT_EVERY == 0:
            job.report(count / total)
        yield
    return estimate


def _ends(decodes: Decodes, code: NDArray[np.float32], wanted: tuple[int, ...], job: Job) -> Iterator[None]:
    for index in wanted:
        if index < decodes.prior.size:
            low, high = decodes.decode(ends(decodes.prior, code, index, REACH))
            job.report((index, low, high))
        yield
