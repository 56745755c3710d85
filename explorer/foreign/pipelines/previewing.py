"""A quick guess of the picture that a latent will be: each position's colour as a linear function of its numbers.

It costs one small matrix product where the decoder takes seconds. Fitted by least squares to what the decoder made of a
few latents; the sessions are given as functions, so nothing here knows where they run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.foreign.samples import fitted_pictures, sample_pictures

PICTURES = 6
GRIDS = (2, 4, 8, 16)  # positions along each side of the grids that make smooth noise
Array = NDArray[np.float32]
Pair = tuple[Array, Array]  # latents x (N, C, h, w), and their pictures (N, 3, H, W) in [0, 1]
Calls = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Preview:
    """``colours`` (C + 1, 3) as ``contract.manifest.Diffusion.preview``; ``explained`` is R², the share of variance."""

    colours: Array
    explained: float


def fitted_preview(pairs: Iterable[Pair]) -> Preview | None:
    """The least squares from latents to the mean colour of the square of pixels that each of their positions becomes.

    Args:
        pairs: latents x (N, C, h, w) and pictures (N, 3, H, W) in [0, 1], H and W being multiples of h and w.

    Returns:
        None where nothing finite is among them, or too little to fit.
    """
    rows, wanted = list[NDArray[np.float64]](), list[NDArray[np.float64]]()
    for latents, pictures in pairs:
        count, channels, height, width = latents.shape
        numbers = latents.astype(np.float64).transpose(0, 2, 3, 1).reshape(-1, channels)
        squares = pictures.astype(np.float64).reshape(
            count, 3, height, pictures.shape[2] // height, width, pictures.shape[3] // width
        )
        colours = squares.mean(axis=(3, 5)).transpose(0, 2, 3, 1).reshape(-1, 3)
        fine = np.isfinite(numbers).all(axis=1) & np.isfinite(colours).all(axis=1)
        rows.append(np.hstack([numbers[fine], np.ones((int(fine.sum()), 1))]))
        wanted.append(colours[fine])
    if not rows:
        return None
    known, colours = np.concatenate(rows), np.concatenate(wanted)
    if len(known) <= known.shape[1]:
        return None
    found = np.linalg.lstsq(known, colours)[0]
    missed = float(np.square(colours - known @ found).sum())
    spread = float(np.square(colours - colours.mean(axis=0)).sum())
    explained = 1 - missed / spread if spread > 0 else float(missed == 0)
    return Preview(found.astype(np.float32), max(explained, 0.0))


def preview_pairs(
    decode: Calls,
    shape: tuple[int, int, int],
    side: int,
    scale: float = 1.0,
    shift: float = 0.0,
    encode: Calls | None = None,
    pictures: Iterable[Pixels] = (),
    count: int = PICTURES,
) -> Iterator[Pair]:
    """Latents and what the decoder makes of them, one at a time, so that a stop is possible in between.

    Args:
        decode: codes (1, C, h, w) -> pictures (1, 3, side, side) in [-1, 1].
        shape: (C, h, w).
        side: px.
        scale: x is (code - ``shift``) * ``scale``.
        shift: see there.
        encode: pictures in [-1, 1] -> the mean of their codes; without it latents are smooth noise.
        pictures: a person's own, (H, W, 3) uint8; others fill up to ``count``.
        count: how many latents.
    """
    if encode is None:
        rng = np.random.default_rng(0)
        latents = (smooth_noise(rng, shape, GRIDS[at % len(GRIDS)])[None] for at in range(count))
        codes = (x / np.float32(scale) + np.float32(shift) for x in latents)
    else:
        shown = [*pictures, *sample_pictures(count)][:count]
        given = (fitted_pictures([picture], side, side) for picture in shown)
        codes = (encode(_numbers(picture)).astype(np.float32) for picture in given)
    for code in codes:
        x = np.asarray((code - np.float32(shift)) * np.float32(scale), np.float32)
        yield x, np.asarray(np.clip((decode(code) + 1) / 2, 0, 1), np.float32)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int, int], grid: int) -> Array:
    """Normal numbers on a grid of so many positions a side, the values between them linear: (C, h, w), variance 1."""
    channels, height, width = shape
    noise = rng.standard_normal((channels, grid, grid))
    rows, columns = (_between(grid, size) for size in (height, width))
    smooth = np.einsum("hi,cij,wj->chw", rows, noise, columns)
    smooth -= smooth.mean(axis=(1, 2), keepdims=True) - rng.standard_normal((channels, 1, 1))
    return np.asarray(smooth / max(float(smooth.std()), 1e-6), np.float32)


def _between(grid: int, size: int) -> NDArray[np.float64]:
    """The shares of ``grid`` values in each of ``size`` positions, (size, grid)."""
    places = np.linspace(0, grid - 1, size)
    return np.maximum(1 - np.abs(places[:, None] - np.arange(grid)), 0)


def _numbers(pictures: Pixels) -> Array:
    """(N, H, W, 3) uint8 -> (N, 3, H, W) in [-1, 1]."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32) / np.float32(127.5) - 1
