"""What a course teaches to look for in a training, found in its curves and said in words, with what to try.

Every finding is a pure function of a ``RunView``; each names its evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.training.record import Curve, RunView

Level = Literal["good", "watch", "bad"]
FEWEST = 6  # points of a curve, before anything is said of it
ASLEEP_NATS = 0.01  # of KL: a dimension below it says nothing of the picture
WINNING, LOSING = 0.9, 0.05  # mean sign of the critic's answers to real pictures
VANISHED = 1e-7  # length of the gradient
BLOWN = 20.0  # times its median
OVERFIT = 0.05  # share by which held-out gets worse than it was, while training gets better
FLAT = 0.003  # share of change in the last part that counts as none
MEMORISED = 0.3  # of the distance of unseen pictures
YOUNG = 0.3  # of the run: before it, samples need not differ
VARIETY = 0.35  # of the variety of real pictures


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed: ``sentence`` with the evidence, ``advice`` what to try."""

    level: Level
    sentence: str
    advice: str = ""


def findings(run: RunView, variety: float | None = None) -> tuple[Finding, ...]:
    """All that is worth saying of a run, the worst first; ``variety`` is that of its samples over real pictures'."""
    looks: tuple[Callable[[RunView], Finding | None], ...] = (
        broken, learning, asleep, rival, gradients, overfitting, memorised,
    )  # fmt: skip
    found = [finding for look in looks if (finding := look(run)) is not None]
    if variety is not None:
        found.append(collapse(variety, run.progress))
    order = {"bad": 0, "watch": 1, "good": 2}
    return tuple(sorted(found, key=lambda finding: order[finding.level]))


def broken(run: RunView) -> Finding | None:
    """NaN and divergence, which end a run."""
    if run.status == "failed" and "diverged" in run.sentence:
        return Finding(
            "bad", run.sentence, "Half the learning rate, or clip the gradient; the last checkpoint is good."
        )
    return None


