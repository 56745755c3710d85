"""The training loop of every family: picks the batch, draws the noise, sets the rate, reports; nothing else.

What to compute for a batch is the family's (a ``Learner``); what to do with the reports is the caller's
(``trainers.kit.training`` writes, draws, saves and stops).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from explorer.contract.errors import ExplorerError
from trainers.kit.ema import Averaged
from trainers.kit.plan import Plan
from trainers.kit.randomness import Draw, Order, Share

Numbers = dict[str, float]


class Diverged(ExplorerError):
    """The numbers of a training became infinite or not a number."""


class Batch(NamedTuple):
    """This process's part of one step's pictures."""

    pictures: Tensor  # (B, C, H, W) float32 in [0, 1]
    labels: Tensor | None  # (B,) or (B, A) int64, where the data has them


class Learner(Protocol):
    """What the loop needs of a family. ``modules`` and ``optimizers`` are all that a checkpoint has to hold."""

    modules: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    averages: Mapping[str, Averaged]  # of some of the modules, by the same names
    settings: dict[str, float]  # what may be changed while it trains; "rate" is the highest learning rate
    score: str  # the held-out number, lower is better, that chooses the best checkpoint

    def update(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """One step after ``images`` were seen; scalars to report."""
        ...

    def evaluate(self, material: "Material") -> Numbers:
        """Numbers of the averaged weights on held-out pictures."""
        ...

    def samples(self) -> np.ndarray | None:
        """Samples with the same seeds every time, uint8 (N, H, W, C); None where a family draws nothing."""
        ...

    def reconstructions(self, pictures: np.ndarray) -> np.ndarray | None:
        """What becomes of pictures, uint8 (N, H, W, C) both; None where a family has no way back."""
        ...


@dataclass(frozen=True)
class Material:
    """Pictures to work on: ``images`` uint8 (N, H, W, C), ``labels`` int64 (N,) or (N, A) or None."""

    images: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def rows(self, rows: slice | np.ndarray) -> "Material":
        """Some of them."""
        return Material(self.images[rows], None if self.labels is None else self.labels[rows])


@dataclass(frozen=True)
class Report:
    """One step that was done; ``images`` counts all pictures seen, this step's included."""

    step: int
    images: int
    numbers: Numbers


@dataclass
class Window:
    """Averages training numbers from report to report; kept in checkpoints, so that a resumed run reports the same."""

    sums: Numbers = field(default_factory=dict)
    steps: int = 0

    def add(self, numbers: Numbers) -> None:
        for name, number in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + number
        self.steps += 1

    def take(self) -> Numbers:
        """The means since the last call."""
        means = {name: total / self.steps for name, total in self.sums.items()}
        self.sums, self.steps = {}, 0
        return means


def train(
    learner: Learner, material: Material, plan: Plan, share: Share, device: torch.device, first_step: int = 0
) -> Iterator[Report]:
    """Train on ``material`` from ``first_step`` to the end of the plan.

    Raises:
        Diverged: a reported number is not finite.
    """
    order = Order(len(material), plan.batch, plan.seed)
    step = first_step
    while (seen := step * plan.batch) < plan.images:
        draw = Draw(plan.seed, step, share, device)
        torch.manual_seed(plan.seed * 1_000_003 + step)  # for whatever a module draws itself, such as dropout
        rate = plan.rate_at(seen, learner.settings["rate"])
        for optimizer in learner.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate * group.get("rate_factor", 1.0)
        batch = to_batch(material.rows(share.of(order.batch(step))), device)
        numbers = floats(learner.update(batch, draw, seen))
        for name, number in numbers.items():
            if not math.isfinite(number):
                raise diverged(step + 1, seen, f"{name} is {number}")
        step += 1
        images = step * plan.batch
        for name, average in learner.averages.items():
            average.follow(learner.modules[name], images, plan.batch)
        yield Report(step, images, numbers)


def floats(numbers: Mapping[str, Tensor]) -> Numbers:
    """Scalars as numbers of Python, all at once: a GPU is waited for a single time."""
    return dict(zip(numbers, torch.stack([*numbers.values()]).tolist(), strict=True))


def diverged(step: int, images: int, what: str) -> Diverged:
    """The error that says where, and what to do: ``what`` is not finite in ``step``, after ``images``."""
    return Diverged(
        f"The training diverged after {images:,} images: in step {step:,}, {what}. "
        "Resume it with a smaller learning rate (`resume RUN --rate`), or start again with another seed."
    )


def to_batch(material: Material, device: torch.device) -> Batch:
    """Pictures and labels as tensors on ``device``."""
    labels = None if material.labels is None else torch.tensor(material.labels, device=device)
    return Batch(to_floats(material.images, device), labels)


def to_floats(pictures: np.ndarray, device: torch.device) -> Tensor:
    """uint8 (N, H, W, C) -> float32 (N, C, H, W) in [0, 1], still channels-last in memory, which convolutions like."""
    return torch.tensor(pictures, device=device).permute(0, 3, 1, 2).float().div_(255)


def to_pixels(pictures: Tensor) -> np.ndarray:
    """(N, C, H, W) in [0, 1] -> uint8 (N, H, W, C), clipped and rounded."""
    return (pictures.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
