"""What stays loaded and what goes when the budget is spent."""

from collections.abc import Callable

import pytest

from explorer.runtime.shelf import Shelf


class Loads:
    """Counts what is really loaded."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str, size: int = 10) -> Callable[[], tuple[str, int]]:
        def load() -> tuple[str, int]:
            self.names.append(name)
            return name.upper(), size

        return load


def test_a_thing_is_loaded_once() -> None:
    shelf, loads = Shelf[str](100), Loads()
    assert [shelf.get("a", loads("a")) for _ in range(3)] == ["A", "A", "A"]
    assert loads.names == ["a"]


def test_the_least_recently_used_goes_first() -> None:
    shelf, loads = Shelf[str](30), Loads()
    for name in "abcad":  # a was used again before d came
        shelf.get(name, loads(name))
    assert shelf.size_bytes == 30
    for name in "acd":
        shelf.get(name, loads(name))
    assert loads.names == ["a", "b", "c", "d"]
    shelf.get("b", loads("b"))
    assert loads.names == ["a", "b", "c", "d", "b"]


def test_one_large_thing_makes_room_for_itself() -> None:
    shelf, loads = Shelf[str](30), Loads()
    for name in "abc":
        shelf.get(name, loads(name))
    shelf.get("large", loads("large", 25))
    assert shelf.size_bytes == 25


def test_the_newest_stays_even_when_it_is_over_the_budget_alone() -> None:
    shelf, loads = Shelf[str](30), Loads()
    shelf.get("a", loads("a"))
    assert shelf.get("vast", loads("vast", 1_000)) == "VAST"
    assert shelf.get("vast", loads("vast", 1_000)) == "VAST"
    assert shelf.size_bytes == 1_000
    shelf.get("a", loads("a"))
    assert shelf.size_bytes == 10


def test_a_dropped_thing_is_loaded_afresh() -> None:
    shelf, loads = Shelf[str](30), Loads()
    shelf.get("a", loads("a"))
    shelf.drop("a")
    shelf.drop("never there")
    shelf.get("a", loads("a"))
    assert loads.names == ["a", "a"]


def test_what_fails_to_load_leaves_the_shelf_as_it_was() -> None:
    shelf, loads = Shelf[str](30), Loads()
    shelf.get("a", loads("a"))

    def broken() -> tuple[str, int]:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        shelf.get("b", broken)
    assert shelf.size_bytes == 10
    shelf.get("a", loads("a"))
    assert loads.names == ["a"]


def test_it_counts_what_it_holds_no_more() -> None:
    shelf, loads = Shelf[str](20), Loads()
    shelf.drop("nothing")
    for name in "abc":
        shelf.get(name, loads(name))
    assert shelf.gone == 1
    shelf.drop("c")
    assert shelf.gone == 2
