"""A picture to begin with instead of noise, and a mask that is painted: what lies under it the model fills."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.sources import picture_or_recipe
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.retouch import MOST_ROUNDS, Point, Raster, Retouch, painted
from explorer.media.pictures_in import made_fit
from explorer.models.capabilities import Model
from explorer.state.history import History, change
from explorer.state.place import Explore
from explorer.state.retouchlook import THINNEST, WIDEST
from explorer.tasks.latest import Lane

KEY = "retouch"  # of the instrument
WHOLE = "Nothing is painted, so the whole picture may change: as far as the strength says."
PART = "{share:.0%} of the picture is painted and filled by the model; the rest stays as it is."
NO_PICTURE = "Take a picture first: open, paste or drop one, or take the one in view."


class RetouchView(Protocol):
    """What the controller needs of the panel."""

    def show_retouch(self, retouch: Retouch | None, sentence: str) -> None: ...
    def show_brush(self, radius: float, erase: bool) -> None: ...
    def tell(self, sentence: str) -> None: ...


class RetouchController:
    """Changes the picture that the way of the place begins with, and its mask, through the walk."""

    def __init__(
        self, explore: Explore, stage: Stage, history: History, walk: Walk, lane: Lane, view: RetouchView
    ) -> None:
        self._explore, self._stage, self._history, self._walk = explore, stage, history, walk
        self._lane, self._view = lane, view
        self._gesture = 0
        for signal in (stage.events.model, explore.events.instrument, explore.events.place, explore.events.retouch):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the place begins with, and the brush."""
        if not self.open:
            return
        retouch = self._retouch
        if retouch is None:
            sentence = ""
        else:
            share = float(retouch.free.mean())
            sentence = PART.format(share=share) if share else WHOLE
        self._view.show_retouch(retouch, sentence)
        self._view.show_brush(self._explore.retouch.brush, self._explore.retouch.erase)

    @property
    def open(self) -> bool:
        """Whether the panel is in sight, and the model begins with pictures."""
        return self._explore.instrument == KEY and self._model is not None

    # what a person does

    def take_file(self, path: Path, open_recipe: Callable[[], None]) -> None:
        """Begin with a picture file; one that holds a recipe is opened as such instead."""

        def done(pixels: Pixels | None) -> None:
            if pixels is None:
                open_recipe()
            else:
                self.take(pixels, path.name)

        self._lane.submit(lambda job: picture_or_recipe(path), done, self._fail)

    def take(self, pixels: Pixels, name: str) -> None:
        """Begin with the largest middle square of a picture (H, W, 1 or 3) uint8; strength and mask are kept."""
        model = self._model
        if model is None or model.unfolds is None:
            return
        picture = Raster.of(made_fit(pixels, model.unfolds.shape_shown))
        before = self._retouch or Retouch(picture=picture)
        self._walk.begin()
        self._set(f"Begin with {name}", before.model_copy(update={"picture": picture}))

    def take_view(self) -> None:
        """Begin with the picture in view."""
        picture = self._stage.picture
        if picture is not None and picture.model is self._model:
            self.take(picture.pixels, "the picture in view")

    def drop(self) -> None:
        """Begin with noise alone again."""
        if self._retouch is not None:
            self._walk.begin()
            self._set("Begin with noise again", None)

    def begin(self) -> None:
        """A gesture on a slider or with the brush begins."""
        self._gesture += 1
        self._walk.begin()

    def strengthen(self, strength: float) -> None:
        """Leave so little of the picture: 0 all, 1 nothing; part of the running gesture."""
        if np.isfinite(strength):
            self._change("Change the strength", strength=round(min(max(strength, 0.0), 1.0), 2))

    def repeat(self, rounds: int) -> None:
        """Walk each step so often, so that what is filled fits what stays; part of the running gesture."""
        self._change("Change the rounds", rounds=min(max(rounds, 1), MOST_ROUNDS))

    def paint(self, start: Point, end: Point) -> None:
        """A stroke of the brush, in pixels of the picture; part of the running gesture."""
        retouch, look = self._retouch, self._explore.retouch
        if retouch is None:
            self._view.tell(NO_PICTURE)
        elif np.isfinite((*start, *end)).all():
            radius = look.brush * min(retouch.picture.height, retouch.picture.width)
            self._mask("Erase" if look.erase else "Paint", painted(retouch.free, start, end, radius, erase=look.erase))

    def clear(self) -> None:
        """Take the mask away."""
        if self._retouch is not None:
            self._walk.begin()
            self._mask("Clear the mask", np.zeros_like(self._retouch.free))

    def invert(self) -> None:
        """Paint what is not painted, and the other way round."""
        if self._retouch is not None:
            self._walk.begin()
            self._mask("Invert the mask", ~self._retouch.free)

    def widen(self, brush: float) -> None:
        """Paint with a brush of that radius, as a share of the side; part of the running gesture."""
        if np.isfinite(brush):
            self._look("Change the brush", self._gesture, brush=round(min(max(brush, THINNEST), WIDEST), 2))

    def erase(self, erase: bool) -> None:
        """Take away instead of painting."""
        self._look("Take the eraser" if erase else "Take the brush", erase=erase)

    # inside

    @property
    def _model(self) -> Model | None:
        model = self._stage.at(self._explore.place)
        return model if model is not None and model.unfolds is not None else None

    @property
    def _retouch(self) -> Retouch | None:
        return self._explore.place.style.sampling.retouch

    def _mask(self, words: str, free: NDArray[np.bool_]) -> None:
        if self._retouch is not None:
            self._set(words, self._retouch.masked(free))

    def _change(self, words: str, **fields: Any) -> None:
        if self._retouch is not None:
            self._set(words, self._retouch.model_copy(update=fields))

    def _set(self, words: str, retouch: Retouch | None) -> None:
        sampling = self._explore.place.style.sampling.model_copy(update={"retouch": retouch})
        self._walk.restyle(words, gesture=True, sampling=sampling)

    def _look(self, words: str, gesture: int | None = None, **fields: Any) -> None:
        look = self._explore.retouch.model_copy(update=fields)
        change(self._history, self._explore, "retouch", look, words, gesture)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.tell(str(error))
