"""Colours of label values that people with any colour vision can tell apart."""

import numpy as np
from numpy.typing import NDArray

# Chosen one after the other, each as far as possible from all before it, in Oklab (Ottosson 2020) under normal, protan
# and deutan vision (Machado et al. 2009), of lightness and chroma that stand on dark and on light grounds.
HUES = (
    "#00afaf", "#7048ff", "#ffc720", "#c74008", "#60efaf", "#8797ff", "#97d7ff", "#d78f58", "#9f50af", "#cf2070",
    "#d77080", "#0080d7", "#80c7a7", "#c79fdf", "#bfc778", "#d7a708", "#708fc7", "#f71850", "#f7afd7", "#a76897",
)  # fmt: skip
GREYS = ("#8a8f99", "#a6abb5", "#737882", "#bcc0c8")  # from the twenty-first value on, again and again


def value_color(index: int) -> str:
    """``#rrggbb`` of a label's value."""
    return HUES[index] if index < len(HUES) else GREYS[(index - len(HUES)) % len(GREYS)]


def value_colors(count: int) -> NDArray[np.uint8]:
    """(count, 3) RGB."""
    return np.array([rgb(value_color(index)) for index in range(count)], np.uint8).reshape(count, 3)


def rgb(color: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
