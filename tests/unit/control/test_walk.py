"""Every way to move, and what it leaves in the history."""

import numpy as np
import pytest

from explorer.control.stage import Stage
from explorer.control.walk import FIRST_SEED, SEEDS, Walk, seed_code
from explorer.latent.priors import gaussian
from explorer.models.capabilities import Model
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import Steps, decoder_of, toy_model

MEAN, DEVIATION = np.array([1, -2, 0.5, 0], np.float32), np.array([2, 0.5, 1, 3], np.float32)
PRIOR = gaussian(MEAN, np.diag(DEVIATION**2), 4)


class Walker:
    """A walk in one model, with everything it touches."""

    def __init__(self, model: Model | None = None, seed: int = 0) -> None:
        self.model = model or toy_model(prior=PRIOR)
        self.explore, self.stage, self.steps, self.kept = Explore(), Stage(), Steps(), list[Place]()
        self.walk = Walk(
            self.explore, self.stage, self.steps, np.random.default_rng(seed), lambda: self.kept.append(self.place)
        )
        self.explore.place = Place(bundle=self.model.key, code=tuple(MEAN.tolist()))
        self.stage.model = self.model

    @property
    def place(self) -> Place:
        return self.explore.place

    @property
    def code(self) -> np.ndarray:
        assert self.place.code is not None
        return np.asarray(self.place.code, np.float32)


@pytest.fixture
def walker() -> Walker:
    return Walker()


# --- one number ----------------------------------------------------------------------------------------------------


def test_a_number_is_put_at_sigmas_from_the_centre(walker: Walker) -> None:
    walker.walk.to_sigma(1, 2.0)
    np.testing.assert_allclose(walker.code, [1, -1, 0.5, 0], rtol=1e-6)
    assert walker.place.seed is None


def test_from_no_code_the_others_stand_at_the_centre(walker: Walker) -> None:
    walker.explore.place = Place(bundle=walker.model.key)
    walker.walk.to_sigma(0, -1.0)
    np.testing.assert_allclose(walker.code, [-1, -2, 0.5, 0], rtol=1e-6)


@pytest.mark.parametrize("sigma", [float("nan"), float("inf"), float("-inf")])
def test_no_number_is_no_place(walker: Walker, sigma: float) -> None:
    before = walker.place
    walker.walk.to_sigma(0, sigma)
    assert walker.place == before


def test_moves_of_one_gesture_are_one_step_and_those_of_the_next_another(walker: Walker) -> None:
    for sigmas in ((0.1, 0.2, 0.3), (0.4, 0.5)):
        walker.walk.begin()
        for sigma in sigmas:
            walker.walk.to_sigma(2, sigma)
    gestures = [change.gesture for change in walker.steps.made]
    assert len(set(gestures[:3])) == 1
    assert len(set(gestures[3:])) == 1
    assert gestures[0] != gestures[3]
    assert None not in gestures


def test_a_gesture_begins_with_what_was_in_view_before_it(walker: Walker) -> None:
    before = walker.place
    walker.walk.begin()
    walker.walk.to_sigma(0, 1.0)
    walker.walk.to_sigma(0, 2.0)
    assert walker.kept == [before]


def test_a_move_to_where_one_stands_is_no_step(walker: Walker) -> None:
    walker.walk.to_sigma(0, 1.0)
    walker.walk.to_sigma(0, 1.0)
    assert len(walker.steps.made) == 1


def test_coming_back_within_a_gesture_brings_the_seed_back() -> None:
    walker = Walker(toy_model())  # N(0, I), where sigmas are the numbers themselves
    walker.walk.to_seed(7)
    start = walker.place
    walker.walk.begin()
    walker.walk.to_sigma(0, 3.0)
    assert walker.place.seed is None
    walker.walk.to_sigma(0, float(np.asarray(start.code)[0]))
    assert walker.place == start


# --- seeds ---------------------------------------------------------------------------------------------------------


def test_a_seed_is_always_the_same_point(walker: Walker) -> None:
    walker.walk.to_seed(7)
    np.testing.assert_array_equal(walker.code, PRIOR.sample(np.random.default_rng(7), 1)[0])
    assert walker.place.seed == 7
    first = walker.code
    walker.walk.to_seed(8)
    assert (walker.code != first).all()
    walker.walk.to_seed(7)
    np.testing.assert_array_equal(walker.code, first)


def test_a_random_point_has_a_seed_that_gives_it_again(walker: Walker) -> None:
    walker.walk.random()
    seed = walker.place.seed
    assert seed is not None
    assert 0 <= seed < SEEDS
    np.testing.assert_array_equal(walker.code, seed_code(PRIOR, seed))


def test_random_points_differ_and_come_from_the_generator_that_was_given() -> None:
    seeds = []
    for walker in (Walker(seed=3), Walker(seed=3)):
        for _ in range(5):
            walker.walk.random()
            seeds.append(walker.place.seed)
    assert seeds[:5] == seeds[5:]
    assert len(set(seeds)) == 5


def test_one_number_is_drawn_anew(walker: Walker) -> None:
    drawn = []
    for _ in range(400):
        walker.walk.random_one(3)
        drawn.append(walker.code[3])
        np.testing.assert_array_equal(walker.code[:3], MEAN[:3])
    assert np.mean(drawn) == pytest.approx(MEAN[3], abs=0.5)
    assert np.std(drawn) == pytest.approx(DEVIATION[3], rel=0.1)


# --- reset ---------------------------------------------------------------------------------------------------------


