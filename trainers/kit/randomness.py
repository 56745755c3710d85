"""Random numbers that follow from (seed, step): a run that was interrupted goes on with exactly the same ones.

Nothing needs to be stored and nothing drifts: step 1,000 draws the same numbers whatever happened before it. Several
processes draw the numbers of the whole batch and take every n-th, so that together they compute what one would.
"""

from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

Rows = TypeVar("Rows", np.ndarray, Tensor)


@dataclass(frozen=True)
class Share:
    """Which part of every batch belongs to this process: ``rank`` of ``world``."""

    rank: int = 0
    world: int = 1

    def of(self, whole: Rows) -> Rows:
        """Every ``world``-th row of an array or tensor, from ``rank`` on."""
        return whole[self.rank :: self.world]


class Draw:
    """The random numbers of one step. Each ``purpose`` has a stream of its own, so that their order does not matter.

    They are drawn on the device itself: a GPU has other streams than a CPU, and need not wait for it.
    """

    def __init__(self, seed: int, step: int, share: Share, device: torch.device) -> None:
        self._seed, self._step, self._share, self._device = seed, step, share, device

    def normal(self, purpose: str, rows: int, *shape: int) -> Tensor:
        """Standard normal numbers (rows, *shape) for this process's rows."""
        whole = torch.randn(rows * self._share.world, *shape, generator=self.generator(purpose), device=self._device)
        return self._share.of(whole)

    def uniform(self, purpose: str, rows: int, *shape: int) -> Tensor:
        """Uniform numbers in [0, 1), (rows, *shape), for this process's rows."""
        whole = torch.rand(rows * self._share.world, *shape, generator=self.generator(purpose), device=self._device)
        return self._share.of(whole)

    def generator(self, purpose: str) -> torch.Generator:
        """A generator of the device at the start of the stream of ``purpose``; the same on every process."""
        return torch.Generator(self._device).manual_seed(stream_seed(self._seed, self._step, purpose))


def stream_seed(seed: int, step: int, purpose: str) -> int:
    """A 63-bit seed; neighbouring steps and purposes have unrelated ones (numpy's SeedSequence)."""
    state = np.random.SeedSequence([seed, step, crc32(purpose.encode())]).generate_state(1, np.uint64)
    return int(state[0] >> 1)


class Order:
    """Which pictures each step sees: every epoch is a fresh shuffle, and steps run on across its end."""

    def __init__(self, count: int, batch: int, seed: int) -> None:
        self._count, self._batch, self._seed = count, batch, seed
        self._epochs: dict[int, np.ndarray] = {}

    def batch(self, step: int) -> np.ndarray:
        """Indices (batch,) of step 0, 1, ..., int64."""
        places = np.arange(step * self._batch, (step + 1) * self._batch)
        epochs, within = np.divmod(places, self._count)
        self._epochs = {epoch: self._shuffle(epoch) for epoch in np.unique(epochs).tolist()}
        return np.array([self._epochs[epoch][i] for epoch, i in zip(epochs.tolist(), within.tolist(), strict=True)])

    def _shuffle(self, epoch: int) -> np.ndarray:
        if epoch in self._epochs:
            return self._epochs[epoch]
        return np.random.default_rng([self._seed, epoch]).permutation(self._count)
