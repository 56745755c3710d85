"""Many pictures as one."""

import io

import numpy as np
from PIL import Image

GAP_PX = 2


def grid(pictures: np.ndarray, columns: int) -> np.ndarray:
    """uint8 (N, H, W, C) -> one picture (rows * (H + gap) - gap, ..., C), row by row, on white."""
    count, height, width, channels = pictures.shape
    rows = -(-count // columns)
    tall, wide = height + GAP_PX, width + GAP_PX
    whole = np.full((rows * tall - GAP_PX, columns * wide - GAP_PX, channels), 255, np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * tall, i % columns * wide
        whole[top : top + height, left : left + width] = picture
    return whole


def enlarged(picture: np.ndarray, at_least: int) -> np.ndarray:
    """uint8 (H, W, C) with every pixel repeated until the height is ``at_least`` pixels."""
    factor = max(1, -(-at_least // picture.shape[0]))
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def png(picture: np.ndarray) -> bytes:
    """uint8 (H, W, 1 or 3) as a PNG file."""
    packed = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(packed, "PNG", optimize=True)
    return packed.getvalue()
