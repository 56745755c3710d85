"""The picture in view: what is asked for, what is shown, and what is never shown."""

from unittest.mock import call, create_autospec

import numpy as np
import pytest

from explorer.contract.errors import DamagedBundle, ModelFault
from explorer.control.picture import PictureController, PictureView
from explorer.control.stage import Stage
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, ToyModels, decoder_of, pixels_at, toy_model

A, B = "/models/a", "/models/b"
HERE, THERE = (0.5, -1.0, 2.0, 0.0), (1.5, 1.0, -2.0, 0.25)


class Desk:
    """A picture controller over two models."""

    def __init__(self) -> None:
        self.a, self.b = toy_model(A), toy_model(B, Toy(seed=1, size=6, channels=3))
        self.models = ToyModels(self.a, self.b)
        self.explore, self.stage, self.lane = Explore(), Stage(), HandLane()
        self.view = create_autospec(PictureView, instance=True)
        self.pictures = PictureController(self.explore, self.stage, self.lane, self.models, self.view)

    def go(self, bundle: str, code: tuple[float, ...] | None = HERE, **more: object) -> None:
        self.explore.place = Place(bundle=bundle, code=code, **more)  # type: ignore[arg-type]

    @property
    def shown(self) -> list[np.ndarray]:
        return [found.args[0] for found in self.view.show_picture.call_args_list]


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- showing -------------------------------------------------------------------------------------------------------


def test_the_picture_of_the_place_is_shown(desk: Desk) -> None:
    desk.go(A)
    desk.lane.run()
    (pixels,) = desk.shown
    np.testing.assert_array_equal(pixels, pixels_at(desk.a, HERE))
    picture = desk.stage.picture
    assert picture is not None
    assert picture.model is desk.a
    assert picture.run_ms >= 0
    np.testing.assert_array_equal(picture.code, np.asarray(HERE, np.float32))
    assert desk.view.show_picture.call_args == call(picture.pixels, desk.pictures.token)


def test_without_a_code_it_is_the_centre_of_the_prior(desk: Desk) -> None:
    desk.go(A, None)
    desk.lane.run()
    np.testing.assert_array_equal(desk.shown[0], pixels_at(desk.a, (0, 0, 0, 0)))


def test_a_code_of_another_size_is_the_centre_too(desk: Desk) -> None:
    desk.go(A, (1.0, 2.0))
    desk.lane.run()
    np.testing.assert_array_equal(desk.shown[0], pixels_at(desk.a, (0, 0, 0, 0)))


def test_a_walk_shows_its_preview_before_a_newer_one_ends_it(desk: Desk) -> None:
    desk.go(A)
    assert desk.lane.kept  # else a hand that moves faster than previews come sees none: see tests/unit/tasks


def test_tokens_count_up(desk: Desk) -> None:
    for code in (HERE, THERE):
        desk.go(A, code)
        desk.lane.run()
    assert [found.args[1] for found in desk.view.show_picture.call_args_list] == [1, 2]


def test_only_the_newest_of_many_places_is_decoded(desk: Desk) -> None:
    for step in range(20):
        desk.go(A, (float(step), 0.0, 0.0, 0.0))
    desk.lane.run()
    assert decoder_of(desk.a).decoded == 1
    np.testing.assert_array_equal(desk.shown[0], pixels_at(desk.a, (19, 0, 0, 0)))


def test_an_answer_to_an_older_place_of_the_same_model_may_be_shown_on_the_way(desk: Desk) -> None:
    desk.go(A, HERE)
    deliver = desk.lane.compute()
    desk.go(A, THERE)
    deliver()
    desk.lane.run()
    assert [found.args[1] for found in desk.view.show_picture.call_args_list] == [1, 2]
    np.testing.assert_array_equal(desk.shown[1], pixels_at(desk.a, THERE))


# --- equal scenes --------------------------------------------------------------------------------------------------


def test_equal_scenes_ask_nothing(desk: Desk) -> None:
    desk.go(A)
    desk.lane.run()
    desk.go(A, locked=frozenset({1}))
    desk.go(A, seed=7)
    desk.pictures.refresh()
    desk.explore.smooth = False
    assert desk.lane.asked == 1


def test_while_it_is_on_its_way_it_is_not_asked_for_again(desk: Desk) -> None:
    desk.go(A)
    deliver = desk.lane.compute()
    desk.pictures.refresh()
    desk.go(A, seed=7)
    deliver()
    assert desk.lane.asked == 1
    assert len(desk.shown) == 1


def test_going_back_asks_again(desk: Desk) -> None:
    for code in (HERE, THERE, HERE):
        desk.go(A, code)
        desk.lane.run()
    assert len(desk.shown) == 3
    np.testing.assert_array_equal(desk.shown[0], desk.shown[2])


# --- other models --------------------------------------------------------------------------------------------------


def test_opening_says_so_and_moving_does_not(desk: Desk) -> None:
    desk.go(A, HERE)
    desk.lane.run()
    desk.go(A, THERE)
    desk.lane.run()
    desk.go(B, HERE)
    desk.lane.run()
    assert desk.view.show_busy.call_args_list == [call("Opening the model …")] * 2


def test_a_picture_of_another_model_is_never_shown(desk: Desk) -> None:
    desk.go(A)
    deliver = desk.lane.compute()
    desk.go(B)
    deliver()
    assert desk.shown == []
    assert desk.stage.model is None
    desk.lane.run()
    assert desk.stage.model is desk.b
    np.testing.assert_array_equal(desk.shown[0], pixels_at(desk.b, HERE))


