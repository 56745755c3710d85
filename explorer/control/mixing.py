"""The mixing desk: which layer takes its style from whom, as shares of the point itself and of sources beside it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, PortMismatch
from explorer.contract.pixels import Pixels
from explorer.control.sources import NoSeed, from_file, from_keyframe, from_point, from_seed, seed_of
from explorer.control.stage import Stage
from explorer.control.styledraw import Drawer, Seeds, Wish, all_rows, fits, noise_alone
from explorer.control.walk import SEEDS, Walk
from explorer.latent.mixes import shares_of, with_layers, with_share, without_source
from explorer.latent.styles import MOST_SOURCES, Source, Style, band_of, truncated
from explorer.models.capabilities import MapsStyles, Model
from explorer.models.styles import own_rows
from explorer.state.history import History, change
from explorer.state.mixlook import MixLook, Page
from explorer.state.place import Explore
from explorer.tasks.latest import Lane

KEY = "mixing"  # of the instrument
ALL = "all"  # the band that every layer is in
FULL = f"A mix has room for {MOST_SOURCES} sources; take one out first."


@dataclass(frozen=True)
class LayerView:
    """A row of the desk: the pixels of the layer, as words, and coarse, middle or fine; empty: not known."""

    words: str
    band: str


@dataclass(frozen=True, eq=False)
class SourceView:
    """A column of the desk; ``pixels`` None: still to come, or it does not fit."""

    letter: str
    name: str
    pixels: Pixels | None
    fits: bool = True


class MixView(Protocol):
    """What the controller needs of the page; column 0 is the point itself."""

    def show_page(self, page: Page) -> None: ...
    def show_layers(self, layers: tuple[LayerView, ...]) -> None: ...
    def show_sources(self, sources: tuple[SourceView, ...]) -> None: ...
    def show_shares(self, shares: tuple[tuple[float, ...], ...]) -> None: ...
    def show_offers(self, keyframes: int, encodes: bool) -> None: ...
    def show_fault(self, sentence: str) -> None: ...
    def tell(self, sentence: str) -> None: ...


class MixingController:
    """Changes the mix through the history, and keeps the small pictures of its sources."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        walk: Walk,
        lanes: tuple[Lane, Lane],
        view: MixView,
        seeds: Seeds,
        rng: np.random.Generator,
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._view, self._seeds, self._rng = view, seeds, rng
        self._drawer = Drawer(lanes[0], self._show_sources)
        self._reader = lanes[1]
        self._shown: tuple[Model, Style] | None = None
        stage.events.model.connect(self.describe)
        explore.events.instrument.connect(self.describe)
        explore.events.mixing.connect(self.describe)
        explore.events.place.connect(self.refresh)
        explore.events.journey.connect(self._show_offers)

    # what is shown

    @property
    def looked_at(self) -> bool:
        """Whether the desk is in sight."""
        return self._explore.instrument == KEY and self._explore.mixing.page == "mix"

    def describe(self) -> None:
        """Show the layers and the mix of the model on stage."""
        self._view.show_page(self._explore.mixing.page)
        self._shown = None
        styles = self._styles
        if styles is not None:
            self._view.show_layers(layer_views(styles))
        self._show_offers()
        self.refresh()
        self.rest()

    def refresh(self) -> None:
        """The place changed: show its mix."""
        model, style = self._stage.at(self._explore.place), self._explore.place.style
        if model is None or model.styles is None or self._shown == (model, style):
            return
        self._shown = model, style
        self._show_sources()
        self._view.show_shares(tuple(shares_of(style, layer) for layer in range(model.styles.layers)))
        self._view.show_fault(self._misfit(model.styles))
        self.rest()

    def rest(self) -> None:
        """The hand is still: draw the small pictures that are missing."""
        styles, picture = self._styles, self._stage.picture
        if not self.looked_at or styles is None or picture is None or picture.model is not self._stage.model:
            self._drawer.rest()
            return
        model, code, style = picture.model, picture.code, self._explore.place.style
        mean, noise = styles.mean, noise_alone(style)
        wishes = [Wish(self._own_key(), lambda: truncated(own_rows(model, code[None]), mean, style)[0], noise)]
        for source in style.sources:
            if fits(styles, source.code):
                wishes.append(
                    Wish(
                        _key(source, style),
                        lambda code=source.code: truncated(all_rows(styles, code)[None], mean, style)[0],
                        noise,
                    )
                )
        self._drawer.want(styles, wishes)
        self._show_sources()

    # sources

    def add_random(self) -> None:
        """A source of a seed nobody chose."""
        self._add_seed(int(self._rng.integers(SEEDS)))

    def add_seed(self, text: str) -> bool:
        """A source of the seed that was typed; whether it is one."""
        try:
            self._add_seed(seed_of(text))
        except NoSeed as error:
            self._view.tell(str(error))
            return False
        return True

    def add_view(self) -> None:
        """The picture in view, as it is mixed, as a source."""
        picture = self._stage.picture
        if picture is None or self._styles is None:
            return
        try:
            self._add(from_point(picture.model, picture.code, picture.style, self._explore.place.seed))
        except PortMismatch as error:
            self._view.tell(str(error))

    def add_keyframe(self, at: int) -> None:
        """A keyframe of the strip as a source, counted from 0."""
        model = self._stage.model
        if model is None or at >= self._keyframes:
            return
        try:
            self._add(from_keyframe(model, self._explore.journey, at))
        except PortMismatch as error:
            self._view.tell(str(error))

    def add_file(self, path: Path) -> None:
        """A picture file as a source: its point where this model saved it, else what the encoder says of it."""
        model = self._stage.model
        if model is None or model.styles is None:
            return

        def done(source: Source) -> None:
            if self._stage.model is not None and self._stage.model.key == model.key:
                self._add(source)

        self._reader.submit(partial(from_file, path, model), done, self._fail)

    def remove(self, column: int) -> None:
        """Take a source out; what it gave goes back to the point itself."""
        styles, style = self._styles, self._explore.place.style
        if styles is None or not 1 <= column <= len(style.sources):
            return
        left = style.sources[: column - 1] + style.sources[column:]
        words = f"Take “{style.sources[column - 1].name}” out of the mix"
        self._walk.restyle(words, sources=left, blend=without_source(style, styles.layers, column))

    def swap(self, column: int) -> None:
        """Go to a source, and leave a source of the point in its place; the shares stay where they are."""
        styles, model, place = self._styles, self._stage.model, self._explore.place
        picture, style = self._stage.picture, place.style
        if styles is None or model is None or picture is None or picture.model is not model:
            return
        if not 1 <= column <= len(style.sources):
            return
        source = style.sources[column - 1]
        if not fits(styles, source.code):
            self._view.tell(self._misfit(styles))
            return
        alone = from_point(model, picture.code, Style(), place.seed)
        sources = (*style.sources[: column - 1], alone, *style.sources[column:])
        space, code = point_of(model, styles, source.code)
        self._walk.to_mix(code, source.seed, space, f"Swap “{source.name}” into A", sources=sources)

    # shares

    def begin(self) -> None:
        """A gesture begins: all cells painted or blended until the next are one step of undo."""
        self._walk.begin()

    def paint(self, layer: int, column: int) -> None:
        """Take a layer wholly from a column; part of the running gesture."""
        self._reblend(layer, column, 1.0, "Paint the mix")

    def blend(self, layer: int, column: int, share: float) -> None:
        """Take so much of a layer from a column; part of the running gesture."""
        if np.isfinite(share):
            self._reblend(layer, column, share, "Blend a layer")

    def take(self, column: int, band: str) -> None:
        """All coarse, middle or fine layers, or all there are, from a column."""
        styles, style = self._styles, self._explore.place.style
        if styles is None or not 0 <= column <= len(style.sources):
            return
        views = layer_views(styles)
        taken = tuple(at for at, view in enumerate(views) if band in (ALL, view.band))
        if taken:
            words = f"Take {band} from {letter(column)}"
            self._walk.restyle(words, blend=with_layers(style, styles.layers, taken, column))

    def clear(self) -> None:
        """Nothing from any source; they stay on the desk."""
        self._walk.restyle("Mix nothing", blend=())

    def turn(self, page: str) -> None:
        """Open a page of the desk."""
        self._look("Change the page", page=page)

    # inside

    def _look(self, words: str, **fields: Any) -> None:
        look = MixLook.model_validate(self._explore.mixing.model_dump() | fields)
        change(self._history, self._explore, "mixing", look, words)

    @property
    def _styles(self) -> MapsStyles | None:
        return None if self._stage.model is None else self._stage.model.styles

    @property
    def _keyframes(self) -> int:
        model, journey = self._stage.model, self._explore.journey
        return len(journey.keyframes) if model is not None and journey.bundle == model.key else 0

    def _reblend(self, layer: int, column: int, share: float, words: str) -> None:
        styles, style = self._styles, self._explore.place.style
        if styles is None or not 0 <= layer < styles.layers or not 0 <= column <= len(style.sources):
            return
        blend = with_share(style, styles.layers, layer, column, share)
        if blend != style.blend:
            self._walk.restyle(words, gesture=True, blend=blend)

    def _add_seed(self, seed: int) -> None:
        model = self._stage.model
        if model is not None and model.styles is not None:
            self._add(from_seed(model, self._seeds, seed))

    def _add(self, source: Source) -> None:
        sources = self._explore.place.style.sources
        if len(sources) >= MOST_SOURCES:
            self._view.tell(FULL)
            return
        self._walk.restyle(f"Add “{source.name}” to the mix", sources=(*sources, source))

    def _own_key(self) -> tuple[object, ...]:
        place, style = self._explore.place, self._explore.place.style
        return place.space, place.code, style.psi, style.cutoff, noise_alone(style)

    def _show_offers(self) -> None:
        model = self._stage.model
        encodes = model is not None and any(view.encodes is not None for view in model.views.values())
        self._view.show_offers(self._keyframes, encodes)

    def _show_sources(self) -> None:
        styles, style = self._styles, self._explore.place.style
        if styles is None:
            return
        own = SourceView(letter(0), "this point", self._drawer.seen(self._own_key()))
        lent = (
            SourceView(letter(at), source.name, self._drawer.seen(_key(source, style)), fits=fits(styles, source.code))
            for at, source in enumerate(style.sources, 1)
        )
        self._view.show_sources((own, *lent))

    def _misfit(self, styles: MapsStyles) -> str:
        wrong = next((s for s in self._explore.place.style.sources if not fits(styles, s.code)), None)
        if wrong is None:
            return ""
        return f"“{wrong.name}” has {len(wrong.code)} numbers, a style of this model has {styles.width}; take it out."

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.tell(str(error))


def letter(column: int) -> str:
    """A for the point itself, then B, C, …"""
    return chr(ord("A") + column)


def layer_views(styles: MapsStyles) -> tuple[LayerView, ...]:
    """The rows of the desk, from coarse to fine."""
    if len(styles.resolutions) != styles.layers:
        return tuple(LayerView(f"layer {at + 1}", "") for at in range(styles.layers))
    return tuple(LayerView(f"{pixels} px", band_of(pixels)) for pixels in styles.resolutions)


def point_of(model: Model, styles: MapsStyles, code: tuple[float, ...]) -> tuple[str, NDArray[np.float32]]:
    """The space and the point (D,) in it that has the styles of a source: w for one style, w+ for one a layer."""
    rows = all_rows(styles, code)
    layered = next((key for key, view in model.views.items() if not view.flat), "")
    if len(code) != styles.width or model.space == layered:
        return layered, rows.reshape(-1)
    return "", rows[0].copy()


def _key(source: Source, style: Style) -> tuple[object, ...]:
    return source.code, style.psi, style.cutoff, noise_alone(style)
