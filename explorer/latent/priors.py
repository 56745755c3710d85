"""Where codes come from: the prior of a latent space, to sample it and to say how usual a point is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from explorer.contract.errors import ManifestInvalid
from explorer.contract.manifest import Array, EmpiricalPrior, LatentSpace, NormalPrior, UniformPrior
from explorer.latent.shapes import Float32

EIGENVALUE_FLOOR = 1e-8  # of the largest one: directions that the data never takes count as this flat


@dataclass(frozen=True, eq=False)
class Prior:
    """A Gaussian N(center, factor factor'), or a uniform box when ``factor`` is None.

    ``center`` (D,), ``deviation`` (D,) is the standard deviation of each number alone.
    """

    center: Float32[ndarray, " d"]
    deviation: Float32[ndarray, " d"]
    factor: Float32[ndarray, "d d"] | None = None
    whitener: Float32[ndarray, "d d"] | None = None
    uniform: bool = False
    draw: Callable[[np.random.Generator, int], NDArray[np.float32]] | None = None  # where samples really come from

    @property
    def size(self) -> int:
        """How many numbers a code has."""
        return len(self.center)

    def sample(self, rng: np.random.Generator, count: int) -> Float32[ndarray, "n d"]:
        """``count`` codes; the same generator state gives the same codes on every machine."""
        if self.draw is not None:
            return self.draw(rng, count)
        if self.uniform:
            half_width = self.deviation * math.sqrt(3)
            return (self.center + half_width * rng.uniform(-1, 1, (count, self.size))).astype(np.float32)
        noise = rng.standard_normal((count, self.size), dtype=np.float32)
        spread = noise * self.deviation if self.factor is None else noise @ self.factor.T
        return (self.center + spread).astype(np.float32)

    def distance(self, code: Float32[ndarray, " d"]) -> float:
        """Mahalanobis distance to the centre, in standard deviations; for N(0, I) the plain norm."""
        offset = code - self.center
        scaled = offset / self.deviation if self.whitener is None else self.whitener @ offset
        return float(np.linalg.norm(scaled.astype(np.float64)))

    @property
    def expected_distance(self) -> float:
        """Mean of ``distance`` over samples of a Gaussian: that of the chi distribution with D degrees of freedom.

        sqrt(2) gamma((D + 1) / 2) / gamma(D / 2), close to sqrt(D - 1/2). For a uniform box sqrt(D), the root mean
        square.
        """
        if self.uniform:
            return math.sqrt(self.size)
        return math.sqrt(2) * math.exp(math.lgamma((self.size + 1) / 2) - math.lgamma(self.size / 2))

    @property
    def distance_deviation(self) -> float:
        """Standard deviation of ``distance`` over Gaussian samples, about 0.7 in any dimension."""
        return math.sqrt(max(self.size - self.expected_distance**2, 0.0)) if not self.uniform else math.sqrt(0.2)

    def in_sigmas(self, code: Float32[ndarray, " d"]) -> Float32[ndarray, " d"]:
        """Each number as standard deviations from the centre of that number."""
        return ((code - self.center) / self.deviation).astype(np.float32)

    def from_sigmas(self, sigmas: Float32[ndarray, " d"]) -> Float32[ndarray, " d"]:
        """The inverse of ``in_sigmas``."""
        return (self.center + sigmas * self.deviation).astype(np.float32)


def prior_of(space: LatentSpace, read: Callable[[Array], NDArray[np.generic]]) -> Prior:
    """The prior of a vector latent space; ``read`` gives the arrays it names.

    Raises:
        ManifestInvalid: its arrays do not fit the space, or its kind has no vector prior.
    """
    size = math.prod(space.shape)
    zeros, ones = np.zeros(size, np.float32), np.ones(size, np.float32)
    match space.prior:
        case NormalPrior():
            return Prior(zeros, ones)
        case UniformPrior(low=low, high=high):
            return Prior(zeros + (low + high) / 2, ones * ((high - low) / math.sqrt(12)), uniform=True)
        case EmpiricalPrior(mean=mean, covariance=covariance):
            return gaussian(read(mean).astype(np.float32), read(covariance).astype(np.float32), size)
        case _:
            raise ManifestInvalid(f"The latent space {space.name} has no prior over vectors; export the model again.")


def gaussian(mean: Float32[ndarray, "..."], covariance: Float32[ndarray, "..."], size: int) -> Prior:
    """N(mean, covariance), (D,) and (D, D), by its eigenvectors, so that flat directions neither fail nor explode.

    Raises:
        ManifestInvalid: shapes or values cannot be a Gaussian over ``size`` numbers.
    """
    fits = mean.shape == (size,) and covariance.shape == (size, size)
    if not fits or not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ManifestInvalid("The model's empirical prior does not fit its latent space; export the model again.")
    values, vectors = np.linalg.eigh((covariance.astype(np.float64) + covariance.T.astype(np.float64)) / 2)
    if values[-1] <= 0:
        raise ManifestInvalid("The model's empirical prior has no spread; export the model again.")
    values = np.maximum(values, values[-1] * EIGENVALUE_FLOOR)
    deviation = np.sqrt(np.sum(vectors**2 * values, axis=1))
    return Prior(
        mean,
        deviation.astype(np.float32),
        (vectors * np.sqrt(values)).astype(np.float32),
        (vectors / np.sqrt(values)).T.astype(np.float32),
    )