def learning(run: RunView) -> Finding | None:
    """Whether the loss still falls in the last fifth of what was seen."""
    curve = _loss(run)
    if curve is None or len(curve) < FEWEST:
        return None
    last = max(len(curve) // 5, 2)
    before, now = float(np.mean(curve.values[-2 * last : -last])), float(np.mean(curve.values[-last:]))
    change = (before - now) / max(abs(before), 1e-9)
    images = int(curve.images[-1] - curve.images[-last])
    if run.family == "stylegan":
        return None  # its losses pull against each other: neither says how good it is
    if change > FLAT:
        return Finding("good", f"Learning: the loss fell by {change:.1%} in the last {images:,} images.")
    if change < -5 * FLAT:
        return Finding(
            "watch", f"The loss rose by {-change:.1%} in the last {images:,} images.",
            "Wait a little; if it goes on, lower the learning rate.",
        )  # fmt: skip
    return Finding(
        "good" if run.progress > 0.8 else "watch",
        f"The loss has levelled off: {abs(change):.1%} of change in the last {images:,} images.",
        "" if run.progress > 0.8 else "A wider network or a lower learning rate may go further.",
    )


def asleep(run: RunView) -> Finding | None:
    """Posterior collapse: dimensions whose posterior equals the prior (Bowman et al. 2016, section 3.1)."""
    kls = [
        curve.last for (split, name), curve in run.curves.items() if split == "held-out" and name.startswith("KL of")
    ]
    total = run.curve("train", "KL")
    active = run.curve("held-out", "active units")
    size = _number(run, "latent")
    if active is not None and len(active) and size:
        sleeping = round(size - active.last)
    elif kls:
        size, sleeping = len(kls), sum(kl < ASLEEP_NATS for kl in kls)
    elif total is not None and len(total) >= FEWEST and total.last < ASLEEP_NATS:
        return Finding(
            "bad", f"The posterior has collapsed: KL is {total.last:.3f} nats, so z says nothing of the picture.",
            "A smaller beta, or a longer warm-up of it.",
        )  # fmt: skip
    else:
        return None
    if sleeping == 0:
        return Finding("good", f"All {size:.0f} dimensions are used.")
    level: Level = "bad" if sleeping == size else "watch"
    return Finding(
        level, f"{sleeping} of {size:.0f} dimensions are asleep: their posterior equals the prior.",
        "Nothing is lost by it; a smaller beta or a longer warm-up wakes them.",
    )  # fmt: skip


def rival(run: RunView) -> Finding | None:
    """A critic that wins or loses: the mean of sigmoid or sign of its answers (Karras et al. 2020, eq. 1)."""
    real, fake = run.curve("train", "critic on real"), run.curve("train", "critic on samples")
    if real is None or fake is None or len(real) < FEWEST:
        return None
    ahead = float(np.mean(real.values[-3:] - fake.values[-3:]))
    right = float(np.mean(_sigmoid(real.values[-3:])) - np.mean(_sigmoid(fake.values[-3:])))
    if right > WINNING:
        return Finding(
            "bad", f"The critic is winning: it is right about nearly every picture (logits {ahead:.1f} apart).",
            "More R1, augmentation, or more pictures, so that it cannot know them by heart.",
        )  # fmt: skip
    if right < LOSING:
        return Finding(
            "watch", f"The critic is lost: it cannot tell samples from pictures (logits {ahead:.1f} apart).",
            "Less R1, or a wider critic; early in a run it may just need time.",
        )  # fmt: skip
    return Finding("good", f"Critic and generator are a match: their logits are {ahead:.1f} apart.")


def gradients(run: RunView) -> Finding | None:
    """Vanishing and exploding gradients, Hochreiter (1991), Pascanu et al. (2013)."""
    curve = run.curve("train", "gradient norm")
    if curve is None or len(curve) < FEWEST:
        return None
    usual, now = float(np.median(curve.values)), curve.last
    if now < VANISHED:
        return Finding(
            "bad", f"The gradient has vanished: its length is {now:.1e}.",
            "Another start (seed), a higher learning rate, or a shallower network.",
        )  # fmt: skip
    if usual > 0 and now > BLOWN * usual:
        return Finding(
            "bad", f"The gradient has blown up: {now:.3g}, {now / usual:.0f} times its median.",
            "Clip it, or lower the learning rate.",
        )  # fmt: skip
    return None


def overfitting(run: RunView) -> Finding | None:
    """Held-out pictures get worse while those trained on get better."""
    held_out, trained = _loss(run, "held-out"), _loss(run)
    if held_out is None or trained is None or len(held_out) < 3 or run.family == "stylegan":
        return None
    best = float(held_out.values.min())
    worse = (held_out.last - best) / max(abs(best), 1e-9)
    at = int(held_out.images[int(held_out.values.argmin())])
    before = trained.values[trained.images <= at]
    if worse > OVERFIT and len(before) and trained.last < before[-1]:
        return Finding(
            "bad", f"Overfitting: held-out pictures are {worse:.0%} worse than after {at:,} images, others better.",
            "Stop here (the best checkpoint is kept), use more pictures, or a smaller network.",
        )  # fmt: skip
    return Finding("good", f"No overfitting: held-out pictures are within {max(worse, 0):.1%} of their best.")


def memorised(run: RunView) -> Finding | None:
    """Samples that are training pictures: far nearer to them than unseen pictures are."""
    curve = run.curve("held-out", "novelty")
    if curve is None or not len(curve) or run.progress < YOUNG:
        return None
    if curve.last < MEMORISED:
        return Finding(
            "bad", f"Memorised: samples lie {curve.last:.0%} as far from training pictures as unseen ones.",
            "More pictures, augmentation, or a smaller network.",
        )  # fmt: skip
    return Finding("good", f"Nothing memorised: samples lie {curve.last:.0%} as far from training pictures as others.")


def collapse(variety: float, progress: float) -> Finding:
    """Mode collapse: samples that are all alike, though the run is no longer young."""
    if variety < VARIETY and progress < YOUNG:
        return Finding("watch", f"Samples differ {variety:.0%} as much as pictures do; so early they have yet to.")
    if variety < VARIETY:
        return Finding(
            "bad", f"Mode collapse: samples differ {variety:.0%} as much as pictures do.",
            "More R1 or another seed for a GAN; a smaller beta for a VAE.",
        )  # fmt: skip
    return Finding("good", f"Samples differ {variety:.0%} as much as pictures do.")


def variety_of(samples: NDArray[np.uint8], pictures: NDArray[np.uint8]) -> float:
    """How much samples (N, H, W, C) differ from their mean, over how much pictures do; 1 is as much."""
    spread = [float(np.var(x.astype(np.float64), axis=0).mean()) for x in (samples, pictures)]
    return float(np.sqrt(spread[0] / max(spread[1], 1e-9)))


def _loss(run: RunView, split: str = "train") -> Curve | None:
    """What the training makes small: the loss, the negative bound, or the error."""
    for name, sign in (
        ("loss", 1.0),
        ("objective", 1.0),
        ("ELBO", -1.0),
        ("reconstruction", 1.0),
        ("squared error", 1.0),
    ):
        curve = run.curve(split, name)
        if curve is not None and len(curve):
            return Curve(curve.images, sign * curve.values)
    return None


def _number(run: RunView, name: str) -> float:
    value = run.values.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))
