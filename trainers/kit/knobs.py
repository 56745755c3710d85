"""What forms and command lines need to know of a number beside its type: its unit and its range."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval


@dataclass(frozen=True)
class Unit:
    """What a number counts, for a form to show."""

    name: str


Images = Annotated[int, Interval(ge=0), Unit("images")]
Pixels = Annotated[int, Interval(ge=0, le=1_024), Unit("pixels")]
Share = Annotated[float, Interval(ge=0, le=1)]
