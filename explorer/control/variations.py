"""The same noise in rows and columns: classes, weights, samplers beside step counts; each cell can be gone to."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import write_file
from explorer.contract.errors import CannotWrite, ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.enough import Curve, Enough, distance, enough_words, reference
from explorer.control.export import recipe_of
from explorer.control.stage import Picture, Stage
from explorer.control.walk import SEEDS, Walk, seed_code
from explorer.latent.sampling import SamplerName, Sampling, SpacingName
from explorer.latent.styles import Style
from explorer.media.gridsheet import grid_png
from explorer.models.capabilities import Model, Unfolds
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.state.variationslook import AxisName
from explorer.tasks.latest import Job, Lane

KEY = "variations"  # of the instrument
MOST = 10  # cells a side
NAMES: dict[AxisName, str] = {
    "label": "Class", "weight": "Weight", "seed": "Seed", "steps": "Steps", "sampler": "Sampler", "eta": "Eta",
    "spacing": "Spacing", "strength": "Strength",
}  # fmt: skip
AXES: tuple[AxisName, ...] = ("label", "weight", "seed", "steps", "sampler", "eta", "spacing", "strength")
WEIGHTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
STEPS = (1, 2, 4, 8, 16, 32, 64)
STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
ETAS = (0.0, 0.25, 0.5, 0.75, 1.0)
SEEDS_SHOWN = 6
KEPT = 400  # pictures that are remembered


@dataclass(frozen=True)
class Value:
    """One row or column: how it is called, and what of the sampling, or which seed, it sets."""

    words: str
    sampling: tuple[tuple[str, Any], ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class Cell:
    """What one cell draws."""

    words: str
    sampling: Sampling
    seed: int | None  # of another noise than that in view


class VariationsView(Protocol):
    """What the controller needs of the panel; cells are counted row by row."""

    def show_axes(self, names: tuple[tuple[AxisName, str], ...], rows: AxisName, columns: AxisName) -> None: ...
    def show_shape(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> None: ...
    def show_cells(self, cells: tuple[Pixels | None, ...]) -> None: ...
    def show_chosen(self, at: int | None) -> None: ...
    def show_enough(self, enough: Enough | None) -> None: ...
    def tell(self, sentence: str) -> None: ...


class VariationsController:
    """Draws the cells one after the other while the panel is in sight; a newer request takes an older one's place."""

    def __init__(
        self, explore: Explore, stage: Stage, history: History, walk: Walk, lane: Lane, view: VariationsView
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._lane, self._view = lane, view
        self._seen: dict[tuple[object, ...], Pixels] = {}
        self._asked: tuple[object, ...] | None = None
        for signal in (stage.events.model, explore.events.instrument, explore.events.variations):
            signal.connect(self.describe)

    def describe(self) -> None:
        """Show the axes and draw."""
        unfolds = self._unfolds
        if unfolds is None or self._explore.instrument != KEY:
            self._asked = None
            self._lane.cancel()
            return
        look = self._explore.variations
        names: list[tuple[AxisName, str]] = [(axis, self._name(axis)) for axis in AXES if self._values(axis)]
        self._view.show_axes(tuple(names), look.rows, look.columns)
        self.rest()

    def rest(self) -> None:
        """The hand is still: draw what is missing."""
        picture, unfolds = self._picture, self._unfolds
        if picture is None or unfolds is None or self._explore.instrument != KEY:
            return
        rows, columns, cells = self._cells()
        self._view.show_shape(rows, columns)
        self._show_cells()
        wanted = (*cells, *self._references())
        missing = [cell for cell in wanted if self._key(picture, cell) not in self._seen]
        asked = tuple(self._key(picture, cell) for cell in wanted)
        if not missing:
            self._asked = asked
        elif asked != self._asked or self._lane.idle:
            self._asked = asked
            work = partial(_draw, picture.model, unfolds, picture.code, picture.style, missing)
            report = partial(self._learn, picture)
            self._lane.submit(work, lambda _: None, self._fail, report)

    # what a person does

    def choose(self, which: str, axis: AxisName) -> None:
        """Let something else vary along the ``rows`` or the ``columns``; what is on the other side changes places."""
        look = self._explore.variations
        before = getattr(look, which)
        other = "columns" if which == "rows" else "rows"
        fields = {which: axis, **({other: before} if getattr(look, other) == axis else {})}
        words = f"Change the {which} of the variations"
        change(self._history, self._explore, "variations", look.model_copy(update=fields), words)

    def compare(self) -> None:
        """Let samplers vary along the rows and steps along the columns."""
        look = self._explore.variations.model_copy(update={"rows": "sampler", "columns": "steps"})
        change(self._history, self._explore, "variations", look, "Compare samplers")

    def go(self, at: int) -> None:
        """Go to what a cell shows."""
        picture, model = self._picture, self._stage.model
        cells = self._cells()[2] if picture is not None else ()
        if picture is None or model is None or model.decodes is None or not 0 <= at < len(cells):
            return
        cell = cells[at]
        seed = self._explore.place.seed if cell.seed is None else cell.seed
        code = picture.code if cell.seed is None else seed_code(model.decodes.prior, cell.seed)
        self._walk.to_mix(code, seed, model.space, f"Go to {cell.words}", sampling=cell.sampling)

    def save(self, ask: Callable[[str], str]) -> None:
        """Save the sheet with the way back to the picture in view; ``ask`` gives a path for a name, or nothing."""
        picture = self._picture
        if picture is None:
            return
        rows, columns, cells = self._cells()
        found = [self._seen.get(self._key(picture, cell)) for cell in cells]
        drawn = [pixels for pixels in found if pixels is not None]
        if len(drawn) != len(cells):
            self._view.tell("The grid is still being drawn; save it when all its cells are there.")
            return
        path = ask(f"{picture.model.manifest.name}-variations.png")
        if not path:
            return
        sheet = [drawn[start : start + len(columns)] for start in range(0, len(drawn), len(columns))]
        look = self._explore.variations
        down = f"{self._name(look.rows)}: {', '.join(rows)}"
        right = f"{self._name(look.columns)}: {', '.join(columns)}"
        recipe = recipe_of(picture.model, picture.code, self._explore.place.seed, picture.style)
        try:
            write_file(Path(path), grid_png(sheet, down, right, recipe))
        except CannotWrite as error:
            self._view.tell(str(error))
        else:
            self._view.tell(f"Saved as {path}; drop it on this window to come back to this picture.")

    # inside

    @property
    def _unfolds(self) -> Unfolds | None:
        return None if self._stage.model is None else self._stage.model.unfolds

    @property
    def _picture(self) -> Picture | None:
        picture = self._stage.picture
        return picture if picture is not None and picture.model is self._stage.model else None

    def _name(self, axis: AxisName) -> str:
        unfolds = self._unfolds
        if axis == "label" and unfolds is not None and unfolds.columns:
            return unfolds.columns[0].name.capitalize()
        return NAMES[axis]

    def _values(self, axis: AxisName) -> tuple[Value, ...]:
        """What an axis goes through; empty where the model has no such thing."""
        unfolds = self._unfolds
        sampling = self._explore.place.style.sampling
        if unfolds is None:
            return ()
        if axis == "label":
            columns = unfolds.columns
            names = columns[0].values[:MOST] if columns else ()
            rest = sampling.label[1:] if sampling.label else (-1,) * (len(columns) - 1)
            return tuple(Value(name, (("label", (at, *rest)),)) for at, name in enumerate(names))
        if axis == "weight":
            return () if unfolds.refusal else tuple(Value(f"w {w:g}", (("weight", w),)) for w in WEIGHTS)
        if axis == "seed":
            first = min(self._explore.place.seed or 0, SEEDS - SEEDS_SHOWN)
            return tuple(Value(f"seed {seed}", seed=seed) for seed in range(first, first + SEEDS_SHOWN))
        if axis == "steps":
            return tuple(Value(f"{count}", (("steps", count),)) for count in STEPS)
        if axis == "sampler":
            return tuple(Value(name, (("sampler", name),)) for name in get_args(SamplerName))
        if axis == "strength":
            begun = sampling.retouch
            values = () if begun is None else STRENGTHS
            return tuple(
                Value(f"strength {s:g}", (("retouch", begun.model_copy(update={"strength": s})),))
                for s in values
                if begun is not None
            )
        if axis == "spacing":
            return tuple(Value(name, (("spacing", name),)) for name in get_args(SpacingName))
        return tuple(Value(f"eta {eta:g}", (("sampler", "ddim"), ("eta", eta))) for eta in ETAS)

    def _cells(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Cell, ...]]:
        look, sampling = self._explore.variations, self._explore.place.style.sampling
        rows, columns = self._values(look.rows), self._values(look.columns)
        cells = tuple(
            Cell(
                f"{row.words}, {column.words}",
                sampling.model_copy(update=dict(row.sampling + column.sampling)),
                row.seed if row.seed is not None else column.seed,
            )
            for row in rows
            for column in columns
        )
        return tuple(row.words for row in rows), tuple(column.words for column in columns), cells

    def _key(self, picture: Picture, cell: Cell) -> tuple[object, ...]:
        point = picture.code.tobytes() if cell.seed is None else cell.seed
        return picture.model.key, point, cell.sampling

    def _learn(self, picture: Picture, found: tuple[Cell, Pixels]) -> None:
        while len(self._seen) >= KEPT:
            del self._seen[next(iter(self._seen))]
        self._seen[self._key(picture, found[0])] = found[1]
        if self._picture is not None:
            self._show_cells()

    def _show_cells(self) -> None:
        picture = self._picture
        if picture is None or self._explore.instrument != KEY:
            return
        _, _, cells = self._cells()
        seen = tuple(self._seen.get(self._key(picture, cell)) for cell in cells)
        self._view.show_cells(seen)
        standing = [at for at, cell in enumerate(cells) if self._stands(cell)]
        self._view.show_chosen(standing[0] if standing else None)
        self._view.show_enough(self._enough(picture, seen))

    def _stands(self, cell: Cell) -> bool:
        place = self._explore.place
        return cell.sampling == place.style.sampling and cell.seed in (None, place.seed)

    def _references(self) -> tuple[Cell, ...]:
        """Where steps vary from left to right: the long way that each row is held against."""
        look = self._explore.variations
        if look.columns != "steps":
            return ()
        _, columns, cells = self._cells()
        found: dict[Cell, None] = {}
        for first in cells[:: len(columns)]:
            long = reference(first.sampling)
            if long is not None:
                found[Cell("", long, first.seed)] = None
        return tuple(found)

    def _enough(self, picture: Picture, seen: tuple[Pixels | None, ...]) -> Enough | None:
        """How far each picture is from that of very many steps; None where steps do not vary from left to right."""
        if self._explore.variations.columns != "steps":
            return None
        rows, columns, cells = self._cells()
        curves: list[Curve] = []
        endless: list[str] = []
        for at, name in enumerate(rows):
            first, row = cells[at * len(columns)], seen[at * len(columns) : (at + 1) * len(columns)]
            long = reference(first.sampling)
            if long is None:
                endless.append(name)
                continue
            wanted = self._seen.get(self._key(picture, Cell("", long, first.seed)))
            gaps = [None if wanted is None or cell is None else distance(cell, wanted) for cell in row]
            curves.append(Curve(name, tuple(gaps)))
        counts = tuple(cells[at].sampling.steps for at in range(len(columns)))
        return Enough(counts, tuple(curves), enough_words(counts, tuple(curves), tuple(endless)))

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.tell(str(error))


def _draw(
    model: Model, unfolds: Unfolds, code: NDArray[np.float32], style: Style, cells: list[Cell], job: Job
) -> Generator[None, None, None]:
    """In the worker: the cells in order, each told as it is there; gives way after every step."""
    job.cancel_with(model.cancel)
    assert model.decodes is not None
    for cell in cells:
        noise = code if cell.seed is None else seed_code(model.decodes.prior, cell.seed)
        walk = unfolds.under(style.model_copy(update={"sampling": cell.sampling})).unfold(noise[None])
        while True:
            try:
                next(walk)
            except StopIteration as end:
                job.report((cell, end.value[0]))
                break
            yield
