"""A picture to begin with, and a mask of what may change in it: what is painted is filled, what is not stays."""

import base64
import binascii
import zlib
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy import ndarray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from explorer.contract.pixels import Pixels
from explorer.latent.shapes import Bool

LARGEST_SIDE = 1_024  # px
MOST_ROUNDS = 10

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Point = tuple[float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Raster(_Frozen):
    """A small picture as a value: ``data`` is its bytes, compressed, as text."""

    height: Side
    width: Side
    channels: int = Field(ge=1, le=4)
    data: str

    @model_validator(mode="after")
    def _whole(self) -> "Raster":
        _unpacked(self.data, self._size)
        return self

    @classmethod
    def of(cls, pixels: Pixels) -> "Raster":
        """That of (H, W, C) uint8."""
        height, width, channels = pixels.shape
        data = base64.b64encode(zlib.compress(np.ascontiguousarray(pixels).tobytes())).decode()
        return cls(height=height, width=width, channels=channels, data=data)

    @property
    def pixels(self) -> Pixels:
        """(H, W, C) uint8, not to be written to."""
        return np.frombuffer(_unpacked(self.data, self._size), np.uint8).reshape(self.height, self.width, self.channels)

    @property
    def _size(self) -> int:
        return self.height * self.width * self.channels


class Retouch(_Frozen):
    """Begin with ``picture`` instead of noise alone, as far as ``strength`` leaves of it; outside ``mask`` it stays."""

    picture: Raster
    strength: float = Field(default=0.6, ge=0.0, le=1.0)  # share of the noise that is laid over it; 1: nothing is left
    mask: Raster | None = None  # one channel, white where the model may paint; None: everywhere
    rounds: int = Field(default=1, ge=1, le=MOST_ROUNDS)  # how often each step is walked, so that the parts fit

    def masked(self, free: Bool[ndarray, "h w"]) -> "Retouch":
        """The same where the model may paint in ``free`` alone; in none of it: everywhere."""
        mask = Raster.of(free[..., None].astype(np.uint8) * np.uint8(255)) if free.any() else None
        return self.model_copy(update={"mask": mask})

    @property
    def free(self) -> Bool[ndarray, "h w"]:
        """Where the mask is painted; nowhere, where there is none."""
        if self.mask is None:
            return np.zeros((self.picture.height, self.picture.width), np.bool_)
        return self.mask.pixels[..., 0] > 127


def painted(
    free: Bool[ndarray, "h w"], start: Point, end: Point, radius: float, *, erase: bool = False
) -> Bool[ndarray, "h w"]:
    """A mask after a stroke from ``start`` to ``end`` with a round brush; all in pixels, x before y.

    A pixel is painted when its middle lies under the brush; the one under the point always is.
    """
    rows, columns = np.mgrid[: free.shape[0], : free.shape[1]]
    x, y = columns + 0.5, rows + 0.5
    across, down = end[0] - start[0], end[1] - start[1]
    length = across**2 + down**2
    along = ((x - start[0]) * across + (y - start[1]) * down) / length if length else np.zeros_like(x)
    along = along.clip(0, 1)
    near = np.hypot(x - start[0] - along * across, y - start[1] - along * down) <= radius
    row, column = int(end[1]), int(end[0])
    if 0 <= row < free.shape[0] and 0 <= column < free.shape[1]:
        near[row, column] = True
    return free & ~near if erase else free | near


@lru_cache(maxsize=16)
def _unpacked(data: str, size: int) -> bytes:
    """So many bytes.

    Raises:
        ValueError: it is damaged, or holds another number of them.
    """
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(data, validate=True), size + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("the picture in it is damaged") from error
    if len(content) != size:
        raise ValueError("the picture in it has another size than it says")
    return content
