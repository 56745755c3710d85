"""The model beside: the same point in both, each in its own units, or left where it was."""

from dataclasses import dataclass
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.control.beside import BesideController, BesideView
from explorer.control.stage import Picture, Stage
from explorer.latent.priors import gaussian
from explorer.models.capabilities import Model
from explorer.state.beside import Beside
from explorer.state.library import Item, Library
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, ToyModels, pixels_at, toy_model

WIDE = gaussian(np.full(4, 2.0, np.float32), np.diag([4.0, 4.0, 4.0, 4.0]).astype(np.float32), 4)


@dataclass
class Desk:
    explore: Explore
    stage: Stage
    steps: Steps
    lane: HandLane
    view: BesideView
    beside: BesideController
    first: Model
    second: Model

    def stand_at(self, *code: float) -> None:
        point = np.array(code, np.float32)
        self.stage.picture = Picture(1, self.first, point, pixels_at(self.first, point), 1.0)


@pytest.fixture
def desk() -> Desk:
    first, second = toy_model("/first", Toy()), toy_model("/second", Toy(), prior=WIDE)
    small = toy_model("/small", Toy(dims=3))
    explore, stage, steps, lane = Explore(place=Place(bundle="/first")), Stage(), Steps(), HandLane()
    view = create_autospec(BesideView, instance=True)
    library = Library((Item("/second", "second", ""), Item("/torn", "torn", "", fault="It is torn.")))
    models = ToyModels(first, second, small)
    return Desk(
        explore, stage, steps, lane, view,
        BesideController(explore, stage, library, steps, lane, models, view), first, second,
    )  # fmt: skip


def shown(desk: Desk) -> np.ndarray:
    return desk.view.show_beside.call_args.args[0]


def test_lock_step_shows_the_same_point_in_both(desk: Desk) -> None:
    desk.stand_at(1.0, -1.0, 0.5, 0.0)
    desk.beside.choose("/second")
    desk.lane.run()
    code = 2 + 2 * np.array([1.0, -1.0, 0.5, 0.0], np.float32)
    assert desk.beside.second is not None
    np.testing.assert_allclose(desk.beside.second.code, code)
    np.testing.assert_array_equal(shown(desk), pixels_at(desk.second, code))


def test_it_walks_along(desk: Desk) -> None:
    desk.stand_at(0.0, 0.0, 0.0, 0.0)
    desk.beside.choose("/second")
    desk.lane.run()
    desk.stand_at(1.0, 1.0, 1.0, 1.0)
    desk.lane.run()
    assert desk.beside.second is not None
    np.testing.assert_allclose(desk.beside.second.code, np.full(4, 4.0))


def test_unlinked_it_stays(desk: Desk) -> None:
    desk.stand_at(1.0, 0.0, 0.0, 0.0)
    desk.beside.choose("/second")
    desk.lane.run()
    desk.beside.link(False)
    desk.stand_at(-3.0, 0.0, 0.0, 0.0)
    if desk.lane.waiting is not None:
        desk.lane.run()
    assert desk.beside.second is not None
    np.testing.assert_allclose(desk.beside.second.code, [4.0, 2.0, 2.0, 2.0])
    assert desk.explore.beside.sigmas == (1.0, 0.0, 0.0, 0.0)


def test_each_change_is_one_step_back(desk: Desk) -> None:
    desk.stand_at(0.0, 0.0, 0.0, 0.0)
    desk.beside.choose("/second")
    desk.beside.link(False)
    desk.steps.undo()
    desk.steps.undo()
    assert desk.explore.beside == Beside()
    desk.view.show_beside.assert_called_with(None, "")


def test_another_size_says_so(desk: Desk) -> None:
    desk.stand_at(0.0, 0.0, 0.0, 0.0)
    desk.beside.choose("/small")
    desk.lane.run()
    (sentence,) = desk.view.show_beside_fault.call_args.args
    assert "3 numbers" in sentence and "4" in sentence
    assert desk.beside.second is None


def test_only_models_that_open_are_offered(desk: Desk) -> None:
    desk.beside.offer()
    desk.view.show_choices.assert_called_with((("/second", "second"),), "")


def test_the_same_point_is_asked_for_once(desk: Desk) -> None:
    desk.stand_at(0.0, 0.0, 0.0, 0.0)
    desk.beside.choose("/second")
    desk.lane.run()
    desk.stand_at(0.0, 0.0, 0.0, 0.0)
    assert desk.lane.waiting is None
