"""All directions of the model on stage as one list: those that came with it, those that were taught and those made."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.contract.manifest import Direction
from explorer.control.picks import accuracy_words
from explorer.control.stage import Stage
from explorer.latent.directions import Fit
from explorer.models.capabilities import Decodes
from explorer.state.notebook import Made, Notes

Group = Literal["own", "attribute", "pca", "other"]

FLAT = 1e-6  # the least deviation along a direction, latent units: data that does not vary there must not divide by 0


@dataclass(frozen=True, eq=False)
class Axis:
    """One direction: ``vector`` (D,) of unit length, ``deviation`` of the data along it in latent units."""

    key: str
    name: str
    group: Group
    vector: NDArray[np.float32]
    deviation: float
    short: str  # how good it is, for one line: "29 % of the variance"
    sentence: str  # the same for a whole line or two
    own: bool = False  # may be renamed and deleted


@dataclass(frozen=True, eq=False)
class Frame:
    """What values along directions are measured from and in: the middle and spread of the data, or of the prior."""

    center: NDArray[np.float32]  # (D,)
    offsets: NDArray[np.float32] | None  # (N, D) of the data's codes from the middle
    spread: NDArray[np.float32]  # (D,) of the prior, for where there is no data

    def deviation(self, vector: NDArray[np.float32]) -> float:
        """The standard deviation along a unit vector."""
        if self.offsets is None:
            return max(float(np.linalg.norm(self.spread * vector)), FLAT)
        return max(float(np.sqrt(np.square(self.offsets @ vector, dtype=np.float64).mean())), FLAT)

    def value(self, axis: Axis, code: NDArray[np.float32]) -> float:
        """Where a code stands along an axis: the projection of its offset from the middle, in deviations."""
        return float((code - self.center).astype(np.float64) @ axis.vector) / axis.deviation


def frame_of(stage: Stage, decodes: Decodes) -> Frame:
    """That of the model on stage."""
    prior, encoded = decodes.prior, stage.encoded
    if encoded is None or len(encoded) < 2:
        return Frame(prior.center, None, prior.deviation)
    center = encoded.codes.mean(axis=0)
    return Frame(center, encoded.codes - center, prior.deviation)


def axes_of(stage: Stage, notes: Notes, frame: Frame) -> tuple[Axis, ...]:
    """The person's own first, then attributes, principal axes and what else came with the model."""
    came = stage.directions
    stored = (
        () if came is None
        else tuple(_stored(k, fact, came.vectors[k], frame) for k, fact in enumerate(came.facts))
    )  # fmt: skip
    taught = tuple(_taught(name, fit, frame) for name, fit in stage.taught.items())
    made = tuple(_made(own, frame) for own in notes.made)
    order: tuple[Group, ...] = ("attribute", "pca", "other")
    return (*taught, *made, *(axis for group in order for axis in stored if axis.group == group))


def quality_words(fact: Direction) -> tuple[str, str]:
    """How good a direction is: for one line, and as a sentence that names it."""
    if fact.quality is None:
        return "", "How good it is was not measured."
    percent, metric = f"{100 * fact.quality:.0f}\N{NO-BREAK SPACE}%", fact.quality_metric
    if "accuracy" in metric:
        data = "test pictures" if "test" in metric else "pictures"
        return (
            f"right on {percent} of {data}",
            f"Tells “{fact.name}” from the rest in {percent} of {data}; chance is 50\N{NO-BREAK SPACE}%.",
        )
    if "variance" in metric:
        return f"{percent} of the variance", f"Holds {percent} of all the variance of the codes."
    return f"{fact.quality:.2g} {metric}", f"{metric.capitalize()}: {fact.quality:.3g}."


def taught_key(name: str) -> str:
    """The key of the direction taught by the picks of that name."""
    return f"taught:{name}"


def made_key(name: str) -> str:
    """The key of the direction of that name that was made from others."""
    return f"made:{name}"


def _stored(number: int, fact: Direction, vector: NDArray[np.float32], frame: Frame) -> Axis:
    group: Group = fact.origin if fact.origin in ("pca", "attribute") else "other"
    deviation = fact.deviation if fact.deviation is not None else frame.deviation(vector)
    return Axis(f"stored:{number}", fact.name, group, vector, max(deviation, FLAT), *quality_words(fact))


def _taught(name: str, fit: Fit, frame: Frame) -> Axis:
    short = f"right on {100 * fit.accuracy:.0f} % of picks held out"
    sentence = f"From {fit.more + fit.less} picks. {accuracy_words(fit)}."
    return Axis(taught_key(name), name, "own", fit.vector, frame.deviation(fit.vector), short, sentence, own=True)


def _made(own: Made, frame: Frame) -> Axis:
    vector = np.array(own.vector, np.float32)
    sentence = f"Made from others: {own.recipe}."
    return Axis(made_key(own.name), own.name, "own", vector, frame.deviation(vector), own.recipe, sentence, own=True)
