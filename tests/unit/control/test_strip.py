"""The strip: keyframes, the path through them, walking it; every change can be taken back."""

from collections.abc import Callable
from unittest.mock import call, create_autospec

import numpy as np
import pytest

from explorer.control.keeper import Session
from explorer.control.stage import Picture, Stage
from explorer.control.strip import BETWEEN, PIECES, StripController, StripView, places_at
from explorer.control.walk import Walk
from explorer.latent.paths import slerp
from explorer.models.capabilities import Model
from explorer.state.journey import KEYFRAMES, Journey
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, pixels_at, toy_model

A, B, C = (1.0, 0.0, 0.0, 0.0), (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 3.0, 1.0)


class Desk:
    """A strip under a model on stage."""

    def __init__(self) -> None:
        self.explore, self.stage, self.lane, self.steps = Explore(), Stage(), HandLane(), Steps()
        self.view = create_autospec(StripView, instance=True)
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(1), lambda: None)
        self.strip = StripController(
            self.explore, self.stage, self.steps, self.walk, self.lane, self.view,  # type: ignore[arg-type]
            np.random.default_rng(2),
        )  # fmt: skip
        self.model = toy_model()
        self.show(self.model)

    def show(self, model: Model | None) -> None:
        self.explore.place = Place(bundle="" if model is None else model.key)
        self.stage.model = model

    def at(self, code: tuple[float, ...]) -> None:
        """The picture in view is of this point."""
        self.explore.place = self.explore.place.model_copy(update={"code": code})
        vector = np.asarray(code, np.float32)
        self.stage.picture = Picture(1, self.model, vector, pixels_at(self.model, code), 1.0)

    def keep(self, *codes: tuple[float, ...]) -> None:
        for code in codes:
            self.at(code)
            self.strip.add()

    @property
    def frames(self) -> tuple[tuple[float, ...], ...]:
        return self.explore.journey.keyframes

    @property
    def code(self) -> tuple[float, ...]:
        code = self.explore.place.code
        assert code is not None
        return code


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- keyframes -----------------------------------------------------------------------------------------------------

CHANGES: dict[str, tuple[Callable[[StripController], None], tuple[tuple[float, ...], ...]]] = {
    "Add a keyframe": (lambda strip: strip.add(), (A, B, C, C)),
    "Remove a keyframe": (lambda strip: strip.remove(1), (A, C)),
    "Replace a keyframe": (lambda strip: strip.replace(0), (C, B, C)),
    "Move a keyframe": (lambda strip: strip.move(0, 2), (B, C, A)),
    "Remove all keyframes": (lambda strip: strip.clear(), ()),
}


@pytest.mark.parametrize("words", CHANGES)
def test_keyframes_change_and_come_back(desk: Desk, words: str) -> None:
    desk.keep(A, B, C)
    do, wanted = CHANGES[words]
    do(desk.strip)
    assert desk.frames == wanted
    assert desk.steps.words[-1] == words
    assert desk.view.show_journey.call_args == call(desk.explore.journey)
    desk.steps.undo()
    assert desk.frames == (A, B, C)


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "spline"), ("kind", "linear"), ("even", True), ("loop", True), ("leg_s", 3.0)]
)
def test_how_it_is_walked_changes_and_comes_back(desk: Desk, field: str, value: object) -> None:
    desk.keep(A, B)
    before = desk.explore.journey
    desk.strip.set(**{field: value})
    assert desk.explore.journey == before.model_copy(update={field: value})
    desk.steps.undo()
    assert desk.explore.journey == before


def test_to_random_makes_a_path_of_the_point_in_view_and_another(desk: Desk) -> None:
    desk.at(A)
    desk.strip.to_random()
    assert desk.frames[0] == A
    assert len(desk.frames) == 2
    desk.strip.to_random()
    assert len(desk.frames) == 3
    assert len(set(desk.frames)) == 3
    desk.steps.undo()
    desk.steps.undo()
    assert desk.frames == ()  # one click was one step


