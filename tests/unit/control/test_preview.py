"""A slow model: a preview while the hand moves, the whole picture when it is still, and nothing twice."""

from dataclasses import replace
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.control.picture import PictureController, PictureView
from explorer.control.stage import Stage
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, ToyDecodes, ToyModels, decoder_of, pixels_at, toy_model

SLOW, SMALL = "/models/slow", Toy(size=4)
HERE, THERE = (0.5, -1.0, 2.0, 0.0), (1.5, 1.0, -2.0, 0.25)


class Desk:
    """A picture controller over a model whose preview is a smaller toy."""

    def __init__(self) -> None:
        self.model = replace(toy_model(SLOW), preview=ToyDecodes(SMALL))
        self.explore, self.stage, self.lane = Explore(), Stage(), HandLane()
        self.view = create_autospec(PictureView, instance=True)
        self.pictures = PictureController(self.explore, self.stage, self.lane, ToyModels(self.model), self.view)
        self.previews = 0
        self.pictures.told = self.count

    def count(self) -> None:
        self.previews += 1

    def go(self, code: tuple[float, ...]) -> None:
        self.explore.place = Place(bundle=SLOW, code=code)

    @property
    def sizes(self) -> list[int]:
        return [found.args[0].shape[0] for found in self.view.show_picture.call_args_list]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_preview_comes_first_and_the_whole_when_the_hand_is_still(desk: Desk):
    desk.go(HERE)
    desk.lane.run()
    assert desk.sizes == [4] and desk.previews == 1
    assert desk.stage.model is desk.model and desk.stage.picture is None, "a preview is nothing to save or to measure"
    assert desk.pictures.refine()
    desk.lane.run()
    assert desk.sizes == [4, 8] and desk.stage.picture is not None
    np.testing.assert_array_equal(desk.stage.picture.pixels, pixels_at(desk.model, HERE))
    assert not desk.pictures.refine(), "nothing is left to do"


def test_while_the_hand_moves_nothing_whole_is_computed(desk: Desk):
    for step in range(5):
        desk.go((float(step), 0.0, 0.0, 0.0))
        desk.lane.run()
    assert desk.sizes == [4] * 5 and decoder_of(desk.model).decoded == 0


def test_a_hand_that_moves_again_ends_the_whole_picture_at_once(desk: Desk):
    desk.go(HERE)
    desk.lane.run()
    desk.pictures.refine()
    late, cancelled = desk.lane.compute(), desk.lane.cancelled
    desk.go(THERE)
    assert desk.lane.cancelled == cancelled + 1
    late()
    desk.lane.run()
    assert desk.sizes == [4, 4] and desk.stage.picture is None
    desk.pictures.refine()
    desk.lane.run()
    assert desk.stage.picture is not None
    np.testing.assert_array_equal(desk.stage.picture.pixels, pixels_at(desk.model, THERE))


def test_the_same_place_told_again_asks_for_nothing(desk: Desk):
    desk.go(HERE)
    desk.lane.run()
    asked = desk.lane.asked
    desk.pictures.refresh()
    assert desk.lane.asked == asked
    desk.pictures.refine()
    desk.lane.run()
    desk.pictures.refresh()
    assert desk.lane.asked == asked + 1


def test_a_fault_of_the_whole_is_told_and_can_be_tried_again(desk: Desk):
    from explorer.contract.errors import ModelFault

    desk.go(HERE)
    desk.lane.run()
    decoder_of(desk.model).fault = ModelFault("It failed. Do this.")
    desk.pictures.refine()
    desk.lane.run()
    desk.view.show_error.assert_called_once_with("It failed. Do this.")
    decoder_of(desk.model).fault = None
    desk.pictures.refresh()
    desk.lane.run()
    desk.pictures.refine()
    desk.lane.run()
    assert desk.sizes == [4, 4, 8]


def test_small_pictures_are_drawn_by_the_preview(desk: Desk):
    assert desk.stage.small is None
    desk.stage.model = desk.model
    assert desk.stage.small is desk.model.preview
    desk.stage.model = toy_model()
    assert desk.stage.small is desk.stage.decodes
