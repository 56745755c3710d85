"""The points of a map as one picture, made anew only when the view or the colours change, and found again by place."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from explorer.control.map import LegendValue
from explorer.latent.maps import inside
from explorer.latent.neighbours import PointIndex
from explorer.qt import theme
from explorer.qt.widgets.scatter_palette import rgb, value_colors
from explorer.qt.widgets.scatter_raster import density, dots
from explorer.qt.widgets.scatter_view import View

DENSE = 60_000  # points, from which they are shown as a density
SMALLEST, LARGEST = 1.25, 4.5  # px, radius of a dot
FILL = 0.22  # share of the view that all dots together cover when everything is in view


class PointLayer:
    """Those points whose values are not hidden, coloured by value."""

    def __init__(self) -> None:
        self._places = np.zeros((0, 2), np.float32)
        self._values = np.zeros(0, np.int32)
        self._rows = np.zeros(0, np.int64)  # of the places, among all points
        self._names: tuple[str, ...] = ()
        self._sorted: tuple[PointIndex, NDArray[np.int32]] | None = None
        self._image: QImage | None = None
        self._image_of: tuple[View, float] | None = None

    @property
    def count(self) -> int:
        """How many points are drawn."""
        return len(self._places)

    def show(
        self, places: NDArray[np.float32], values: Sequence[LegendValue], indices: NDArray[np.int64] | None
    ) -> None:
        """Draw ``places`` (N, 2), coloured by ``indices`` (N,) into ``values``; None: all in the accent."""
        self._names = tuple(value.name for value in values)
        chosen = np.zeros(len(places), np.int32) if indices is None else indices.astype(np.int32)
        hidden = np.array([value.hidden for value in values] or [False])
        self._rows = np.flatnonzero(~hidden[chosen])
        whole = len(self._rows) == len(places)
        self._places, self._values = (places, chosen) if whole else (places[self._rows], chosen[self._rows])
        self._sorted = None
        self.forget()

    def forget(self) -> None:
        """The colours of the theme have changed."""
        self._image = self._image_of = None

    def nearest(self, x: float, y: float, reach: float) -> tuple[int, str] | None:
        """The nearest drawn point within ``reach``: its row among all points and its value's name; or None."""
        found = self._in_order[0].nearest(x, y, reach)
        if found is None:
            return None
        return int(self._rows[found]), self._names[self._values[found]] if self._names else ""

    def inside(self, outline: NDArray[np.float32]) -> NDArray[np.int64]:
        """The rows, among all points, of the drawn points inside an outline (K, 2) in the units of the map."""
        return self._rows[inside(self._places, outline)]

    def image(self, view: View, fitting: float) -> QImage:
        """The points in ``view``, which counts device pixels; at the scale ``fitting`` all are in view."""
        radius = self._radius(view, fitting)
        if self._image is None or self._image_of != (view, radius):
            accent = np.array([rgb(theme.current().accent)], np.uint8)
            colors = value_colors(len(self._names)) if self._names else accent
            if self.count > DENSE:
                argb = density(*self._in_order, colors, view)
            else:
                argb = dots(self._places, self._values, colors, view, radius)
            rows, columns = argb.shape
            argb = np.ascontiguousarray(argb)
            image = QImage(argb.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied)
            self._image, self._image_of = image.copy(), (view, radius)
        return self._image

    @property
    def _in_order(self) -> tuple[PointIndex, NDArray[np.int32]]:
        """The points from left to right, and their values; made when first needed, for a million take 0.1 s."""
        if self._sorted is None:
            index = PointIndex(self._places)
            self._sorted = index, self._values[index.order]
        return self._sorted

    def _radius(self, view: View, fitting: float) -> float:
        """Smaller where there are more, larger where one is closer."""
        area = FILL * view.width * view.height / (np.pi * max(self.count, 1))
        ratio = max(view.ratio, 1.0)
        return float(np.clip(area**0.5 * (view.scale / fitting) ** 0.5, SMALLEST * ratio, LARGEST * ratio))
