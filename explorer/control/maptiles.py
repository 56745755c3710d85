"""Tiles of the map: what the model makes of a grid of places, from the middle of the view outwards."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.latent.maps import Plane
from explorer.models.capabilities import Codes, Decodes
from explorer.tasks.latest import Job, Lane

STEP_S = 0.004  # a step of decoding may keep a more urgent picture waiting for about so long
MOST_A_STEP = 16  # tiles
ROUNDING = 1e-4  # of the largest number of the codes: smaller differences are not seen


@dataclass(frozen=True)
class MapWindow:
    """The part of the map in view, in its units, as a grid of tiles with sides of ``side`` device pixels."""

    left: float
    bottom: float
    width: float
    height: float
    columns: int
    rows: int
    side: int

    @property
    def centres(self) -> NDArray[np.float32]:
        """(rows x columns, 2): the middle of each tile, in reading order from the upper left."""
        x = self.left + (np.arange(self.columns) + 0.5) * self.width / self.columns
        y = self.bottom + self.height - (np.arange(self.rows) + 0.5) * self.height / self.rows
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)

    @property
    def outwards(self) -> NDArray[np.int64]:
        """The numbers of the tiles, the middle one first."""
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return np.argsort(np.hypot(row - (self.rows - 1) / 2, column - (self.columns - 1) / 2), kind="stable")


@dataclass(frozen=True, eq=False)
class Tiles:
    """Some tiles of a window: ``pixels`` (K, H, W, C) of the tiles ``indices`` (K,)."""

    window: MapWindow
    indices: NDArray[np.int64]
    pixels: Pixels


class TilesController:
    """Asks for the tiles of a view when they are not those in view already."""

    def __init__(self, lane: Lane, show: Callable[[Tiles | None], None], complain: Callable[[str], None]) -> None:
        self._lane, self._show, self._complain = lane, show, complain
        self._asked: tuple[Decodes, MapWindow, Codes] | None = None

    def clear(self) -> None:
        """No tiles."""
        if self._asked is not None:
            self._asked = None
            self._lane.cancel()
            self._show(None)

    def renew(self, decodes: Decodes, plane: Plane, rest: NDArray[np.float32], window: MapWindow) -> None:
        """Decode the tiles of ``window`` with the other directions as in ``rest``."""
        codes = plane.lift(window.centres, rest)
        if self._has(decodes, window, codes):
            return
        self._asked = asked = decodes, window, codes
        self._lane.submit(
            partial(_decode, decodes, codes, window),
            lambda _: None,
            self._fail,
            lambda tiles: self._show(tiles) if self._asked is asked else None,
        )

    def _has(self, decodes: Decodes, window: MapWindow, codes: Codes) -> bool:
        """Whether these very tiles were asked for; a move within the plane changes codes by rounding alone."""
        if self._asked is None or self._asked[0] is not decodes or self._asked[1] != window:
            return False
        return bool(np.abs(codes - self._asked[2]).max() <= ROUNDING * np.abs(codes).max())

    def _fail(self, error: Exception) -> None:
        self._asked = None
        if not isinstance(error, ExplorerError):
            raise error
        self._complain(str(error))


def _decode(decodes: Decodes, codes: Codes, window: MapWindow, job: Job) -> Iterator[None]:
    """In the worker: a few tiles a step, as many as do not keep a picture waiting."""
    order, done, count = window.outwards, 0, 1
    while done < len(order):
        start = time.perf_counter()
        chosen = order[done : done + count]
        job.report(Tiles(window, chosen, _reduced(decodes.decode(codes[chosen]), window.side)))
        took_s = time.perf_counter() - start
        done += len(chosen)
        count = int(np.clip(STEP_S * len(chosen) / max(took_s, 1e-6), 1, MOST_A_STEP))
        yield


def _reduced(pixels: Pixels, side: int) -> Pixels:
    """(K, H, W, C) averaged over whole squares of pixels, to not less than ``side``."""
    factor = min(pixels.shape[1:3]) // max(side, 1)
    if factor < 2:
        return pixels
    count, height, width, channels = pixels.shape
    rows, columns = height // factor, width // factor
    cut = pixels[:, : rows * factor, : columns * factor]
    squares = cut.reshape(count, rows, factor, columns, factor, channels)
    return np.rint(squares.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
