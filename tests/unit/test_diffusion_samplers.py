"""Samplers against a denoiser whose answers are known exactly: data that is normal with a given mean and deviation."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.latent.sampling import Sampling
from explorer.samplers.diffusion import (
    Array,
    Parameterisation,
    Predict,
    Schedule,
    Step,
    clean_of,
    eps_of,
    guided,
    inverted,
    sample,
)

MEAN, DEVIATION = 0.3, 0.5
BETAS = np.linspace(1e-4, 0.02, 1_000)
LINEAR = Schedule(np.cumprod(1 - BETAS))
ODE = ("ddim", "euler", "heun", "dpm")
ALL = (*ODE, "ddpm")


def gaussian(what: Parameterisation, mean: float = MEAN) -> Predict:
    """E[eps | x] of x_0 ~ N(mean, DEVIATION^2), in closed form, put in terms of ``what``; no condition."""

    def predict(x: Array, step: float) -> tuple[Array, Array | None]:
        a, s = LINEAR.at(step)
        eps = s * (x - a * mean) / ((a * DEVIATION) ** 2 + s**2)
        clean = (x - s * eps) / a
        found = {"eps": eps, "x0": clean, "v": a * eps - s * clean}[what].astype(np.float32)
        return found, None

    return predict


def run(predict: Predict, x: Array, sampling: Sampling, what: Parameterisation = "eps", **more: object) -> Array:
    walk = sample(predict, x, LINEAR, what, sampling, **more)  # type: ignore[arg-type]
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


def noise(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((count, 1, 2, 2), dtype=np.float32)


def exact(x: Array) -> NDArray[np.float64]:
    """Where the probability-flow ODE leads from x at the noisiest step: a normal keeps its quantile."""
    a, s = LINEAR.at(999.0)
    return MEAN + DEVIATION * (x - a * MEAN) / np.sqrt((a * DEVIATION) ** 2 + s**2)


@pytest.mark.parametrize("what", ["eps", "v", "x0"])
@pytest.mark.parametrize("sampler", ALL)
def test_mean_and_deviation_of_the_data_come_out(sampler: str, what: Parameterisation):
    steps = 1_000 if sampler == "ddpm" else 200  # its noise is a little too small where steps are wide
    drawn = run(gaussian(what), noise(20_000), Sampling.model_validate({"sampler": sampler, "steps": steps}), what)
    assert drawn.mean() == pytest.approx(MEAN, abs=0.02 * DEVIATION)
    assert drawn.std() == pytest.approx(DEVIATION, rel=0.02)


@pytest.mark.parametrize(("sampler", "order"), [("ddim", 1), ("euler", 1), ("dpm", 2), ("heun", 2)])
def test_more_steps_converge_to_the_same_picture_at_the_samplers_order(sampler: str, order: int):
    x = noise(200)
    errors = []
    reference = run(gaussian("eps"), x, Sampling(sampler="heun", steps=1_000, spacing="karras"))
    for steps in (20, 40, 80, 160):
        sampling = Sampling.model_validate({"sampler": sampler, "steps": steps, "spacing": "karras"})
        found = run(gaussian("eps"), x, sampling)
        errors.append(float(np.abs(found - reference).max()))
    slopes = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.median(slopes) > order - 0.35
    assert errors[-1] < 5e-2


@pytest.mark.parametrize("sampler", ODE)
def test_the_ode_leads_each_noise_to_its_own_quantile(sampler: str):
    x = noise(100)
    found = run(gaussian("v"), x, Sampling.model_validate({"sampler": sampler, "steps": 500}), "v")
    assert np.abs(found - exact(x)).max() < 0.02


@pytest.mark.parametrize("spacing", ["trailing", "leading", "uniform", "karras"])
@pytest.mark.parametrize("steps", [1, 2, 7, 50, 1_000])
def test_steps_fall_within_the_schedule(spacing: str, steps: int):
    places = LINEAR.steps(steps, spacing)  # type: ignore[arg-type]
    assert len(places) == steps
    assert (np.diff(places) < 0).all() and places[0] <= 999 and places[-1] >= 0
    if spacing in ("trailing", "uniform"):
        assert places[0] == 999
    if spacing in ("leading", "uniform") and steps > 1:
        assert places[-1] == 0


def test_the_level_between_two_steps_is_linear_in_the_log_of_the_ratio():
    a, s = LINEAR.at(500.5)
    values = [np.log(a / s) for a, s in (LINEAR.at(500.0), LINEAR.at(501.0))]
    assert np.log(a / s) == pytest.approx(np.mean(values), rel=1e-6)
    assert a**2 + s**2 == pytest.approx(1)


def test_what_is_predicted_is_the_same_thing_said_differently():
    rng = np.random.default_rng(1)
    clean, eps = (rng.standard_normal((2, 1, 3, 3), dtype=np.float32) for _ in range(2))
    a, s = LINEAR.at(400.0)
    x = (a * clean + s * eps).astype(np.float32)
    for what, predicted in (("eps", eps), ("x0", clean), ("v", a * eps - s * clean)):
        np.testing.assert_allclose(clean_of(x, np.float32(predicted), a, s, what), clean, atol=1e-5)
        np.testing.assert_allclose(eps_of(x, np.float32(predicted), a, s, what), eps, atol=1e-5)


def two_minds(x: Array, step: float) -> tuple[Array, Array | None]:
    """With the condition the mean is 1, without it -1."""
    return gaussian("eps", 1.0)(x, step)[0], gaussian("eps", -1.0)(x, step)[0]


def test_weight_1_is_the_conditional_model_and_0_the_unconditional():
    x = noise(20)
    for weight, mean in ((1.0, 1.0), (0.0, -1.0)):
        wanted = run(gaussian("eps", mean), x, Sampling(steps=30))
        np.testing.assert_array_equal(run(two_minds, x, Sampling(steps=30, weight=weight)), wanted)


def test_more_weight_leads_further_along_the_condition():
    x = noise(500)
    means = [run(two_minds, x, Sampling(steps=50, weight=w)).mean() for w in (-1.0, 0.0, 1.0, 3.0)]
    assert means == sorted(means) and means[3] > 1.5


def test_a_curve_guides_where_it_is_not_zero():
    sampling = Sampling(weight=5.0, curve=(0.0, 1.0, 0.0))
    np.testing.assert_allclose(sampling.weights(5), [1, 3, 5, 3, 1])
    assert Sampling(weight=5.0).weights(3).tolist() == [5, 5, 5]
    assert Sampling(weight=5.0, curve=(0.5,)).weights(2).tolist() == [3, 3]


def test_rescaling_brings_the_spread_back():
    rng = np.random.default_rng(3)
    yes, no = (rng.standard_normal((2, 1, 8, 8), dtype=np.float32) for _ in range(2))
    wild = guided(yes, no, 8.0)
    assert wild.std() > 3 * yes.std()
    np.testing.assert_allclose(guided(yes, no, 8.0, 1.0).std(axis=(1, 2, 3)), yes.std(axis=(1, 2, 3)), rtol=1e-5)


def test_another_weight_at_a_visited_step_needs_no_network():
    calls: list[float] = []

    def counted(x: Array, step: float) -> tuple[Array, Array | None]:
        calls.append(step)
        return two_minds(x, step)

    step = next(sample(counted, noise(1), LINEAR, "eps", Sampling(steps=10, weight=2.0)))
    for weight in (0.0, 1.0, 7.5):
        again = next(sample(two_minds, noise(1), LINEAR, "eps", Sampling(steps=10, weight=weight)))
        np.testing.assert_allclose(step.clean(weight), again.clean(), rtol=1e-5)
    assert len(calls) == 1


@pytest.mark.parametrize("sampler", ALL)
def test_a_walk_goes_on_from_any_step_as_if_it_had_not_been_broken(sampler: str):
    sampling = Sampling.model_validate({"sampler": sampler, "steps": 12, "seed": 5})
    walk = sample(two_minds, noise(3), LINEAR, "eps", sampling)
    steps: list[Step] = []
    while True:
        try:
            steps.append(next(walk))
        except StopIteration as end:
            whole = end.value
            break
    assert [step.index for step in steps] == [*range(12)]
    again = run(two_minds, steps[7].x, sampling, first=7, before=steps[6])
    np.testing.assert_array_equal(again, whole)


def test_fresh_noise_follows_from_the_seed_alone():
    x = noise(2)
    ways = [run(two_minds, x, Sampling(sampler="ddim", eta=1.0, steps=20, seed=seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(ways[0], ways[1])
    assert np.abs(ways[0] - ways[2]).max() > 0.1
    np.testing.assert_array_equal(ways[2], run(two_minds, x, Sampling(sampler="ddpm", steps=20, seed=2)))


def test_a_step_in_half_precision_says_nearly_the_same():
    step = next(sample(two_minds, noise(2), LINEAR, "eps", Sampling(steps=10, weight=3.0)))
    half = step.halved()
    assert half.x.nbytes * 2 == step.x.nbytes
    np.testing.assert_allclose(half.eps(2.0), step.eps(2.0), atol=2e-2)
    np.testing.assert_allclose(half.clean(1.0) * half.signal, step.clean(1.0) * step.signal, atol=2e-2)


def test_an_inverted_picture_comes_back():
    picture = np.random.default_rng(4).normal(MEAN, DEVIATION, (4, 1, 2, 2)).astype(np.float32)
    sampling = Sampling(sampler="ddim", steps=100)
    walk = inverted(gaussian("eps"), picture, LINEAR, "eps", sampling)
    visited: list[int] = []
    while True:
        try:
            visited.append(next(walk).index)
        except StopIteration as end:
            found = end.value
            break
    assert visited == [*range(99, -1, -1)]
    np.testing.assert_allclose(run(gaussian("eps"), found, sampling), picture, atol=1e-3)
    np.testing.assert_allclose(exact(found), picture, atol=0.05)


def test_clipping_keeps_estimates_on_the_way_within_the_pictures_range():
    x = noise(5)
    seconds = []
    for clip in (False, True):
        way = sample(gaussian("eps", 2.0), x, LINEAR, "eps", Sampling(sampler="ddim", steps=4), clip=clip)
        first, second = next(way), next(way)
        kept = first.clean().clip(-1, 1) if clip else first.clean()
        eps = (first.x - first.signal * kept) / first.noise
        np.testing.assert_allclose(second.x, second.signal * kept + second.noise * eps, atol=1e-4)
        seconds.append(second.x)
    assert np.abs(seconds[0] - seconds[1]).min() > 0.03


def test_euler_and_ddim_are_two_ways_to_discretise_one_ode():
    x, ways = noise(50), []
    for name in ("euler", "ddim"):
        ways.append([run(gaussian("eps"), x, Sampling(sampler=name, steps=n)) for n in (10, 500)])  # type: ignore[arg-type]
    assert np.abs(ways[0][0] - ways[1][0]).max() > 0.05
    assert np.abs(ways[0][1] - ways[1][1]).max() < 0.02


def test_the_velocity_of_the_schedule_is_that_of_its_levels():
    for step in (100.0, 500.0, 900.0):
        (a0, s0), (a1, s1) = LINEAR.at(step - 1), LINEAR.at(step + 1)
        np.testing.assert_allclose(LINEAR.velocity(step), [(a1 - a0) / 2, (s1 - s0) / 2], rtol=1e-3)
