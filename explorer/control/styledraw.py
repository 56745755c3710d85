"""Small pictures of styles: drawn once each in a patient lane, in batches; newer wishes take the older ones' place."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, PortMismatch
from explorer.contract.pixels import Pixels
from explorer.control.walk import seed_code
from explorer.latent.styles import Style, mixed, rows_of, truncated
from explorer.models.capabilities import MapsStyles, Model, Unfolds
from explorer.models.styles import own_rows
from explorer.tasks.latest import Job, Lane

BATCH = 4  # pictures decoded at once, so that a hand never waits long
KEPT = 512  # pictures; older ones are drawn again when they are wanted
KEPT_SEEDS = 4_096

Rows = NDArray[np.float32]  # (L, D)


@dataclass(frozen=True, eq=False)
class Wish:
    """One picture: what it is known by, its final styles (L, D), worked out where it is drawn, and its noise.

    Of a model that unfolds, ``rows`` gives its code (D,), and ``noise`` is the whole style.
    """

    key: Hashable
    rows: Callable[[], Rows]
    noise: Style


class Seeds:
    """The styles of seeds in w, each worked out once; asked from any thread."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._known: dict[int, NDArray[np.float32]] = {}

    def of(self, model: Model, seed: int) -> NDArray[np.float32]:
        """w (D,) of a seed: what ``Walk.to_seed`` goes to."""
        known = self._known if self._model is model else {}
        self._model, self._known = model, known
        found = known.get(seed)
        if found is None:
            met = model.within("")
            assert met.decodes is not None
            found = seed_code(met.decodes.prior, seed)
            if len(known) >= KEPT_SEEDS:
                known.clear()
            known[seed] = found
        return found


class Drawer:
    """Pictures by key for the model on stage. ``told`` hears of each batch that came, in the main thread."""

    def __init__(self, lane: Lane, told: Callable[[], None]) -> None:
        self._lane, self._told = lane, told
        self._styles: MapsStyles | Unfolds | None = None
        self._pictures: dict[Hashable, Pixels] = {}
        self._pending: frozenset[Hashable] = frozenset()

    def seen(self, key: Hashable) -> Pixels | None:
        """The picture of a key, (H, W, C) uint8; None: still to come."""
        return self._pictures.get(key)

    def want(self, styles: MapsStyles | Unfolds, wishes: Sequence[Wish]) -> None:
        """Draw these, the most wanted first; what is known already costs nothing."""
        if styles is not self._styles:
            self._styles, self._pictures, self._pending = styles, {}, frozenset()
        missing = tuple(wish for wish in wishes if wish.key not in self._pictures)
        keys = frozenset(wish.key for wish in missing)
        if not missing:
            self.rest()
            return
        if keys == self._pending:
            return  # they are on their way
        self._pending = keys

        def learn(found: tuple[tuple[Hashable, Pixels], ...]) -> None:
            if self._styles is styles:
                self._pictures.update(found)
                self._pending -= {key for key, _ in found}
                while len(self._pictures) > KEPT:
                    self._pictures.pop(next(iter(self._pictures)))
                self._told()

        self._lane.submit(lambda job: draw(styles, missing, job), self._end, self._fail, learn)

    def rest(self) -> None:
        """Nobody looks: what is on its way is wanted no more."""
        if self._pending:
            self._pending = frozenset()
            self._lane.cancel()

    def _end(self, _: Any) -> None:
        self._pending = frozenset()

    def _fail(self, error: Exception) -> None:
        """What a model cannot do is told where its picture is."""
        self._pending = frozenset()
        if not isinstance(error, ExplorerError):
            raise error


def draw(styles: MapsStyles | Unfolds, wishes: Sequence[Wish], job: Job) -> Iterator[None]:
    """In the worker: reports pairs of key and picture, a batch a step; one batch has one noise."""
    if not isinstance(styles, MapsStyles):
        yield from _unfold(styles, wishes, job)
        return
    start = 0
    while start < len(wishes):
        noise = wishes[start].noise
        here = list(takewhile(lambda wish, noise=noise: wish.noise == noise, wishes[start : start + BATCH]))
        pictures = styles.small.synthesize(np.stack([wish.rows() for wish in here]), noise)
        job.report(tuple((wish.key, pixels) for wish, pixels in zip(here, pictures, strict=True)))
        start += len(here)
        yield


def _unfold(unfolds: Unfolds, wishes: Sequence[Wish], job: Job) -> Iterator[None]:
    """The same from codes, in few steps; gives way after each of them."""
    for wish in wishes:
        walk = unfolds.under(wish.noise).quick.unfold(wish.rows()[None])
        while True:
            try:
                next(walk)
            except StopIteration as end:
                job.report(((wish.key, end.value[0]),))
                break
            yield


def noise_alone(style: Style) -> Style:
    """Of a style only its noise."""
    return Style(noise=style.noise, noise_seed=style.noise_seed, noise_strength=style.noise_strength)


def mixed_rows(model: Model, code: NDArray[np.float32], style: Style) -> Rows:
    """The styles (L, D) of a point, mixed but not truncated.

    Raises:
        PortMismatch: the code, or a source's, has another length.
    """
    rows = own_rows(model, code[None])
    try:
        return mixed(rows, style)[0]
    except ValueError as error:
        raise PortMismatch(f"A source of the mix does not fit this model: {error}.") from error


def fits(styles: MapsStyles, code: Sequence[float]) -> bool:
    """Whether a source has as many numbers as a style, or as the styles of all layers."""
    return len(code) in (styles.width, styles.width * styles.layers)


def all_rows(styles: MapsStyles, code: Sequence[float] | NDArray[np.float32]) -> Rows:
    """The styles (L, D) of a source that fits."""
    return rows_of(np.asarray(code, np.float32)[None], styles.layers, styles.width)[0]


def seed_rows(model: Model, styles: MapsStyles, seeds: Seeds, seed: int, style: Style) -> Rows:
    """The final styles (L, D) of a seed under the truncation of ``style``, unmixed."""
    return truncated(all_rows(styles, seeds.of(model, seed))[None], styles.mean, style)[0]


def compact(rows: Rows) -> tuple[float, ...]:
    """Styles (L, D) as a source keeps them: one style where all layers have the same."""
    return tuple((rows[0] if (rows == rows[0]).all() else rows.reshape(-1)).tolist())
