"""How a picture becomes noise: x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps, Ho et al. (2020), equation 4."""

import math

import numpy as np
import torch
from torch import Tensor

from trainers.diffusion.config import Parameterisation, ScheduleKind, Weighting

LINEAR = 1e-4, 0.02  # first and last beta of 1,000 steps, Ho et al. (2020), section 4
OFFSET = 0.008  # keeps the first betas of the cosine schedule above zero
LARGEST_BETA = 0.999


def alphas_bar(kind: ScheduleKind, steps: int) -> np.ndarray:
    """The share of the signal's power that is left after each step, (steps,) float64, falling.

    Linear betas are scaled so that any number of steps ends at about the same noise. Cosine: Nichol and Dhariwal
    (2021), arXiv:2102.09672, equation 17.
    """
    if kind == "linear":
        first, last = (beta * 1_000 / steps for beta in LINEAR)
        betas = np.linspace(first, min(last, LARGEST_BETA), steps)
    else:
        at = (np.arange(steps + 1) / steps + OFFSET) / (1 + OFFSET)
        level = np.cos(at * math.pi / 2) ** 2
        betas = np.minimum(1 - level[1:] / level[:-1], LARGEST_BETA)
    return np.cumprod(1 - betas)


class Schedule:
    """Noises pictures and says what a network has to predict, on one device."""

    def __init__(self, levels: np.ndarray, device: torch.device) -> None:
        self.alphas_bar = torch.tensor(levels, dtype=torch.float32, device=device)
        self._signal = torch.tensor(np.sqrt(levels), dtype=torch.float32, device=device)
        self._noise = torch.tensor(np.sqrt(1 - levels), dtype=torch.float32, device=device)

    def noised(self, x0: Tensor, eps: Tensor, step: Tensor) -> Tensor:
        """x_t of pictures (B, C, H, W) in [-1, 1] at steps (B,) int64."""
        return _wide(self._signal[step]) * x0 + _wide(self._noise[step]) * eps

    def target(self, x0: Tensor, eps: Tensor, step: Tensor, what: Parameterisation) -> Tensor:
        """What is predicted; v = sqrt(abar) eps - sqrt(1 - abar) x0, Salimans and Ho (2022), arXiv:2202.00512."""
        if what == "v":
            return _wide(self._signal[step]) * eps - _wide(self._noise[step]) * x0
        return eps if what == "eps" else x0

    def clean(self, x: Tensor, predicted: Tensor, step: Tensor, what: Parameterisation) -> Tensor:
        """The estimate of x0 that a prediction amounts to."""
        signal, noise = _wide(self._signal[step]), _wide(self._noise[step])
        if what == "v":
            return signal * x - noise * predicted
        return (x - noise * predicted) / signal if what == "eps" else predicted

    def weight(self, step: Tensor, weighting: Weighting, limit: float, what: Parameterisation) -> Tensor:
        """Weight of the squared error at each step, (B,).

        "simple" is 1, Ho et al. (2020), equation 14; "min-snr" is min(SNR, limit) of the error of x0, Hang et al.
        (2023), arXiv:2303.09556, section 3.4, put in terms of what is predicted.
        """
        if weighting == "simple":
            return torch.ones_like(step, dtype=torch.float32)
        level = self.alphas_bar[step]
        snr = level / (1 - level)
        capped = snr.clamp(max=limit)
        return {"x0": capped, "eps": capped / snr, "v": capped / (snr + 1)}[what]


def _wide(column: Tensor) -> Tensor:
    return column[:, None, None, None]
