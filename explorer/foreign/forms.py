"""How the numbers of a tensor may be a picture: every reading that its shape allows, the likeliest first."""

import math
from collections.abc import Sequence
from typing import Literal

from explorer.contract.ports import Frozen

SIDE = 8  # px; the smallest that counts as a picture
CHANNELS = (1, 3, 4)

Layout = Literal["NCHW", "NHWC", "CHW", "HWC", "HW", "NHW", "flat"]  # flat: channels first, or last where ``last``


class PictureForm(Frozen):
    """One reading of a tensor as a picture; ``low`` and ``high`` are the numbers that mean black and white.

    ``bare`` says that the tensor has no batch axis. ``last`` says that a flat colour picture keeps the channels of a
    pixel together, (H, W, C), rather than one channel after the other.
    """

    layout: Layout
    channels: int
    height: int
    width: int
    bare: bool = False
    last: bool = False
    low: float = 0.0
    high: float = 1.0

    @property
    def numbers(self) -> int:
        """How many numbers one picture has."""
        return self.channels * self.height * self.width

    @property
    def channels_last(self) -> bool:
        """Whether the channels of a pixel stand together."""
        return self.layout in ("NHWC", "HWC") or (self.layout == "flat" and self.last)

    @property
    def words(self) -> str:
        """``28 × 28, grey``."""
        colours = {1: "grey", 3: "colour", 4: "colour with alpha"}[self.channels]
        order = (
            "" if self.layout != "flat" or self.channels == 1 else ", channels " + ("last" if self.last else "first")
        )
        return f"{self.width} × {self.height}, {colours}{order}"


def forms_of(shape: Sequence[int]) -> tuple[PictureForm, ...]:
    """The readings of a tensor of ``shape``, which includes a batch axis where the tensor has one; empty: none."""
    found: list[PictureForm] = []

    def add(layout: Layout, channels: int, height: int, width: int, **more: bool) -> None:
        if channels in CHANNELS and height >= SIDE and width >= SIDE:
            found.append(PictureForm(layout=layout, channels=channels, height=height, width=width, **more))

    match tuple(shape):
        case (_, a, b, c):
            add("NCHW", a, b, c)
            add("NHWC", c, a, b)
        case (a, b, c):
            add("HWC", c, a, b, bare=True)
            add("CHW", a, b, c, bare=True)
            if not found:
                add("NHW", 1, b, c)
        case (a, b):
            found += _flat(b, bare=False)
            if not found or (a == b and a > SIDE):
                add("HW", 1, a, b, bare=True)
        case (a,):
            found += _flat(a, bare=True)
        case _:
            pass
    return tuple(found)


def _flat(count: int, *, bare: bool) -> list[PictureForm]:
    found: list[PictureForm] = []
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side >= SIDE and channels * side * side == count:
            orders = (False,) if channels == 1 else (False, True)
            found += [
                PictureForm(layout="flat", channels=channels, height=side, width=side, bare=bare, last=last)
                for last in orders
            ]
    return found
