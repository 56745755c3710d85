"""What a person wrote down about one model: own directions, marked pictures, groups and sums; frozen values."""

from typing import Annotated, Self

from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict, Field, model_validator

from explorer.state.place import Number

LONGEST_NAME = 60  # letters
HEAVIEST = 5.0  # the largest weight of a term
UNIT = 1e-3  # what the length of a direction may differ from 1

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Code = tuple[Number, ...]  # (D,), latent units


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pick(_Frozen):
    """One picture that a person said "more" or "less" of."""

    code: Code
    more: bool


class Trait(_Frozen):
    """A direction taught by picks, in a person's own words; what is fitted to them is computed, not kept."""

    name: Name
    picks: tuple[Pick, ...] = ()

    def side(self, more: bool) -> int:
        """How many picks there are of one kind."""
        return sum(pick.more == more for pick in self.picks)


class Made(_Frozen):
    """A direction made from others: a unit vector, and in words how."""

    name: Name
    vector: Code
    recipe: str = Field(default="", max_length=400)

    @model_validator(mode="after")
    def _of_unit_length(self) -> Self:
        length = sum(number * number for number in self.vector) ** 0.5
        if abs(length - 1) > UNIT:
            raise ValueError(f"a direction has length {length:g} instead of 1")
        return self


class Point(_Frozen):
    """A named point of the latent space: one picture, or the mean of a group of ``count``."""

    name: Name
    code: Code
    count: int = Field(default=1, ge=1)


class Term(_Frozen):
    """One part of a sum."""

    point: Point
    minus: bool = False
    weight: float = Field(default=1.0, ge=0.0, le=HEAVIEST)

    @property
    def signed(self) -> float:
        return -self.weight if self.minus else self.weight


class Notes(_Frozen):
    """Everything a person wrote down about one model."""

    traits: tuple[Trait, ...] = ()
    made: tuple[Made, ...] = ()
    question: str = Field(default="", max_length=LONGEST_NAME)  # the trait that marks go to
    groups: tuple[Point, ...] = ()
    terms: tuple[Term, ...] = ()
    analogy: tuple[Point | None, Point | None, Point | None] = (None, None, None)

    def fits(self, size: int) -> bool:
        """Whether everything has as many numbers as the model's codes."""
        points = [*self.groups, *(term.point for term in self.terms), *(point for point in self.analogy if point)]
        codes = [pick.code for trait in self.traits for pick in trait.picks]
        codes += [made.vector for made in self.made] + [point.code for point in points]
        return all(len(code) == size for code in codes)

    def trait(self, name: str) -> Trait | None:
        """The trait of that name, or None."""
        return next((trait for trait in self.traits if trait.name == name), None)

    def free_name(self, wanted: str) -> str:
        """``wanted``, shortened and numbered until no own direction has it."""
        taken = {own.name for own in (*self.traits, *self.made)}
        return unused(wanted, taken)


class Notebook(EventedModel):
    """The notes of one model, changed by ``History``."""

    model_config = ConfigDict(validate_assignment=True)
    notes: Notes = Notes()


def unused(wanted: str, taken: set[str]) -> str:
    """``wanted``, shortened and numbered until it is not in ``taken``."""
    name, number = wanted[:LONGEST_NAME], 2
    while name in taken:
        ending = f" {number}"
        name = wanted[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return name