@pytest.mark.parametrize(
    "do",
    [
        lambda strip: strip.remove(3),
        lambda strip: strip.remove(-1),
        lambda strip: strip.replace(3),
        lambda strip: strip.move(0, 3),
        lambda strip: strip.move(-1, 0),
        lambda strip: strip.move(1, 1),
        lambda strip: strip.go(3),
    ],
)
def test_what_is_not_there_changes_nothing(desk: Desk, do: Callable[[StripController], None]) -> None:
    desk.keep(A, B, C)
    before = desk.explore.model_dump()
    do(desk.strip)
    assert desk.explore.model_dump() == before


def test_there_is_room_for_so_many(desk: Desk) -> None:
    desk.explore.journey = Journey(bundle=desk.model.key, keyframes=(A,) * KEYFRAMES)
    desk.at(B)
    desk.strip.add()
    desk.strip.to_random()
    assert len(desk.frames) == KEYFRAMES


def test_without_a_model_nothing_can_be_kept(desk: Desk) -> None:
    desk.show(None)
    desk.stage.picture = None
    desk.view.show_usable.assert_called_with(False)
    desk.strip.add()
    desk.strip.to_random()
    desk.strip.clear()
    assert desk.explore.journey == Journey()


# --- another model -------------------------------------------------------------------------------------------------


def test_the_path_of_another_model_is_not_shown_and_waits(desk: Desk) -> None:
    desk.keep(A, B)
    desk.strip.set(kind="spline")
    kept = desk.explore.journey
    desk.show(toy_model("/models/other", Toy(dims=3)))
    shown = desk.view.show_journey.call_args.args[0]
    assert shown.keyframes == ()
    assert shown.kind == "spline"  # how one likes to walk stays
    assert desk.strip.code_at(0.5) is None
    assert desk.explore.journey == kept
    desk.show(desk.model)
    assert desk.view.show_journey.call_args.args[0] == kept


def test_a_keyframe_in_another_model_begins_its_own_path(desk: Desk) -> None:
    desk.keep(A, B)
    other = toy_model("/models/other", Toy(dims=3))
    desk.show(other)
    desk.model = other
    desk.at((1.0, 2.0, 3.0))
    desk.strip.add()
    assert desk.explore.journey.bundle == other.key
    assert desk.frames == ((1.0, 2.0, 3.0),)
    desk.steps.undo()
    assert desk.frames == (A, B)


def test_a_session_holds_the_path() -> None:
    journey = Journey(bundle="/m", keyframes=(A, B), kind="linear", even=True, loop=True, leg_s=2.5)
    again = Session.model_validate_json(Session(journey=journey).model_dump_json())
    assert again.journey == journey


def test_a_path_from_elsewhere_takes_the_place_of_the_present_one(desk: Desk) -> None:
    desk.keep(A, B)
    desk.strip.play()
    taken = Journey(bundle=desk.model.key, keyframes=(C, A), kind="spline")
    desk.strip.take(taken)
    assert desk.explore.journey == taken
    assert not desk.strip.playing
    desk.steps.undo()
    assert desk.frames == (A, B)


# --- walking -------------------------------------------------------------------------------------------------------


def test_a_scrub_goes_along_the_great_circle_in_one_gesture(desk: Desk) -> None:
    desk.keep(A, B)
    desk.strip.begin()
    first = len(desk.steps.made)
    for share in (0.1, 0.4, 0.5):
        desk.strip.scrub(share)
    wanted = slerp(np.float32(A), np.float32(B), np.array([0.5]))[0]
    np.testing.assert_array_equal(np.float32(desk.code), wanted)
    assert len({change.gesture for change in desk.steps.made[first:]}) == 1
    assert desk.view.show_position.call_args == call(0.5)