def test_reset_puts_one_number_or_all_at_the_centre(walker: Walker) -> None:
    walker.walk.to_seed(5)
    far = walker.code
    walker.walk.reset(2)
    np.testing.assert_array_equal(walker.code, np.where(np.arange(4) == 2, MEAN, far))
    walker.walk.reset()
    np.testing.assert_array_equal(walker.code, MEAN)
    assert walker.place.seed is None


# --- locks ---------------------------------------------------------------------------------------------------------


def test_locked_numbers_stay_whatever_is_done(walker: Walker) -> None:
    walker.walk.to_seed(5)
    kept = walker.code[[0, 3]]
    walker.walk.lock(0, True)
    walker.walk.lock(3, True)
    assert walker.place.seed == 5  # locking moves nothing
    for move in (
        lambda: walker.walk.to_sigma(0, 3.0),
        lambda: walker.walk.to_seed(6),
        walker.walk.random,
        lambda: walker.walk.random_one(3),
        lambda: walker.walk.reset(0),
        walker.walk.reset,
    ):
        move()
        np.testing.assert_array_equal(walker.code[[0, 3]], kept)
    np.testing.assert_array_equal(walker.code[[1, 2]], MEAN[[1, 2]])


def test_a_point_that_is_not_wholly_the_seeds_does_not_carry_it(walker: Walker) -> None:
    walker.walk.lock(1, True)
    walker.walk.to_seed(6)
    assert walker.place.seed is None
    walker.walk.lock(1, False)
    walker.walk.to_seed(6)
    assert walker.place.seed == 6


def test_lock_all_and_none(walker: Walker) -> None:
    walker.walk.lock_all(True)
    assert walker.place.locked == frozenset(range(4))
    before = walker.place.code
    walker.walk.random()
    assert walker.place.code == before
    walker.walk.lock_all(False)
    assert walker.place.locked == frozenset()


def test_locks_left_from_a_larger_model_do_no_harm(walker: Walker) -> None:
    walker.explore.place = walker.place.model_copy(update={"locked": frozenset({1, 400})})
    walker.walk.to_seed(6)
    assert walker.code[1] == MEAN[1]


# --- history -------------------------------------------------------------------------------------------------------


def test_every_move_has_words_and_can_be_taken_back(walker: Walker) -> None:
    start = walker.place
    walker.walk.to_sigma(1, 1.0)
    walker.walk.to_seed(3)
    walker.walk.reset(1)
    walker.walk.reset()
    walker.walk.lock(2, True)
    walker.walk.lock(2, False)
    walker.walk.lock_all(True)
    assert walker.steps.words == [
        "Move z1", "Go to seed 3", "Reset z1", "Reset all dimensions", "Lock z2", "Unlock z2", "Lock all dimensions",
    ]  # fmt: skip
    while walker.steps.made:
        walker.steps.undo()
    assert walker.place == start


def test_only_drags_are_parts_of_a_gesture(walker: Walker) -> None:
    walker.walk.to_seed(3)
    walker.walk.reset()
    walker.walk.lock(0, True)
    assert [change.gesture for change in walker.steps.made] == [None, None, None]


# --- models --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["no model", "no decoder", "the place is in another model"])
def test_without_the_model_of_the_place_nothing_moves(walker: Walker, why: str) -> None:
    match why:
        case "no model":
            walker.stage.model = None
        case "no decoder":
            walker.stage.model = toy_model(decodes=False)
        case _:
            walker.stage.model = toy_model("/models/other")
    before, walk = walker.place, walker.walk
    walk.to_sigma(0, 1.0)
    walk.random()
    walk.random_one(0)
    walk.to_seed(3)
    walk.reset()
    walk.reset(1)
    walk.lock(0, True)
    walk.lock_all(True)
    assert walker.place == before
    assert walker.steps.made == []


def test_opening_goes_to_the_point_of_the_seed(walker: Walker) -> None:
    other = toy_model("/models/other", Toy(dims=2))
    walker.walk.open(other, None, FIRST_SEED)
    code = tuple(seed_code(decoder_of(other).prior, FIRST_SEED).tolist())
    assert walker.place == Place(bundle="/models/other", code=code, seed=FIRST_SEED)
    assert walker.steps.words == ["Open a model"]


def test_opening_at_a_point_goes_there(walker: Walker) -> None:
    walker.walk.open(toy_model("/models/other"), (1.0, 2.0, 3.0, 4.0), None)
    assert walker.place == Place(bundle="/models/other", code=(1.0, 2.0, 3.0, 4.0))


def test_locks_do_not_follow_into_another_model(walker: Walker) -> None:
    walker.walk.lock_all(True)
    walker.walk.open(toy_model("/models/other"), None, 1)
    assert walker.place.locked == frozenset()


def test_there_is_no_way_back_from_the_first_model_to_none() -> None:
    walker = Walker()
    walker.explore.place = Place()
    walker.walk.open(walker.model, None, 1)
    assert walker.place.bundle == walker.model.key
    assert walker.steps.made == []


def test_opening_where_one_stands_is_told_without_a_step(walker: Walker) -> None:
    walker.walk.open(walker.model, None, 1)
    told = list[Place]()
    walker.explore.events.place.connect(told.append)
    steps = len(walker.steps.made)
    walker.walk.open(walker.model, None, 1)
    assert told == [walker.place]
    assert len(walker.steps.made) == steps


def test_it_knows_whether_it_stands_in_a_model(walker: Walker) -> None:
    assert walker.walk.stands_in(walker.model)
    assert not walker.walk.stands_in(toy_model("/models/other"))
    assert not walker.walk.stands_in(toy_model(walker.model.key))  # loaded afresh since
    walker.stage.model = None
    assert walker.walk.stands_in(walker.model)  # its first picture is on its way
