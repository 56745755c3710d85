"""Seeds: typed, stepped through, dragged across on a plane, and gone back to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.manifest import Attribute
from explorer.contract.pixels import Pixels
from explorer.control.sources import NoSeed, seed_of
from explorer.control.stage import Stage
from explorer.control.styledraw import Drawer, Seeds, Wish, noise_alone, seed_rows
from explorer.control.walk import Walk, seed_code
from explorer.latent.seedplane import ACROSS, bilinear, blended_noise, corners, place_of, seed_at
from explorer.models.capabilities import Model
from explorer.state.mixlook import LARGEST_SEED
from explorer.state.place import Explore, Place
from explorer.tasks.latest import Lane

KEY = "seeds"  # of the instrument
VISITED = 40  # seeds that are remembered, for each model
REMEMBERED = 4_096  # points between seeds whose place on the plane is known, so that undo shows it too
SNAP = 0.06  # of the way to the next seed: this near to one is that seed
LOWEST = (LARGEST_SEED - ACROSS) // ACROSS - 1  # the last row of the plane

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Visited:
    """A seed that was in view; ``pixels`` None: still to come."""

    seed: int
    pixels: Pixels | None


class SeedsView(Protocol):
    """What the controller needs of the panel."""

    def show_label(self, columns: tuple[Attribute, ...], label: tuple[int, ...]) -> None: ...
    def show_seed(self, seed: int | None, sentence: str) -> None: ...
    def show_point(self, point: Point | None) -> None: ...
    def show_tiles(self, tiles: Mapping[int, Pixels]) -> None: ...
    def show_visited(self, visited: tuple[Visited, ...]) -> None: ...
    def tell(self, sentence: str) -> None: ...


class SeedsController:
    """Moves among seeds through the walk, and draws those that are in sight."""

    def __init__(self, explore: Explore, stage: Stage, walk: Walk, lane: Lane, view: SeedsView, seeds: Seeds) -> None:
        self._explore, self._stage, self._walk, self._view, self._seeds = explore, stage, walk, view, seeds
        self._drawer = Drawer(lane, self._show_pictures)
        self._lattice: tuple[int, ...] = ()
        self._visited: dict[str, tuple[int, ...]] = {}  # by model, the newest first
        self._points: dict[tuple[str, str, int], Point] = {}
        stage.events.model.connect(self.describe)
        explore.events.instrument.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show everything for the model on stage."""
        self.refresh()
        self.rest()

    def refresh(self) -> None:
        """The place changed: where is it among the seeds?"""
        place = self._explore.place
        if place.seed is not None and self._stage.at(place) is not None:
            before = self._visited.get(place.bundle, ())
            if place.seed not in before:
                self._visited[place.bundle] = (place.seed, *before)[:VISITED]
        model = self._stage.at(place)
        if not self._looked_at or model is None or model.decodes is None or not _answers(model):
            return
        self._view.show_label(model.columns, model.label)
        kept = " with their variance kept" if model.unfolds is not None else ""
        words = f"Between seeds, the four around are blended in {model.decodes.space.name}{kept}."
        self._view.show_seed(place.seed, words)
        self._view.show_point(self._point(place))
        self._view.show_visited(self._visits())

    def rest(self) -> None:
        """The hand is still: draw the seeds in sight that are missing."""
        model = self._stage.model
        if not self._looked_at or model is None or not _answers(model):
            self._drawer.rest()
            return
        style, seeds = self._explore.place.style, self._seeds
        wanted = dict.fromkeys((*self._lattice, *self._visited.get(model.key, ())))
        if model.unfolds is not None:
            codes = [partial(self._code, model, seed) for seed in wanted]
            self._drawer.want(
                model.unfolds, [Wish(self._key(seed), code, style) for seed, code in zip(wanted, codes, strict=True)]
            )
        elif model.styles is not None:
            made = [partial(seed_rows, model, model.styles, seeds, seed, style) for seed in wanted]
            noise = noise_alone(style)
            self._drawer.want(
                model.styles, [Wish(self._key(seed), rows, noise) for seed, rows in zip(wanted, made, strict=True)]
            )
        self._show_pictures()

    # what a person does

    def see(self, lattice: tuple[int, ...]) -> None:
        """These seeds of the plane are in sight, the middle first."""
        self._lattice = lattice
        self.rest()

    def go(self, text: str) -> bool:
        """Go to the seed that was typed; whether it is one."""
        try:
            self._walk.to_seed(seed_of(text))
        except NoSeed as error:
            self._view.tell(str(error))
            return False
        return True

    def ask(self, column: int, value: int) -> None:
        """Seeds are of another kind: of this value of an attribute, or class."""
        model = self._stage.at(self._explore.place)
        if model is not None and 0 <= column < len(model.label):
            stays = self._walk.ask((*model.label[:column], value, *model.label[column + 1 :]))
            if stays:
                self._view.tell(stays)

    def jump(self, seed: int) -> None:
        """Go to a seed that was shown."""
        if 0 <= seed <= LARGEST_SEED:
            self._walk.to_seed(seed)

    def step(self, by: int) -> None:
        """The seed before or after; between seeds, that of the nearest or else of the last one visited."""
        place = self._explore.place
        if self._stage.at(place) is None:
            return
        seed, point = place.seed, self._point(place)
        if seed is None and point is not None:
            seed = seed_at(round(point[0]), round(point[1]))
        if seed is None:
            seed = next(iter(self._visited.get(place.bundle, ())), 0)
        self._walk.to_seed(min(max(seed + by, 0), LARGEST_SEED))

    def begin(self) -> None:
        """A gesture on the plane begins."""
        self._walk.begin()

    def move(self, x: float, y: float) -> None:
        """Go to a point of the plane; part of the running gesture."""
        model = self._stage.at(self._explore.place)
        if model is None or not _answers(model) or not (math.isfinite(x) and math.isfinite(y)):
            return
        x, y = _snapped(min(max(x, 0.0), ACROSS - 1.0)), _snapped(min(max(y, 0.0), float(LOWEST)))
        around, right, down = corners(x, y)
        codes = np.stack([self._code(model, seed) for seed in around])
        code = (bilinear if model.unfolds is None else blended_noise)(codes, right, down)
        seed = around[0] if right == down == 0 else None
        self._remember(self._explore.place.bundle, model.space, code, (x, y))
        self._walk.to_code(code, f"Go to seed {seed}" if seed is not None else "Go between seeds", seed)

    def take_back(self) -> None:
        """Go back to where the gesture began."""
        self._walk.take_back()

    def forget(self) -> None:
        """Visited seeds are forgotten, but for the one in view."""
        place = self._explore.place
        self._visited[place.bundle] = () if place.seed is None else (place.seed,)
        self._view.show_visited(self._visits())

    # inside

    @property
    def _looked_at(self) -> bool:
        return self._explore.instrument == KEY

    def _code(self, model: Model, seed: int) -> NDArray[np.float32]:
        """The seed's point (D,) in the space that the model is moved in."""
        assert model.decodes is not None
        if model.space == "":
            return self._seeds.of(model, seed)
        if not model.flat and model.styles is not None:
            return np.tile(self._seeds.of(model, seed), model.styles.layers)
        return seed_code(model.decodes.prior, seed)

    def _remember(self, bundle: str, space: str, code: NDArray[np.float32], point: Point) -> None:
        self._points[bundle, space, hash(tuple(code.tolist()))] = point
        while len(self._points) > REMEMBERED:
            self._points.pop(next(iter(self._points)))

    def _point(self, place: Place) -> Point | None:
        """Where the place is on the plane; None: nowhere."""
        known = self._points.get((place.bundle, place.space, hash(place.code)))
        if known is not None:
            return known
        if place.seed is None or place.seed > LARGEST_SEED:
            return None
        x, y = place_of(place.seed)
        return float(x), float(y)

    def _key(self, seed: int) -> tuple[object, ...]:
        style = self._explore.place.style
        return seed, style.psi, style.cutoff, noise_alone(style), style.sampling

    def _visits(self) -> tuple[Visited, ...]:
        seeds = self._visited.get(self._explore.place.bundle, ())
        return tuple(Visited(seed, self._drawer.seen(self._key(seed))) for seed in seeds)

    def _show_pictures(self) -> None:
        if not self._looked_at:
            return
        tiles = ((seed, self._drawer.seen(self._key(seed))) for seed in self._lattice)
        self._view.show_tiles({seed: pixels for seed, pixels in tiles if pixels is not None})
        self._view.show_visited(self._visits())


def _answers(model: Model) -> bool:
    """Whether it draws a picture of every seed that is worth a plane: of styles, or of noise."""
    return model.styles is not None or model.unfolds is not None


def _snapped(number: float) -> float:
    near = float(round(number))
    return near if abs(number - near) < SNAP else number