def test_going_to_a_keyframe_goes_to_it_exactly(desk: Desk) -> None:
    desk.keep(A, B, C)
    desk.strip.go(1)
    assert desk.code == B
    assert desk.view.show_position.call_args == call(0.5)


def test_playing_walks_to_the_end_and_rests_there(desk: Desk) -> None:
    desk.keep(A, B)
    desk.strip.set(leg_s=2.0)
    desk.strip.play()
    desk.strip.tick(0.5)
    assert desk.view.show_position.call_args == call(0.25)
    desk.strip.tick(5.0)
    assert desk.code == pytest.approx(B)
    assert not desk.strip.playing
    assert [found.args[0] for found in desk.view.show_playing.call_args_list] == [True, False]
    desk.strip.play()  # from the start again
    desk.strip.tick(0.5)
    assert desk.view.show_position.call_args == call(0.25)


def test_a_loop_goes_round(desk: Desk) -> None:
    desk.keep(A, B)
    desk.strip.set(loop=True, leg_s=1.0)
    desk.strip.play()
    desk.strip.tick(2.5)
    assert desk.strip.playing
    assert desk.view.show_position.call_args == call(0.25)


@pytest.mark.parametrize("do", ["begin", "go", "clear", "pause"])
def test_a_hand_stops_the_playing(desk: Desk, do: str) -> None:
    desk.keep(A, B)
    desk.strip.play()
    {"go": lambda: desk.strip.go(0)}.get(do, getattr(desk.strip, do))()
    assert not desk.strip.playing
    place = desk.explore.place
    desk.strip.tick(0.3)  # one that was on its way
    assert desk.explore.place == place


def test_one_keyframe_is_no_path_to_play(desk: Desk) -> None:
    desk.keep(A)
    desk.strip.play()
    assert not desk.strip.playing


# --- pictures and pace ---------------------------------------------------------------------------------------------


def test_keyframes_and_what_lies_between_are_shown(desk: Desk) -> None:
    desk.keep(A, B)
    desk.lane.run()
    for index, code in enumerate((A, B)):
        np.testing.assert_array_equal(
            next(found.args[1] for found in desk.view.show_keyframe.call_args_list if found.args[0] == index),
            pixels_at(desk.model, code),
        )
    between = {found.args[:2]: found.args[2] for found in desk.view.show_between.call_args_list}
    assert set(between) == {(0, index) for index in range(BETWEEN)}
    middle = slerp(np.float32(A), np.float32(B), np.array([0.5]))[0]
    np.testing.assert_array_equal(between[0, 1], pixels_at(desk.model, middle))


def test_a_pace_alone_asks_for_no_new_pictures(desk: Desk) -> None:
    desk.keep(A, B)
    desk.lane.run()
    asked = desk.lane.asked
    desk.strip.set(even=True)
    desk.strip.set(leg_s=4.0)
    assert desk.lane.asked == asked


def test_an_even_pace_changes_the_picture_by_as_much_each_moment(desk: Desk) -> None:
    """A leg that hardly moves is passed quickly: half of the time is half of the change."""
    desk.keep(A, (1.1, 0.0, 0.0, 0.0), C)
    desk.lane.run()
    pace = desk.strip.pace
    assert pace is not None
    assert len(pace) == 2 * PIECES
    desk.strip.set(even=True)
    times = desk.view.show_times.call_args.args[0]
    assert times[1] == pytest.approx(pace[:PIECES].sum() / pace.sum())
    assert times[1] < 0.2
    np.testing.assert_allclose(
        places_at(desk.explore.journey, pace, np.array([0.0, times[1], 1.0])), [0, 1, 2], atol=1e-5
    )


def test_the_pace_of_a_former_path_is_not_taken_for_this_one(desk: Desk) -> None:
    desk.keep(A, B)
    late = desk.lane.compute()
    desk.keep(C)
    late()
    assert desk.strip.pace is None
    desk.lane.run()
    assert desk.strip.pace is not None
