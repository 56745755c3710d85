"""From noise to pictures, for measuring: one sampler that runs on tensors and on numpy arrays alike.

The explorer has many samplers; a figure needs one that is known, quick and good: DPM-Solver++(2M).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def denoised(x: Any, predict: Callable[[Any, float], Any], levels: np.ndarray, what: str, steps: int) -> Any:
    """Pictures in [-1, 1] from noise ``x`` by DPM-Solver++(2M), Lu et al. (2022), arXiv:2211.01095, algorithm 2.

    Args:
        x: Standard normal numbers, (N, C, H, W); an array or a tensor.
        predict: From x_t and the step, a number in [0, len(levels) - 1], to what the network predicts.
        levels: alphas_bar, (T,).
        what: What is predicted: "eps", "v" or "x0".
        steps: Calls of the network, evenly spaced in the schedule.
    """
    places = np.unique(np.rint(np.linspace(len(levels) - 1, 0, steps)).astype(int))[::-1]
    before: tuple[Any, float] | None = None  # the last clean estimate and the width of its step in half log-SNR
    for index, place in enumerate(places):
        signal, noise = math.sqrt(levels[place]), math.sqrt(1 - levels[place])
        clean = clean_estimate(x, predict(x, float(place)), signal, noise, what).clip(-1, 1)
        if index + 1 == len(places):
            return clean
        next_signal, next_noise = math.sqrt(levels[places[index + 1]]), math.sqrt(1 - levels[places[index + 1]])
        width = math.log(next_signal / next_noise) - math.log(signal / noise)
        aim = clean
        if before is not None:
            ratio = before[1] / width
            aim = (1 + 1 / (2 * ratio)) * clean - (1 / (2 * ratio)) * before[0]
        x = (next_noise / noise) * x - next_signal * math.expm1(-width) * aim
        before = clean, width
    return x


def clean_estimate(x: Any, predicted: Any, signal: float, noise: float, what: str) -> Any:
    """The picture that a prediction at x = ``signal`` x0 + ``noise`` eps amounts to."""
    if what == "v":
        return signal * x - noise * predicted
    return (x - noise * predicted) / signal if what == "eps" else predicted


def guided(conditional: Any, unconditional: Any, weight: float) -> Any:
    """Classifier-free guidance, Ho and Salimans (2022), arXiv:2207.12598: 0 ignores the condition, 1 follows it."""
    return unconditional + weight * (conditional - unconditional)
