"""Calculating with codes: weighted sums of points and means of groups, and analogies."""

import numpy as np
from numpy import ndarray

from explorer.latent.shapes import Bool, Float32, Int64


def weighted_sum(
    codes: Float32[ndarray, "k d"], weights: Float32[ndarray, " k"], center: Float32[ndarray, " d"]
) -> Float32[ndarray, " d"]:
    """``center`` plus each code's offset from it times its weight; nothing but ``center`` without codes.

    With weights that add up to one, as in smiling - neutral + this face, the centre cancels out and the result is the
    plain sum; otherwise it says what a code is measured from. Mikolov et al. (2013), arXiv:1301.3781, section 4.
    """
    offsets = codes.astype(np.float64) - center
    return (center + weights.astype(np.float64) @ offsets).astype(np.float32)


def analogy(a: Float32[ndarray, " d"], b: Float32[ndarray, " d"], c: Float32[ndarray, " d"]) -> Float32[ndarray, " d"]:
    """What is to ``c`` as ``b`` is to ``a``: c + (b - a), the fourth corner of the parallelogram.

    Rumelhart and Abrahamson (1973).
    """
    return (c + (b - a)).astype(np.float32)


def group_mean(
    codes: Float32[ndarray, "n d"], members: Bool[ndarray, " n"] | Int64[ndarray, " m"]
) -> Float32[ndarray, " d"]:
    """The mean code of the members, given as a mask or as indices.

    Raises:
        ValueError: there are none.
    """
    chosen = codes[members]
    if not len(chosen):
        raise ValueError("the group is empty")
    return chosen.mean(axis=0, dtype=np.float64).astype(np.float32)
