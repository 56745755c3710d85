"""A few pictures as one, small enough for a card."""

import numpy as np
from PIL import Image

from trainers.kit.grids import grid, png

WIDEST_PX = 256
COLUMNS = 4


def sheet(pictures: np.ndarray) -> bytes:
    """uint8 (N, H, W, C) as a PNG of four columns, each picture at most ``WIDEST_PX`` high."""
    return png(grid(np.stack([_small(picture) for picture in pictures]), COLUMNS))


def _small(picture: np.ndarray) -> np.ndarray:
    height, width, channels = picture.shape
    if height <= WIDEST_PX:
        return picture
    plain = Image.fromarray(picture[..., 0] if channels == 1 else picture)
    small = plain.resize((WIDEST_PX * width // height, WIDEST_PX), Image.Resampling.BOX)
    return np.asarray(small).reshape(small.height, small.width, channels)
