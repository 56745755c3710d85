"""Which layers directions act on: chosen by a person, in the space where each layer has a style of its own."""

from dataclasses import dataclass
from typing import Protocol

from explorer.control.axes import layers_of
from explorer.control.mixing import layer_views
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.state.directionslook import DirectionsLook, Layers
from explorer.state.history import History, change
from explorer.state.place import Explore

WORDS = "Choose the layers of directions"


@dataclass(frozen=True)
class LayersView:
    """What there is to choose: ``names`` of the layers, from coarse to fine, and the first and last one of each band.

    ``own``: some directions are meant for layers of their own. ``layers``: what is chosen.
    """

    names: tuple[str, ...]
    bands: tuple[tuple[str, int, int], ...]
    own: bool
    layers: Layers


class LimitView(Protocol):
    """What the controller needs of the panel."""

    def show_layers(self, layers: LayersView | None) -> None: ...


class DirectionLayersController:
    """Changes which layers directions act on; a style for all of them becomes one for each on the way."""

    def __init__(self, explore: Explore, stage: Stage, history: History, walk: Walk, view: LimitView) -> None:
        self._explore, self._stage, self._history, self._walk, self._view = explore, stage, history, walk, view
        for signal in (stage.events.model, stage.events.directions, explore.events.directions):
            signal.connect(self.describe)

    @property
    def layers(self) -> Layers:
        """Which layers directions act on here: all, where a point has one style for all layers."""
        return self._explore.directions.layers if layers_of(self._stage) is not None else None

    def describe(self) -> None:
        """Show what there is to choose from; nothing without layers."""
        styles = None if self._stage.model is None else self._stage.model.styles
        if styles is None:
            self._view.show_layers(None)
            return
        views = layer_views(styles)
        rows = {view.band: [at for at, one in enumerate(views) if one.band == view.band] for view in views if view.band}
        came = self._stage.directions
        self._view.show_layers(
            LayersView(
                tuple(f"{at + 1}: {view.words}" for at, view in enumerate(views)),
                tuple((band, found[0], found[-1]) for band, found in rows.items()),
                came is not None and any(fact.layers is not None for fact in came.facts),
                self.layers,
            )
        )

    def choose(self, layers: Layers) -> None:
        """Let directions act on these layers alone."""
        model = self._stage.model
        if model is None or model.styles is None or layers == self.layers:
            return
        with self._history.together(WORDS):
            change(self._history, self._explore, "directions", DirectionsLook(layers=layers), WORDS)
            layered = next((key for key, view in model.views.items() if not view.flat), None)
            if layers is not None and layered is not None and model.space != layered:
                self._walk.to_space(layered)