def test_a_picture_of_a_model_that_was_closed_is_never_shown(desk: Desk) -> None:
    desk.go(A)
    deliver = desk.lane.compute()
    desk.explore.place = Place()
    deliver()
    assert desk.shown == []
    assert desk.lane.cancelled == 1


def test_no_model_is_said_and_nothing_is_on_stage(desk: Desk) -> None:
    desk.go(A)
    desk.lane.run()
    desk.explore.place = Place()
    assert desk.view.show_empty.call_count == 1
    assert (desk.stage.model, desk.stage.picture) == (None, None)


def test_the_model_comes_on_stage_with_its_first_picture(desk: Desk) -> None:
    told = []
    desk.stage.events.model.connect(lambda model: told.append(model))
    for code in (HERE, THERE):
        desk.go(A, code)
        desk.lane.run()
    desk.go(B)
    desk.lane.run()
    assert told == [desk.a, desk.b]


def test_a_model_loaded_afresh_takes_the_stage(desk: Desk) -> None:
    desk.go(A, HERE)
    desk.lane.run()
    again = toy_model(A, Toy(seed=9))
    desk.models.by_path[A] = again
    desk.go(A, THERE)
    desk.lane.run()
    assert desk.stage.model is again
    np.testing.assert_array_equal(desk.shown[1], pixels_at(again, THERE))


# --- failures ------------------------------------------------------------------------------------------------------


def test_a_model_that_does_not_open_is_told_and_the_next_one_opens(desk: Desk) -> None:
    desk.models.by_path[A] = DamagedBundle("The model is damaged; get it again.")
    desk.go(A)
    desk.lane.run()
    assert desk.view.show_error.call_args_list == [call("The model is damaged; get it again.")]
    assert desk.shown == []
    desk.go(B)
    desk.lane.run()
    assert desk.stage.model is desk.b
    assert len(desk.shown) == 1


def test_a_model_that_does_not_open_leaves_no_other_on_stage(desk: Desk) -> None:
    desk.go(B)
    desk.lane.run()
    desk.models.by_path[A] = DamagedBundle("The model is damaged; get it again.")
    desk.go(A)
    desk.lane.run()
    assert (desk.stage.model, desk.stage.picture) == (None, None)


def test_a_point_that_fails_keeps_the_model_and_the_next_point_is_shown(desk: Desk) -> None:
    desk.go(A, HERE)
    desk.lane.run()
    picture = desk.stage.picture
    decoder_of(desk.a).fault = ModelFault("No numbers there; try another point.")
    desk.go(A, THERE)
    desk.lane.run()
    assert desk.view.show_error.call_args_list == [call("No numbers there; try another point.")]
    assert (desk.stage.model, desk.stage.picture) == (desk.a, picture)
    decoder_of(desk.a).fault = None
    desk.go(A, HERE)
    desk.lane.run()
    assert len(desk.shown) == 2


def test_an_error_about_a_place_that_was_left_is_not_told(desk: Desk) -> None:
    desk.models.by_path[A] = DamagedBundle("The model is damaged; get it again.")
    desk.go(A)
    deliver = desk.lane.compute()
    desk.go(B)
    deliver()
    desk.lane.run()
    assert desk.view.show_error.call_count == 0
    assert len(desk.shown) == 1


def test_what_failed_is_tried_again_when_the_place_is_told_again(desk: Desk) -> None:
    desk.models.by_path[A] = DamagedBundle("The model is damaged; get it again.")
    desk.go(A)
    desk.lane.run()
    desk.models.by_path[A] = desk.a  # mended on the disk
    place = desk.explore.place
    desk.explore.events.place.emit(place, place)
    desk.lane.run()
    np.testing.assert_array_equal(desk.shown[0], pixels_at(desk.a, HERE))


def test_what_had_to_make_way_is_asked_for_again_when_the_place_is_told_again(desk: Desk) -> None:
    desk.go(A)
    desk.lane.cancel()  # for something that was wanted more
    place = desk.explore.place
    desk.explore.events.place.emit(place, place)
    desk.lane.run()
    assert len(desk.shown) == 1


def test_a_model_without_a_decoder_is_told(desk: Desk) -> None:
    desk.models.by_path[A] = toy_model(A, decodes=False)
    desk.go(A)
    desk.lane.run()
    assert desk.view.show_error.call_args == call("a holds no decoder, so there is nothing to look at here.")


def test_anything_else_is_a_crash_and_seen(desk: Desk) -> None:
    desk.models.by_path[A] = ZeroDivisionError("a bug")
    desk.go(A)
    with pytest.raises(ZeroDivisionError):
        desk.lane.run()


# --- before --------------------------------------------------------------------------------------------------------


def test_before_is_what_was_in_view_when_the_gesture_began(desk: Desk) -> None:
    desk.go(A, HERE)
    desk.lane.run()
    here = desk.stage.picture
    desk.pictures.hold_before()
    for code in ((9.0, 0.0, 0.0, 0.0), THERE):
        desk.go(A, code)
        desk.lane.run()
    assert desk.stage.before is here
    np.testing.assert_array_equal(desk.view.show_before.call_args.args[0], pixels_at(desk.a, HERE))


def test_before_the_first_picture_there_is_no_before(desk: Desk) -> None:
    desk.pictures.hold_before()
    assert desk.stage.before is None
    assert desk.view.show_before.call_args == call(None)


def test_another_model_has_no_before(desk: Desk) -> None:
    desk.go(A)
    desk.lane.run()
    desk.pictures.hold_before()
    desk.go(B)
    desk.lane.run()
    assert desk.stage.before is None
    assert desk.view.show_before.call_args == call(None)
