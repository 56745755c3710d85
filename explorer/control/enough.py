"""How many steps are enough: how far pictures of fewer steps are from the one that very many lead to."""

from dataclasses import dataclass

import numpy as np

from explorer.contract.pixels import Pixels
from explorer.latent.sampling import Sampling

REFERENCE_STEPS = 200
NEAR = 4.0  # grey values of 255, root mean square: hardly seen side by side
ENDLESS = "draws fresh noise, so more steps lead to another picture"


@dataclass(frozen=True)
class Curve:
    """Of one way: the distance to its reference for each count of steps, in grey values; None: still to come."""

    name: str
    distances: tuple[float | None, ...]


@dataclass(frozen=True)
class Enough:
    """What a chart shows: the counts of steps, a curve a row, and the same in words."""

    counts: tuple[int, ...]
    curves: tuple[Curve, ...]
    sentence: str


def reference(sampling: Sampling) -> Sampling | None:
    """The long way that all ways without fresh noise come near to, whatever their sampler; None where there is none."""
    if sampling.random:
        return None
    return sampling.in_steps(REFERENCE_STEPS).model_copy(update={"sampler": "dpm", "eta": 0.0})


def distance(a: Pixels, b: Pixels) -> float:
    """Root mean square of the difference, in grey values of 255."""
    return float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2)))


def enough_words(counts: tuple[int, ...], curves: tuple[Curve, ...], endless: tuple[str, ...]) -> str:
    """From how many steps on each way stays near its reference."""
    found: list[str] = []
    for curve in curves:
        if any(value is None for value in curve.distances):
            continue
        far = [at for at, value in enumerate(curve.distances) if value is not None and value > NEAR]
        first = far[-1] + 1 if far else 0
        found.append(f"{curve.name} from {counts[first]}" if first < len(counts) else f"{curve.name} not yet")
    told = [f"Within {NEAR:g} grey values of {REFERENCE_STEPS} steps: {', '.join(found)}."] if found else []
    if len(found) < len(curves):
        told.append(f"Some of the ways of {REFERENCE_STEPS} steps are still being walked.")
    return " ".join([*told, *(f"{name} {ENDLESS}." for name in endless)])
