"""The directions panel: what is said of each, where sliders stand, what a hand does, and calculating with them."""

from pathlib import Path
from unittest.mock import call, create_autospec

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.errors import ModelFault
from explorer.contract.manifest import Attribute, Direction
from explorer.control.axes import quality_words
from explorer.control.directions import INSTRUMENT, ChosenView, DirectionsController, DirectionsView, DirectionView
from explorer.control.notebooks import Notebooks
from explorer.control.sliders import REACH
from explorer.control.stage import Picture, Stage
from explorer.control.walk import Walk
from explorer.latent.directions import Fit
from explorer.models.capabilities import Model
from explorer.models.stores import Directions, Encoded
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, decoder_of, pixels_at, toy_model

TOY = Toy(dims=3, size=8)
HALF = float(np.sqrt(0.5))
VECTORS = np.array([[1, 0, 0], [0, 1, 0], [HALF, HALF, 0]], np.float32)
FACTS = (
    Direction(name="principal component 1", origin="pca", quality=0.289, quality_metric="share of the variance"),
    Direction(
        name="hat: none",
        origin="attribute",
        quality=0.968,
        quality_metric="balanced accuracy, test split",
        deviation=2.0,
    ),
    Direction(name="mixed", origin="other"),
)
STORED = ("stored:1", "stored:0", "stored:2")  # attributes first, then principal components, then the others


def data(codes: NDArray[np.float32]) -> Encoded:
    labels = np.zeros((len(codes), 1), np.int64)
    return Encoded("toy", "test", codes, None, labels, (Attribute(name="class", values=("a",)),), None)


class Desk:
    """A directions controller with a real walk, beside the hands of a lane."""

    def __init__(self) -> None:
        self.explore, self.stage, self.steps, self.lane = Explore(instrument=INSTRUMENT), Stage(), Steps(), HandLane()
        self.books = Notebooks(self.stage, self.steps, None, lambda _: lambda: None, lambda _: None)
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view = create_autospec(DirectionsView, instance=True)
        self.directions = DirectionsController(self.explore, self.stage, self.books, self.walk, self.lane, self.view)  # type: ignore[arg-type]

    def show(self, model: Model, code: tuple[float, ...], **more: object) -> None:
        self.explore.place = Place(bundle=model.key, code=code, **more)  # type: ignore[arg-type]
        self.stage.model = model
        point = np.asarray(code, np.float32)
        self.stage.picture = Picture(1, model, point, pixels_at(model, point), 1.0)

    @property
    def rows(self) -> dict[str, DirectionView]:
        return {view.key: view for view in self.view.show_directions.call_args.args[0]}

    @property
    def chosen(self) -> ChosenView:
        return self.view.show_chosen.call_args.args[0]

    @property
    def code(self) -> tuple[float, ...]:
        assert self.explore.place.code is not None
        return self.explore.place.code

    def made(self) -> NDArray[np.float32]:
        return np.array(self.books.notes.made[-1].vector, np.float32)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.show(toy_model(toy=TOY), (0.5, 1.0, -1.0))
    desk.stage.directions = Directions(VECTORS, FACTS)
    return desk


# --- what is said --------------------------------------------------------------------------------------------------


def test_how_good_a_direction_is_stands_in_words() -> None:
    said = [[text.replace("\N{NO-BREAK SPACE}", " ") for text in quality_words(fact)] for fact in FACTS]
    assert said == [
        ["29 % of the variance", "Holds 29 % of all the variance of the codes."],
        ["right on 97 % of test pictures", "Tells “hat: none” from the rest in 97 % of test pictures; chance is 50 %."],
        ["", "How good it is was not measured."],
    ]


def test_stored_directions_stand_in_groups(desk: Desk) -> None:
    assert tuple(desk.rows) == STORED
    assert [row.group for row in desk.rows.values()] == ["attribute", "pca", "other"]


def test_without_directions_there_are_none(desk: Desk) -> None:
    desk.stage.directions = None
    assert desk.rows == {}
    assert desk.view.show_chosen.call_args == call(None)
    desk.stage.model = None
    assert desk.rows == {}


def test_own_directions_come_first(desk: Desk) -> None:
    desk.stage.taught = {"wide": Fit(VECTORS[0], 0.86, 6, 7)}
    assert tuple(desk.rows) == ("taught:wide", *STORED)
    assert desk.rows["taught:wide"].short == "right on 86 % of picks held out"
    assert "From 13 picks" in desk.rows["taught:wide"].sentence


# --- where the sliders stand ---------------------------------------------------------------------------------------


