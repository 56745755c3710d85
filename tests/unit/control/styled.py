"""A style generator on stage for tests of its controllers: the toy of ``style_graphs``, a walk, and lanes by hand."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.control.stage import Picture, Stage
from explorer.control.styledraw import Seeds
from explorer.control.walk import Walk
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.state.mixlook import MixLook
from explorer.state.place import Explore, Place
from tests.style_graphs import style_bundle
from tests.unit.control.stand import HandLane, Steps


def styled_model(folder: Path) -> Iterator[Model]:
    """The toy, loaded by the real runtime."""
    with closing(Runtime("cpu", threads=1)) as runtime:
        yield load_model(style_bundle(folder / "styled").path, runtime)


@dataclass
class Desk:
    """The model on stage at seed 3, with everything a controller is made of."""

    model: Model
    instrument: str = "mixing"
    page: str = "mix"
    explore: Explore = field(init=False)
    stage: Stage = field(default_factory=Stage)
    steps: Steps = field(default_factory=Steps)
    lane: HandLane = field(default_factory=HandLane)
    seeds: Seeds = field(default_factory=Seeds)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))

    def __post_init__(self) -> None:
        self.explore = Explore(instrument=self.instrument, mixing=MixLook.model_validate({"page": self.page}))
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.explore.events.place.connect(self.look)

    def enter(self) -> None:
        """Stand at seed 3, as after the model was opened; what led here is no step."""
        self.explore.place = Place(bundle=self.model.key)
        self.stage.model = self.model
        self.walk.to_seed(3)
        self.steps.made.clear()

    def look(self) -> None:
        """What the picture controller does, at once."""
        place = self.explore.place
        view = self.model.within(place.space)
        if self.stage.model is None or place.code is None:
            return
        if self.stage.model is not view:
            self.stage.enter(view)
        code = np.asarray(place.code, np.float32)
        self.stage.picture = Picture(1, view, code, self.pixels(place), 1.0, place.style)

    def pixels(self, place: Place) -> Pixels:
        decodes = self.model.within(place.space).decodes
        assert decodes is not None and place.code is not None
        return decodes.under(place.style).decode(np.asarray([place.code], np.float32))[0]

    def w(self, seed: int) -> NDArray[np.float32]:
        return self.seeds.of(self.model, seed)

    @property
    def style(self):
        return self.explore.place.style
