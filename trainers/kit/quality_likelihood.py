"""How probable a model finds pictures: bounds on log p(x) in nats, and what they are worth in bits per dimension.

Grey values are taken for what they are, 256 levels. A Gaussian or Laplace density is integrated over each level, the
tails belonging to black and white, so that the probabilities of all levels sum to 1 (Salimans et al. 2017, PixelCNN++,
arXiv:1701.05517, section 2.1) and bits per dimension compare with those of compressors, flows and autoregressive
models. For a Bernoulli likelihood pixels are drawn 0 or 1 with their grey value as probability (dynamic binarisation,
Salakhutdinov & Murray 2008); such nats belong to another random variable and compare with binarised models alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainers.kit.quality_model import Likelihood, Model

LEVELS = 256
CHUNK = 250  # decoded pictures at a time
FAINTEST = 1e-7  # a probability of 0 or 1 in float32 that a picture contradicts costs 16 nats, not infinitely many


@dataclass(frozen=True)
class Bounds:
    """Lower bounds on log p(x) of N pictures, in nats."""

    elbo: np.ndarray  # (N,)
    importance: np.ndarray  # (N,), at least the ELBO; the same for one sample


def evidence_bounds(
    model: Model,
    likelihood: Likelihood,
    pictures: np.ndarray,
    generator: np.random.Generator,
    *,
    samples: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Bounds:
    """The evidence lower bound and the importance-weighted bound of each picture.

    ``pictures`` (N, C, H, W) in [0, 1], already 0 or 1 for a Bernoulli likelihood. With log w = log p(x | z) + log p(z)
    - log q(z | x), z from q: ELBO = E log w (Kingma & Welling 2014, eq. 3), estimated by the mean of the samples; the
    bound = log mean w (Burda et al. 2016, arXiv:1509.00519, eq. 8). One sample's ELBO takes the KL in closed form.
    """
    means, spreads = model.encode(pictures)
    if spreads is None:
        raise ValueError("a bound needs a posterior")
    elbo, importance = np.empty(len(pictures)), np.empty(len(pictures))
    together = max(1, CHUNK // samples)
    for first in range(0, len(pictures), together):
        rows = slice(first, first + together)
        weights = _log_weights(model, likelihood, pictures[rows], means[rows], spreads[rows], samples, generator)
        elbo[rows] = weights.mean(1)
        importance[rows] = torch.logsumexp(torch.from_numpy(weights), 1).numpy() - math.log(samples)
        if progress is not None:
            progress(min(first + together, len(pictures)), len(pictures))
    return Bounds(elbo, importance)


def _log_weights(
    model: Model,
    likelihood: Likelihood,
    x: np.ndarray,
    mean: np.ndarray,
    log_variance: np.ndarray,
    samples: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """log w of each picture and sample, float64 (B, K)."""
    weights = np.empty((len(x), samples))
    for first in range(0, samples, CHUNK):
        count = min(CHUNK, samples - first)
        noise = generator.standard_normal((len(x), count, mean.shape[1]), np.float32)
        z = mean[:, None] + np.exp(0.5 * log_variance[:, None]) * noise
        decoded = model.decode(z.reshape(-1, z.shape[2])).reshape(len(x), count, -1)
        log_likelihood = log_probability(x.reshape(len(x), 1, -1), decoded, likelihood)
        if samples == 1:
            kl = 0.5 * (np.exp(log_variance) + mean**2 - log_variance - 1).sum(1, dtype=np.float64)
            weights[:, 0] = log_likelihood[:, 0] - kl
        else:
            ratio = 0.5 * (noise.astype(np.float64) ** 2 + log_variance[:, None] - z.astype(np.float64) ** 2).sum(2)
            weights[:, first : first + count] = log_likelihood + ratio
    return weights


def log_probability(x: np.ndarray, decoded: np.ndarray, likelihood: Likelihood) -> np.ndarray:
    """log p(x | z) in nats, summed over values: (B, 1, D), (B, K, D) in [0, 1] -> float64 (B, K)."""
    target, mean = torch.from_numpy(x), torch.from_numpy(np.ascontiguousarray(decoded))
    if likelihood.is_binary:
        mean = mean.clamp(FAINTEST, 1 - FAINTEST)
        return torch.where(target > 0.5, mean, 1 - mean).log().sum(2, dtype=torch.float64).numpy()
    target, mean = (target.double() * (LEVELS - 1)).round() / (LEVELS - 1), mean.double()
    half = 0.5 / (LEVELS - 1)
    low = torch.where(target <= half, -torch.inf, target - half)
    high = torch.where(target >= 1 - half, torch.inf, target + half)
    interval = {"gaussian": _normal_interval, "laplace": _laplace_interval}[likelihood.kind]
    log_mass = interval((low - mean) / likelihood.scale, (high - mean) / likelihood.scale)
    return log_mass.sum(2).numpy()


def _normal_interval(low: Tensor, high: Tensor) -> Tensor:
    """log(Phi(high) - Phi(low)) of low < high, exact in both tails."""
    mirrored = low > 0  # the difference of two numbers near 1 is lost; of their mirror images near 0 it is not
    near, far = torch.where(mirrored, -low, high), torch.where(mirrored, -high, low)
    return _log_difference(torch.special.log_ndtr(near), torch.special.log_ndtr(far))


def _laplace_interval(low: Tensor, high: Tensor) -> Tensor:
    """The same for the Laplace distribution function exp(x) / 2 below 0, mirrored above."""
    mirrored = low > 0
    near, far = torch.where(mirrored, -low, high), torch.where(mirrored, -high, low)
    above = torch.log1p(-0.5 * torch.exp(-near.clamp_min(0)))
    return _log_difference(torch.where(near < 0, near - math.log(2), above), far.clamp_max(0) - math.log(2))


def _log_difference(larger: Tensor, smaller: Tensor) -> Tensor:
    """log(exp(larger) - exp(smaller))."""
    return larger + torch.log(-torch.expm1((smaller - larger).clamp_max(-1e-12)))


def binarised(pictures: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """0 or 1 with the grey value as probability: (N, C, H, W) in [0, 1] -> the same, float32."""
    return (generator.random(pictures.shape, np.float32) < pictures).astype(np.float32)


def bits_per_dimension(nats: float, dimensions: int) -> float:
    """-log p(x) of a picture in nats -> bits for each of its values."""
    return nats / (dimensions * math.log(2))
