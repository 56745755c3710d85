"""All directions of the model on stage as one list: those that came with it, those that were taught and those made."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.contract.manifest import Direction
from explorer.control.picks import accuracy_words
from explorer.control.stage import Stage
from explorer.latent.directions import Fit, over_layers, within_layers
from explorer.models.capabilities import Decodes
from explorer.state.directionslook import Layers
from explorer.state.notebook import Made, Notes

Group = Literal["own", "attribute", "pca", "other"]

Rows = tuple[int, int, int]  # how many layers there are, the first and the last that are meant

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
    changes: tuple[tuple[str, float], ...] = ()  # attributes, and in what share of pictures a step changes each


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
    prior, encoded = decodes.prior, stage.offered
    if encoded is None or len(encoded) < 2:
        return Frame(prior.center, None, prior.deviation)
    center = encoded.codes.mean(axis=0)
    return Frame(center, encoded.codes - center, prior.deviation)


def axes_of(stage: Stage, notes: Notes, frame: Frame, limit: Layers = None) -> tuple[Axis, ...]:
    """The person's own first, then attributes, principal axes and what else came with the model.

    ``limit`` says which layers they act on, where each layer has a style of its own.
    """
    came, layers = stage.directions, layers_of(stage)

    def rows(meant: tuple[int, int] | None) -> Rows | None:
        """The layers that a direction acts on, which is meant for those or for all."""
        if layers is None:
            return None
        first, last = (meant if limit == "own" else limit) or (0, layers - 1)
        last = min(last, layers - 1)
        return layers, min(first, last), last

    stored = (
        () if came is None
        else tuple(_stored(k, fact, came.vectors[k], frame, rows(fact.layers)) for k, fact in enumerate(came.facts))
    )  # fmt: skip
    taught = tuple(_taught(name, fit, frame, rows(None)) for name, fit in stage.taught.items())
    made = tuple(_made(own, frame, rows(None)) for own in notes.made)
    order: tuple[Group, ...] = ("attribute", "pca", "other")
    return (*taught, *made, *(axis for group in order for axis in stored if axis.group == group))


def layers_of(stage: Stage) -> int | None:
    """How many layers a point has styles for, one each; None: a point is a plain vector."""
    model = stage.model
    shape = () if model is None or model.decodes is None else model.decodes.space.shape
    return shape[0] if len(shape) == 2 else None


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


def changes_words(axis: Axis) -> str:
    """What a step along a direction changes, its own attribute first: a sentence, or nothing where it was not tried."""
    own = {name: share for name, share in axis.changes if name in (topic_of(axis.name), "class")}
    others = sorted(((share, name) for name, share in axis.changes if name not in own), reverse=True)
    said = [f"changes the {name} in {_percent(share)} of pictures" for name, share in own.items()]
    if others:
        worst = f", most often {others[0][1]} ({_percent(others[0][0])})" if len(others) > 1 else ""
        mean = sum(share for share, _ in others) / len(others)
        said.append(f"{'' if said else 'changes '}another attribute in {_percent(mean)}{worst}")
    return f" A step {', '.join(said)}." if said else ""


def topic_of(name: str) -> str:
    """The attribute of a direction such as ``mouth: smile``; the name itself where it is of none."""
    return name.split(": ")[0]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def taught_key(name: str) -> str:
    """The key of the direction taught by the picks of that name."""
    return f"taught:{name}"


def made_key(name: str) -> str:
    """The key of the direction of that name that was made from others."""
    return f"made:{name}"


def _stored(number: int, fact: Direction, vector: NDArray[np.float32], frame: Frame, rows: Rows | None) -> Axis:
    group: Group = fact.origin if fact.origin in ("pca", "attribute") else "other"
    factor = 1.0
    if rows is not None:
        layers, first, last = rows
        vector, factor = over_layers(vector, layers, first, last), float(np.sqrt(last - first + 1))
    known = frame.deviation(vector) if fact.deviation is None else factor * fact.deviation
    axis = Axis(
        f"stored:{number}", fact.name, group, vector, max(known, FLAT), *quality_words(fact),
        changes=tuple((reference.name, reference.value) for reference in fact.disturbs),
    )  # fmt: skip
    others = [share for name, share in axis.changes if name not in (topic_of(axis.name), "class")]
    short = f"{axis.short} · others {_percent(sum(others) / len(others))}" if others else axis.short
    return replace(axis, short=short, sentence=axis.sentence + changes_words(axis))


def _kept(vector: NDArray[np.float32], rows: Rows | None) -> NDArray[np.float32]:
    """What of a person's own direction lies in these layers; all of it where nothing does."""
    if rows is None:
        return vector
    try:
        return within_layers(vector, *rows)
    except ValueError:
        return vector


def _taught(name: str, fit: Fit, frame: Frame, rows: Rows | None) -> Axis:
    vector = _kept(fit.vector, rows)
    short = f"right on {100 * fit.accuracy:.0f} % of picks held out"
    sentence = f"From {fit.more + fit.less} picks. {accuracy_words(fit)}."
    return Axis(taught_key(name), name, "own", vector, frame.deviation(vector), short, sentence, own=True)


def _made(own: Made, frame: Frame, rows: Rows | None) -> Axis:
    vector = _kept(np.array(own.vector, np.float32), rows)
    sentence = f"Made from others: {own.recipe}."
    return Axis(made_key(own.name), own.name, "own", vector, frame.deviation(vector), own.recipe, sentence, own=True)
