"""The feature maps of any layer of any graph of a bundle, for the picture in view."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import Graph, NumberMeaning, Port
from explorer.contract.pixels import Pixels, from_pixels
from explorer.latent.styles import Style
from explorer.models.autoencoder import image_meaning
from explorer.models.capabilities import Model
from explorer.models.styles import StyleDecoder
from explorer.models.translator import Translator
from explorer.runtime.session import check_finite
from explorer.runtime.tap import Layer, layers_of, tapped
from explorer.samplers.diffusion import Step

ROLES = (
    "decoder",
    "translator",
    "synthesis",
    "denoiser",
    "encoder",
    "critic",
    "classifier",
)  # of graphs that are looked into
GIVEN = "given"  # the operator of a layer that is no layer, but what is put in
TAP = "tap"  # the session of the layer that is looked at; one at a time is kept


@dataclass(frozen=True, eq=False)
class View:
    """What a graph is given: the picture in view, the point that it was drawn from, and the step where there is one."""

    pixels: Pixels  # (H, W, C)
    code: NDArray[np.float32]  # (D,)
    style: Style
    step: Step | None = None


def roles_of(model: Model) -> tuple[str, ...]:
    """The graphs that can be looked into."""
    return tuple(role for role in ROLES if model.graphs is not None and model.manifest.graph(role) is not None)


def layers(model: Model, role: str) -> tuple[Layer, ...]:
    """The layers of one of its graphs; in the worker, because a large graph takes a moment."""
    graph = model.manifest.graph(role)
    return () if graph is None else (*_given(graph), *layers_of(model.bundle.read(graph.file)))


def _given(graph: Graph) -> tuple[Layer, ...]:
    """What is put in, where that is maps itself: a code with positions, a picture to be translated."""
    for port in graph.inputs:
        maps = port.meaning.kind == "latent" or graph.role == "translator"
        shape = tuple(axis or 0 for axis in port.shape[1:])
        if maps and len(shape) == 3 and all(shape):
            image = port.meaning.kind == "image" and image_meaning(port).layout == "NHWC"
            return (Layer(port.name, GIVEN, (shape[2], shape[0], shape[1]) if image else shape),)
    return ()


def feature_maps(model: Model, role: str, layer: Layer, view: View) -> NDArray[np.float32]:
    """What a layer answers to the picture in view, (C, H, W).

    Raises:
        PortMismatch: the graph wants what is not at hand. ModelFault, Cancelled: as a session does.
    """
    graph, graphs = model.manifest.graph(role), model.graphs
    if graph is None or graphs is None:
        raise PortMismatch(f"{model.manifest.name} has no {role}.")
    if layer.operator == GIVEN:
        values = _feeds(model, graph, view)[layer.tensor][0]
        return values if values.shape == layer.shape else np.moveaxis(values, 2, 0)
    described = graph.model_copy(
        update={"outputs": (Port(name=layer.tensor, shape=(None, *layer.shape), meaning=NumberMeaning(of="features")),)}
    )
    feeds = _feeds(model, graph, view)
    key = f"{TAP}:{role}:{layer.tensor}"
    for other in [known for known in graphs.derived_keys if known.startswith(TAP) and known != key]:
        graphs.drop(other)
    session = graphs.derived(key, described, lambda content: tapped(content, layer))
    return check_finite(session.run(feeds)[layer.tensor], graph.file)[0]


def _feeds(model: Model, graph: Graph, view: View) -> Mapping[str, NDArray[Any]]:
    if isinstance(model.decodes, StyleDecoder) and graph.role == "synthesis":
        decoder = model.decodes.under(view.style)
        return decoder.generator.feeds(decoder.rows(view.code[None]), view.style)
    feeds: dict[str, NDArray[Any]] = {}
    for port in graph.inputs:
        kind = port.meaning.kind
        if graph.role == "denoiser" and view.step is not None and kind == "image":
            feeds[port.name] = view.step.x.astype(np.float32)
        elif kind == "image" and isinstance(model.decodes, Translator):
            feeds[port.name] = from_pixels(model.decodes.pictures(view.code[None]), image_meaning(port))
        elif kind == "image":
            feeds[port.name] = from_pixels(view.pixels[None], image_meaning(port))
        elif kind == "latent":
            feeds[port.name] = view.code.reshape(1, *(axis or 1 for axis in port.shape[1:])).astype(np.float32)
        elif kind == "timestep" and view.step is not None:
            feeds[port.name] = np.full(1, view.step.step).astype(port.dtype)
        elif kind == "label":
            shape = (1, *(axis or 1 for axis in port.shape[1:]))
            asked = view.style.sampling.label
            null = -1 if model.manifest.diffusion is None else model.manifest.diffusion.null_label
            values = np.full(shape, 0 if null is None else null)
            if asked and len(shape) > 1:
                values[0, : len(asked)] = asked[: shape[1]]
            feeds[port.name] = values.astype(port.dtype)
        else:
            raise PortMismatch(f"{graph.file} also wants {port.name!r}, which is not at hand here.")
    return {port.name: _batch(feeds[port.name], port) for port in graph.inputs}


def _batch(values: NDArray[Any], port: Port) -> NDArray[Any]:
    """As many rows as a port with a fixed batch wants, all the same."""
    size = port.shape[0] if port.shape else None
    return values if size is None or len(values) == size else np.repeat(values[:1], size, axis=0)
