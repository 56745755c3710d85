"""Notes about a model: frozen, and what does not fit is refused at the door."""

import json

import pytest
from pydantic import ValidationError

from explorer.state.notebook import LONGEST_NAME, Made, Notes, Pick, Point, Term, Trait, unused

TRAIT = Trait(name="smiling", picks=(Pick(code=(1.0, 2.0), more=True), Pick(code=(3.0, 4.0), more=False)))


def test_they_come_back_from_json_as_they_were() -> None:
    notes = Notes(
        traits=(TRAIT,),
        made=(Made(name="both", vector=(0.6, 0.8), recipe="smiling + hat"),),
        question="smiling",
        groups=(Point(name="hats", code=(0.1, 0.2), count=7),),
        terms=(Term(point=Point(name="this", code=(1.0, 0.0)), minus=True, weight=0.5),),
        analogy=(None, Point(name="b", code=(0.0, 0.0)), None),
    )
    assert Notes.model_validate(json.loads(json.dumps(notes.model_dump(mode="json")))) == notes


@pytest.mark.parametrize(
    "notes",
    [
        {"traits": [{"name": "x", "picks": [{"code": [float("nan")], "more": True}]}]},
        {"traits": [{"name": "", "picks": []}]},
        {"made": [{"name": "x", "vector": [0.0, 0.0]}]},
        {"made": [{"name": "x", "vector": [3.0, 4.0]}]},
        {"terms": [{"point": {"name": "x", "code": [1.0]}, "weight": -1}]},
        {"question": "x" * (LONGEST_NAME + 1)},
        {"unheard": 1},
    ],
)
def test_what_cannot_be_is_refused(notes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Notes.model_validate(notes)


def test_codes_of_another_length_do_not_fit() -> None:
    assert Notes().fits(3)
    assert Notes(traits=(TRAIT,)).fits(2)
    assert not Notes(traits=(TRAIT,)).fits(3)
    assert not Notes(analogy=(None, None, Point(name="c", code=(1.0,)))).fits(2)


def test_sides_are_counted() -> None:
    assert (TRAIT.side(True), TRAIT.side(False)) == (1, 1)


def test_names_stay_short_and_are_given_once() -> None:
    assert unused("hat", set()) == "hat"
    assert unused("hat", {"hat", "hat 2"}) == "hat 3"
    long = "x" * 200
    first = unused(long, set())
    second = unused(long, {first})
    assert len(first) == len(second) == LONGEST_NAME
    assert first != second
    assert Notes(traits=(TRAIT,)).free_name("smiling") == "smiling 2"
