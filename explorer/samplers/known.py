"""What is given of a picture before it is sampled: where it begins, and what of it has to stay."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Known:
    """A clean picture, the noise that is laid over it, and where the model may paint; one for a whole walk."""

    picture: Array  # (1, C, H, W) in the range of the model
    noise: Array  # (N, C, H, W) standard normal
    strength: float  # 1: nothing of the picture is left where the model may paint
    free: NDArray[np.bool_] | None = None  # (1, 1, H, W); None: everywhere
    rounds: int = 1  # how often each step is walked where something stays

    def start(self, signal: float, noise: float) -> Array:
        """x at the first step: the picture under its noise, Meng et al. (2022), arXiv:2108.01073, algorithm 1."""
        return self.noise if self.strength == 1 else self._noised(signal, noise)

    def held(self, x: Array, signal: float, noise: float) -> Array:
        """x with what has to stay of the picture, under as much noise: Lugmayr et al. (2022), arXiv:2201.09865,
        equation 8. The noise is the same at every step, so that the same code gives the same picture."""
        return x if self.free is None else np.where(self.free, x, self._noised(signal, noise))

    def _noised(self, signal: float, noise: float) -> Array:
        return _single(signal) * self.picture + _single(noise) * self.noise


def renoised(x: Array, signal: float, noise: float, earlier: tuple[float, float], fresh: Array) -> Array:
    """x of one level at an earlier, noisier one, by the forward process: Lugmayr et al. (2022), section 4.2."""
    ratio = earlier[0] / signal
    deviation = max(earlier[1] ** 2 - (ratio * noise) ** 2, 0.0) ** 0.5
    return _single(ratio) * x + _single(deviation) * fresh


def _single(value: float) -> Any:
    """In the precision of pictures, so that a product with one stays in it."""
    return np.float32(value)
