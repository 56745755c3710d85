"""The classic grid of style mixing: fine layers from the seed of the row, coarse ones from the seed of the column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from explorer.contract.archive import write_file
from explorer.contract.errors import CannotWrite
from explorer.contract.pixels import Pixels
from explorer.control.mixing import KEY, layer_views
from explorer.control.sources import NoSeed, from_seed, seed_of
from explorer.control.stage import Stage
from explorer.control.styledraw import Drawer, Rows, Seeds, Wish, all_rows, noise_alone
from explorer.control.walk import Walk
from explorer.latent.mixes import with_layers
from explorer.latent.styles import MOST_SOURCES, Style, truncated
from explorer.media.gridsheet import grid_png
from explorer.media.recipes import Recipe, app_version
from explorer.models.capabilities import MapsStyles, Model
from explorer.state.history import History, change
from explorer.state.mixlook import LARGEST_SEED, MixLook
from explorer.state.place import Explore
from explorer.tasks.latest import Lane


@dataclass(frozen=True)
class GridWords:
    """What stands beside the grid: its seeds, and the layer at which it is split, in words."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    size: int
    split: int
    layers: int
    sentence: str


class MixGridView(Protocol):
    """What the controller needs of the page; cells are counted row by row, the first row and column are the seeds."""

    def show_grid(self, words: GridWords) -> None: ...
    def show_cells(self, cells: tuple[Pixels | None, ...]) -> None: ...
    def show_chosen(self, at: int | None) -> None: ...
    def tell(self, sentence: str) -> None: ...


class MixGridController:
    """Draws the grid in batches while its page is in sight; a newer request takes an older one's place."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        walk: Walk,
        lane: Lane,
        view: MixGridView,
        seeds: Seeds,
        rng: np.random.Generator,
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._view, self._seeds, self._rng = view, seeds, rng
        self._drawer = Drawer(lane, self._show_cells)
        self._gesture = 0
        for signal in (stage.events.model, explore.events.instrument, explore.events.mixing):
            signal.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show the seeds and the split, and draw."""
        words = self._words()
        if words is not None:
            self._view.show_grid(words)
            self.refresh()
        self.rest()

    def refresh(self) -> None:
        """The place changed: is it one of the cells?"""
        if self._looked_at:
            self._view.show_chosen(self._standing())

    def rest(self) -> None:
        """The hand is still: draw the cells that are missing."""
        styles, model, words = self._styles, self._stage.model, self._words()
        if not self._looked_at or styles is None or model is None or words is None:
            self._drawer.rest()
            return
        style = self._explore.place.style
        self._drawer.want(styles, self.wishes(model, styles, words, style))
        self._show_cells()

    def wishes(self, model: Model, styles: MapsStyles, words: GridWords, style: Style) -> list[Wish]:
        """The cells in the order in which they are wanted: the seeds at the edges first."""
        noise, mean = noise_alone(style), styles.mean

        def made(row: int | None, column: int | None) -> Callable[[], Rows]:
            return lambda: truncated(crossed(model, styles, self._seeds, row, column, words.split)[None], mean, style)[
                0
            ]

        pairs = [pair for pair in _pairs(words) if pair != (None, None)]
        pairs.sort(key=lambda pair: None not in pair)
        return [Wish(_key(*pair, words.split, style), made(*pair), noise) for pair in pairs]

    # what a person does

    def seed(self, which: str, text: str) -> bool:
        """The first seed of the ``rows`` or the ``columns`` as it was typed; whether it is one."""
        try:
            first = seed_of(text)
        except NoSeed as error:
            self._view.tell(str(error))
            return False
        self._look(f"Change the {which}", **{which: first})
        return True

    def others(self, which: str) -> None:
        """Other seeds in the ``rows`` or the ``columns``."""
        self._look(f"Draw other {which}", **{which: int(self._rng.integers(LARGEST_SEED - 8))})

    def turn_over(self) -> None:
        """Rows become columns."""
        look = self._explore.mixing
        self._look("Swap rows and columns", rows=look.columns, columns=look.rows)

    def resize(self, size: int) -> None:
        """So many cells a side: 2 to 8."""
        self._look("Change the size of the grid", size=size)

    def begin(self) -> None:
        """A gesture on the split begins: what follows is one step of undo."""
        self._gesture += 1

    def split(self, layer: int) -> None:
        """So many layers, from coarse, are of the column's seed; part of the running gesture."""
        styles = self._styles
        if styles is not None and 0 <= layer <= styles.layers:
            self._look("Split the grid elsewhere", self._gesture, split=layer)

    def go(self, at: int) -> None:
        """Go to what a cell shows: the row's seed is the point, the column's a source of the coarse layers."""
        model, styles, words = self._stage.model, self._styles, self._words()
        if model is None or styles is None or words is None or not 0 <= at < (words.size + 1) ** 2:
            return
        row, column = _pairs(words)[at]
        seed = column if row is None else row
        if seed is None:
            return
        point = self._seeds.of(model, seed)
        if row is None or column is None:
            self._walk.to_mix(point, seed, "", f"Go to seed {seed}", blend=())
            return
        source = from_seed(model, self._seeds, column)
        sources = self._explore.place.style.sources
        if source not in sources:
            sources = (*sources[: MOST_SOURCES - 1], source)
        taken = tuple(range(words.split))
        blend = with_layers(Style(sources=sources), styles.layers, taken, sources.index(source) + 1)
        words_of = f"Go to seed {row} with what is coarse of seed {column}"
        self._walk.to_mix(point, row, "", words_of, sources=sources, blend=blend)

    def save(self, ask: Callable[[str], str]) -> None:
        """Save the sheet with the way back inside; ``ask`` takes a name and gives a path, or nothing."""
        model, words = self._stage.model, self._words()
        cells = () if words is None else self._cells(words)
        if model is None or words is None or any(cell is None for cell in cells[1:]):
            self._view.tell("The grid is still being drawn; save it when all its cells are there.")
            return
        path = ask(f"{model.manifest.name}-mixing.png")
        if not path:
            return
        recipe = self._recipe(model, words)
        try:
            write_file(Path(path), grid_png(_sheet(cells, words.size + 1), *_titles(words), recipe))
        except CannotWrite as error:
            self._view.tell(str(error))
        else:
            self._view.tell(f"Saved as {path}; drop it on this window to come back to this grid.")

    # inside

    @property
    def _styles(self) -> MapsStyles | None:
        return None if self._stage.model is None else self._stage.model.styles

    @property
    def _looked_at(self) -> bool:
        return self._explore.instrument == KEY and self._explore.mixing.page == "grid"

    def _look(self, words: str, gesture: int | None = None, **fields: Any) -> None:
        look = MixLook.model_validate(self._explore.mixing.model_dump() | fields)
        change(self._history, self._explore, "mixing", look, words, gesture)

    def _words(self) -> GridWords | None:
        styles, look = self._styles, self._explore.mixing
        if styles is None:
            return None
        split = styles.layers // 2 if look.split is None else min(look.split, styles.layers)
        return GridWords(
            _following(look.rows, look.size), _following(look.columns, look.size),
            look.size, split, styles.layers, _split_words(styles, split),
        )  # fmt: skip

    def _cells(self, words: GridWords) -> tuple[Pixels | None, ...]:
        style = self._explore.place.style
        return tuple(self._drawer.seen(_key(*pair, words.split, style)) for pair in _pairs(words))

    def _show_cells(self) -> None:
        words = self._words()
        if words is not None and self._looked_at:
            self._view.show_cells(self._cells(words))

    def _standing(self) -> int | None:
        """The cell that the place shows."""
        place, words, styles = self._explore.place, self._words(), self._styles
        if words is None or styles is None or place.seed is None:
            return None
        lent = {
            source.seed
            for layer in range(words.split)
            for at, source in enumerate(place.style.sources)
            if place.style.share(layer, at) == 1.0
        }
        fine = all(place.style.own(layer) == 1.0 for layer in range(words.split, styles.layers))
        coarse = all(place.style.own(layer) == 0.0 for layer in range(words.split))
        if not fine or not coarse or len(lent) > 1:
            return None
        for at, (row, column) in enumerate(_pairs(words)):
            if row == place.seed and column is not None and (not words.split or lent == {column}):
                return at
        return None

    def _recipe(self, model: Model, words: GridWords) -> Recipe:
        """Of the first cell, with the grid beside it."""
        styles = self._styles
        assert styles is not None
        source = from_seed(model, self._seeds, words.columns[0])
        blend = with_layers(Style(sources=(source,)), styles.layers, tuple(range(words.split)), 1)
        style = self._explore.place.style.model_copy(update={"sources": (source,), "blend": blend})
        look = self._explore.mixing.model_copy(update={"split": words.split})
        return Recipe(
            bundle=model.bundle.identity(), name=model.manifest.name, seed=words.rows[0], style=style, mixing=look,
            code=tuple(self._seeds.of(model, words.rows[0]).tolist()), version=app_version(),
        )  # fmt: skip


