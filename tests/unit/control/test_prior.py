"""Prior and posterior: what is drawn is what was asked for, tiles lead where they show, costs say what they mean."""

from unittest.mock import Mock, create_autospec

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.errors import ModelFault
from explorer.contract.manifest import Dimension
from explorer.control.prior import (
    KEY,
    NO_COST,
    PLAIN_DATA,
    PLAIN_PRIOR,
    TILES,
    UNKNOWN_COST,
    VAE_DATA,
    VAE_PRIOR,
    Cost,
    PriorController,
    PriorView,
    aggregate,
    around,
)
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.priors import Prior
from explorer.models.capabilities import Model
from explorer.models.stores import Encoded
from explorer.state.place import Explore, Place
from tests.unit.control.stand import HandLane, Steps, decoder_of, pixels_at, toy_model

USED = tuple(Dimension(kl_nats=nats, active=nats > 0.01) for nats in (0.5, 2.0, 0.001, 1.0))
FLAT = Prior(np.full(4, 3.0, np.float32), np.full(4, 2.0, np.float32))


def data(spread: float | None, count: int = 50) -> Encoded:
    codes = np.random.default_rng(5).normal(10, 1, (count, 4)).astype(np.float32)
    log_variances = None if spread is None else np.full_like(codes, 2 * np.log(spread))
    return Encoded("toy", "test", codes, log_variances, np.zeros((count, 0), np.int64), (), None)


class Stand:
    """The controller with its panel in sight."""

    def __init__(self, model: Model | None = None, *, in_sight: bool = True) -> None:
        self.explore, self.stage, self.steps, self.lane = Explore(), Stage(), Steps(), HandLane()
        if in_sight:
            self.explore.instrument = KEY
        walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view: Mock = create_autospec(PriorView, instance=True)
        self.control = PriorController(self.explore, self.stage, walk, self.lane, self.view, np.random.default_rng(0))
        self.enter(model or toy_model(prior=FLAT, dimensions=USED))

    def enter(self, model: Model) -> None:
        self.stage.enter(model)
        self.explore.place = Place(bundle=model.key, code=(0.0,) * 4)

    @property
    def codes(self) -> NDArray[np.float32]:
        codes = self.control.codes
        assert codes is not None
        return codes

    @property
    def tiles(self) -> dict[int, NDArray[np.uint8]]:
        """The newest picture of each tile."""
        return {call.args[0]: call.args[1] for call in self.view.show_tile.call_args_list}

    def model(self) -> Model:
        assert self.stage.model is not None
        return self.stage.model


def test_every_tile_shows_its_sample_of_the_prior():
    stand = Stand()
    stand.lane.run()
    assert sorted(stand.tiles) == list(range(TILES))
    for at, pixels in stand.tiles.items():
        np.testing.assert_array_equal(pixels, pixels_at(stand.model(), stand.codes[at]))


def test_samples_have_the_centre_and_spread_of_the_prior():
    middles, noise = around(FLAT, 5_000, np.random.default_rng(1))
    np.testing.assert_allclose((middles + noise).mean(axis=0), 3, atol=0.15)
    np.testing.assert_allclose((middles + noise).std(axis=0), 2, rtol=0.05)
    assert (middles == 3).all()


def test_samples_of_the_data_are_their_posteriors():
    few = data(0.1, count=3)
    middles, noise = aggregate(few, 5_000, np.random.default_rng(1))
    assert {tuple(row) for row in middles.tolist()} == {tuple(row) for row in few.codes.tolist()}
    np.testing.assert_allclose(noise.std(axis=0), 0.1, rtol=0.05)
    assert (aggregate(data(None), 10, np.random.default_rng(1))[1] == 0).all()
    rows = aggregate(data(0.1), TILES, np.random.default_rng(1))[0]
    assert len({tuple(row) for row in rows.tolist()}) == TILES  # enough data: no picture twice


def test_a_temperature_moves_the_same_samples():
    stand = Stand()
    stand.lane.run()
    base = stand.codes
    for temperature in (0.0, 0.5, 2.0):
        stand.control.heat(temperature)
        stand.lane.run()
        np.testing.assert_allclose(stand.codes, 3 + temperature * (base - 3), atol=1e-5)
        np.testing.assert_array_equal(stand.tiles[7], pixels_at(stand.model(), stand.codes[7]))
    stand.control.heat(99.0)
    stand.control.heat(float("nan"))
    assert stand.view.show_temperature.call_args.args == (2.0,)
    asked = stand.lane.asked
    stand.control.heat(2.0)
    assert stand.lane.asked == asked  # nothing changed


def test_again_draws_others():
    stand = Stand()
    stand.lane.run()
    before = stand.codes
    stand.control.again()
    stand.lane.run()
    assert not np.isin(stand.codes, before).any()


