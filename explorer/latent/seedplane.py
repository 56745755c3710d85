"""A plane of seeds: the lattice point (x, y) is the seed x + 100 y, and between four seeds their codes are blended."""

import math

import numpy as np
from numpy import ndarray

from explorer.latent.shapes import Float32

ACROSS = 100  # seeds until the next row begins


def seed_at(x: int, y: int) -> int:
    """The seed of a lattice point."""
    return x + ACROSS * y


def place_of(seed: int) -> tuple[int, int]:
    """The lattice point of a seed with x below 100."""
    return seed % ACROSS, seed // ACROSS


def corners(x: float, y: float) -> tuple[tuple[int, int, int, int], float, float]:
    """The seeds around a point (upper left, upper right, lower left, lower right), and how far it is in between."""
    left, top = math.floor(x), math.floor(y)
    seeds = (seed_at(left, top), seed_at(left + 1, top), seed_at(left, top + 1), seed_at(left + 1, top + 1))
    return seeds, x - left, y - top


def blended_noise(codes: Float32[ndarray, "4 d"], right: float, down: float) -> Float32[ndarray, " d"]:
    """The blend of four draws of standard normal noise that is such a draw itself, whatever the shares: its variance
    is kept, where that of ``bilinear`` would shrink to a quarter in the middle; exact at the corners."""
    shares = np.array([(1 - right) * (1 - down), right * (1 - down), (1 - right) * down, right * down], np.float32)
    weights = shares / np.sqrt(np.square(shares).sum())
    return (weights[:, None] * codes).sum(axis=0)


def bilinear(codes: Float32[ndarray, "4 d"], right: float, down: float) -> Float32[ndarray, " d"]:
    """The blend of four corners, as the visualizer of Karras et al. (2021) has it for w; exact at the corners."""
    weights = np.array([(1 - right) * (1 - down), right * (1 - down), (1 - right) * down, right * down], np.float32)
    return (weights[:, None] * codes).sum(axis=0)
