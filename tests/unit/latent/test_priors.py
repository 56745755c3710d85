"""Priors against linear algebra, known values and Monte Carlo."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from explorer.contract.errors import ManifestInvalid
from explorer.contract.manifest import Array, CodebookPrior, EmpiricalPrior, LatentSpace, NormalPrior, UniformPrior
from explorer.contract.manifest import Prior as PriorFact
from explorer.latent.priors import Prior, gaussian, prior_of

Floats = NDArray[np.floating]
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 8)


def random_gaussian(size: int, seed: int) -> tuple[Floats, Floats]:
    """A mean (D,) and a well-conditioned covariance (D, D), float32."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((size, size)) + 2 * np.eye(size)
    return (
        rng.normal(0, 3, size).astype(np.float32),
        (mixing @ mixing.T / size + 0.1 * np.eye(size)).astype(np.float32),
    )


def a_prior(kind: str, size: int, seed: int = 0) -> Prior:
    match kind:
        case "normal":
            return of(NormalPrior(), size)
        case "uniform":
            return of(UniformPrior(low=-0.5, high=2.0), size)
        case _:
            return gaussian(*random_gaussian(size, seed), size)


def of(fact: PriorFact, size: int, **arrays: Floats) -> Prior:
    space = LatentSpace(name="z", shape=(size,), prior=fact)
    return prior_of(space, lambda array: arrays[array.key])


EMPIRICAL = EmpiricalPrior(mean=Array(file="p.npz", key="mean"), covariance=Array(file="p.npz", key="covariance"))
KINDS = ("normal", "uniform", "empirical")


# --- standard deviations -------------------------------------------------------------------------------------------


