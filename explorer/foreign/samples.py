"""Pictures to try a model with: a few clothes that ship, and drawn discs, bars and ramps in colour."""

import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.contract.arrays import array_keys, read_array
from explorer.contract.manifest import Array
from explorer.contract.pixels import Pixels
from explorer.latent.drawings import drawing
from explorer.places import assets_folder

DATA = "data/fashion-mnist-small.npz"
SIDE = 128  # px of the drawn ones


@cache
def sample_pictures(count: int) -> tuple[Pixels, ...]:
    """``count`` pictures (H, W, 3), uint8: in turn one that ships and one that is drawn; the same every time."""
    clothes = _clothes(count)
    rng = np.random.default_rng(7)
    drawn = [drawing(rng, SIDE, SIDE) for _ in range(count)]
    both = [picture for pair in zip(clothes, drawn, strict=False) for picture in pair] if clothes else drawn
    return tuple(both[:count])


def fitted_pictures(pictures: list[Pixels], height: int, width: int) -> Pixels:
    """All at one size, (N, height, width, 3)."""
    return np.stack(
        [np.asarray(Image.fromarray(each).resize((width, height), Image.Resampling.BICUBIC)) for each in pictures]
    )


def _clothes(count: int) -> list[Pixels]:
    path: Path = assets_folder() / DATA
    try:
        content = path.read_bytes()
        keys = array_keys(content, path.name)
        key = next((name for name in keys if "image" in name), keys[0])
        found: NDArray[np.uint8] = read_array(content, Array(file=path.name, key=key))
    except (OSError, zipfile.BadZipFile, IndexError):
        return []
    grey = found[:count].reshape(-1, *found.shape[1:3])
    return [np.repeat(each[..., None], 3, axis=2) for each in grey]
