"""Ways to move: every change of place goes through here, and through the history."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.control.stage import Stage
from explorer.latent.priors import Prior
from explorer.latent.styles import Style
from explorer.models.capabilities import Model
from explorer.models.styles import StyleDecoder, converted
from explorer.state.history import History, change
from explorer.state.place import Explore, Place

SEEDS = 2**31 - 1  # seeds stay short enough to be read aloud
FIRST_SEED = 42
FOLLOWING = -1  # the gesture of a model that is renewed while it learns
STAYS = "This point was made by hand, so it stays as it is; seeds are of the other kind from here on."
NO_WAY_BACK = "No z is known that leads to this point, so a new one was drawn; Ctrl+Z goes back."

Code = NDArray[np.float32]


class Walk:
    """Moves the place of the model on stage; does nothing while no model is there."""

    def __init__(
        self, explore: Explore, stage: Stage, history: History, rng: np.random.Generator, before: Callable[[], None]
    ) -> None:
        self._explore, self._stage, self._history, self._rng, self._before = explore, stage, history, rng, before
        self._gesture = 0
        self._start = explore.place  # where the running gesture began

    def begin(self) -> None:
        """A gesture of the hand begins: what follows until the next ``begin`` is one step of undo."""
        self._gesture += 1
        self._start = self._explore.place
        self._before()

    def to_sigma(self, dimension: int, sigma: float) -> None:
        """Put one number at so many standard deviations from the prior's centre; part of the running gesture."""
        prior, code = self._here()
        if prior is None or not np.isfinite(sigma) or dimension in self._explore.place.locked:
            return
        code[dimension] = prior.center[dimension] + sigma * prior.deviation[dimension]
        seed = self._start.seed if tuple(code.tolist()) == self._start.code else None
        self._go(code, seed, f"Move z{dimension}", self._gesture)

    def to_code(self, code: Code, words: str, seed: int | None = None) -> None:
        """Go to a point (D,), all but the locked dimensions; part of the running gesture.

        ``seed`` says whose point it is, where it is a seed's own.
        """
        prior, here = self._here()
        if prior is None or code.shape != here.shape or not np.isfinite(code).all():
            return
        target = self._keeping_locked(here, code.astype(np.float32))
        if seed is None or not np.array_equal(target, code):
            seed = self._start.seed if tuple(target.tolist()) == self._start.code else None
        self._go(target, seed, words, self._gesture)

    def take_back(self) -> None:
        """Go back to where the running gesture began, as if it had not been."""
        if self._explore.place.bundle == self._start.bundle:
            change(self._history, self._explore, "place", self._start, "Go back", self._gesture)

    def reset(self, dimension: int | None = None) -> None:
        """Put one number, or all that are not locked, at the prior's centre."""
        prior, code = self._here()
        if prior is None:
            return
        self.begin()
        target = code.copy()
        if dimension is None:
            target[:] = prior.center
            self._go(self._keeping_locked(code, target), None, "Reset all dimensions")
        elif dimension not in self._explore.place.locked:
            target[dimension] = prior.center[dimension]
            self._go(target, None, f"Reset z{dimension}")

    def random(self) -> None:
        """A new point from the prior, with a new seed."""
        self.to_seed(int(self._rng.integers(SEEDS)))

    def to_seed(self, seed: int) -> None:
        """The prior's point of that seed; locked dimensions stay."""
        prior, code = self._here()
        if prior is None:
            return
        self.begin()
        drawn = seed_code(prior, seed)
        target = self._keeping_locked(code, drawn)
        self._go(target, seed if np.array_equal(target, drawn) else None, f"Go to seed {seed}")

    def random_one(self, dimension: int) -> None:
        """One number anew from the prior, unless it is locked."""
        prior, code = self._here()
        if prior is None or dimension in self._explore.place.locked:
            return
        self.begin()
        code[dimension] = prior.sample(self._rng, 1)[0, dimension]
        self._go(code, None, f"Draw z{dimension}")

    def lock(self, dimension: int, locked: bool) -> None:
        """Keep one dimension where it is."""
        prior, _ = self._here()
        if prior is None:
            return
        place = self._explore.place
        wanted = place.locked | {dimension} if locked else place.locked - {dimension}
        words = f"{'Lock' if locked else 'Unlock'} z{dimension}"
        change(self._history, self._explore, "place", place.model_copy(update={"locked": wanted}), words)

    def lock_all(self, locked: bool) -> None:
        """Keep all dimensions where they are, or none."""
        prior, _ = self._here()
        if prior is None:
            return
        wanted = frozenset(range(prior.size)) if locked else frozenset[int]()
        place = self._explore.place.model_copy(update={"locked": wanted})
        change(
            self._history, self._explore, "place", place, "Lock all dimensions" if locked else "Unlock all dimensions"
        )

    def to_space(self, space: str) -> str:
        """The same point in another of the model's spaces; what could not be kept, as a sentence, else empty."""
        place = self._explore.place
        model = self._stage.at(place)
        target = None if model is None else model.views.get(space)
        if model is None or target is None or target is model or model.decodes is None or target.decodes is None:
            return ""
        self.begin()
        _, code = self._here()
        moved, lost = converted(model, target, code)
        seed = place.seed if not lost else None
        if moved is None:
            seed = int(self._rng.integers(SEEDS)) if place.seed is None else place.seed
            moved, lost = seed_code(target.decodes.prior, seed), NO_WAY_BACK if place.seed is None else ""
        there = place.model_copy(
            update={"space": target.space, "code": tuple(moved.tolist()), "seed": seed, "locked": frozenset[int]()}
        )
        change(self._history, self._explore, "place", there, f"Move in {target.decodes.space.name}")
        return lost

    def restyle(self, words: str, gesture: bool = False, **fields: Any) -> None:
        """Draw the point in another style; with ``gesture`` as part of the running one. See ``latent.styles.Style``."""
        place = self._explore.place
        if self._stage.at(place) is not None:
            style = Style(**(dict(place.style) | fields))
            there = place.model_copy(update={"style": style})
            change(self._history, self._explore, "place", there, words, self._gesture if gesture else None)

    def ask(self, label: tuple[int, ...]) -> str:
        """Seeds are of another kind from here on, and so is the point where it is a seed's own.

        Returns a sentence where the point stays because nobody knows which z leads to it, else an empty one.
        """
        place = self._explore.place
        model = self._stage.at(place)
        target = None if model is None else model.within(model.space, label)
        if model is None or target is None or target is model or target.decodes is None:
            return ""
        self.begin()
        code = place.code
        of_z = isinstance(target.decodes, StyleDecoder) and target.decodes.mapped
        stays = place.seed is None and code is not None and not of_z
        if place.seed is not None:
            code = tuple(seed_code(target.decodes.prior, place.seed).tolist())
        sampling = place.style.sampling.model_copy(update={"label": target.label})
        style = place.style.model_copy(update={"sampling": sampling})
        there = place.model_copy(update={"code": code, "style": style})
        change(self._history, self._explore, "place", there, "Ask for something else")
        return STAYS if stays else ""

    def to_mix(self, code: Code, seed: int | None, space: str, words: str, **fields: Any) -> None:
        """Go to a point (D,) of a space and draw it in another style, as one step; locked dimensions move too."""
        place = self._explore.place
        model = self._stage.at(place)
        target = None if model is None else model.within(space)
        if target is None or target.decodes is None or code.shape != (target.decodes.prior.size,):
            return
        self.begin()
        there = place.model_copy(
            update={
                "space": target.space,
                "code": tuple(code.tolist()),
                "seed": seed,
                "style": Style(**(dict(place.style) | fields)),
                "locked": place.locked if target is model else frozenset[int](),
            }
        )
        change(self._history, self._explore, "place", there, words)

    def open(self, model: Model, code: tuple[float, ...] | None, seed: int | None, style: Style | None = None) -> None:
        """Go to a point in a model, or to that of the seed; there is no way back from the first to nothing."""
        if code is None and seed is not None and model.decodes is not None:
            code = tuple(seed_code(model.decodes.prior, seed).tolist())
        place = Place(bundle=model.key, space=model.space, code=code, seed=seed, style=style or model.style)
        if not self._explore.place.bundle:
            self._explore.place = place
            return
        if not change(self._history, self._explore, "place", place, "Open a model"):
            self._stage.picture = None  # it was loaded anew, so the picture in view is of what it was before
            self.stay()

    def renew(self, model: Model) -> None:
        """The same point in a later snapshot of the model in view; while the hand is still, one step of undo."""
        place = self._explore.place
        there = place.model_copy(update={"bundle": model.key})
        change(self._history, self._explore, "place", there, "Follow the training", FOLLOWING)

    def stay(self) -> None:
        """Tell the place once more, so that what could not be shown there is tried again."""
        place = self._explore.place
        self._explore.events.place.emit(place, place)

    def stands_in(self, model: Model) -> bool:
        """Whether the place is in this very model, as it is loaded."""
        standing = self._stage.model
        return self._explore.place.bundle == model.key and (standing is None or standing.bundle is model.bundle)

    def _here(self) -> tuple[Prior | None, Code]:
        """The prior of the model on stage and a copy of the code asked for last."""
        place = self._explore.place
        model = self._stage.at(place)
        if model is None or model.decodes is None:
            return None, np.zeros(0, np.float32)
        prior = model.decodes.prior
        fits = place.code is not None and len(place.code) == prior.size
        return prior, np.array(place.code if fits else prior.center, np.float32)

    def _keeping_locked(self, code: Code, target: Code) -> Code:
        locked = [dimension for dimension in self._explore.place.locked if dimension < len(code)]
        kept = target.copy()
        kept[locked] = code[locked]
        return kept

    def _go(self, code: Code, seed: int | None, words: str, gesture: int | None = None) -> None:
        here, there = self._explore.place, tuple(code.tolist())
        if there == here.code and seed is None:
            return  # nothing moved, so the point is still the seed's own
        place = here.model_copy(update={"code": there, "seed": seed})
        change(self._history, self._explore, "place", place, words, gesture)


def seed_code(prior: Prior, seed: int) -> Code:
    """The point (D,) that a seed stands for, on every machine."""
    return prior.sample(np.random.default_rng(seed), 1)[0]
