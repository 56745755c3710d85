"""Pictures as people see them, uint8 (H, W, C), to and from the numbers a graph's port wants."""

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import ImageMeaning

Pixels = NDArray[np.uint8]  # (H, W, C) or (N, H, W, C)
Floats = NDArray[np.floating]


def to_pixels(values: Floats, meaning: ImageMeaning) -> Pixels:
    """A graph's pictures (N, ...) in the port's layout and range -> uint8 (N, H, W, C), rounded, clipped.

    Raises:
        PortMismatch: the array is not four-dimensional or has other channels than ``meaning`` says.
    """
    if values.ndim != 4:
        raise PortMismatch(f"A picture port must give 4 axes, got {list(values.shape)}; export the model again.")
    channels = values.shape[3 if meaning.layout == "NHWC" else 1]
    if channels != meaning.channels:
        raise PortMismatch(
            f"A picture port must give {meaning.channels} channels, got {channels}; export the model again."
        )
    low, high = meaning.value_range
    shifted = np.subtract(values, low, dtype=np.float32) if low else values
    levels = np.multiply(shifted, 255.0 / (high - low), dtype=np.float32)
    levels.clip(0, 255, out=levels)
    pixels = np.rint(levels, out=levels).astype(np.uint8)
    return np.ascontiguousarray(pixels if meaning.layout == "NHWC" else np.moveaxis(pixels, 1, 3))


def from_pixels(pixels: Pixels, meaning: ImageMeaning) -> NDArray[np.float32]:
    """uint8 (N, H, W, C) -> float32 in the port's layout and range; grey is repeated, colour averaged, alpha made 255.

    Raises:
        PortMismatch: ``pixels`` is not (N, H, W, 1, 3 or 4), or the port wants another size.
    """
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3, 4):
        raise PortMismatch(f"Pictures must be (N, H, W, 1, 3 or 4), got {list(pixels.shape)}; choose other pictures.")
    for want, got, axis in ((meaning.height, pixels.shape[1], "high"), (meaning.width, pixels.shape[2], "wide")):
        if want is not None and want != got:
            raise PortMismatch(f"The model wants pictures {want} pixels {axis}, got {got}; resize the picture first.")
    low, high = meaning.value_range
    images = _with_channels(pixels, meaning.channels).astype(np.float32) * ((high - low) / 255.0) + low
    return np.ascontiguousarray(images if meaning.layout == "NHWC" else np.moveaxis(images, 3, 1), dtype=np.float32)


def _with_channels(pixels: Pixels, channels: int) -> Floats:
    have = pixels.shape[3]
    if have == channels:
        return pixels.astype(np.float32)
    colour = pixels[..., :3].astype(np.float32) if have >= 3 else np.repeat(pixels.astype(np.float32), 3, axis=3)
    if channels == 1:
        # Rec. 601 luma, what Pillow's convert("L") uses
        return (colour @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    if channels == 3:
        return colour
    return np.concatenate([colour, np.full_like(colour[..., :1], 255.0)], axis=3)