def test_a_click_goes_to_what_the_tile_shows_in_one_step():
    stand = Stand()
    stand.lane.run()
    shown = stand.codes[11]
    stand.control.again()  # asked for, not yet there
    stand.control.go(11)
    np.testing.assert_array_equal(np.array(stand.explore.place.code, np.float32), shown)
    assert stand.steps.words == ["Go to a sample of the prior"]
    stand.steps.undo()
    assert stand.explore.place.code == (0.0,) * 4
    for at in (-1, TILES):
        stand.control.go(at)
    assert stand.steps.made == []


def test_the_data_are_offered_when_they_came_and_their_samples_lie_there():
    stand = Stand()
    assert stand.view.show_source.call_args.kwargs["data"] is False
    stand.control.choose("data")
    assert stand.view.show_source.call_args.args == ("prior",)
    stand.stage.encoded = data(0.1)
    assert stand.view.show_source.call_args.kwargs["data"] is True
    stand.control.choose("data")
    assert stand.view.show_source.call_args.args == ("data",)
    assert stand.view.show_source.call_args.kwargs["sentence"] == VAE_DATA
    assert (stand.codes > 5).all()
    stand.lane.run()
    stand.control.go(0)
    assert stand.steps.words == ["Go to a sample of the data"]
    stand.control.choose("nonsense")
    assert stand.view.show_source.call_args.args == ("data",)


def test_what_was_chosen_is_kept_for_the_next_model():
    stand = Stand()
    stand.stage.encoded = data(0.1)
    stand.control.choose("data")
    stand.enter(toy_model("/models/other", prior=FLAT))
    assert stand.view.show_source.call_args.args == ("prior",)  # its data are not there yet
    stand.stage.encoded = data(0.1)
    assert stand.view.show_source.call_args.args == ("data",)
    assert (stand.codes > 5).all()


@pytest.mark.parametrize(
    "spread, source, sentence, tempered",
    [
        (None, "prior", PLAIN_PRIOR, True),
        (None, "data", PLAIN_DATA, False),
        (0.1, "prior", VAE_PRIOR, True),
        (0.1, "data", VAE_DATA, True),
    ],
)
def test_a_sentence_says_what_to_compare(spread: float | None, source: str, sentence: str, tempered: bool):
    stand = Stand()
    stand.stage.encoded = data(spread)
    stand.control.choose(source)
    told = stand.view.show_source.call_args.kwargs
    assert told["sentence"] == sentence and told["tempered"] is tempered


def test_costs_come_from_the_highest_and_dead_ones_are_marked():
    costs, sentence = Stand().view.show_costs.call_args.args
    assert costs == (Cost("z1", 2.0, False), Cost("z3", 1.0, False), Cost("z0", 0.5, False), Cost("z2", 0.001, True))
    assert "3.5 nats" in sentence and "1 of 4 dimensions are dead" in sentence


@pytest.mark.parametrize(
    "dimensions, sentence", [((Dimension(active=True),) * 4, NO_COST), ((), UNKNOWN_COST), (USED[:2] * 2, "All 4")]
)
def test_costs_that_there_are_not_are_explained(dimensions: tuple[Dimension, ...], sentence: str):
    stand = Stand(toy_model(dimensions=dimensions))
    assert sentence in stand.view.show_costs.call_args.args[1]


def test_out_of_sight_nothing_is_decoded():
    stand = Stand(in_sight=False)
    stand.control.again()
    stand.control.heat(0.5)
    assert stand.lane.asked == 0
    stand.explore.instrument = KEY
    stand.lane.run()
    assert len(stand.tiles) == TILES
    stand.explore.instrument = "map"
    stand.explore.instrument = KEY
    assert stand.lane.asked == 1  # the same samples are still there


def test_another_model_clears_the_tiles_and_none_of_the_old_come_late():
    stand = Stand()
    late = stand.lane.compute()
    stand.view.show_tile.reset_mock()
    other = toy_model("/models/other", prior=FLAT)
    stand.enter(other)
    late()
    stand.view.clear_tiles.assert_called()
    stand.control.go(3)
    assert stand.steps.made == []
    stand.lane.run()
    np.testing.assert_array_equal(stand.tiles[3], pixels_at(other, stand.codes[3]))


def test_a_model_that_decodes_nothing_says_so():
    stand = Stand()
    stand.stage.enter(toy_model("/models/blind", decodes=False))
    assert "no latent space" in stand.view.show_message.call_args.args[0]
    stand.control.again()
    stand.control.heat(0.3)
    assert stand.control.codes is None


def test_a_fault_is_told():
    stand = Stand()
    decoder_of(stand.model()).fault = ModelFault("It broke; open another.")
    stand.lane.run()
    assert stand.view.show_fault.call_args.args == ("It broke; open another.",)
