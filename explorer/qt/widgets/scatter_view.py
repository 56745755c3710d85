"""Which part of a plane is in view: equal scales along both axes, y upwards."""

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.06  # of the view, free on each side of what was fitted
CLOSEST, FARTHEST = 200.0, 0.2  # how far one may zoom, as shares of the scale that fits

Number = TypeVar("Number", float, NDArray[np.float32])


@dataclass(frozen=True)
class View:
    """``scale`` pixels are one unit; the place ``center_x``, ``center_y`` is in the middle of the pixels."""

    center_x: float = 0.0
    center_y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1
    ratio: float = 1.0  # device pixels of a screen pixel, where these are device pixels; else 1

    def x(self, value: Number) -> Number:
        """Pixels from the left."""
        return (value - self.center_x) * self.scale + self.width / 2

    def y(self, value: Number) -> Number:
        """Pixels from the top."""
        return (self.center_y - value) * self.scale + self.height / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place under a pixel."""
        return (
            (x - self.width / 2) / self.scale + self.center_x,
            (self.height / 2 - y) / self.scale + self.center_y,
        )

    def fitted(self, low: tuple[float, float], high: tuple[float, float]) -> "View":
        """The view that shows all between two corners."""
        spans = [max(b - a, 0.0) for a, b in zip(low, high, strict=True)]
        widest = max(*spans, 1e-9)
        room = 1 - 2 * MARGIN
        scale = min(room * self.width / max(spans[0], 1e-3 * widest), room * self.height / max(spans[1], 1e-3 * widest))
        return replace(self, center_x=(low[0] + high[0]) / 2, center_y=(low[1] + high[1]) / 2, scale=max(scale, 1e-9))

    def zoomed(self, factor: float, x: float, y: float, fitting: float) -> "View":
        """``factor`` times closer, with what is under the pixel kept there; ``fitting`` is the scale that fits."""
        scale = min(max(self.scale * factor, fitting * FARTHEST), fitting * CLOSEST)
        under = self.at(x, y)
        moved = replace(self, scale=scale)
        after = moved.at(x, y)
        return replace(
            moved, center_x=self.center_x + under[0] - after[0], center_y=self.center_y + under[1] - after[1]
        )

    def panned(self, right: float, down: float) -> "View":
        """What is in view moves by so many pixels."""
        return replace(self, center_x=self.center_x - right / self.scale, center_y=self.center_y + down / self.scale)

    def resized(self, width: int, height: int) -> "View":
        """The same middle, and as much of the plane along the shorter side."""
        share = min(width, height) / max(min(self.width, self.height), 1)
        return replace(self, width=width, height=height, scale=self.scale * share)

    def device(self, ratio: float) -> "View":
        """The same part of the plane in device pixels."""
        width, height = math.ceil(self.width * ratio), math.ceil(self.height * ratio)
        return replace(self, scale=self.scale * ratio, width=width, height=height, ratio=ratio)
