"""The facts about the point in view."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explorer.contract.manifest import LatentSpace, UniformPrior
from explorer.control.gauges import Distance, distance, origin
from explorer.control.stage import Picture, Stage
from explorer.latent.priors import gaussian
from explorer.models.capabilities import Model
from explorer.state.place import Place
from tests.graphs import Toy
from tests.unit.control.stand import decoder_of, pixels_at, toy_model


def stage_at(model: Model, code: tuple[float, ...]) -> Stage:
    stage = Stage()
    stage.model = model
    stage.picture = Picture(1, model, np.asarray(code, np.float32), pixels_at(model, code), 2.0)
    return stage


def test_no_picture_no_distance() -> None:
    stage = Stage()
    stage.model = toy_model()
    assert distance(stage) is None


def test_of_a_standard_normal_it_is_the_norm() -> None:
    here = distance(stage_at(toy_model(toy=Toy(dims=2)), (3.0, 4.0)))
    assert here is not None
    assert here.value == pytest.approx(5.0)
    assert here.expected == pytest.approx(1.2533, rel=1e-4)
    assert here.sentence == "norm 5.00 of 1.25 expected"


def test_of_any_other_prior_it_is_a_distance_in_standard_deviations() -> None:
    prior = gaussian(np.array([1, 0], np.float32), np.diag([4.0, 1.0]).astype(np.float32), 2)
    model = toy_model(toy=Toy(dims=2), prior=prior)
    decoder_of(model).space = LatentSpace(name="z", shape=(2,), prior=UniformPrior())
    here = distance(stage_at(model, (5.0, 0.0)))
    assert here is not None
    assert here.sentence == "distance 2.00 of 1.25 expected"


@pytest.mark.parametrize(
    ("value", "unusual"), [(8.0, False), (6.7, False), (9.3, False), (6.5, True), (9.5, True), (0.0, True)]
)
def test_unusual_is_two_deviations_off(value: float, unusual: bool) -> None:
    assert Distance(value, 8.0, 0.7, "norm").unusual is unusual


def test_about_one_sample_of_the_prior_in_twenty_is_unusual() -> None:
    model = toy_model(toy=Toy(dims=32, size=4))
    prior = decoder_of(model).prior
    stage, found = stage_at(model, (0.0,) * 32), list[Distance | None]()
    for code in prior.sample(np.random.default_rng(0), 1_000):
        stage.picture = replace(stage.picture, code=code)
        found.append(distance(stage))
    share = np.mean([here.unusual for here in found if here is not None])
    assert share == pytest.approx(2 * (1 - 0.5 * (1 + math.erf(2 / math.sqrt(2)))), abs=0.02)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(bundle="a", code=(1.0,), seed=42), "seed 42"),
        (Place(bundle="a", code=(1.0,)), "set by hand"),
        (Place(bundle="a"), "centre of the prior"),
    ],
)
def test_origin(place: Place, words: str) -> None:
    assert origin(place) == words
