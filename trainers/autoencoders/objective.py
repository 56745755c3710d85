"""The evidence lower bound and what it is made of, in nats per picture.

    log p(x) >= E_q(z|x)[log p(x | z)] - KL(q(z | x) || p(z)),  q(z | x) = N(mean, diag e^log_variance), p(z) = N(0, I)

Kingma & Welling (2014), arXiv:1312.6114, eq. 3 and 10; the weight beta is Higgins et al. (2017), eq. 4.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Codes = Float[Tensor, "*batch dimensions"]

ACTIVE_VARIANCE = 0.01  # of the posterior mean; a dimension above it is active, Burda et al. (2016), section 5.2


def kl_nats(mean: Codes, log_variance: Codes) -> Codes:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each dimension: (B, D), (B, D) -> (B, D), 0 where q is the prior.

    Kingma & Welling (2014), appendix B, with the sign of a cost.
    """
    return 0.5 * (log_variance.exp() + mean.square() - log_variance - 1)


def reparameterise(mean: Codes, log_variance: Codes, noise: Codes) -> Codes:
    """A point of q(z | x) made from standard normal ``noise``: (B, D) three times -> (B, D). Eq. 10."""
    return mean + torch.exp(0.5 * log_variance) * noise


def beta_at(images: int, start: float, beta: float, warmup_images: int) -> float:
    """The weight of the KL after ``images``: moves linearly from ``start`` to ``beta`` and stays there.

    From 0 upwards it keeps dimensions from falling asleep at once (Bowman et al. 2016, arXiv:1511.06349); downwards it
    gives the code room bit by bit, most telling differences first (Burgess et al. 2018, arXiv:1804.03599, section 5).
    """
    share = min(1.0, images / warmup_images) if warmup_images else 1.0
    return start + (beta - start) * share


def active_units(means: Float[Tensor, "pictures dimensions"]) -> Bool[Tensor, "dimensions"]:
    """Which dimensions carry information: posterior means (N, D) over a data set -> bool (D,)."""
    return means.var(dim=0) > ACTIVE_VARIANCE


def log_weights(log_likelihood: Tensor, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """log p(x | z) + log p(z) - log q(z | x) of sampled points: (...,), (..., D) three times -> (...,)."""
    log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
    log_posterior = -0.5 * ((z - mean).square() / log_variance.exp() + log_variance + math.log(2 * math.pi)).sum(-1)
    return log_likelihood + log_prior - log_posterior


def importance_weighted_bound(log_weight: Float[Tensor, "points batch"]) -> Float[Tensor, "batch"]:
    """Log of the mean weight over K points, a bound on log p(x): (K, B) -> (B,); Burda et al. (2016), eq. 8."""
    return torch.logsumexp(log_weight, dim=0) - math.log(len(log_weight))
