"""The quantities of a variational autoencoder for one picture, each as one pure function; in nats."""

import math
from typing import Literal

import numpy as np
from numpy import ndarray

from explorer.latent.shapes import Float

Likelihood = Literal["gaussian", "laplace", "bernoulli"]

SMALLEST = 1e-6  # Bernoulli means are kept this far from 0 and 1, as the trainers keep them


def squared_error(x: Float[ndarray, " n"], restored: Float[ndarray, " n"]) -> float:
    """Mean squared error per number, pictures in [0, 1]."""
    return float(np.mean((x.astype(np.float64) - restored) ** 2))


def log_likelihood(
    x: Float[ndarray, " n"], restored: Float[ndarray, "s n"], kind: Likelihood, scale: float
) -> Float[ndarray, " s"]:
    """log p(x | z) for each of S restored pictures.

    gaussian: N(x; restored, scale^2); laplace: density exp(-|x - restored| / scale) / (2 scale); bernoulli: ``x`` is
    0 or 1, or the chance of 1 on average over binarisations, and ``restored`` the chance that the model gives.
    """
    x = x.astype(np.float64)
    restored = restored.astype(np.float64)
    if kind == "gaussian":
        constant = x.size * (math.log(scale) + 0.5 * math.log(2 * math.pi))
        return -0.5 * np.sum(((x - restored) / scale) ** 2, axis=-1) - constant
    if kind == "laplace":
        return -np.sum(np.abs(x - restored), axis=-1) / scale - x.size * math.log(2 * scale)
    chance = np.clip(restored, SMALLEST, 1 - SMALLEST)
    return np.sum(x * np.log(chance) + (1 - x) * np.log1p(-chance), axis=-1)


def kl_per_dimension(mean: Float[ndarray, " d"], log_variance: Float[ndarray, " d"]) -> Float[ndarray, " d"]:
    """KL of N(mean, exp(log_variance)) to N(0, 1), each dimension; Kingma and Welling (2014), appendix B."""
    mean, log_variance = mean.astype(np.float64), log_variance.astype(np.float64)
    return 0.5 * (mean**2 + (np.expm1(log_variance) - log_variance))  # expm1: never below 0


def reparameterised(
    mean: Float[ndarray, " d"], log_variance: Float[ndarray, " d"], noise: Float[ndarray, "s d"]
) -> Float[ndarray, "s d"]:
    """Samples of the posterior from standard normal noise; Kingma and Welling (2014), eq. 10."""
    return (mean + np.exp(0.5 * log_variance) * noise).astype(np.float32)


def log_normal(
    z: Float[ndarray, "s d"], mean: Float[ndarray, " d"], log_variance: Float[ndarray, " d"]
) -> Float[ndarray, " s"]:
    """log N(z; mean, exp(log_variance)) of each row."""
    z = z.astype(np.float64)
    square = (z - mean) ** 2 / np.exp(log_variance.astype(np.float64))
    return -0.5 * np.sum(square + log_variance + math.log(2 * math.pi), axis=-1)


def evidence_bound(reconstruction: float, kl: float) -> float:
    """ELBO = E log p(x | z) - KL; Kingma and Welling (2014), eq. 3."""
    return reconstruction - kl


def weighted_loss(reconstruction: float, kl: float, beta: float) -> float:
    """What a beta-VAE minimises; Higgins et al. (2017), eq. 4."""
    return -reconstruction + beta * kl


def importance_bound(log_weights: Float[ndarray, " s"]) -> float:
    """log of the mean importance weight p(x, z) / q(z | x): tighter than the ELBO; Burda et al. (2016), eq. 8."""
    largest = float(log_weights.max())
    return largest + math.log(float(np.mean(np.exp(log_weights.astype(np.float64) - largest))))


def grid_evidence(log_likelihoods: Float[ndarray, "g g"], axis: Float[ndarray, " g"]) -> float:
    """log p(x) of a two-dimensional model with prior N(0, I): the integral as a sum over a square grid.

    ``axis`` holds the evenly spaced places of the grid along each dimension; mass beyond it is left out.
    """
    step = float(axis[1] - axis[0])
    log_prior = -0.5 * (axis[:, None] ** 2 + axis[None, :] ** 2) - math.log(2 * math.pi)
    terms = log_likelihoods.astype(np.float64) + log_prior + 2 * math.log(step)
    largest = float(terms.max())
    return largest + math.log(float(np.sum(np.exp(terms - largest))))


def bits_per_dimension(log_density_nats: float, numbers: int, *, grey_levels: int = 256) -> float:
    """Nats of a density on [0, 1] as bits per number of a picture with so many grey levels."""
    return (-log_density_nats / numbers + math.log(grey_levels)) / math.log(2)
