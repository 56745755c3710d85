"""Noise: off, on or drawn again, how strong, and where in the picture it changes anything."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.control.mixing import KEY
from explorer.control.stage import Stage
from explorer.control.styledraw import Drawer, Wish, mixed_rows, noise_alone
from explorer.control.walk import SEEDS, Walk
from explorer.latent.styles import STRONGEST_NOISE, Style, truncated
from explorer.state.place import Explore
from explorer.tasks.latest import Lane

DRAWS = 8  # of the noise, whose spread the map shows
NO_NOISE = "This model takes no noise."


@dataclass(frozen=True, eq=False)
class NoiseMap:
    """The picture without and with its noise, and the spread (H, W) over draws in [0, 1]; None: still to come."""

    without: Pixels | None
    with_noise: Pixels | None
    spread: NDArray[np.float32] | None


class NoiseView(Protocol):
    """What the controller needs of the page."""

    def show_message(self, sentence: str) -> None: ...
    def show_noise(self, on: bool, seed: int, strength: float) -> None: ...
    def show_map(self, found: NoiseMap) -> None: ...


class NoiseController:
    """Changes the noise through the history, and draws what it does while its page is in sight."""

    def __init__(
        self, explore: Explore, stage: Stage, walk: Walk, lane: Lane, view: NoiseView, rng: np.random.Generator
    ) -> None:
        self._explore, self._stage, self._walk, self._view, self._rng = explore, stage, walk, view, rng
        self._drawer = Drawer(lane, self._show_map)
        for signal in (stage.events.model, explore.events.instrument, explore.events.mixing):
            signal.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show everything for the model on stage."""
        self.refresh()
        self.rest()

    def refresh(self) -> None:
        """The place changed: show its noise."""
        style = self._explore.place.style
        model = self._stage.model
        if model is not None and model.styles is not None and self._looked_at:
            self._view.show_message("" if model.styles.noise_shapes else NO_NOISE)
            self._view.show_noise(style.noise == "on", style.noise_seed, style.noise_strength)

    def rest(self) -> None:
        """The hand is still: draw the picture under several noises."""
        picture = self._stage.picture
        model = self._stage.model
        styles = None if model is None else model.styles
        if not self._looked_at or styles is None or picture is None or picture.model is not model:
            self._drawer.rest()
            return
        if not styles.noise_shapes:
            return
        place, mean = self._explore.place, styles.mean
        rows = truncated(mixed_rows(picture.model, picture.code, picture.style)[None], mean, place.style)[0]
        wishes = [Wish((self._key(), noise), lambda: rows, noise) for noise in self._noises()]
        self._drawer.want(styles, wishes)
        self._show_map()

    # what a person does

    def switch(self, on: bool) -> None:
        """Noise on, as the seed has it, or off."""
        self._walk.restyle("Switch the noise on" if on else "Switch the noise off", noise="on" if on else "off")

    def again(self) -> None:
        """Other noise, switched on."""
        self._walk.restyle("Draw the noise again", noise="on", noise_seed=int(self._rng.integers(SEEDS)))

    def begin(self) -> None:
        """A gesture on the slider begins."""
        self._walk.begin()

    def strengthen(self, strength: float) -> None:
        """So many times the noise; part of the running gesture."""
        if np.isfinite(strength):
            strength = round(min(max(strength, 0.0), STRONGEST_NOISE), 2)
            self._walk.restyle("Change the strength of the noise", gesture=True, noise_strength=strength)

    # inside

    @property
    def _looked_at(self) -> bool:
        return self._explore.instrument == KEY and self._explore.mixing.page == "noise"

    def _noises(self) -> tuple[Style, ...]:
        """None, that of the place, and the draws."""
        style = self._explore.place.style
        draws = (Style(noise_seed=seed, noise_strength=style.noise_strength) for seed in range(DRAWS))
        here = noise_alone(style).model_copy(update={"noise": "on"})
        return (Style(noise="off"), here, *draws)

    def _key(self) -> tuple[object, ...]:
        picture, style = self._stage.picture, self._explore.place.style
        code = None if picture is None else (picture.model.space, picture.code.tobytes())
        mix = None if picture is None else (picture.style.sources, picture.style.blend)
        return code, mix, style.psi, style.cutoff

    def _show_map(self) -> None:
        key = self._key()
        without, here, *draws = (self._drawer.seen((key, noise)) for noise in self._noises())
        known = [pixels for pixels in draws if pixels is not None]
        spread = spread_of(np.stack(known)) if len(known) == len(draws) else None
        self._view.show_map(NoiseMap(without, here, spread))


def spread_of(pictures: Pixels) -> NDArray[np.float32]:
    """(N, H, W, C) uint8 -> standard deviation over the N, mean over the channels, (H, W) in [0, 1].

    As figure 4c of Karras et al. (2019), arXiv:1812.04948.
    """
    return (pictures.astype(np.float32).std(axis=0).mean(axis=2) / 255).astype(np.float32)