@given(st.sampled_from(KINDS), SIZES, SEEDS)
def test_sigmas_and_codes_are_each_others_inverse(kind: str, size: int, seed: int) -> None:
    prior = a_prior(kind, size, seed)
    sigmas = np.random.default_rng(seed).uniform(-4, 4, size).astype(np.float32)
    code = prior.from_sigmas(sigmas)
    assert code.dtype == np.float32
    np.testing.assert_allclose(prior.in_sigmas(code), sigmas, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_centre_is_zero_sigmas(kind: str) -> None:
    prior = a_prior(kind, 5)
    np.testing.assert_array_equal(prior.in_sigmas(prior.center), np.zeros(5))
    assert prior.distance(prior.center) == 0.0


def test_one_sigma_is_the_deviation_of_that_number_alone() -> None:
    mean, covariance = random_gaussian(4, 1)
    prior = gaussian(mean, covariance, 4)
    np.testing.assert_allclose(prior.deviation, np.sqrt(np.diag(covariance)), rtol=1e-5)
    np.testing.assert_allclose(
        prior.from_sigmas(np.ones(4, np.float32)), mean + np.sqrt(np.diag(covariance)), rtol=1e-4
    )


# --- sampling ------------------------------------------------------------------------------------------------------


COUNT = 60_000  # the error of a mean is 0.4 % of a deviation, of a variance 0.6 %


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_priors_mean_and_covariance(kind: str) -> None:
    mean, covariance = random_gaussian(3, 7)
    expected = {
        "normal": (np.zeros(3), np.eye(3)),
        "uniform": (np.full(3, 0.75), np.eye(3) * 2.5**2 / 12),
        "empirical": (mean, covariance),
    }[kind]
    samples = a_prior(kind, 3, 7).sample(np.random.default_rng(0), COUNT)
    assert (samples.shape, samples.dtype) == ((COUNT, 3), np.float32)
    scale = np.sqrt(np.diag(expected[1]).max())
    np.testing.assert_allclose(samples.mean(axis=0), expected[0], atol=0.02 * scale)
    np.testing.assert_allclose(np.cov(samples.T), expected[1], atol=0.03 * scale**2)


def test_uniform_samples_stay_in_the_box() -> None:
    samples = a_prior("uniform", 4).sample(np.random.default_rng(0), 10_000)
    assert samples.min() >= -0.5
    assert samples.max() <= 2.0
    assert samples.min() < -0.49
    assert samples.max() > 1.99


def test_a_seed_stands_for_the_same_code_on_every_machine() -> None:
    """The numbers themselves: recipes and shared seeds must mean the same picture for ever."""
    drawn = a_prior("normal", 4).sample(np.random.default_rng(42), 1)[0]
    np.testing.assert_array_equal(drawn, np.array([0.14190717, -1.6685079, -1.332108, 0.58255345], np.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_more_samples_begin_with_the_same(kind: str) -> None:
    prior = a_prior(kind, 3)
    few, many = (prior.sample(np.random.default_rng(5), count) for count in (2, 9))
    np.testing.assert_allclose(few, many[:2], rtol=1e-5)


# --- distance ------------------------------------------------------------------------------------------------------


@given(SIZES, SEEDS)
def test_distance_is_mahalanobis(size: int, seed: int) -> None:
    mean, covariance = random_gaussian(size, seed)
    code = np.random.default_rng(seed).normal(0, 5, size).astype(np.float32)
    offset = code.astype(np.float64) - mean
    expected = math.sqrt(offset @ np.linalg.solve(covariance.astype(np.float64), offset))
    assert gaussian(mean, covariance, size).distance(code) == pytest.approx(expected, rel=1e-3)


def test_distance_of_a_standard_normal_is_the_norm() -> None:
    assert a_prior("normal", 2).distance(np.array([3, 4], np.float32)) == pytest.approx(5.0)


def test_distance_of_a_box_is_in_standard_deviations() -> None:
    corner = np.full(3, 2.0, np.float32)  # sqrt(3) deviations from the middle along each axis
    assert a_prior("uniform", 3).distance(corner) == pytest.approx(3.0)


@pytest.mark.parametrize(("size", "expected"), [(1, math.sqrt(2 / math.pi)), (2, 1.2533), (64, 7.969), (512, 22.6164)])
def test_expected_distance_of_a_gaussian(size: int, expected: float) -> None:
    assert a_prior("normal", size).expected_distance == pytest.approx(expected, rel=1e-4)
    assert a_prior("normal", size).expected_distance == pytest.approx(math.sqrt(size - 0.5), rel=0.13)


@pytest.mark.parametrize("size", [2, 10, 64])
@pytest.mark.parametrize("kind", KINDS)
def test_distances_of_samples_are_as_expected(kind: str, size: int) -> None:
    prior = a_prior(kind, size)
    distances = np.array([prior.distance(code) for code in prior.sample(np.random.default_rng(1), 4_000)])
    # for a box the root mean square stands for the mean: 6 % more at two dimensions, 1 % at ten
    assert distances.mean() == pytest.approx(prior.expected_distance, rel=0.07 if kind == "uniform" else 0.02)
    assert distances.std() == pytest.approx(prior.distance_deviation, rel=0.15 if kind == "uniform" else 0.05)


# --- covariances that are flat, wrong or empty ---------------------------------------------------------------------


def test_a_flat_direction_neither_fails_nor_explodes() -> None:
    direction = np.array([1.0, 1.0, 0.0]) / math.sqrt(2)
    flat = (np.eye(3) - np.outer(direction, direction)).astype(np.float32)  # no spread along ``direction``
    prior = gaussian(np.zeros(3, np.float32), flat, 3)
    samples = prior.sample(np.random.default_rng(0), 1_000)
    assert np.isfinite(samples).all()
    assert np.abs(samples @ direction).max() < 1e-3
    assert prior.distance(np.array([0, 0, 1], np.float32)) == pytest.approx(1.0, rel=1e-3)
    off = prior.distance(direction.astype(np.float32))
    assert 100 < off < math.inf  # no sample lies there


def test_a_number_that_never_varies_has_sigmas_all_the_same() -> None:
    prior = gaussian(np.ones(2, np.float32), np.diag([4.0, 0.0]).astype(np.float32), 2)
    sigmas = np.array([1, 1], np.float32)
    code = prior.from_sigmas(sigmas)
    np.testing.assert_allclose(code, [3, 1], atol=1e-3)
    assert np.isfinite(prior.in_sigmas(code)).all()


@pytest.mark.parametrize(
    ("mean", "covariance"),
    [
        (np.zeros(3), np.eye(4)),
        (np.zeros(4), np.eye(3)),
        (np.zeros((4, 1)), np.eye(4)),
        (np.zeros(4), np.ones(16)),
        (np.array([0, np.nan, 0, 0]), np.eye(4)),
        (np.zeros(4), np.full((4, 4), np.inf)),
        (np.zeros(4), np.zeros((4, 4))),
        (np.zeros(4), -np.eye(4)),
    ],
)
def test_arrays_that_are_no_gaussian_are_refused(mean: Floats, covariance: Floats) -> None:
    with pytest.raises(ManifestInvalid, match=r"^The model's empirical prior .*; export the model again\.$"):
        of(EMPIRICAL, 4, mean=mean, covariance=covariance)


def test_a_codebook_is_no_prior_over_vectors() -> None:
    with pytest.raises(ManifestInvalid, match="no prior over vectors"):
        of(CodebookPrior(vectors=Array(file="p.npz", key="vectors")), 4)
