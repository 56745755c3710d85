"""Bounds of a variational autoencoder against models whose evidence is known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from explorer.latent.bounds import (
    Likelihood,
    bits_per_dimension,
    evidence_bound,
    grid_evidence,
    importance_bound,
    kl_per_dimension,
    log_likelihood,
    log_normal,
    reparameterised,
    squared_error,
    weighted_loss,
)

Array = NDArray[np.float64]

SCALE = 0.3
# Columns at right angles, so that the true posterior is a diagonal Gaussian.
LOADINGS = np.array([[1.0, 0.5], [1.0, -0.5], [-0.4, 0.0], [0.0, 0.7]])
BIAS = np.array([0.1, -0.2, 0.3, 0.0])
X = np.array([0.9, 0.4, -0.1, 0.5])


def evidence() -> float:
    """log N(X; BIAS, LOADINGS LOADINGS' + SCALE^2 I)."""
    covariance = LOADINGS @ LOADINGS.T + SCALE**2 * np.eye(4)
    offset = X - BIAS
    quadratic = offset @ np.linalg.solve(covariance, offset)
    return float(-0.5 * (quadratic + np.linalg.slogdet(covariance)[1] + 4 * math.log(2 * math.pi)))


def true_posterior() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and log-variance, (2,) each."""
    precision = np.eye(2) + LOADINGS.T @ LOADINGS / SCALE**2
    assert precision[0, 1] == pytest.approx(0.0, abs=1e-12)
    mean = np.linalg.solve(precision, LOADINGS.T @ (X - BIAS) / SCALE**2)
    return mean.astype(np.float32), -np.log(np.diag(precision)).astype(np.float32)


def log_weights(mean: NDArray[np.float32], log_variance: NDArray[np.float32], count: int) -> tuple[Array, Array]:
    """log p(x | z) and the log importance weights of ``count`` samples."""
    noise = np.random.default_rng(0).standard_normal((count, 2), dtype=np.float32)
    z = reparameterised(mean, log_variance, noise)
    likelihoods = log_likelihood(X, z @ LOADINGS.T + BIAS, "gaussian", SCALE)
    zero = np.zeros(2, np.float32)
    return likelihoods, likelihoods + log_normal(z, zero, zero) - log_normal(z, mean, log_variance)


def test_at_the_true_posterior_all_bounds_are_the_evidence():
    mean, log_variance = true_posterior()
    likelihoods, weights = log_weights(mean, log_variance, 4_000)
    np.testing.assert_allclose(weights, evidence(), atol=1e-3)  # every single weight
    assert importance_bound(weights) == pytest.approx(evidence(), abs=1e-3)
    elbo = evidence_bound(float(likelihoods.mean()), float(kl_per_dimension(mean, log_variance).sum()))
    assert elbo == pytest.approx(evidence(), abs=0.05)  # the expectation by 4,000 samples


@pytest.mark.parametrize("shift, widen", [(0.0, 1.0), (0.1, 0.5), (-0.2, 0.0), (0.15, -0.7)])
def test_elsewhere_the_elbo_is_below_the_importance_bound_and_that_below_the_evidence(shift: float, widen: float):
    mean, log_variance = true_posterior()
    q_mean, q_log_variance = mean + np.float32(shift), log_variance + np.float32(widen)
    likelihoods, weights = log_weights(q_mean, q_log_variance, 20_000)
    elbo = evidence_bound(float(likelihoods.mean()), float(kl_per_dimension(q_mean, q_log_variance).sum()))
    tight = float(np.mean([importance_bound(part) for part in weights.reshape(-1, 20)]))
    gap = 0.5 * float(  # KL of q to the true posterior: what the ELBO misses
        np.sum(np.exp(q_log_variance - log_variance) - 1 - widen + shift**2 / np.exp(log_variance))
    )
    assert elbo == pytest.approx(evidence() - gap, abs=0.1)
    assert elbo + 0.3 * gap < tight < evidence() + 0.02


def test_one_sample_makes_the_importance_bound_the_elbo_and_more_never_loosen_it():
    mean, log_variance = true_posterior()
    _, weights = log_weights(mean + np.float32(0.2), log_variance, 4_096)
    bounds = [np.mean([importance_bound(part) for part in weights.reshape(-1, k)]) for k in (1, 4, 16, 64)]
    assert bounds[0] == pytest.approx(weights.mean())
    assert bounds == sorted(bounds)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30))
def test_the_importance_bound_lies_between_mean_and_largest_weight(logs: list[float]):
    weights = np.array(logs)
    assert weights.mean() - 1e-6 <= importance_bound(weights) <= weights.max() + 1e-6


def test_the_grid_gives_the_evidence():
    axis = np.linspace(-5, 5, 201)
    z = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    likelihoods = log_likelihood(X, z @ LOADINGS.T + BIAS, "gaussian", SCALE).reshape(201, 201)
    assert grid_evidence(likelihoods, axis) == pytest.approx(evidence(), abs=1e-4)


def test_the_grid_integrates_the_prior_to_one():
    axis = np.linspace(-6, 6, 121)
    assert grid_evidence(np.zeros((121, 121)), axis) == pytest.approx(0.0, abs=1e-6)


def test_the_prior_costs_nothing():
    assert kl_per_dimension(np.zeros(3, np.float32), np.zeros(3, np.float32)).tolist() == [0.0, 0.0, 0.0]


@given(st.floats(-5, 5, width=32), st.floats(-8, 4, width=32))
def test_a_code_never_costs_less_than_nothing(mean: float, log_variance: float):
    assert kl_per_dimension(np.array([mean], np.float32), np.array([log_variance], np.float32))[0] >= 0


@pytest.mark.parametrize("mean, log_variance", [(0.7, -1.0), (-2.0, 0.5), (0.0, -4.0)])
def test_the_cost_is_what_monte_carlo_finds(mean: float, log_variance: float):
    mu, spread = np.array([mean], np.float32), np.array([log_variance], np.float32)
    z = reparameterised(mu, spread, np.random.default_rng(1).standard_normal((200_000, 1), dtype=np.float32))
    zero = np.zeros(1, np.float32)
    found = float(np.mean(log_normal(z, mu, spread) - log_normal(z, zero, zero)))
    assert kl_per_dimension(mu, spread)[0] == pytest.approx(found, abs=0.02)


def test_samples_have_the_mean_and_spread_that_were_asked_for():
    noise = np.random.default_rng(2).standard_normal((100_000, 2), dtype=np.float32)
    z = reparameterised(np.array([1.0, -3.0], np.float32), np.log(np.array([0.25, 4.0], np.float32)), noise)
    np.testing.assert_allclose(z.mean(axis=0), [1, -3], atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), [0.5, 2], rtol=0.01)


PICTURE, RESTORED = np.array([0.0, 1.0, 0.25]), np.array([[0.1, 0.8, 0.25], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize("kind", ["gaussian", "laplace", "bernoulli"])
def test_likelihoods_are_the_sums_of_their_densities(kind: Likelihood):
    def density(x: float, y: float) -> float:
        match kind:
            case "gaussian":
                return math.exp(-((x - y) ** 2) / (2 * 0.2**2)) / (0.2 * math.sqrt(2 * math.pi))
            case "laplace":
                return math.exp(-abs(x - y) / 0.2) / 0.4
            case "bernoulli":
                return y**x * (1 - y) ** (1 - x)

    wanted = [sum(math.log(density(x, y)) for x, y in zip(PICTURE, row, strict=True)) for row in RESTORED]
    np.testing.assert_allclose(log_likelihood(PICTURE, RESTORED, kind, 0.2), wanted, rtol=1e-9)


def test_a_sure_and_wrong_bernoulli_is_very_unlikely_and_finite():
    assert -20 < log_likelihood(np.ones(1), np.zeros((1, 1)), "bernoulli", 0.0)[0] < -10


def test_the_squared_error_is_a_mean():
    assert squared_error(np.array([0.0, 1.0]), np.array([0.5, 1.0])) == pytest.approx(0.125)


def test_beta_one_is_the_bound_that_is_trained():
    assert weighted_loss(-50.0, 2.0, 1.0) == -evidence_bound(-50.0, 2.0) == 52.0
    assert weighted_loss(-50.0, 2.0, 4.0) == 58.0


def test_an_even_density_needs_all_bits():
    assert bits_per_dimension(0.0, 784) == pytest.approx(8.0)  # density 1 on [0, 1]: 256 grey levels alike
    assert bits_per_dimension(784 * math.log(2), 784) == pytest.approx(7.0)  # twice as dense: a bit less
    assert bits_per_dimension(0.0, 10, grey_levels=2) == pytest.approx(1.0)