def test_a_value_is_the_projection_in_deviations(desk: Desk) -> None:
    assert desk.rows["stored:0"].value == pytest.approx(0.5)  # of N(0, 1): no data
    assert desk.rows["stored:1"].value == pytest.approx(0.5)  # 1.0 by the deviation of 2 that was measured
    assert desk.rows["stored:2"].value == pytest.approx(1.5 * HALF)


def test_with_data_it_is_measured_from_the_middle_of_the_data_and_in_its_deviations(desk: Desk) -> None:
    codes = np.array([[-1, 0, 0], [5, 0, 0], [-1, 2, 0], [5, 2, 0]], np.float32)
    desk.stage.encoded = data(codes)
    assert desk.rows["stored:0"].value == pytest.approx((0.5 - 2) / 3)
    assert desk.rows["stored:1"].value == pytest.approx(0.0)


def test_data_without_spread_does_not_divide_by_nothing(desk: Desk) -> None:
    desk.stage.encoded = data(np.ones((4, 3), np.float32))
    assert all(np.isfinite(row.value) for row in desk.rows.values())


def test_sliders_follow_the_place_and_only_those_that_moved(desk: Desk) -> None:
    desk.explore.place = desk.explore.place.model_copy(update={"code": (0.5, 1.0, 7.0)})
    assert desk.view.show_value.call_count == 0
    desk.explore.place = desk.explore.place.model_copy(update={"code": (2.0, 1.0, 7.0)})
    assert dict(found.args for found in desk.view.show_value.call_args_list) == {
        "stored:0": pytest.approx(2.0),
        "stored:2": pytest.approx(3 * HALF),
    }


# --- moving --------------------------------------------------------------------------------------------------------


def test_a_slider_moves_along_its_direction_from_where_the_gesture_began(desk: Desk) -> None:
    desk.directions.begin("stored:2")
    for value in (1.2, 3.0, 2.0):
        desk.directions.move("stored:2", value)
    step = 2.0 - 1.5 * HALF
    np.testing.assert_allclose(desk.code, [0.5 + step * HALF, 1.0 + step * HALF, -1.0], atol=1e-6)
    assert {change.gesture for change in desk.steps.made} == {desk.steps.made[0].gesture}
    assert desk.steps.made[0].gesture is not None


def test_coming_back_to_the_start_is_exactly_the_start(desk: Desk) -> None:
    desk.directions.begin("stored:1")
    desk.directions.move("stored:1", 3.0)
    desk.directions.move("stored:1", 0.5)
    np.testing.assert_allclose(desk.code, (0.5, 1.0, -1.0), atol=1e-6)


def test_two_gestures_are_two_steps(desk: Desk) -> None:
    for value in (1.0, 2.0):
        desk.directions.begin("stored:0")
        desk.directions.move("stored:0", value)
    assert len({change.gesture for change in desk.steps.made}) == 2


def test_locked_dimensions_stay(desk: Desk) -> None:
    desk.explore.place = desk.explore.place.model_copy(update={"locked": frozenset({0})})
    desk.directions.begin("stored:2")
    desk.directions.move("stored:2", 3.0)
    assert desk.code[0] == 0.5
    assert desk.code[1] > 1.0


def test_reset_goes_to_the_middle_of_the_direction(desk: Desk) -> None:
    desk.directions.reset("stored:1")
    np.testing.assert_allclose(desk.code, (0.5, 0.0, -1.0), atol=1e-6)


def test_moving_chooses(desk: Desk) -> None:
    desk.directions.begin("stored:2")
    assert desk.chosen.key == "stored:2"


def test_a_move_along_something_unknown_does_nothing(desk: Desk) -> None:
    desk.directions.begin("stored:9")
    desk.directions.move("stored:9", 1.0)
    assert desk.steps.made == []


# --- looking closely -----------------------------------------------------------------------------------------------


def test_the_chosen_one_stands_beside_the_others_the_closest_first(desk: Desk) -> None:
    desk.directions.choose("stored:0")
    assert [(kin.key, round(kin.cosine, 3)) for kin in desk.chosen.others] == [("stored:2", 0.707), ("stored:1", 0.0)]
    assert not desk.chosen.own


def test_where_it_acts_and_both_ends_are_shown_from_the_picture_in_view(desk: Desk) -> None:
    desk.directions.see(("stored:1",))
    desk.directions.choose("stored:0")
    desk.lane.run()
    model, code = desk.stage.model, np.array([0.5, 1.0, -1.0], np.float32)
    pixels, heat = desk.view.show_heat.call_args.args
    np.testing.assert_array_equal(pixels, pixels_at(model, code))
    low, high = (pixels_at(model, code + sign * 2 * VECTORS[0]).astype(float) for sign in (-1, 1))
    np.testing.assert_allclose(heat, np.abs(high - low).mean(axis=2) / 255, atol=1e-6)
    key, low_end, high_end = desk.view.show_thumbnails.call_args.args
    assert key == "stored:1"
    np.testing.assert_array_equal(low_end, pixels_at(model, (0.5, -2 * REACH, -1.0)))
    np.testing.assert_array_equal(high_end, pixels_at(model, (0.5, 2 * REACH, -1.0)))


