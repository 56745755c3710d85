"""A code on the clipboard: there and back, and what is none says so."""

from collections.abc import Callable

import numpy as np
import pytest

from explorer.control.codes import CodesController
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.state.place import Explore, Place
from tests.unit.control.stand import Steps, toy_model

CODE = (0.10000000149011612, -1.25, 3.0, 0.0)  # what 32 bits hold


class Desk:
    def __init__(self) -> None:
        self.explore, self.stage, self.steps = Explore(), Stage(), Steps()
        self.clipboard = ""
        self.told: list[tuple[str, bool]] = []
        walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.codes = CodesController(self.explore, self.stage, walk, lambda: self.clipboard, self.write, self)
        self.stage.model = toy_model()
        self.explore.place = Place(bundle=self.stage.model.key, code=CODE)

    def write(self, text: str) -> None:
        self.clipboard = text

    def tell(self, sentence: str, *, error: bool) -> None:
        self.told.append((sentence, error))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_code_goes_to_the_clipboard_and_comes_back(desk: Desk) -> None:
    desk.codes.copy()
    assert desk.clipboard == "toy: [0.1, -1.25, 3.0, 0.0]"
    desk.explore.place = desk.explore.place.model_copy(update={"code": None})
    desk.codes.paste()
    assert desk.explore.place.code == CODE
    assert desk.steps.words == ["Paste a code"]
    desk.steps.undo()
    assert desk.explore.place.code is None


def test_without_a_code_it_is_the_centre(desk: Desk) -> None:
    desk.explore.place = desk.explore.place.model_copy(update={"code": None})
    desk.codes.copy()
    assert desk.clipboard == "toy: [0.0, 0.0, 0.0, 0.0]"


@pytest.mark.parametrize("text", ["", "hello", "[1, 2]", "[1, 2, 3, NaN]", "[1, 2, 3, 1e99]"])
def test_what_is_no_code_is_told_and_moves_nothing(desk: Desk, text: str) -> None:
    desk.clipboard = text
    desk.codes.paste()
    ((sentence, error),) = desk.told
    assert error
    assert sentence.startswith(("The clipboard holds", "The code on the clipboard holds"))
    assert desk.explore.place.code == CODE
    assert desk.steps.made == []


@pytest.mark.parametrize("do", [CodesController.copy, CodesController.paste])
def test_without_a_model_nothing_happens(desk: Desk, do: Callable[[CodesController], None]) -> None:
    desk.stage.model = None
    do(desk.codes)
    assert desk.clipboard == ""
    assert desk.told == []
