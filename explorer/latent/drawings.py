"""Simple pictures to put into a model of which no data are at hand: a disc and a bar on a ramp between two colours."""

import numpy as np
from numpy import ndarray

from explorer.latent.shapes import UInt8


def drawing(rng: np.random.Generator, height: int, width: int) -> UInt8[ndarray, "h w 3"]:
    """One picture; the same generator state gives the same one."""
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    first, second, disc, bar = rng.uniform(0, 255, (4, 3))
    share = (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1) + 1) / 2
    picture = np.clip(first * (1 - share[..., None]) + second * share[..., None], 0, 255)
    centre_x, centre_y, radius = rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75), rng.uniform(0.1, 0.3)
    picture[(x - centre_x) ** 2 + (y - centre_y) ** 2 < radius**2] = disc
    left = rng.uniform(0, 0.8)
    picture[(x > left) & (x < left + 0.12)] = bar
    return np.rint(picture).astype(np.uint8)