def crossed(model: Model, styles: MapsStyles, seeds: Seeds, row: int | None, column: int | None, split: int) -> Rows:
    """The styles (L, D) of a cell: the first ``split`` layers of the column's seed, the others of the row's.

    At an edge there is but one of the two, whole.
    """
    if row is None or column is None:
        seed = column if row is None else row
        assert seed is not None
        return all_rows(styles, seeds.of(model, seed))
    rows = np.repeat(seeds.of(model, row)[None], styles.layers, axis=0)
    rows[:split] = seeds.of(model, column)
    return rows


def _following(first: int, count: int) -> tuple[int, ...]:
    first = min(first, LARGEST_SEED - count + 1)
    return tuple(range(first, first + count))


def _pairs(words: GridWords) -> list[tuple[int | None, int | None]]:
    """Row's and column's seed of each cell, row by row; None where there is only the other one."""
    return [(row, column) for row in (None, *words.rows) for column in (None, *words.columns)]


def _key(row: int | None, column: int | None, split: int, style: Style) -> tuple[object, ...]:
    whole = row is None or column is None
    seeds = (row if column is None else column,) if whole else (row, column, split)
    return *seeds, style.psi, style.cutoff, noise_alone(style)


def _split_words(styles: MapsStyles, split: int) -> str:
    views = layer_views(styles)
    if split == 0:
        return "Every layer is of the row."
    if split == styles.layers:
        return "Every layer is of the column."
    return f"Layers 1 to {split} (to {views[split - 1].words}) are of the column, the finer ones of the row."


def _titles(words: GridWords) -> tuple[str, str]:
    """What the rows and the columns of the sheet are."""
    fine = f"layers {words.split + 1} to {words.layers}" if words.split < words.layers else "no layers"
    coarse = f"layers 1 to {words.split}" if words.split else "no layers"
    return (
        f"{fine} from seeds {words.rows[0]} to {words.rows[-1]}",
        f"{coarse} from seeds {words.columns[0]} to {words.columns[-1]}",
    )


def _sheet(cells: Sequence[Pixels | None], side: int) -> list[list[Pixels]]:
    """Rows of cells with a white corner."""
    blank = next(np.full_like(cell, 255) for cell in cells if cell is not None)
    filled = [blank if cell is None else cell for cell in cells]
    return [filled[start : start + side] for start in range(0, len(filled), side)]
