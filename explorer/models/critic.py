"""The critic of a GAN: how real pictures look to it, and the gradient of its score, without PyTorch."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import Graph, Port
from explorer.contract.pixels import Pixels, from_pixels
from explorer.latent.judgement import saliency
from explorer.models.autoencoder import image_meaning, only_input, port_or_fault
from explorer.models.capabilities import Model
from explorer.runtime.session import check_finite

CRITIC, GRADIENT = "critic", "critic_gradient"  # roles

F32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Judged:
    """One picture (H, W, C) uint8 as the critic sees it: its score, a logit, and how much each pixel matters to it.

    ``heat`` (H, W) is the change of the score for a step from black to white, per pixel; None where the model brings
    no gradient.
    """

    pixels: Pixels
    score: float
    heat: F32 | None = None


def can_judge(model: Model | None) -> bool:
    """Whether a model makes pictures and brings a critic along."""
    if model is None or model.decodes is None or model.graphs is None:
        return False
    return model.manifest.graph(CRITIC) is not None


def picture_size(model: Model) -> tuple[int | None, int | None, int]:
    """Height, width (None: any) and channels that the critic takes.

    Raises:
        PortMismatch: the model has no critic of pictures.
    """
    meaning = image_meaning(_picture_port(_graph(model, CRITIC)))
    return meaning.height, meaning.width, meaning.channels


def scores(model: Model, pixels: Pixels) -> F32:
    """(N, H, W, C) uint8 -> one score a picture (N,), a logit: the higher, the more real it looks.

    Raises:
        PortMismatch: the graph is none of a critic. ModelFault, Cancelled: as a session does.
    """
    graph = _graph(model, CRITIC)
    port, answer = _picture_port(graph), port_or_fault(graph, graph.output("number"), "output of a score")
    assert model.graphs is not None
    session = model.graphs.open(graph)
    found = session.run({port.name: from_pixels(pixels, image_meaning(port))})[answer.name]
    return check_finite(found, graph.file).reshape(len(pixels), -1)[:, 0].astype(np.float32)


def look(model: Model, pixels: Pixels) -> Judged:
    """Where the critic looks in one picture (H, W, C) uint8.

    Raises:
        PortMismatch: a graph is none of a critic. ModelFault, Cancelled: as a session does.
    """
    score = float(scores(model, pixels[None])[0])
    graph = model.manifest.graph(GRADIENT)
    if graph is None or model.graphs is None:
        return Judged(pixels, score)
    port = _picture_port(graph)
    meaning = image_meaning(port)
    pull = next((output for output in graph.outputs if getattr(output.meaning, "of", "") == "gradient"), None)
    pull = port_or_fault(graph, pull, "output of a gradient")
    values = from_pixels(pixels[None], meaning)
    found = check_finite(model.graphs.open(graph).run({port.name: values})[pull.name], graph.file)
    if found.size != math.prod(values.shape):
        raise PortMismatch(f"{graph.file}: {pull.name} is not of the picture's size; export the model again.")
    gradient = found.reshape(values.shape)[0]
    low, high = meaning.value_range
    channels_first = gradient if meaning.layout == "NCHW" else gradient.transpose(2, 0, 1)
    return Judged(pixels, score, saliency((np.float32(high - low) * channels_first).astype(np.float32)))


def _graph(model: Model, role: str) -> Graph:
    graph = model.manifest.graph(role)
    if graph is None or model.graphs is None:
        raise PortMismatch(f"{model.manifest.name} has no {role}.")
    return graph


def _picture_port(graph: Graph) -> Port:
    return only_input(graph, "image", "a picture")
