"""Who is near: the nearest codes, how far out a point lies among the data, and the nearest of many dots on a plane."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from explorer.latent.priors import Prior, gaussian
from explorer.latent.shapes import Float, Float32, Int

SPARE = 8  # more candidates than asked for, because they are chosen by distances with rounding errors

WIDEST = 20.0  # log-variance beyond which a posterior is as wide as anything


class Neighbours:
    """Exact nearest codes by Euclidean distance: chosen by one matrix product, then measured again without rounding."""

    def __init__(self, codes: Float32[ndarray, "n d"]) -> None:
        self._codes = codes
        self._center = codes.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._centered = codes - self._center
        self._half_squares = 0.5 * np.einsum("nd,nd->n", self._centered, self._centered)

    def __len__(self) -> int:
        return len(self._codes)

    def nearest(
        self, queries: Float32[ndarray, "q d"], count: int
    ) -> tuple[Int[ndarray, "q k"], Float32[ndarray, "q k"]]:
        """Rows of the ``count`` nearest codes and their distances, nearest first; k = min(count, n)."""
        kept = min(count, len(self._codes))
        candidates = min(kept + SPARE, len(self._codes))
        closeness = self._half_squares - (queries - self._center) @ self._centered.T  # half the square, but for |q|²
        if candidates < len(self._codes):
            rows = np.argpartition(closeness, candidates - 1, axis=1)[:, :candidates]
        else:
            rows = np.tile(np.arange(len(self._codes)), (len(queries), 1))
        distances = np.linalg.norm(self._codes[rows] - queries[:, None], axis=2)
        order = np.argsort(distances, axis=1, kind="stable")[:, :kept]
        return np.take_along_axis(rows, order, 1), np.take_along_axis(distances, order, 1).astype(np.float32)

    def others(self, rows: Int[ndarray, " q"], count: int) -> tuple[Int[ndarray, "q k"], Float32[ndarray, "q k"]]:
        """As ``nearest`` for the codes of these rows themselves, each of which is not its own neighbour."""
        near, distances = self.nearest(self._codes[rows], count + 1)
        own = near == rows[:, None]
        own[~own.any(axis=1), -1] = True  # among many equal codes it may not have been chosen: any of them goes
        shape = (len(rows), near.shape[1] - 1)
        return near[~own].reshape(shape), distances[~own].reshape(shape)


@dataclass(frozen=True, eq=False)
class DataCloud:
    """The data's codes as one Gaussian, and how far from its mean they themselves lie.

    ``distances`` (N,) are Mahalanobis distances in standard deviations, in rising order.
    """

    gaussian: Prior
    distances: Float[ndarray, " n"]

    def share_nearer(self, distance: float) -> float:
        """The share of the data, in [0, 1], that lies nearer to the mean."""
        return float(np.searchsorted(self.distances, distance)) / len(self.distances)

    def quantile(self, share: float) -> float:
        """The distance within which that share of the data lies."""
        return float(self.distances[round(share * (len(self.distances) - 1))])


def data_cloud(
    codes: Float32[ndarray, "n d"], log_variances: Float32[ndarray, "n d"] | None, rng: np.random.Generator
) -> DataCloud:
    """The Gaussian of the data's codes.

    Where posteriors are known, each picture gives one draw from its own (the aggregate posterior of Makhzani et al.
    2016, which the decoder was trained on): the means alone leave no room in dimensions that the model does not use.

    Raises:
        ManifestInvalid: all codes are the same.
    """
    if log_variances is not None:
        noise = rng.standard_normal(codes.shape, dtype=np.float32)
        codes = codes + np.exp(0.5 * np.minimum(log_variances, WIDEST)) * noise
    mean = codes.mean(axis=0, dtype=np.float64)
    centered = codes - mean
    covariance = centered.T @ centered / max(len(codes) - 1, 1)
    fitted = gaussian(mean.astype(np.float32), covariance.astype(np.float32), codes.shape[1])
    assert fitted.whitener is not None
    distances = np.linalg.norm(centered @ fitted.whitener.T.astype(np.float64), axis=1)
    return DataCloud(fitted, np.sort(distances))


def label_shares(labels: Int[ndarray, " k"], values: int) -> Float[ndarray, " values"]:
    """How often each of ``values`` labels occurs among k neighbours, as shares that sum to 1."""
    return np.bincount(labels, minlength=values) / max(len(labels), 1)


class PointIndex:
    """Finds the nearest of many points of a plane within reach: only a slice of their order along x is measured.

    ``order`` (N,) are the rows from left to right, ``x`` and ``y`` (N,) the points in that order.
    """

    def __init__(self, points: Float32[ndarray, "n 2"]) -> None:
        self.order = np.argsort(points[:, 0], kind="stable")
        self.x = np.ascontiguousarray(points[self.order, 0])
        self.y = np.ascontiguousarray(points[self.order, 1])

    def nearest(self, x: float, y: float, reach: float) -> int | None:
        """The row of the nearest point not farther than ``reach``, or None."""
        near = self.between(x - reach, x + reach)
        squares = (self.x[near] - np.float32(x)) ** 2 + (self.y[near] - np.float32(y)) ** 2
        if not len(squares):
            return None
        best = int(squares.argmin())
        return int(self.order[near.start + best]) if squares[best] <= reach * reach else None

    def between(self, left: float, right: float) -> slice:
        """Those of the points in order whose x lies between."""
        first, last = np.searchsorted(self.x, np.array([left, right], np.float32), side="left")
        return slice(int(first), max(int(last), int(first)))
