"""How like real pictures samples are, cheaply enough to choose a checkpoint by; what is published is ``quality``'s."""

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import open_bundle
from trainers.kit.pictures import fitted
from trainers.kit.quality_model import Model
from trainers.kit.shipped import features_for

SIDE = 8  # pixels that pictures are reduced to where no classifier knows them


class Likeness:
    """Compares in the features of the shipped classifier of a data set, or in small pictures where there is none."""

    def __init__(self, data: str) -> None:
        path = features_for(data)
        self._model = None if path is None else Model(open_bundle(path))
        self._known: tuple[tuple[int, int], NDArray[np.float64]] | None = None  # features of real pictures in memory

    def distance(self, pixels: np.ndarray, real: np.ndarray) -> float:
        """Frechet distance of ``pixels`` from ``real``, uint8 (N, H, W, C) both."""
        place = real.ctypes.data, len(real)
        if self._known is None or self._known[0] != place:
            self._known = place, self._features(real)
        return frechet(self._features(pixels), self._known[1])

    def _features(self, pixels: np.ndarray) -> NDArray[np.float64]:
        if self._model is None:
            return reduced(pixels)
        image = self._model.image
        known = fitted(pixels, image.height, image.channels)
        parts = [self._model.classify(known[at : at + 250])[1] for at in range(0, len(known), 250)]
        return np.concatenate(parts).astype(np.float64)


def novelty(samples: np.ndarray, trained: np.ndarray, unseen: np.ndarray) -> float:
    """How far samples lie from the nearest training picture, over how far unseen pictures do; 0: they are copies.

    Root mean squared distances of pixels, uint8 (N, H, W, C) all; medians over the pictures.
    """
    return float(np.median(_nearest(samples, trained)) / max(float(np.median(_nearest(unseen, trained))), 1e-9))


def _nearest(pictures: np.ndarray, trained: np.ndarray) -> NDArray[np.float32]:
    a, b = (x.reshape(len(x), -1).astype(np.float32) for x in (pictures, trained))
    squared = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squared.min(1), 0) / a.shape[1])


def reduced(pixels: np.ndarray) -> NDArray[np.float64]:
    """uint8 (N, H, W, C) as (N, 8 * 8 * C) mean grey levels in [0, 1]."""
    count, height, width, channels = pixels.shape
    rows, columns = height // SIDE, width // SIDE
    cut = pixels[:, : rows * SIDE, : columns * SIDE].reshape(count, SIDE, rows, SIDE, columns, channels)
    return cut.mean(axis=(2, 4), dtype=np.float64).reshape(count, -1) / 255


def frechet(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Between Gaussians fitted to rows: |m1 - m2|^2 + tr(S1 + S2 - 2 sqrt(S1 S2)), Dowson and Landau (1982), eq. 4."""
    root_a = _root(np.cov(a, rowvar=False))
    inner = root_a @ np.cov(b, rowvar=False) @ root_a
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh((inner + inner.T) / 2), 0)).sum()
    means = np.square(a.mean(0) - b.mean(0)).sum()
    return float(means + np.trace(np.cov(a, rowvar=False)) + np.trace(np.cov(b, rowvar=False)) - 2 * overlap)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
