"""The sliders: what is said of each dimension, in which order, and what is told when something moves."""

from unittest.mock import call, create_autospec

import numpy as np
import pytest

from explorer.contract.errors import ModelFault
from explorer.contract.manifest import Dimension
from explorer.control.sliders import DEAD, DEAD_KL_NATS, REACH, DimensionView, SlidersController, SlidersView, is_dead
from explorer.control.stage import Picture, Stage
from explorer.latent.effects import ends
from explorer.latent.priors import Prior, gaussian
from explorer.models.capabilities import Model
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, decoder_of, pixels_at, toy_model

TOY = Toy(dims=5, size=8, dead=(2,))
PRIOR = gaussian(np.array([1, 0, 0, 0, -1], np.float32), np.diag([4.0, 1, 1, 1, 9]).astype(np.float32), 5)


class Desk:
    """A sliders controller beside the hands of two lanes."""

    def __init__(self) -> None:
        self.explore, self.stage = Explore(), Stage()
        self.effects, self.ends = HandLane(), HandLane()
        self.view = create_autospec(SlidersView, instance=True)
        self.sliders = SlidersController(self.explore, self.stage, self.effects, self.ends, self.view)  # type: ignore[arg-type]

    def show(self, model: Model, code: tuple[float, ...] | None = None, **more: object) -> None:
        """As the picture controller does: the place, then the model on stage, then its picture."""
        self.explore.place = Place(bundle=model.key, code=code, **more)  # type: ignore[arg-type]
        self.stage.model = model
        prior = decoder_of(model).prior
        point = prior.center if code is None else np.asarray(code, np.float32)
        self.stage.picture = Picture(1, model, point, pixels_at(model, point), 1.0)

    @property
    def rows(self) -> tuple[DimensionView, ...]:
        return self.view.show_dimensions.call_args.args[0]

    @property
    def values(self) -> list[float]:
        return [row.value for row in sorted(self.rows, key=lambda row: row.index)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- describing ----------------------------------------------------------------------------------------------------


def test_every_dimension_has_a_row_at_once_in_its_own_order(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    assert [(row.index, row.name, row.effect_share) for row in desk.rows] == [(k, f"z{k}", 0.0) for k in range(5)]
    assert all((row.minimum, row.maximum) == (-REACH, REACH) for row in desk.rows)


def test_rows_are_ordered_by_how_much_they_change_the_picture(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    desk.effects.run()
    order = np.argsort(-np.linalg.norm(TOY.weights, axis=1), kind="stable")
    assert [row.index for row in desk.rows] == order.tolist()
    shares = [row.effect_share for row in desk.rows]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0.0  # the dead one


def test_a_model_in_which_nothing_matters_is_shown_all_the_same(desk: Desk) -> None:
    desk.show(toy_model(toy=Toy(dims=3, dead=(0, 1, 2))))
    desk.effects.run()
    assert [(row.index, row.effect_share) for row in desk.rows] == [(0, 0.0), (1, 0.0), (2, 0.0)]


def test_values_are_in_sigmas_of_the_prior(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY, prior=PRIOR), (3.0, 0.5, 0.0, -2.0, -1.0))
    assert desk.values == pytest.approx([1.0, 0.5, 0.0, -2.0, 0.0], abs=1e-5)


@pytest.mark.parametrize("code", [None, (1.0, 2.0)])
def test_without_a_code_that_fits_all_stand_at_the_centre(desk: Desk, code: tuple[float, ...] | None) -> None:
    model = toy_model(toy=TOY, prior=PRIOR)
    desk.explore.place = Place(bundle=model.key, code=code)
    desk.stage.model = model
    assert desk.values == [0.0] * 5


def test_locks_names_and_meanings(desk: Desk) -> None:
    facts = (
        Dimension(kl_nats=3.0, meaning="hair"),
        Dimension(kl_nats=0.0, meaning="nothing much"),
        *(Dimension() for _ in range(3)),
    )
    desk.show(toy_model(toy=TOY, dimensions=facts), locked=frozenset({3}))
    assert [row.locked for row in desk.rows] == [False, False, False, True, False]
    assert [row.dead for row in desk.rows] == [False, True, False, False, False]
    assert [row.explanation for row in desk.rows[:3]] == ["hair", DEAD, ""]


@pytest.mark.parametrize(
    ("kl_nats", "dead"), [(None, False), (0.0, True), (DEAD_KL_NATS / 2, True), (DEAD_KL_NATS, False), (4.0, False)]
)
def test_dead_is_a_posterior_that_equals_the_prior(kl_nats: float | None, dead: bool) -> None:
    assert is_dead(Dimension(kl_nats=kl_nats)) is dead


def test_no_model_no_rows(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    desk.stage.model = None
    assert desk.rows == ()
    assert desk.view.show_progress.call_args == call(None)
    assert desk.effects.waiting is None


def test_a_model_without_a_decoder_has_no_rows(desk: Desk) -> None:
    desk.stage.model = toy_model(decodes=False)
    assert desk.rows == ()


# --- effects -------------------------------------------------------------------------------------------------------


def test_progress_is_shown_and_ends(desk: Desk) -> None:
    desk.show(toy_model(toy=Toy(dims=40, size=4)))
    desk.effects.run()
    shares = [found.args[0] for found in desk.view.show_progress.call_args_list]
    assert shares[-1] is None
    assert shares[:-1] == sorted(shares[:-1])
    assert len(shares) > 2
    assert 0 < shares[0] < shares[-2] <= 1


def test_a_model_that_was_seen_before_is_not_measured_again(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model)
    desk.effects.run()
    ordered, asked = [row.index for row in desk.rows], desk.effects.asked
    desk.show(toy_model("/models/other", Toy(dims=2)))
    desk.effects.run()
    again = toy_model(model.key, TOY)  # loaded afresh, the same bundle
    desk.show(again)
    assert desk.effects.asked == asked + 1  # for the other one only
    assert [row.index for row in desk.rows] == ordered
    assert desk.view.show_progress.call_args == call(None)


def test_the_order_is_the_same_every_time() -> None:
    orders = []
    for _ in range(2):
        desk = Desk()
        desk.show(toy_model(toy=Toy(dims=12, seed=3)))
        desk.effects.run()
        orders.append([(row.index, row.effect_share) for row in desk.rows])
    assert orders[0] == orders[1]


def test_effects_of_a_model_that_was_left_are_not_shown_for_the_next(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    deliver = desk.effects.compute()
    desk.show(toy_model("/models/other", Toy(dims=2)))
    deliver()
    assert [row.index for row in desk.rows] == [0, 1]
    assert all(row.effect_share == 0.0 for row in desk.rows)


def test_a_model_that_cannot_be_measured_keeps_its_sliders(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model)
    decoder_of(model).fault = ModelFault("No numbers there; try another point.")
    desk.effects.run()
    assert len(desk.rows) == 5
    assert desk.view.show_progress.call_args == call(None)


def test_a_bug_while_measuring_is_seen(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model)
    decoder_of(model).fault = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        desk.effects.run()


# --- following the place -------------------------------------------------------------------------------------------


def test_only_what_moved_is_told(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model, (0.0,) * 5)
    desk.explore.place = Place(bundle=model.key, code=(0.0, 1.5, 0.0, 0.0, -0.5))
    assert desk.view.show_value.call_args_list == [call(1, 1.5), call(4, -0.5)]
    desk.view.show_value.reset_mock()
    desk.explore.place = desk.explore.place.model_copy(update={"seed": 3})
    assert desk.view.show_value.call_count == 0
    assert desk.view.show_dimensions.call_count == 1


def test_only_locks_that_changed_are_told(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model, (0.0,) * 5, locked=frozenset({0, 1}))
    desk.explore.place = desk.explore.place.model_copy(update={"locked": frozenset({1, 4})})
    assert sorted(found.args for found in desk.view.show_locked.call_args_list) == [(0, False), (4, True)]


def test_a_place_in_another_model_moves_nothing(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY), (0.0,) * 5)
    desk.explore.place = Place(bundle="/models/other", code=(9.0,) * 5)
    assert desk.view.show_value.call_count == 0


def test_rows_keep_their_order_while_the_hand_moves(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model, (0.0,) * 5)
    desk.effects.run()
    shown = desk.view.show_dimensions.call_count
    for value in (0.1, 0.2, 0.3):
        desk.explore.place = Place(bundle=model.key, code=(value, 0.0, 0.0, 0.0, 0.0))
    assert desk.view.show_dimensions.call_count == shown


# --- thumbnails ----------------------------------------------------------------------------------------------------


def test_only_rows_in_sight_get_thumbnails(desk: Desk) -> None:
    model = toy_model(toy=TOY, prior=PRIOR)
    code = (1.0, 0.5, 0.0, 0.0, 0.0)
    desk.show(model, code)
    desk.sliders.see((3, 1))
    desk.ends.run()
    told = desk.view.show_thumbnails.call_args_list
    assert [found.args[0] for found in told] == [3, 1]
    for index, low, high in (found.args for found in told):
        two = ends(PRIOR, np.asarray(code, np.float32), index, REACH)
        np.testing.assert_array_equal(low, pixels_at(model, two[0]))
        np.testing.assert_array_equal(high, pixels_at(model, two[1]))
    assert decoder_of(model).decoded == 4


def test_rows_that_stay_in_sight_are_not_asked_for_again(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    desk.sliders.see((0, 1))
    desk.sliders.see((0, 1))
    assert desk.ends.asked == 1
    desk.sliders.see((1, 2))
    assert desk.ends.asked == 2


def test_when_the_hand_rests_they_are_renewed_from_the_point_in_view(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model, (0.0,) * 5)
    desk.sliders.see((0,))
    desk.ends.run()
    desk.show(model, (0.0, 2.0, 0.0, 0.0, 0.0))
    desk.sliders.rest()
    desk.ends.run()
    low = desk.view.show_thumbnails.call_args.args[1]
    np.testing.assert_array_equal(low, pixels_at(model, (-REACH, 2.0, 0.0, 0.0, 0.0)))


def test_rows_that_the_model_does_not_have_are_passed_over(desk: Desk) -> None:
    desk.show(toy_model(toy=Toy(dims=2)))
    desk.sliders.see((1, 2, 90))
    desk.ends.run()
    assert [found.args[0] for found in desk.view.show_thumbnails.call_args_list] == [1]


def test_before_the_first_picture_there_are_none(desk: Desk) -> None:
    desk.sliders.see((0, 1))
    desk.stage.model = toy_model(toy=TOY)
    desk.sliders.rest()
    assert desk.ends.asked == 0


def test_while_another_models_picture_is_in_view_there_are_none(desk: Desk) -> None:
    desk.show(toy_model(toy=TOY))
    desk.stage.model = toy_model("/models/other", TOY)
    desk.sliders.rest()
    assert desk.ends.asked == 0


def test_a_thumbnail_of_a_model_that_was_left_is_not_shown(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model)
    desk.sliders.see((0,))
    desk.stage.model = None
    assert desk.ends.waiting is None
    desk.ends.run()
    assert desk.view.show_thumbnails.call_count == 0


def test_a_thumbnail_that_fails_does_not_end_the_progress_of_the_effects(desk: Desk) -> None:
    model = toy_model(toy=TOY)
    desk.show(model)
    desk.sliders.see((0,))
    desk.view.show_progress.reset_mock()
    decoder_of(model).fault = ModelFault("No numbers there; try another point.")
    desk.ends.run()
    assert desk.view.show_progress.call_count == 0
    assert desk.view.show_thumbnails.call_count == 0


def test_five_hundred_dimensions_cost_only_what_is_in_sight() -> None:
    desk, model = Desk(), toy_model(toy=Toy(dims=512, size=4), prior=Prior(np.zeros(512, "f4"), np.ones(512, "f4")))
    desk.show(model, (0.0,) * 512)
    desk.sliders.see(tuple(range(12)))
    desk.ends.run()
    assert decoder_of(model).decoded == 24
