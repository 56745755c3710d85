"""How much each latent dimension changes the picture, and what its two ends look like."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy import ndarray

from explorer.latent.priors import Prior
from explorer.latent.shapes import Float32, UInt8

Decode = Callable[[Float32[ndarray, "n d"]], UInt8[ndarray, "n h w c"]]

REACH = 2.0  # sigmas to each side: where 95 % of the prior lies
BASES = 6  # points the effect is averaged over
DECODES = 4_096  # for a whole model at most; many dimensions are tried from fewer points


def ends(prior: Prior, code: Float32[ndarray, " d"], dimension: int, reach: float = REACH) -> Float32[ndarray, "2 d"]:
    """``code`` with one number at ``reach`` sigmas below and above the prior's centre."""
    pair = np.stack([code, code])
    offset = reach * prior.deviation[dimension]
    pair[:, dimension] = prior.center[dimension] + np.array([-offset, offset], np.float32)
    return pair


def steps(size: int) -> int:
    """How many estimates ``effects`` yields for that many dimensions."""
    return size * _bases(size)


def effects(decode: Decode, prior: Prior, rng: np.random.Generator) -> Iterator[Float32[ndarray, " d"]]:
    """Mean absolute change of a pixel, in [0, 1], when each number goes from -2 to +2 sigma, as an improving estimate.

    Yields after every pair of decodes, so that whoever drives it may stop or let others go first; entries not yet
    visited are NaN. The last one yielded is complete.
    """
    codes = prior.sample(rng, _bases(prior.size))
    totals = np.zeros(prior.size, np.float64)
    estimate = np.full(prior.size, np.nan, np.float32)
    for done, code in enumerate(codes, start=1):
        for dimension in range(prior.size):
            low, high = decode(ends(prior, code, dimension)).astype(np.float32)
            totals[dimension] += np.abs(high - low).mean() / 255
            estimate[dimension] = totals[dimension] / done
            yield estimate.copy()


def _bases(size: int) -> int:
    return max(1, min(BASES, DECODES // (2 * size)))
