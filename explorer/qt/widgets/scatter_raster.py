"""Many points as a picture, by numpy: round dots, or a density where dots would hide each other.

Painting 10,000 antialiased circles one by one takes ten times as long; a million as a histogram fits into a frame.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from explorer.latent.neighbours import PointIndex
from explorer.qt.widgets.scatter_view import View

Argb = NDArray[np.uint32]  # (H, W) premultiplied 0xAARRGGBB

CELL = 2  # pixels a cell of a density is wide
FAINTEST = 0.3  # opacity of a cell with a single point
SHADES = 8  # steps of opacity at the rim of a dot


def dots(
    places: NDArray[np.float32], values: NDArray[np.int32], colors: NDArray[np.uint8], view: View, radius: float
) -> Argb:
    """Points (N, 2) as dots of ``radius`` pixels in ``colors`` (K, 3)[``values`` (N,)] -> (H, W)."""
    reach = math.ceil(radius)
    margin = 2 * reach + 1  # points out of sight fall into it and are cut off with it
    width, height = view.width + 2 * margin, view.height + 2 * margin
    column = np.floor(view.x(places[:, 0]).clip(-reach - 1, view.width + reach)).astype(np.int32) + margin
    row = np.floor(view.y(places[:, 1]).clip(-reach - 1, view.height + reach)).astype(np.int32) + margin
    start = row * width + column
    picture = np.zeros(width * height, np.uint32)
    shades = _shades(colors)
    for down, right, shade in _stamp(round(radius * 8)):
        picture[start + (down * width + right)] = shades[shade][values]
    return picture.reshape(height, width)[margin:-margin, margin:-margin]


def density(points: PointIndex, values: NDArray[np.int32], colors: NDArray[np.uint8], view: View) -> Argb:
    """Points counted in cells of ``CELL`` pixels -> (H / CELL, W / CELL): the mean of the colours in a cell.

    Opacity grows with the logarithm of the count, so that crowds and single points are both seen. ``values`` (N,) are
    in the points' order from left to right: then one column of cells is filled after the other, which halves the time.
    """
    columns, rows, kinds = math.ceil(view.width / CELL), math.ceil(view.height / CELL), len(colors)
    seen = points.between(view.at(0, 0)[0], view.at(view.width, 0)[0])
    cell = _cells(points.x[seen], view.scale, view.x(0.0), columns)
    cell *= rows + 2
    cell += _cells(points.y[seen], -view.scale, view.y(0.0), rows)
    cell *= kinds
    cell += values[seen]
    counts = np.bincount(cell, minlength=(columns + 2) * (rows + 2) * kinds)
    counts = counts.reshape(columns + 2, rows + 2, kinds)[1:-1, 1:-1].transpose(1, 0, 2).astype(np.float32)
    total = counts.sum(axis=2)
    mean = counts @ colors.astype(np.float32) / np.maximum(total, 1)[..., None]
    most = max(float(total.max(initial=1)), 2.0)
    opacity = np.where(total > 0, FAINTEST + (1 - FAINTEST) * np.log(np.maximum(total, 1)) / math.log(most), 0)
    return _packed(mean, opacity)


def _cells(places: NDArray[np.float32], scale: float, zero: float, count: int) -> NDArray[np.int64]:
    """In which cell each place lies, from 1 to ``count``; what is out of sight lies in 0 or ``count`` + 1."""
    cells = places * np.float32(scale / CELL)
    cells += np.float32(zero / CELL + 1)
    return np.clip(cells, 0, count + 1, out=cells).astype(np.int64)


@cache
def _stamp(eighths: int) -> tuple[tuple[int, int, int], ...]:
    """Pixels of a dot of ``eighths`` / 8 pixels radius: (down, right, shade), the faintest first.

    So where dots overlap the rim of one never cuts into the body of another.
    """
    radius = eighths / 8
    reach = math.ceil(radius)
    fine = (np.arange((2 * reach + 1) * SHADES) + 0.5) / SHADES - reach - 0.5
    inside = np.hypot(*np.meshgrid(fine, fine)) <= radius
    side = 2 * reach + 1
    cover = inside.reshape(side, SHADES, side, SHADES).mean(axis=(1, 3))
    shade = np.rint(cover * SHADES).astype(int)
    down, right = np.nonzero(shade)
    found = sorted((int(shade[y, x]), int(y) - reach, int(x) - reach) for y, x in zip(down, right, strict=True))
    return tuple((y, x, level) for level, y, x in found)


def _shades(colors: NDArray[np.uint8]) -> Argb:
    """(SHADES + 1, K): each colour at each step of opacity."""
    steps = np.linspace(0, 1, SHADES + 1, dtype=np.float32)[:, None]
    return _packed(
        np.broadcast_to(colors, (SHADES + 1, *colors.shape)), np.broadcast_to(steps, (SHADES + 1, len(colors)))
    )


def _packed(colors: NDArray[np.floating] | NDArray[np.uint8], opacity: NDArray[np.floating]) -> Argb:
    """(..., 3) in [0, 255] and (...) in [0, 1] -> premultiplied."""
    parts = np.rint(colors * opacity[..., None]).astype(np.uint32)
    alpha = np.rint(opacity * 255).astype(np.uint32)
    return np.asarray(alpha << 24 | parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2], np.uint32)
