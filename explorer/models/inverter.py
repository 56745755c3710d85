"""A picture into the styles of a generator by gradient descent; loss and gradient come from a graph, not PyTorch."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.pixels import Pixels, from_pixels
from explorer.latent.styles import Style
from explorer.models.autoencoder import image_meaning, port_or_fault
from explorer.models.capabilities import Model
from explorer.models.styles import StyleGenerator

ROLE = "inverter"
STEPS = 200
RATE = 0.1  # deviations of w a step, Karras et al. (2020), arXiv:1912.04958, appendix D
RAMP_UP, RAMP_DOWN = 0.05, 0.25  # shares of the steps over which the rate rises and falls, same appendix
BETAS, EPSILON = (0.9, 0.999), 1e-8  # Adam, Kingma and Ba (2015), algorithm 1

F32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Refined:
    """A stage of the descent: the styles (L, D), the loss there, and how many steps were made."""

    rows: F32
    loss: float
    step: int


def can_refine(model: Model | None) -> bool:
    """Whether a bundle brings loss and gradient along."""
    return model is not None and model.styles is not None and model.manifest.graph(ROLE) is not None


def refine(
    model: Model, picture: Pixels, start: F32, steps: int | None = None, rate: float = RATE
) -> Generator[Refined, None, Refined]:
    """Bring the styles ``start`` (L, D) nearer to ``picture`` (H, W, C) uint8, without noise in the layers.

    Steps are measured in deviations of w, so that the rate means the same for every model. Yields after every step, the
    first time at the start; the best stage is returned.

    Raises:
        PortMismatch: the graph does not give a loss and a gradient. ModelFault, Cancelled: as a session does.
    """
    steps = STEPS if steps is None else steps
    found = None if model.graphs is None else model.graphs.role(ROLE)
    styles = model.styles
    if found is None or not isinstance(styles, StyleGenerator):
        raise PortMismatch(f"{model.manifest.name} brings no {ROLE}.")
    session, graph = found
    rows_port = port_or_fault(graph, graph.input("latent"), "input of styles")
    target_port = port_or_fault(graph, graph.input("image"), "input of a picture")
    outputs = {port.meaning.of: port.name for port in graph.outputs if port.meaning.kind == "number"}
    if not {"loss", "gradient"} <= outputs.keys():
        raise PortMismatch(f"{graph.file} gives no loss and gradient; export the model again.")
    target = from_pixels(picture[None], image_meaning(target_port))
    noise = styles.noise_feeds(1, Style(noise="off"))
    met = model.within("").decodes
    scale = np.ones(styles.width, np.float32) if met is None else met.prior.deviation
    rows = start.astype(np.float32).copy()
    first, second = np.zeros_like(rows), np.zeros_like(rows)
    best: Refined | None = None
    for step in range(steps + 1):
        answer = session.run({rows_port.name: rows[None], target_port.name: target, **noise})
        loss = float(np.asarray(answer[outputs["loss"]]).reshape(-1)[0])
        stage = Refined(rows.copy(), loss, step)
        if best is None or loss < best.loss:
            best = stage
        yield stage
        if step == steps:
            break
        gradient: F32 = answer[outputs["gradient"]][0] * scale
        first = BETAS[0] * first + (1 - BETAS[0]) * gradient
        second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
        unbiased = first / (1 - BETAS[0] ** (step + 1))
        spread = np.sqrt(second / (1 - BETAS[1] ** (step + 1))) + EPSILON
        rows = (rows - _rate(rate, step / steps) * scale * unbiased / spread).astype(np.float32)
    assert best is not None
    return best


def _rate(rate: float, share: float) -> float:
    """Up along a line and down along half a cosine."""
    fall = 0.5 * (1 - np.cos(np.pi * min((1 - share) / RAMP_DOWN, 1.0)))
    return float(rate * min(share / RAMP_UP + 0.02, 1.0) * fall)