def test_while_another_instrument_is_open_nothing_is_decoded(desk: Desk) -> None:
    asked = desk.lane.asked
    desk.explore.instrument = "sliders"
    desk.directions.see(("stored:0",))
    desk.directions.rest()
    assert desk.lane.asked == asked
    desk.explore.instrument = INSTRUMENT
    assert desk.lane.asked == asked + 1


def test_what_the_model_cannot_decode_leaves_the_sliders(desk: Desk) -> None:
    decoder_of(desk.stage.model).fault = ModelFault("No numbers there; try another point.")
    desk.directions.see(("stored:0",))
    desk.lane.run()
    assert desk.view.show_thumbnails.call_count == 0
    decoder_of(desk.stage.model).fault = ZeroDivisionError("a bug")
    desk.directions.rest()
    with pytest.raises(ZeroDivisionError):
        desk.lane.run()


# --- calculating ---------------------------------------------------------------------------------------------------


def test_directions_are_added_subtracted_and_put_at_a_right_angle(desk: Desk) -> None:
    desk.directions.choose("stored:0")
    desk.directions.combine("add", ("stored:1",))
    np.testing.assert_allclose(desk.made(), [HALF, HALF, 0], atol=1e-6)
    assert desk.chosen.name == "principal component 1 + hat: none"
    assert desk.chosen.own
    desk.directions.choose("stored:0")
    desk.directions.combine("subtract", ("stored:1",))
    np.testing.assert_allclose(desk.made(), [HALF, -HALF, 0], atol=1e-6)
    desk.directions.choose("stored:2")
    desk.directions.combine("orthogonalise", ("stored:0",))
    np.testing.assert_allclose(desk.made(), [0, 1, 0], atol=1e-6)
    assert desk.chosen.name == "mixed without principal component 1"
    assert list(desk.rows)[:3] == [f"made:{made.name}" for made in desk.books.notes.made]


def test_what_cannot_be_calculated_is_told(desk: Desk) -> None:
    desk.directions.choose("stored:0")
    desk.directions.combine("add", ())
    assert "Tick" in desk.view.tell.call_args.args[0]
    desk.directions.choose("stored:2")
    desk.directions.combine("orthogonalise", ("stored:0", "stored:1"))
    assert desk.view.tell.call_args.args[0].startswith("Nothing is left")
    assert desk.books.notes.made == ()


def test_own_directions_are_renamed_and_deleted_and_undo_brings_them_back(desk: Desk) -> None:
    desk.directions.choose("stored:0")
    desk.directions.combine("add", ("stored:1",))
    desk.directions.rename("  hatted ")
    assert desk.chosen.key == "made:hatted"
    desk.directions.delete()
    assert tuple(desk.rows) == STORED
    desk.steps.undo()
    assert "made:hatted" in desk.rows
    desk.steps.undo()
    assert "made:principal component 1 + hat: none" in desk.rows


def test_those_that_came_with_the_model_stay_as_they_are(desk: Desk) -> None:
    desk.directions.choose("stored:0")
    desk.directions.rename("mine")
    desk.directions.delete()
    assert desk.steps.made == []
    assert tuple(desk.rows) == STORED


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "saved"), [("a.npz", "a.npz"), ("a", "a.npz"), ("a.CSV", "a.CSV")])
def test_all_directions_are_saved(desk: Desk, tmp_path: Path, name: str, saved: str) -> None:
    desk.directions.save(lambda _: str(tmp_path / name))
    content = (tmp_path / saved).read_bytes()
    assert (b"hat: none" in content) == saved.endswith("CSV")
    assert "Saved 3 directions" in desk.view.tell.call_args.args[0]


def test_what_cannot_be_saved_says_why(desk: Desk, tmp_path: Path) -> None:
    desk.directions.save(lambda _: "")
    assert not desk.view.tell.called and not list(tmp_path.iterdir())
    desk.directions.save(lambda _: str(tmp_path / "missing" / "a.npz"))
    assert "missing" in desk.view.tell.call_args.args[0]
    desk.stage.directions = None
    desk.directions.save(lambda name: str(tmp_path / name))
    assert "no directions to save" in desk.view.tell.call_args.args[0] and not list(tmp_path.iterdir())
