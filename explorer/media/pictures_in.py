"""Pictures from outside: read without trust, whatever their size, depth or colours, and made fit for a model."""

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
FILE_BYTES = 256 << 20
PICTURE_PIXELS = 150_000_000  # 20,000 x 7,500; unpacked it takes 600 MB
WORKING_SIDE = 1_024  # px; larger ones are made smaller at once, models take far less


class NotAPicture(ExplorerError):
    """A file or the clipboard holds nothing that can be shown to a model."""


def read_picture_file(path: Path) -> Pixels:
    """(H, W, 3) uint8 of the first frame of a picture file, upright, on white, at most 1,024 px a side.

    Raises:
        NotAPicture: with the reason and what to do.
    """
    try:
        if path.stat().st_size > FILE_BYTES:
            raise NotAPicture(f"{path.name} is larger than {FILE_BYTES >> 20} MB; make it smaller first.")
        content = path.read_bytes()
    except OSError as error:
        raise NotAPicture(f"{path.name} cannot be read ({error.strerror or error}); choose another picture.") from error
    return read_picture_bytes(content, path.name)


def read_picture_bytes(content: bytes, name: str) -> Pixels:
    """The same of a picture in memory."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bomb warnings: the limit below is ours; odd metadata: not needed
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > PICTURE_PIXELS:
                    raise NotAPicture(f"{name} has {image.width:,} x {image.height:,} pixels; make it smaller first.")
                image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))  # JPEG: unpack no more than is needed
                return _plain(image)
    except NotAPicture:
        raise
    except Image.DecompressionBombError as error:
        raise NotAPicture(f"{name} has more pixels than can be unpacked; make it smaller first.") from error
    except Exception as error:  # what damaged files make readers raise has no end: struct.error, KeyError, TypeError …
        raise NotAPicture(f"{name} is not a picture that can be read; try PNG, JPEG, WebP, GIF or BMP.") from error


def fitted(pixels: Pixels, box: tuple[int, int, int], height: int, width: int) -> Pixels:
    """A square cut out and resized: ``box`` is left, top and side in pixels of ``pixels`` -> (height, width, 3) uint8.

    What lies outside the picture is white.
    """
    left, top, side = box
    cut = Image.new("RGB", (side, side), "white")
    cut.paste(Image.fromarray(pixels), (-left, -top))
    shrinks = side > max(height, width)
    method = Image.Resampling.LANCZOS if shrinks else Image.Resampling.BICUBIC
    return np.asarray(cut.resize((width, height), method)).copy()


def made_fit(pixels: Pixels, shape: tuple[int, int, int]) -> Pixels:
    """The largest middle square of (H, W, 1 or 3) uint8 in a model's shape (H, W, C); what fits stays as it is."""
    height, width, channels = shape
    if pixels.shape == (height, width, channels):
        return pixels
    colour = pixels if pixels.shape[2] == 3 else np.repeat(pixels[..., :1], 3, axis=2)
    colour = fitted(colour, central_box(colour), height, width)
    return colour if channels == 3 else np.asarray(Image.fromarray(colour).convert("L"))[..., None]


def central_box(pixels: Pixels) -> tuple[int, int, int]:
    """The largest square in the middle: left, top, side."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    return (width - side) // 2, (height - side) // 2, side


def with_channels(pixels: Pixels, channels: int) -> Pixels:
    """(H, W, 1, 3 or 4) as so many: grey repeated, colour as grey, alpha made full."""
    have = pixels.shape[2]
    if have == channels:
        return pixels
    colour = np.repeat(pixels, 3, axis=2) if have == 1 else pixels[..., :3]
    if channels == 1:
        return np.asarray(Image.fromarray(colour).convert("L"))[..., None]
    if channels == 3:
        return colour
    return np.concatenate([colour, np.full_like(colour[..., :1], 255)], axis=2)


def _plain(image: Image.Image) -> Pixels:
    """Upright RGB on white; 16-bit greys are scaled, not cut off."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith(("I", "F")):
        upright = Image.fromarray(_greys(np.asarray(upright, np.float64), counted=upright.mode.startswith("I")))
    if "A" in upright.getbands() or "transparency" in upright.info:
        on_white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(on_white, upright.convert("RGBA"))
    plain = upright.convert("RGB")
    plain.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(plain).copy()


def _greys(values: NDArray[np.float64], *, counted: bool) -> NDArray[np.uint8]:
    """(H, W) numbers as greys: 16-bit ones by their full range, others from the smallest to the largest."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if counted:
        low, high = 0.0, 65_535.0 if high > 255 else 255.0
    kept = np.clip(np.nan_to_num(values, nan=low, posinf=high, neginf=low), low, high)
    return np.rint((kept - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
