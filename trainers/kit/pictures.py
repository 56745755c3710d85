"""A data set split in memory, as every source gives it and every trainer takes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import psutil
from PIL import Image

from trainers.kit.data_errors import DataError

Split = Literal["train", "test"]
Progress = Callable[[int, int], None]  # (pictures done, pictures in all)

SPLITS: tuple[Split, ...] = ("train", "test")
SMALLEST_SIZE, LARGEST_SIZE = 28, 1_024  # pixels a side; the networks of trainers/ take pictures of this range
MOST_OF_MEMORY = 0.8  # of what is free; a training wants some too


@dataclass(frozen=True)
class Attribute:
    """One thing that is known of every picture, such as ``hair colour``, and the values it takes, in label order."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Pictures:
    """A data set split in memory.

    ``images``: uint8 (N, H, W, C), C 1 or 3, 0 black. ``labels``: int64 (N,), the index into ``classes``; or (N, A),
    one index into ``attributes[a].values`` for each attribute; or None where nothing is known. ``note``: a sentence
    that the user should read, such as which files were left out; mostly empty.
    """

    name: str
    split: Split
    images: np.ndarray
    labels: np.ndarray | None
    classes: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    licence: str
    credit: str
    source: str
    note: str = ""

    def __len__(self) -> int:
        return len(self.images)


def first(pictures: Pictures, count: int | None) -> Pictures:
    """The first ``count`` pictures, or all of them; DataError if there are fewer."""
    if count is None or count == len(pictures):
        return pictures
    if not 0 < count <= len(pictures):
        raise DataError(
            f"The {pictures.split} split of {pictures.name} has {len(pictures):,} pictures: {count:,} cannot be taken."
        )
    labels = None if pictures.labels is None else pictures.labels[:count]
    return replace(pictures, images=pictures.images[:count], labels=labels)


def check_size(size: int) -> int:
    """``size`` in pixels a side, if the networks can take it."""
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise DataError(f"Pictures of {size} px cannot be made: choose a size from {SMALLEST_SIZE} to {LARGEST_SIZE}.")
    return size


def room_for(count: int, size: int, channels: int) -> np.ndarray:
    """uint8 (count, size, size, channels), of any content; DataError where the memory cannot hold it."""
    needed, free = count * size * size * channels, psutil.virtual_memory().available
    if needed > MOST_OF_MEMORY * free:
        raise DataError(
            f"{count:,} pictures of {size} px need {needed / 1e9:.1f} GB of memory, of which {free / 1e9:.1f} GB are "
            "free: choose a smaller --size, or fewer pictures."
        )
    return np.empty((count, size, size, channels), np.uint8)


def fitted(images: np.ndarray, size: int | None, channels: int | None) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, size, size, channels): resized with Lanczos, grey by luma (ITU-R 601-2), grey to colour
    by repetition; None keeps what is there."""
    height, width, depth = images.shape[1:]
    side, deep = size or height, channels or depth
    if deep not in (1, 3):
        raise DataError(f"Pictures have 1 channel (grey) or 3 (colour), not {deep}.")
    if (height, width, depth) == (side, side, deep):
        return images
    out = room_for(len(images), check_size(side), deep)
    for place, image in enumerate(images):
        out[place] = as_array(Image.fromarray(image.squeeze(-1) if depth == 1 else image), side, deep)
    return out


def as_array(picture: Image.Image, size: int, channels: int) -> np.ndarray:
    """A Pillow picture, already square, as uint8 (size, size, channels)."""
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture).reshape(size, size, channels)
