"""A look inside: the feature maps of a layer for the picture in view, channel by channel, with statistics."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.stage import Picture, Stage
from explorer.models.capabilities import Model
from explorer.models.insides import GIVEN, View, feature_maps, layers, roles_of
from explorer.runtime.tap import Layer
from explorer.state.history import History, change
from explorer.state.layerlook import LayerLook
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

KEY = "layers"  # of the instrument
SHOWN = 64  # channels that are drawn
DEAD = 1e-6  # a channel that varies by less says nothing


@dataclass(frozen=True, eq=False)
class Maps:
    """The feature maps of a layer, (C, H, W), and which channels are drawn, the strongest first."""

    layer: Layer
    values: NDArray[np.float32]
    order: tuple[int, ...]
    sentence: str

    def picture(self, channel: int) -> Pixels:
        """A channel as (H, W, 1) uint8, from its smallest value (black) to its largest (white)."""
        values = self.values[channel]
        low, high = float(values.min()), float(values.max())
        return np.rint((values - low) / max(high - low, 1e-12) * 255).astype(np.uint8)[..., None]

    def words(self, channel: int) -> str:
        """What there is to know of a channel."""
        values = self.values[channel]
        return (
            f"channel {channel}: mean {values.mean():.3g}, deviation {values.std():.3g}, "
            f"from {values.min():.3g} to {values.max():.3g}"
        )


class LayersView(Protocol):
    """What the controller needs of the panel."""

    def show_graphs(self, roles: tuple[str, ...], role: str) -> None: ...
    def show_layers(self, names: tuple[str, ...], at: int) -> None: ...
    def show_maps(self, maps: Maps | None) -> None: ...
    def show_fault(self, sentence: str) -> None: ...


class LayersController:
    """Finds the layers of a graph once, and asks for the maps of one while the panel is in sight."""

    def __init__(self, explore: Explore, stage: Stage, history: History, lane: Lane, view: LayersView) -> None:
        self._explore, self._stage, self._history, self._lane, self._view = explore, stage, history, lane, view
        self._known: dict[tuple[str, str], tuple[Layer, ...]] = {}
        for signal in (stage.events.model, explore.events.instrument, explore.events.layers, explore.events.trajectory):
            signal.connect(self.rest)

    def rest(self) -> None:
        """The hand is still: show the layer of the picture in view."""
        model, picture = self._stage.model, self._stage.picture
        if self._explore.instrument != KEY or model is None or picture is None or picture.model is not model:
            return
        roles = roles_of(model)
        if not roles:
            return
        look = self._explore.layers
        role = look.role if look.role in roles else roles[0]
        self._view.show_graphs(roles, role)
        known = self._known.get((model.key, role))
        self._show_names(known, look)
        work = partial(_look, model, role, known, look.layer, _view_of(picture, self._explore))
        self._lane.submit(work, partial(self._show, model, role), self._fail)

    # what a person does

    def choose_graph(self, role: str) -> None:
        """Look into another graph, at its middle layer."""
        self._look(f"Look into the {role}", role=role, layer=-1)

    def choose_layer(self, at: int) -> None:
        """Look at another layer."""
        self._look("Look at another layer", layer=at)

    # inside

    def _look(self, words: str, **fields: object) -> None:
        look = LayerLook.model_validate(self._explore.layers.model_dump() | fields)
        change(self._history, self._explore, "layers", look, words)

    def _show(self, model: Model, role: str, found: tuple[tuple[Layer, ...], Maps | None]) -> None:
        self._known[(model.key, role)] = found[0]
        if model is self._stage.model:
            self._show_names(found[0], self._explore.layers)
            self._view.show_fault("" if found[1] is not None else "This graph has no convolutions to look at.")
            self._view.show_maps(found[1])

    def _show_names(self, known: tuple[Layer, ...] | None, look: LayerLook) -> None:
        if known is not None:
            names = tuple(
                f"{'Put in' if layer.operator == GIVEN else at + 1}: {layer.shape[0]} maps of {layer.shape[1]} px"
                for at, layer in enumerate(known)
            )
            self._view.show_layers(names, _chosen(known, look.layer))

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_maps(None)
        self._view.show_fault(str(error))


def _view_of(picture: Picture, explore: Explore) -> View:
    unfolding = picture.unfolding
    step = None
    if unfolding is not None and unfolding.steps:
        step = unfolding.steps[min(explore.trajectory.frame(len(unfolding.steps)), len(unfolding.steps) - 1)]
    return View(picture.pixels, picture.code, picture.style, step)


def _chosen(known: tuple[Layer, ...], at: int) -> int:
    return at if 0 <= at < len(known) else len(known) // 2


def _look(
    model: Model, role: str, known: tuple[Layer, ...] | None, at: int, view: View, job: Job
) -> tuple[tuple[Layer, ...], Maps | None]:
    """In the worker."""
    job.cancel_with(model.cancel)
    found = layers(model, role) if known is None else known
    if not found:
        return found, None
    layer = found[_chosen(found, at)]
    values = feature_maps(model, role, layer, view)
    spread = values.reshape(len(values), -1).std(axis=1)
    order = tuple(int(channel) for channel in np.argsort(-spread, kind="stable")[:SHOWN])
    silent = int((spread < DEAD).sum())
    sentence = f"{len(values)} maps of {values.shape[1]} × {values.shape[2]}, the {len(order)} that vary most are shown"
    sentence += f"; {silent} vary not at all." if silent else "."
    return found, Maps(layer, values, order, sentence)
