"""The moving average of weights, with its half-life in images; Karras et al. (2022), arXiv:2206.00364, F.2."""

from copy import deepcopy

import torch
from torch import nn


class Averaged:
    """A copy of ``module`` whose weights follow it slowly."""

    def __init__(self, module: nn.Module, half_life: int) -> None:
        self.module = deepcopy(module).eval().requires_grad_(False)
        self._half_life = half_life

    @torch.no_grad()
    def follow(self, module: nn.Module, images: int, batch: int) -> None:
        """Move towards ``module`` after a step of ``batch`` that ended at ``images``.

        At the start the half-life is at most a tenth of what was seen, so that the first weights are soon forgotten.
        """
        half_life = min(self._half_life, images / 10)
        keep = 0.5 ** (batch / half_life) if half_life else 0.0
        torch._foreach_lerp_(  # pyright: ignore[reportPrivateImportUsage] - one call for all, as optimisers do it
            [*self.module.parameters()], [*module.parameters()], 1 - keep
        )
        for mine, theirs in zip(self.module.buffers(), module.buffers(), strict=True):
            mine.copy_(theirs)
