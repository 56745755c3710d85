"""How long and how fast to train: what every family's configuration shares. Time is counted in images."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Plan:
    """The course of one training."""

    images: int = 1_800_000
    """Pictures to show in all; one epoch of Fashion-MNIST is 60,000 (images)."""
    batch: int = 128
    """Pictures per step, over all processes (images)."""
    rate: float = 1e-3
    """Highest learning rate."""
    rate_warmup: int = 10_000
    """The learning rate rises over this many (images)."""
    rate_end: float = 0.02
    """Share of the learning rate that is left at the end; it falls along a half cosine."""
    clip: float = 0.0
    """Longest gradient, longer ones are shortened; 0 never does (L2 norm)."""
    average: int = 20_000
    """Half-life of the averaged weights that are measured and exported; 0 exports the last ones (images)."""
    held_out: int = 5_000
    """Pictures at the end of the train split that are never trained on; they choose the best checkpoint (images)."""
    report: int = 0
    """Training numbers are averaged over this many; 0: a 200th of the run (images)."""
    milestone: int = 0
    """Held-out numbers, samples and a checkpoint after every so many; 0: a 30th of the run (images)."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """bf16-mixed computes in bfloat16 where that is safe: nearly twice as fast on recent processors."""
    seed: int = 0
    """Every random number follows from it."""

    def rate_at(self, images: int, peak: float) -> float:
        """The learning rate after ``images``: linear warm-up, then half a cosine (Loshchilov & Hutter 2017, eq. 5)."""
        rise = min(1.0, (images + self.batch) / self.rate_warmup) if self.rate_warmup else 1.0
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, images / self.images)))
        return peak * rise * (self.rate_end + (1 - self.rate_end) * fall)

    def is_due(self, images: int, every: int, share: int) -> bool:
        """Whether something that happens ``every`` so many images (0: ``share`` times a run) happens in this step."""
        every = every or max(self.batch, self.images // share)
        return images // every > (images - self.batch) // every or images >= self.images
