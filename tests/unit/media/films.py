"""Frames to film, and a recipe to put into films."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from explorer.contract.pixels import Pixels
from explorer.media.recipes import Recipe
from explorer.state.journey import Journey

JOURNEY = Journey(keyframes=((0.0, 1.5), (-2.0, 3e-7), (1.0, 1.0)), kind="spline", even=True, loop=True, leg_s=0.5)
RECIPE = Recipe(bundle="ab" * 32, name="<é;=#\\ \n-->", code=(0.5, -1.25), seed=42, version="1.2", journey=JOURNEY)


def frame(number: int, channels: int = 3, size: tuple[int, int] = (12, 10)) -> Pixels:
    """(H, W, C) with 120 colours or greys, other ones for every number."""
    y, x = np.mgrid[: size[0], : size[1]]
    picture = np.stack([x * 20, y * 20, np.full_like(x, number * 7), np.full_like(x, 255)], axis=2)
    return (picture[..., :channels] if channels > 1 else picture.sum(axis=2, keepdims=True) % 256).astype(np.uint8)


def played(path: Path) -> tuple[list[Pixels], list[int]]:
    """All frames (H, W, 3) as a player shows them, and for how many milliseconds each."""
    with Image.open(io.BytesIO(path.read_bytes())) as film:
        found = [
            (np.asarray(image.convert("RGB")), int(image.info["duration"])) for image in ImageSequence.Iterator(film)
        ]
    return [pixels for pixels, _ in found], [duration for _, duration in found]


def in_colour(pixels: Pixels) -> Pixels:
    """(H, W, 3)."""
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[..., :3]
