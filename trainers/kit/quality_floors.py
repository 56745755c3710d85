"""What the simplest models reach on the same pictures: a trained model that is no better has learnt nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEVELS = 256
BLOCK = 2_000  # pictures at a time
OVERSAMPLING = 16  # more directions than asked for, so that those asked for are exact (Halko et al. 2011, section 4.3)
PASSES = 6  # over the training pictures; the figures no longer move


@dataclass(frozen=True)
class PrincipalComponents:
    """The best linear autoencoder: mean (D,) and orthonormal directions (K, D) of pictures in [0, 1], flattened."""

    mean: np.ndarray
    directions: np.ndarray

    def squared_error(self, pixels: np.ndarray, *, clipped: bool) -> float:
        """Mean squared error per value of the reconstructions of uint8 (N, H, W, C), perhaps clipped to [0, 1]."""
        total = 0.0
        for block in _blocks(pixels):
            x = _floats(block)
            restored = (x - self.mean) @ self.directions.T @ self.directions + self.mean
            if clipped:
                restored = restored.clip(0, 1)
            total += float(np.square(restored - x).sum(dtype=np.float64))
        return total / pixels.size


def principal_components(
    pixels: np.ndarray, count: int, seed: int, progress: Callable[[int, int], None] | None = None
) -> PrincipalComponents:
    """The ``count`` first principal components of uint8 (N, H, W, C), by randomised subspace iteration.

    Halko, Martinsson & Tropp (2011), algorithm 4.4: the covariance, with up to 150 million entries, is never formed.
    """
    dimensions = pixels[0].size
    count = min(count, dimensions, len(pixels) - 1)
    mean = _mean(pixels).astype(np.float32)
    generator = np.random.default_rng(seed)
    basis = generator.standard_normal((dimensions, min(dimensions, count + OVERSAMPLING)), np.float32)
    for done in range(PASSES):
        basis, _ = np.linalg.qr(basis)
        product = np.zeros_like(basis)
        for block in _blocks(pixels):
            x = _floats(block) - mean
            product += x.T @ (x @ basis)
        if done == PASSES - 1:
            values, vectors = np.linalg.eigh(basis.T.astype(np.float64) @ product)
            order = np.argsort(values)[::-1][:count]
            return PrincipalComponents(mean, (basis @ vectors[:, order].astype(np.float32)).T)
        basis = product
        if progress is not None:
            progress(done + 1, PASSES)
    raise AssertionError("PASSES is at least 1")


def independent_levels_nats(train: np.ndarray, test: np.ndarray) -> float:
    """-log p of a test picture in nats when every pixel is drawn from its own histogram of the training pictures.

    uint8 (N, H, W, C) both; each of the 256 levels is counted once more than it was seen.
    """
    flat, tested = train.reshape(len(train), -1), test.reshape(len(test), -1)
    total = 0.0
    for column in range(flat.shape[1]):
        counts = np.bincount(flat[:, column], minlength=LEVELS) + 1.0
        total -= float(np.log(counts / counts.sum())[tested[:, column]].sum())
    return total / len(test)


def independent_binary_nats(train: np.ndarray, test: np.ndarray) -> float:
    """The same for dynamically binarised pictures: in expectation over the drawing of the test pixels."""
    chance = (_mean(train) * len(train) + 0.5) / (len(train) + 1)
    mean = _mean(test)
    return -float((mean * np.log(chance) + (1 - mean) * np.log1p(-chance)).sum())


def binarisation_nats(test: np.ndarray) -> float:
    """Entropy of the drawing itself, H(binary picture | grey picture), in nats: no model can come below it."""
    levels = np.arange(LEVELS) / (LEVELS - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.nan_to_num(-levels * np.log(levels)) + np.nan_to_num(-(1 - levels) * np.log1p(-levels))
    return float(np.bincount(test.reshape(-1), minlength=LEVELS) @ entropy) / len(test)


def _mean(pixels: np.ndarray) -> np.ndarray:
    total = np.zeros(pixels[0].size)
    for block in _blocks(pixels):
        total += _floats(block).sum(0, dtype=np.float64)
    return total / len(pixels)


def _blocks(pixels: np.ndarray) -> list[np.ndarray]:
    return [pixels[first : first + BLOCK] for first in range(0, len(pixels), BLOCK)]


def _floats(pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> float32 (N, H * W * C) in [0, 1]."""
    return pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
