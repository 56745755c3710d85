"""The facts at the bottom of the window and in its corner, as values; pure functions of what is on stage."""

from dataclasses import dataclass

from explorer.control.stage import Stage
from explorer.state.place import Place

USUAL = 2.0  # standard deviations of the distance that still count as usual


@dataclass(frozen=True)
class Distance:
    """How far from the prior's centre, and how far samples usually are."""

    value: float
    expected: float
    deviation: float
    name: str  # "norm" for N(0, I), else "distance"

    @property
    def unusual(self) -> bool:
        """Whether few samples of the prior lie this far in or out."""
        return abs(self.value - self.expected) > USUAL * self.deviation

    @property
    def sentence(self) -> str:
        """``norm 5.71 of 5.61 expected``."""
        return f"{self.name} {self.value:.2f} of {self.expected:.2f} expected"


def distance(stage: Stage) -> Distance | None:
    """Of the picture in view; None without one, or where its code is not drawn from a prior."""
    picture = stage.picture
    if picture is None or picture.model.decodes is None:
        return None
    if not picture.model.flat and picture.model.unfolds is None and picture.model.styles is None:
        return None  # a code with positions, or a picture, is no draw of independent numbers
    decodes = picture.model.decodes
    prior = decodes.prior
    name = "norm" if decodes.space.prior.kind == "normal" else "distance"
    return Distance(prior.distance(picture.code), prior.expected_distance, prior.distance_deviation, name)


def origin(place: Place) -> str:
    """``seed 42``, or that the point was made by hand."""
    if place.seed is not None:
        return f"seed {place.seed}"
    return "centre of the prior" if place.code is None else "set by hand"
