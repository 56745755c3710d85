"""Directions of a latent space: principal axes, what separates pictures that were told apart, and where it shows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray
from numpy.typing import NDArray

from explorer.latent.shapes import Bool, Float32, Float64, UInt8

Decode = Callable[[Float32[ndarray, "n d"]], UInt8[ndarray, "n h w c"]]

RIDGE = 1.0  # weight of the squared norm in the logistic fit, in standardised units: 10 + 10 picks must not overfit
STEPS = 50  # of Newton's method, which converges in fewer than ten
TOLERANCE = 1e-4  # of the last step, in standardised units; the next one would be its square
FOLDS = 5
VANISHED = 1e-4  # of the usual length: a direction shorter than that is what rounding left
ACTS_REACH = 2.0  # standard deviations to each side between which pictures are compared


@dataclass(frozen=True, eq=False)
class Fit:
    """A direction (D,) of unit length that tells "more" from "less", and how well it does on pictures it never saw."""

    vector: Float32[ndarray, " d"]
    accuracy: float  # cross-validated, balanced: 0.5 is chance
    more: int
    less: int


def principal_axes(codes: Float32[ndarray, "n d"]) -> tuple[Float32[ndarray, "k d"], Float32[ndarray, " k"]]:
    """Unit axes in the order of their standard deviations, and those deviations; k = min(n - 1, d).

    By the eigenvectors of the covariance (Pearson 1901); signs are such that the largest entry is positive.
    """
    centered = codes.astype(np.float64) - codes.mean(axis=0, dtype=np.float64)
    variances, vectors = np.linalg.eigh(centered.T @ centered / max(len(codes) - 1, 1))
    kept = min(len(codes) - 1, codes.shape[1])
    axes = vectors[:, ::-1].T[:kept]
    signs = np.sign(axes[np.arange(kept), np.abs(axes).argmax(axis=1)])
    return (axes * signs[:, None]).astype(np.float32), np.sqrt(np.maximum(variances[::-1][:kept], 0)).astype(np.float32)


def fit_direction(codes: Float32[ndarray, "n d"], more: Bool[ndarray, " n"], deviation: Float32[ndarray, " d"]) -> Fit:
    """Ridge-regularised logistic regression, in units of ``deviation``, with honest cross-validated accuracy.

    The plane is found as InterFaceGAN does (Shen et al. 2020, eq. 2). The direction is not its normal n but S n, where
    S is the covariance of the picks: what changes with the side of the plane that one is on (Haufe et al. 2014,
    doi:10.1016/j.neuroimage.2013.10.067, eq. 6). Where codes hardly vary along some axes, as in w of a style generator,
    the normal lies along just those, and a step along it changes nothing. A dimension whose ``deviation`` is infinite
    takes no part.

    Raises:
        ValueError: all picks lie on one side, or both sides are the same, so nothing separates them.
    """
    if more.all() or not more.any():
        raise ValueError("picks of both kinds are needed")
    scaled = codes.astype(np.float64) / deviation
    span = np.linalg.qr(scaled.T)[0].T  # the weights lie in it, so no system is wider than the number of picks
    places = scaled @ span.T
    fitted = logistic(places, more)
    inside = fitted[:-1]
    if np.abs(places @ inside).max(initial=0.0) < VANISHED:
        raise ValueError("nothing separates the picks")
    centred = np.where(np.isfinite(deviation), codes.astype(np.float64) - codes.mean(axis=0, dtype=np.float64), 0.0)
    pattern = centred.T @ (centred @ (inside @ span / deviation))
    vector = pattern / float(np.linalg.norm(pattern))
    return Fit(vector.astype(np.float32), cross_validated(places, more, fitted), int(more.sum()), int((~more).sum()))


def logistic(
    x: Float64[ndarray, "n d"], more: Bool[ndarray, " n"], start: Float64[ndarray, " d1"] | None = None
) -> Float64[ndarray, " d1"]:
    """Weights (D,) and bias of a ridge logistic regression with both sides weighing the same, by Newton's method.

    There is one optimum, so ``start`` changes nothing but the number of steps.
    """
    side = np.where(more, 1.0, -1.0)
    share = float(more.mean())
    balance: NDArray[np.float64] = np.where(more, 0.5 / share, 0.5 / (1 - share))
    design: NDArray[np.float64] = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    count = int(x.shape[1]) + 1
    penalty: NDArray[np.float64] = np.full(count, RIDGE, np.float64)
    penalty[-1] = 0.0
    beta: NDArray[np.float64] = np.zeros(count, np.float64)
    if start is not None:
        np.copyto(beta, start)
    for _ in range(STEPS):
        step = _newton_step(design, side, balance, penalty, beta)
        np.subtract(beta, step, out=beta)
        if np.abs(step).max() < TOLERANCE:
            break
    return beta


def _newton_step(
    design: NDArray[np.float64],
    side: NDArray[np.float64],
    balance: NDArray[np.float64],
    penalty: NDArray[np.float64],
    beta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """From ``beta`` (D,) to the minimum of the parabola that touches the loss there, to be taken away."""
    wrong = 1 / (1 + np.exp(np.clip(side * (design @ beta), -500, 500)))
    gradient = penalty * beta - design.T @ (balance * side * wrong)
    curvature = (design * (balance * wrong * (1 - wrong))[:, None]).T @ design + np.diag(penalty + 1e-9)
    return np.linalg.solve(curvature, gradient).astype(np.float64)


def cross_validated(
    x: Float64[ndarray, "n d"], more: Bool[ndarray, " n"], start: Float64[ndarray, " d1"] | None = None
) -> float:
    """Balanced accuracy on held-out picks, in folds that hold both sides; 0.5, chance, for fewer than two a side.

    ``start`` is where each fold's search begins; see ``logistic``.
    """
    positions = np.zeros(len(more), np.int64)
    for side in (True, False):
        members = np.flatnonzero(more == side)
        positions[members] = np.arange(len(members))
    folds = min(FOLDS, int(more.sum()), int((~more).sum()))
    if folds < 2:
        return 0.5
    right = np.zeros(len(more), bool)
    for fold in range(folds):
        out = positions % folds == fold
        weights = logistic(x[~out], more[~out], start)
        right[out] = (x[out] @ weights[:-1] + weights[-1] > 0) == more[out]
    return float((right[more].mean() + right[~more].mean()) / 2)


def orthogonalised(vector: Float32[ndarray, " d"], others: Float32[ndarray, "k d"]) -> Float32[ndarray, " d"]:
    """``vector`` without what lies in the span of ``others``, of unit length.

    Raises:
        ValueError: nothing is left.
    """
    rest = vector.astype(np.float64)
    if len(others):
        basis = _span(others.astype(np.float64))
        rest = rest - (rest @ basis.T) @ basis
    length = float(np.linalg.norm(rest))
    if length < VANISHED * max(float(np.linalg.norm(vector)), 1e-12):
        raise ValueError("nothing is left of the direction")
    return (rest / length).astype(np.float32)


def combined(vectors: Float32[ndarray, "k d"], signs: Float32[ndarray, " k"]) -> Float32[ndarray, " d"]:
    """The sum of unit vectors with their signs, of unit length: with two, the direction half-way between them.

    Raises:
        ValueError: they cancel each other.
    """
    total = signs.astype(np.float64) @ vectors.astype(np.float64)
    length = float(np.linalg.norm(total))
    if length < VANISHED:
        raise ValueError("nothing is left of the direction")
    return (total / length).astype(np.float32)


def where_it_acts(
    decode: Decode, code: Float32[ndarray, " d"], vector: Float32[ndarray, " d"], deviation: float
) -> Float32[ndarray, "h w"]:
    """How much each pixel differs, in [0, 1], between ``ACTS_REACH`` deviations to one side of ``code`` and the other.

    The mean over channels of |decode(code + 2 s v) - decode(code - 2 s v)|, as a share of the full range.
    """
    step = np.float32(ACTS_REACH * deviation) * vector
    low, high = decode(np.stack([code - step, code + step])).astype(np.float32)
    return (np.abs(high - low).mean(axis=2) / 255).astype(np.float32)


def over_layers(vector: Float32[ndarray, " d"], layers: int, first: int, last: int) -> Float32[ndarray, " k"]:
    """A unit direction (D,) of one style as a unit direction (L * D,) of layers ``first`` to ``last``.

    Data in which all layers have the same style vary the square root of so many layers as much along it. Directions
    for a range of layers: Härkönen et al. (2020), arXiv:2004.02546, section 3.2.
    """
    rows = np.zeros((layers, len(vector)), np.float32)
    rows[first : last + 1] = vector / np.float32(np.sqrt(last - first + 1))
    return rows.reshape(-1)


def within_layers(vector: Float32[ndarray, " k"], layers: int, first: int, last: int) -> Float32[ndarray, " k"]:
    """What of a direction (L * D,) lies in layers ``first`` to ``last``, of unit length.

    Raises:
        ValueError: nothing does.
    """
    rows = np.zeros_like(vector).reshape(layers, -1)
    rows[first : last + 1] = vector.reshape(layers, -1)[first : last + 1]
    length = float(np.linalg.norm(rows))
    if length < VANISHED * max(float(np.linalg.norm(vector)), 1e-12):
        raise ValueError("nothing is left of the direction")
    return (rows.reshape(-1) / np.float32(length)).astype(np.float32)


def cosines(vector: Float32[ndarray, " d"], others: Float32[ndarray, "k d"]) -> Float32[ndarray, " k"]:
    """Cosine of the angle to each other direction, in [-1, 1]."""
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(vector)
    return (others @ vector / np.maximum(lengths, 1e-12)).astype(np.float32)


def _span(x: Float64[ndarray, "n d"]) -> Float64[ndarray, "k d"]:
    """An orthonormal basis (k, D) of the rows, k at most n and D."""
    _, values, rows = np.linalg.svd(x, full_matrices=False)
    return rows[values > 1e-10 * max(float(values[0]), 1e-12)] if len(values) else rows
