"""Paths through a latent space: straight, along great circles, or smooth through all keyframes."""

from typing import Literal

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from explorer.latent.shapes import Float, Float32

Kind = Literal["linear", "spherical", "spline"]

PARALLEL = 1e-6  # sine of the angle below which a great circle is not defined and a straight line is taken


def lerp(a: Float32[ndarray, " d"], b: Float32[ndarray, " d"], t: Float[ndarray, " t"]) -> Float32[ndarray, "t d"]:
    """Straight path from ``a`` (t = 0) to ``b`` (t = 1)."""
    return (a + t[:, None] * (b - a)).astype(np.float32)


def slerp(a: Float32[ndarray, " d"], b: Float32[ndarray, " d"], t: Float[ndarray, " t"]) -> Float32[ndarray, "t d"]:
    """Great-circle path from ``a`` (t = 0) to ``b`` (t = 1); the norm goes evenly from the one's to the other's.

    Keeps the norm a Gaussian prior expects; White (2016), arXiv:1609.04468, after Shoemake (1985). Where no great
    circle is defined (a zero vector, or both on one line through the origin) the path is straight.
    """
    start, end = a.astype(np.float64), b.astype(np.float64)  # in 32 bits opposite vectors would seem to have a plane
    norm_a, norm_b = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if norm_a == 0 or norm_b == 0:
        return lerp(a, b, t)
    unit_a, unit_b = start / norm_a, end / norm_b
    angle_rad = np.arccos(np.clip(unit_a @ unit_b, -1.0, 1.0))
    if np.sin(angle_rad) < PARALLEL:
        return lerp(a, b, t)
    weight_a, weight_b = np.sin((1 - t) * angle_rad), np.sin(t * angle_rad)
    direction = (weight_a[:, None] * unit_a + weight_b[:, None] * unit_b) / np.sin(angle_rad)
    return (direction * (norm_a + t * (norm_b - norm_a))[:, None]).astype(np.float32)


def spline(keyframes: Float32[ndarray, "k d"], t: Float[ndarray, " t"], *, loop: bool) -> Float32[ndarray, "t d"]:
    """Centripetal Catmull-Rom curve through all keyframes, ``t`` in [0, legs]; keyframe i is at t = i.

    Centripetal knots (Yuksel, Schaefer and Keyser 2011) never form cusps or loops within a leg. Tangents at the ends of
    an open curve come from reflecting the neighbour; a closed one takes the keyframes around.
    """
    points = keyframes.astype(np.float64)
    legs = leg_count(len(points), loop=loop)
    if loop:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    leg = np.clip(np.floor(t).astype(int), 0, legs - 1)
    return np.stack([_catmull_rom(padded[i : i + 4], share) for i, share in zip(leg, t - leg, strict=True)]).astype(
        np.float32
    )


def leg_count(keyframes: int, *, loop: bool) -> int:
    """How many legs a path through that many keyframes has; a closed one has one more."""
    return 0 if keyframes < 2 else keyframes if loop else keyframes - 1


def along(
    keyframes: Float32[ndarray, "k d"],
    t: Float[ndarray, " t"],
    kind: Kind,
    *,
    loop: bool,
    center: Float32[ndarray, " d"],
) -> Float32[ndarray, "t d"]:
    """Points of the path at ``t`` in [0, legs]; keyframe i is at t = i. One keyframe stands still.

    Great circles are taken around ``center``, the middle of the prior.
    """
    legs = leg_count(len(keyframes), loop=loop)
    if legs == 0:
        return np.repeat(keyframes[:1], len(t), axis=0)
    if kind == "spline" and len(keyframes) > 2:
        return spline(keyframes, t, loop=loop)
    leg = np.clip(np.floor(t).astype(int), 0, legs - 1)
    path = np.empty((len(t), keyframes.shape[1]), np.float32)
    for i in np.unique(leg):
        a, b = keyframes[i], keyframes[(i + 1) % len(keyframes)]
        here = leg == i
        share = t[here] - i
        path[here] = lerp(a, b, share) if kind != "spherical" else center + slerp(a - center, b - center, share)
    return path


def even_pace(lengths: Float[ndarray, " n"], shares: Float[ndarray, " t"]) -> Float[ndarray, " t"]:
    """Where to look on a path so that equal shares of the time are equal lengths of the way.

    Args:
        lengths: of n successive pieces of the path, such as the change of the picture; the path runs from 0 to n.
        shares: of the time, in [0, 1].

    Returns:
        Places (t,) in [0, n]. Pieces without length are passed in no time; a path without any is walked evenly.
    """
    total = np.concatenate([np.zeros(1), np.cumsum(lengths)])
    if total[-1] <= 0:
        return shares * float(len(lengths))
    # Strictly rising, so that the inverse is defined; as shares of the way, so that it is however short the way is.
    rising: NDArray[np.float64] = total / total[-1] + np.linspace(0.0, 1e-9, len(total))
    places: NDArray[np.float64] = np.interp(shares * float(rising[-1]), rising, np.arange(len(total)))
    return places


def _catmull_rom(points: Float[ndarray, "4 d"], share: float) -> Float[ndarray, " d"]:
    """Barry and Goldman's pyramid (1988) between the second and third of four points."""
    gaps = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1) ** 0.5, 1e-9)
    k0, k1, k2, k3 = np.concatenate([[0.0], np.cumsum(gaps)])
    k = k1 + share * (k2 - k1)
    a1 = (k1 - k) / (k1 - k0) * points[0] + (k - k0) / (k1 - k0) * points[1]
    a2 = (k2 - k) / (k2 - k1) * points[1] + (k - k1) / (k2 - k1) * points[2]
    a3 = (k3 - k) / (k3 - k2) * points[2] + (k - k2) / (k3 - k2) * points[3]
    b1 = (k2 - k) / (k2 - k0) * a1 + (k - k0) / (k2 - k0) * a2
    b2 = (k3 - k) / (k3 - k1) * a2 + (k - k1) / (k3 - k1) * a3
    return (k2 - k) / (k2 - k1) * b1 + (k - k1) / (k2 - k1) * b2
