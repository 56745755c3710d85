"""Beginning with a picture, and filling what is masked, against normals whose answers are known in closed form."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.latent.retouch import Raster, Retouch
from explorer.latent.sampling import Sampling
from explorer.samplers.diffusion import Array, Predict, Schedule, sample
from explorer.samplers.known import Known, renoised
from tests.unit.test_diffusion_samplers import ALL, DEVIATION, LINEAR, MEAN, ODE, gaussian, noise

PICTURE = np.random.default_rng(1).normal(0, 0.6, (1, 1, 2, 2)).astype(np.float32)
FREE = np.array([[True, False], [False, True]])[None, None]
BLANK = Raster.of(np.zeros((2, 2, 1), np.uint8))  # the samplers themselves look at strength alone


def way(sampler: str, strength: float, steps: int = 60, **more: object) -> Sampling:
    retouch = Retouch(picture=BLANK, strength=strength)
    return Sampling.model_validate({"sampler": sampler, "steps": steps, "retouch": retouch, **more})


def run(predict: Predict, sampling: Sampling, known: Known, schedule: Schedule = LINEAR) -> Array:
    x = known.start(*schedule.at(schedule.places(sampling)[0]))
    walk = sample(predict, x, schedule, "eps", sampling, known=known)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("sampler", ALL)
def test_strength_1_keeps_nothing(sampler: str):
    z, sampling = noise(3), way(sampler, 1.0)
    plain = sample(gaussian("eps"), z, LINEAR, "eps", sampling.model_copy(update={"retouch": None}))
    steps = list(plain)
    np.testing.assert_array_equal(run(gaussian("eps"), sampling, Known(PICTURE, z, 1.0)), steps[-1].clean())


@pytest.mark.parametrize("sampler", ODE)
@pytest.mark.parametrize("strength", [0.3, 0.7])
def test_a_half_noised_picture_goes_where_the_ode_leads_it(sampler: str, strength: float):
    z, sampling = noise(50), way(sampler, strength, 300)
    a, s = LINEAR.at(LINEAR.places(sampling)[0])
    assert s == pytest.approx(LINEAR.at(strength * 1_000 - 1)[1])
    x = a * PICTURE + s * z
    wanted = MEAN + DEVIATION * (x - a * MEAN) / np.sqrt((a * DEVIATION) ** 2 + s**2)
    np.testing.assert_allclose(run(gaussian("eps"), sampling, Known(PICTURE, z, strength)), wanted, atol=0.03)


def test_the_weaker_the_nearer_to_the_picture():
    gaps = [
        np.abs(run(gaussian("eps"), way("dpm", strength, 20), Known(PICTURE, noise(200), strength)) - PICTURE).mean()
        for strength in (0.0, 0.2, 0.5, 0.9)
    ]
    assert gaps == sorted(gaps) and gaps[0] < 0.02 and gaps[-1] > 0.3


@pytest.mark.parametrize("sampler", ALL)
def test_what_is_not_masked_stays_and_what_is_does_not_know_of_it_where_pixels_are_independent(sampler: str):
    z, sampling = noise(4), way(sampler, 1.0)
    found = run(gaussian("eps"), sampling, Known(PICTURE, z, 1.0, FREE))
    np.testing.assert_array_equal(found[:, ~FREE[0]], np.repeat(PICTURE, 4, 0)[:, ~FREE[0]])
    plain = run(gaussian("eps"), sampling, Known(PICTURE, z, 1.0))
    np.testing.assert_array_equal(found[:, FREE[0]], plain[:, FREE[0]])


def related(rho: float, schedule: Schedule) -> Predict:
    """E[eps | x] of two pixels, each standard normal, with correlation ``rho``."""
    cov = np.array([[1, rho], [rho, 1]])

    def predict(x: Array, step: float) -> tuple[Array, Array | None]:
        a, s = schedule.at(step)
        flat: NDArray[np.float64] = x.reshape(len(x), 2).astype(np.float64)
        clean = flat @ np.linalg.inv(a**2 * cov + s**2 * np.eye(2)) @ (a * cov)
        return ((x - a * clean.reshape(x.shape)) / s).astype(np.float32), None

    return predict


def test_walking_each_step_again_brings_the_fill_nearer_to_the_known_conditional():
    rho, known_value, count = 0.9, 1.5, 4_000
    z = np.random.default_rng(2).standard_normal((count, 1, 1, 2), dtype=np.float32)
    picture, free = np.array([[[[known_value, 0.0]]]], np.float32), np.array([[[[False, True]]]])
    gaps: list[float] = []
    for rounds in (1, 5):
        found = run(related(rho, LINEAR), way("ddpm", 1.0, 100), Known(picture, z, 1.0, free, rounds))
        assert (found[:, 0, 0, 0] == known_value).all()
        gaps.append(abs(float(found[:, 0, 0, 1].mean()) - rho * known_value))
    assert gaps[1] < 0.6 * gaps[0] and gaps[1] < 0.1


def test_noise_that_is_laid_on_again_makes_the_level_it_should():
    a, s = LINEAR.at(200.0)
    rng = np.random.default_rng(3)
    clean, first, fresh = (rng.standard_normal(200_000).astype(np.float32) for _ in range(3))
    earlier = LINEAR.at(400.0)
    found = renoised((a * clean + s * first).astype(np.float32), a, s, earlier, fresh)
    assert np.cov(found, clean)[0, 1] == pytest.approx(earlier[0], abs=0.01)
    assert (found - earlier[0] * clean).std() == pytest.approx(earlier[1], rel=0.01)


def test_a_broken_walk_goes_on_with_what_is_known():
    z, sampling = noise(2), way("ddpm", 0.8, 12)
    known = Known(PICTURE, z, 0.8, FREE, 3)
    steps = list(sample(gaussian("eps"), known.start(*LINEAR.at(799.0)), LINEAR, "eps", sampling, known=known))
    again = list(sample(gaussian("eps"), steps[5].x, LINEAR, "eps", sampling, 5, steps[4], known=known))
    assert [step.index for step in steps] == [*range(12)]
    # the first call after the break is the last of its step's rounds before it
    np.testing.assert_array_equal(again[0].x[:, ~FREE[0]], steps[5].x[:, ~FREE[0]])


@pytest.mark.parametrize("spacing", ["trailing", "leading", "uniform", "karras"])
@pytest.mark.parametrize("strength", [0.0, 0.05, 0.5, 1.0])
def test_steps_lie_within_the_strength(spacing: str, strength: float):
    places = LINEAR.places(way("dpm", strength, 25, spacing=spacing))
    assert 1 <= len(places) <= 25 and (np.diff(places) < 0).all() and places[-1] >= 0
    assert places[0] <= max(strength * 1_000 - 1, 0)
