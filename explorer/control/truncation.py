"""Truncation: how far from the mean a point's styles are, seen along psi, and what that does to variety."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.control.formulas import FORMULAS, Reading
from explorer.control.mixing import KEY, layer_views
from explorer.control.stage import Stage
from explorer.control.styledraw import Drawer, Rows, Seeds, Wish, mixed_rows, noise_alone, seed_rows
from explorer.control.walk import Walk
from explorer.latent.styles import PSI_HIGH, PSI_LOW, Style, truncated
from explorer.models.capabilities import MapsStyles
from explorer.state.history import History, change
from explorer.state.mixlook import LARGEST_SEED
from explorer.state.place import Explore
from explorer.tasks.latest import Lane

ROW = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)  # psi of the small pictures
VARIETY = (0.3, 0.7, 1.0)  # psi of the rows of the grid
ACROSS = 6  # seeds in each


@dataclass(frozen=True, eq=False)
class PsiPictures:
    """The mean picture, those along ``ROW``, and those of ``VARIETY`` row by row; None: still to come."""

    mean: Pixels | None
    row: tuple[Pixels | None, ...]
    variety: tuple[Pixels | None, ...]


class TruncationView(Protocol):
    """What the controller needs of the page."""

    def show_cutoffs(self, words: tuple[str, ...]) -> None: ...
    def show_psi(self, psi: float, cutoff: int) -> None: ...
    def show_pictures(self, pictures: PsiPictures) -> None: ...
    def show_variety(self, first: int, sentence: str) -> None: ...
    def show_reading(self, reading: Reading) -> None: ...


class TruncationController:
    """Changes psi through the history, and draws what it does while its page is in sight."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        walk: Walk,
        lane: Lane,
        view: TruncationView,
        seeds: Seeds,
        rng: np.random.Generator,
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._view, self._seeds, self._rng = view, seeds, rng
        self._drawer = Drawer(lane, self._show_pictures)
        for signal in (stage.events.model, explore.events.instrument, explore.events.mixing):
            signal.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show everything for the model on stage."""
        styles = self._styles
        if styles is not None:
            self._view.show_cutoffs(tuple(_cutoffs(styles)))
        self.refresh()
        self.rest()

    def refresh(self) -> None:
        """The place changed: show its psi."""
        styles, style = self._styles, self._explore.place.style
        if styles is not None and self._looked_at:
            cutoff = styles.layers if style.cutoff is None else min(style.cutoff, styles.layers)
            self._view.show_psi(style.psi, styles.layers - cutoff)

    def rest(self) -> None:
        """The hand is still: draw what is missing, and fill the formula in."""
        picture, styles = self._stage.picture, self._styles
        if not self._looked_at or styles is None or picture is None or picture.model is not self._stage.model:
            self._drawer.rest()
            return
        model, style = picture.model, self._explore.place.style
        rows = mixed_rows(model, picture.code, picture.style)
        noise, mean = noise_alone(style), styles.mean
        whole = np.repeat(mean[None], styles.layers, axis=0)
        wishes = [Wish(self._mean_key(style), lambda: whole, noise)]
        wishes += [
            Wish(key, lambda psi=psi: _at(rows, mean, psi, style), noise)
            for psi, key in zip(ROW, self._row_keys(), strict=True)
        ]
        for (psi, seed), key in zip(self._grid(), self._variety_keys(), strict=True):
            at_psi = style.model_copy(update={"psi": psi})
            wishes.append(Wish(key, partial(seed_rows, model, styles, self._seeds, seed, at_psi), noise))
        self._drawer.want(styles, wishes)
        self._show_pictures()
        self._view.show_reading(reading(styles, rows, style))

    # what a person does

    def begin(self) -> None:
        """A gesture on the slider begins."""
        self._walk.begin()

    def move(self, psi: float) -> None:
        """Another psi; part of the running gesture."""
        if np.isfinite(psi):
            psi = round(min(max(psi, PSI_LOW), PSI_HIGH), 2)
            self._walk.restyle("Truncate", gesture=True, psi=psi)

    def choose(self, at: int) -> None:
        """Take the psi of a picture of the row."""
        self._walk.restyle(f"Truncate to {ROW[at]:g}", psi=ROW[at])

    def cut(self, at: int) -> None:
        """All layers (0), or all but the last ``at``, are truncated."""
        styles = self._styles
        if styles is not None and 0 <= at < styles.layers:
            self._walk.restyle("Truncate other layers", cutoff=None if at == 0 else styles.layers - at)

    def go(self, at: int) -> None:
        """Go to a seed of the grid, at the psi of its row."""
        psi, seed = self._grid()[at]
        model = self._stage.model
        if model is not None and model.decodes is not None:
            code = self._seeds.of(model, seed)
            self._walk.to_mix(code, seed, "", f"Go to seed {seed}", psi=psi, blend=())

    def others(self) -> None:
        """Other seeds in the grid."""
        first = int(self._rng.integers(LARGEST_SEED - ACROSS))
        look = self._explore.mixing.model_copy(update={"variety": first})
        change(self._history, self._explore, "mixing", look, "Show other seeds")

    # inside

    @property
    def _styles(self) -> MapsStyles | None:
        return None if self._stage.model is None else self._stage.model.styles

    @property
    def _looked_at(self) -> bool:
        return self._explore.instrument == KEY and self._explore.mixing.page == "truncation"

    def _grid(self) -> list[tuple[float, int]]:
        first = self._explore.mixing.variety
        return [(psi, min(first + at, LARGEST_SEED)) for psi in VARIETY for at in range(ACROSS)]

    def _mean_key(self, style: Style) -> tuple[object, ...]:
        return "mean", noise_alone(style)

    def _row_keys(self) -> list[tuple[object, ...]]:
        picture, style = self._stage.picture, self._explore.place.style
        code = None if picture is None else picture.code.tobytes()
        mix = None if picture is None else (picture.model.space, picture.style.sources, picture.style.blend)
        return [(psi, code, mix, style.cutoff, noise_alone(style)) for psi in ROW]

    def _variety_keys(self) -> list[tuple[object, ...]]:
        style = self._explore.place.style
        return [("seed", psi, seed, style.cutoff, noise_alone(style)) for psi, seed in self._grid()]

    def _show_pictures(self) -> None:
        seen = self._drawer.seen
        variety = tuple(seen(key) for key in self._variety_keys())
        row = tuple(seen(key) for key in self._row_keys())
        self._view.show_pictures(PsiPictures(seen(self._mean_key(self._explore.place.style)), row, variety))
        self._view.show_variety(self._explore.mixing.variety, _spread(variety))


def reading(styles: MapsStyles, rows: Rows, style: Style) -> Reading:
    """The formula with the numbers of this moment, for the first layer."""
    w, mean = rows[0], styles.mean
    far = float(np.linalg.norm(w - mean))
    after = float(np.linalg.norm(_at(rows, mean, style.psi, style)[0] - mean))
    start, end = round(float(mean[0]), 3), round(float(w[0]), 3)  # what is written out adds up as it is shown
    after_first = start + style.psi * (end - start)
    written = f"first number: {start:.3f} + {style.psi:.2f} · ({end:.3f} − ({start:.3f})) = {after_first:.3f}"
    lines = [written.replace("-", "−")]
    if style.cutoff is not None:
        lines.append(f"only layers 1 to {style.cutoff} of {styles.layers}; the others stay as they are")
    return Reading(
        FORMULAS["truncation"],
        (f"{style.psi:.2f}", f"{far:.2f}", f"{float(np.linalg.norm(mean)):.2f}"),
        f"{after:.2f} from the mean, {far:.2f} before",
        tuple(lines),
    )


def _at(rows: Rows, mean: NDArray[np.float32], psi: float, style: Style) -> Rows:
    return truncated(rows[None], mean, style.model_copy(update={"psi": psi}))[0]


def _cutoffs(styles: MapsStyles) -> Iterable[str]:
    views = layer_views(styles)
    yield f"all {styles.layers} layers"
    for layer in range(styles.layers - 1, 0, -1):
        yield f"the first {layer}: to {views[layer - 1].words}" if views[0].band else f"the first {layer}"


def _spread(variety: tuple[Pixels | None, ...]) -> str:
    """How far the pixels of different seeds lie apart at each psi, once all pictures are there."""
    found = [pixels for pixels in variety if pixels is not None]
    if len(found) < len(variety):
        return ""
    stack = np.stack(found).astype(np.float32).reshape(len(VARIETY), ACROSS, -1)
    shares = stack.std(axis=1).mean(axis=1) / 255
    told = ", ".join(f"{100 * share:.1f} % at {psi:g}" for share, psi in zip(shares.tolist(), VARIETY, strict=True))
    return f"From seed to seed a pixel differs by {told}."
