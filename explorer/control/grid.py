"""The grid: pictures around the point in view, one direction along the rows and another along the columns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import write_file
from explorer.contract.errors import CannotWrite, ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.axes import Axis, axes_of, frame_of
from explorer.control.notebooks import Notebooks
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.media.gridsheet import grid_png
from explorer.media.recipes import Recipe, app_version
from explorer.models.capabilities import Codes, Decodes, portion
from explorer.state.gridlook import GridLook
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

KEY = "grid"  # of the instrument
BATCH = 4  # pictures decoded at once, so that a hand never waits long
TOO_FEW = "A grid needs two directions, and this model came with fewer; teach some of your own in Directions."


@dataclass(frozen=True)
class Offer:
    """A direction that can be chosen."""

    key: str
    name: str


class GridView(Protocol):
    """What the controller needs of the panel; cells are counted row by row."""

    def show_message(self, sentence: str) -> None: ...
    def show_offers(self, offers: tuple[Offer, ...], rows: str, columns: str) -> None: ...
    def show_look(self, size: int, reach: float) -> None: ...
    def clear_cells(self) -> None: ...
    def show_cell(self, at: int, pixels: Pixels) -> None: ...
    def tell(self, sentence: str) -> None: ...


class GridController:
    """Draws the grid while its panel is in sight, anew whenever the hand rests somewhere else."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        notebooks: Notebooks,
        walk: Walk,
        lane: Lane,
        view: GridView,
    ) -> None:
        self._explore, self._stage, self._history, self._notebooks = explore, stage, history, notebooks
        self._walk, self._lane, self._view = walk, lane, view
        self._axes: dict[str, Axis] = {}
        self._asked: tuple[Decodes, Codes] | None = None  # what the cells show or will show
        self._cells: dict[int, Pixels] = {}
        for signal in (stage.events.model, stage.events.directions, stage.events.encoded, stage.events.taught):
            signal.connect(self.describe)
        notebooks.changed.connect(self.describe)
        explore.events.instrument.connect(self.describe)
        explore.events.grid.connect(self.describe)
        explore.events.directions.connect(self.describe)

    @property
    def look(self) -> GridLook:
        """As it was asked for, with directions that this model has; rows and columns differ."""
        look, keys = self._explore.grid, list(self._axes)
        rows = look.rows if look.rows in self._axes else next(iter(keys), "")
        others = [key for key in keys if key != rows]
        unlike = [key for key in others if self._topic(key) != self._topic(rows)] or others
        columns = look.columns if look.columns in others else next(iter(unlike), "")
        return look.model_copy(update={"rows": rows, "columns": columns})

    def describe(self) -> None:
        """Offer the directions of the model on stage, and draw; only while somebody looks."""
        if self._explore.instrument != KEY:
            self._lane.cancel()
            self._asked = None
            return
        decodes = self._stage.small
        self._axes = {}
        if decodes is not None:
            frame = frame_of(self._stage, decodes)
            limit = self._explore.directions.layers
            self._axes = {axis.key: axis for axis in axes_of(self._stage, self._notebooks.notes, frame, limit)}
        look = self.look
        self._view.show_message("" if look.columns else TOO_FEW)
        self._view.show_offers(tuple(Offer(a.key, a.name) for a in self._axes.values()), look.rows, look.columns)
        self._view.show_look(look.size, look.reach)
        self.rest()

    def rest(self) -> None:
        """The hand is still: draw the cells around the point in view, unless they are shown."""
        codes, decodes = self._codes(), self._stage.small
        if codes is None or decodes is None:
            return
        if self._asked is not None and self._asked[0] is decodes and np.array_equal(self._asked[1], codes):
            return
        if self._asked is None or len(self._asked[1]) != len(codes):
            self._view.clear_cells()
        self._asked, self._cells = (decodes, codes), {}
        asked = self._asked

        def show(found: tuple[int, Pixels]) -> None:
            if self._asked is asked:
                self._cells[found[0]] = found[1]
                self._view.show_cell(*found)

        self._lane.submit(lambda job: _decode(decodes, codes, job), lambda _: None, _crash_unless_told, show)

    # what a person does

    def choose(self, which: str, key: str) -> None:
        """Put a direction along the ``rows`` or the ``columns``; chosen for both, they change places."""
        look = self.look
        other = "columns" if which == "rows" else "rows"
        if which not in ("rows", "columns") or key not in self._axes or getattr(look, which) == key:
            return
        fields = {which: key} | ({other: getattr(look, which)} if getattr(look, other) == key else {})
        self._set("Choose a direction of the grid", **(look.model_dump() | fields))

    def resize(self, size: int) -> None:
        """So many cells a side: 3, 5 or 7."""
        self._set("Change the size of the grid", **(self.look.model_dump() | {"size": size}))

    def stretch(self, reach: float) -> None:
        """So many deviations from the middle to the edge."""
        if np.isfinite(reach):
            self._set("Stretch the grid", **(self.look.model_dump() | {"reach": reach}))

    def go(self, at: int) -> None:
        """Go to what a cell shows."""
        if self._asked is not None and at in self._cells:
            self._walk.begin()
            self._walk.to_code(self._asked[1][at], "Go to a cell of the grid")

    def save(self, ask: Callable[[str], str]) -> None:
        """Save all cells as one picture with the way back inside; ``ask`` takes a name and gives a path, or nothing."""
        model, picture, look = self._stage.model, self._stage.picture, self.look
        if model is None or picture is None or self._asked is None or len(self._cells) < len(self._asked[1]):
            self._view.tell("The grid is still being drawn; save it when all its cells are there.")
            return
        path = ask(f"{model.manifest.name}-grid.png")
        if not path:
            return
        place = self._explore.place
        recipe = Recipe(
            bundle=model.bundle.identity(), name=model.manifest.name, code=tuple(picture.code.tolist()),
            seed=place.seed, space=model.space, style=place.style, version=app_version(),
        )  # fmt: skip
        cells = [[self._cells[i * look.size + j] for j in range(look.size)] for i in range(look.size)]
        try:
            write_file(Path(path), grid_png(cells, self._axes[look.rows].name, self._axes[look.columns].name, recipe))
        except CannotWrite as error:
            self._view.tell(str(error))
        else:
            self._view.tell(f"Saved as {path}; drop it on this window to come back to its middle.")

    # inside

    def _topic(self, key: str) -> str:
        """``hair`` of ``hair: long``, so that a grid shows two different things at first."""
        return self._axes[key].name.partition(":")[0]

    def _set(self, words: str, **fields: Any) -> None:
        change(self._history, self._explore, "grid", GridLook.model_validate(fields), words)

    def _codes(self) -> Codes | None:
        """The points (N, D) of the cells; None while there is no grid to draw."""
        picture, look = self._stage.picture, self.look
        if self._explore.instrument != KEY or picture is None or picture.model is not self._stage.model:
            return None
        if not look.columns:
            return None
        steps = np.linspace(-look.reach, look.reach, look.size)
        down, along = self._axes[look.rows], self._axes[look.columns]
        rows: NDArray[np.float64] = steps[:, None] * (down.deviation * down.vector)
        columns: NDArray[np.float64] = steps[:, None] * (along.deviation * along.vector)
        offsets = (rows[:, None] + columns[None]).reshape(look.size**2, -1)
        return (picture.code + offsets).astype(np.float32)


def _decode(decodes: Decodes, codes: Codes, job: Job) -> Iterator[None]:
    """In the worker: the middle first, a few pictures a step."""
    side = round(len(codes) ** 0.5)
    row, column = np.divmod(np.arange(len(codes)), side)
    order = np.argsort(np.hypot(row - side // 2, column - side // 2), kind="stable")
    batch = portion(decodes, BATCH)
    for start in range(0, len(order), batch):
        here = order[start : start + batch]
        for at, pixels in zip(here.tolist(), decodes.decode(codes[here]), strict=True):
            job.report((at, pixels))
        yield


def _crash_unless_told(error: Exception) -> None:
    """What a model cannot do is told where its picture is."""
    if not isinstance(error, ExplorerError):
        raise error
