"""Where the person stands, what must be shown there, and changing it."""

import numpy as np
import pytest
from pydantic import ValidationError

from explorer.state.history import Change, change
from explorer.state.place import Explore, Place
from explorer.state.resolve import Scene, resolve

CENTER = np.array([1, 2], np.float32)


# --- place ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        {"code": (float("nan"),)},
        {"code": (float("inf"),)},
        {"code": (1e39,)},
        {"seed": -1},
        {"bundle": 7},
        {"mood": "calm"},
    ],
)
def test_what_cannot_be_a_place(facts: dict) -> None:
    with pytest.raises(ValidationError):
        Place(**facts)


def test_a_place_is_a_fact() -> None:
    with pytest.raises(ValidationError):
        Place().seed = 3  # type: ignore[misc]


def test_the_state_refuses_what_cannot_be() -> None:
    explore = Explore()
    with pytest.raises(ValidationError):
        explore.smooth = "perhaps"  # type: ignore[assignment]
    assert explore == Explore()


def test_equal_places_tell_nobody() -> None:
    explore, told = Explore(), list[Place]()
    explore.events.place.connect(told.append)
    explore.place = Place(bundle="a", code=(1.0,), locked=frozenset({1}))
    explore.place = Place(bundle="a", code=(1.0,), locked=frozenset({1}))
    assert len(told) == 1


# --- scene ---------------------------------------------------------------------------------------------------------


def test_without_a_model_there_is_no_scene() -> None:
    assert resolve(Place(code=(1.0,))) is None


def test_only_what_can_be_seen_is_in_the_scene() -> None:
    plain = resolve(Place(bundle="a", code=(1.0, 2.0)))
    assert plain == Scene("a", (1.0, 2.0))
    assert resolve(Place(bundle="a", code=(1.0, 2.0), seed=3, locked=frozenset({0}))) == plain
    assert resolve(Place(bundle="b", code=(1.0, 2.0))) != plain
    assert resolve(Place(bundle="a", code=(1.0, 2.5))) != plain


@pytest.mark.parametrize(
    ("code", "vector"), [((3.0, 4.0), [3, 4]), (None, [1, 2]), ((3.0,), [1, 2]), ((3.0, 4.0, 5.0), [1, 2])]
)
def test_the_vector_of_a_scene(code: tuple[float, ...] | None, vector: list[float]) -> None:
    found = Scene("a", code).vector(CENTER)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vector)


# --- change --------------------------------------------------------------------------------------------------------


class Book:
    def __init__(self) -> None:
        self.made: list[Change] = []

    def make(self, change: Change) -> None:
        self.made.append(change)
        change.apply(change.new)


def test_a_change_knows_what_was_and_what_is() -> None:
    book, explore = Book(), Explore(smooth=False)
    assert change(book, explore, "smooth", True, "Change the scaling", gesture=4)
    assert book.made == [Change(explore, "smooth", False, True, "Change the scaling", 4)]
    assert explore.smooth is True
    book.made[0].apply(book.made[0].old)
    assert explore.smooth is False


def test_no_change_is_not_made() -> None:
    book, explore = Book(), Explore(smooth=False)
    assert not change(book, explore, "smooth", False, "Change the scaling")
    assert book.made == []
