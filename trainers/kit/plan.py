"""How long and how fast to train: what every family's configuration shares. Time is counted in images."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from trainers.kit.knobs import Images, Share, Unit

FEWEST_REPORTED = 1_280  # images between two reports, and
FEWEST_TO_MILESTONE = 20_000  # between two milestones, where the plan leaves them open and the run is short


@dataclass(frozen=True)
class Plan:
    """The course of one training."""

    images: Annotated[Images, Interval(ge=1)] = 1_800_000
    """Pictures to show in all; one epoch of Fashion-MNIST is 60,000."""
    batch: Annotated[Images, Interval(ge=1, le=65_536)] = 128
    """Pictures per step, over all processes."""
    rate: Annotated[float, Interval(gt=0, le=1)] = 1e-3
    """Highest learning rate."""
    rate_warmup: Images = 10_000
    """The learning rate rises over this many, at most a tenth of the run."""
    rate_end: Share = 0.02
    """Share of the learning rate that is left at the end; it falls along half a cosine."""
    clip: Annotated[float, Interval(ge=0)] = 0.0
    """Longest gradient, in the L2 norm; longer ones are shortened, 0 never does."""
    average: Images = 20_000
    """Half-life of the averaged weights, which are measured and exported; 0 takes the last ones."""
    held_out: Images = 5_000
    """Pictures at the end of the train split that are never trained on; they choose the best checkpoint."""
    report: Images = 0
    """Training numbers are averaged over this many; 0 is a 200th of the run."""
    milestone: Images = 0
    """Held-out numbers, samples and a checkpoint after every so many; 0 is a 30th of the run."""
    snapshots: Annotated[int, Interval(ge=0, le=200), Unit("snapshots")] = 0
    """Small bundles that are kept along the way, more of them early on, to look back at how the model learned."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """bf16-mixed computes in bfloat16 where that is safe: nearly twice as fast on recent processors."""
    compiled: bool = False
    """Compile the network first (torch.compile): a minute later at work, then faster; pays in long runs on a GPU."""
    seed: Annotated[int, Interval(ge=0)] = 0
    """Every random number follows from it."""

    @property
    def report_every(self) -> int:
        """Images from report to report."""
        return max(self.batch, self.report or max(FEWEST_REPORTED, self.images // 200))

    @property
    def milestone_every(self) -> int:
        """Images from milestone to milestone."""
        return max(self.batch, self.milestone or max(FEWEST_TO_MILESTONE, self.images // 30))

    def wants_snapshot(self, images: int) -> bool:
        """Whether one of the ``snapshots`` falls into the step that ends here; the i-th of n lies at (i / n)^2."""

        def passed(seen: int) -> int:
            return math.floor(self.snapshots * math.sqrt(min(max(seen, 0) / self.images, 1.0)) + 1e-9)

        return passed(images) > passed(images - self.batch)

    def rate_at(self, images: int, peak: float) -> float:
        """The learning rate after ``images``: linear warm-up, then half a cosine (Loshchilov & Hutter 2017, eq. 5)."""
        warmup = min(self.rate_warmup, self.images // 10)
        rise = min(1.0, (images + self.batch) / warmup) if warmup else 1.0
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, images / self.images)))
        return peak * rise * (self.rate_end + (1 - self.rate_end) * fall)

    def is_due(self, images: int, every: int) -> bool:
        """Whether what happens ``every`` so many images does so in the step ending at ``images``; also in the last."""
        return images // every > (images - self.batch) // every or images >= self.images
