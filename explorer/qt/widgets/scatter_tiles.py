"""Tiles that come a few at a time, as one picture under the points; the former ones stay until they are covered."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from explorer.control.maptiles import MapWindow, Tiles
from explorer.qt.pictures import to_image
from explorer.qt.widgets.scatter_view import View


class TileLayer:
    """The newest window of tiles as far as it has come, over the last one that was complete."""

    def __init__(self) -> None:
        self._window: MapWindow | None = None
        self._sheet: NDArray[np.uint8] | None = None  # (H, W, 4); transparent where nothing has come yet
        self._missing = 0
        self._newest: tuple[MapWindow, QImage] | None = None
        self._complete: tuple[MapWindow, QImage] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self._newest is None and self._complete is None

    def clear(self) -> None:
        """Forget all tiles."""
        self._window = self._sheet = self._newest = self._complete = None

    def add(self, tiles: Tiles) -> None:
        """Put some tiles in their places; those of a new window begin a new sheet."""
        window = tiles.window
        _, height, width, channels = tiles.pixels.shape
        if window != self._window or self._sheet is None:
            self._window, self._missing = window, window.rows * window.columns
            self._sheet = np.zeros((window.rows * height, window.columns * width, 4), np.uint8)
        places = self._sheet.reshape(window.rows, height, window.columns, width, 4)
        row, column = np.divmod(tiles.indices, window.columns)
        places[row, :, column, :, 3] = 255 if channels != 4 else tiles.pixels[..., 3]
        places[row, :, column, :, :3] = tiles.pixels[..., :3]
        self._missing -= len(tiles.indices)
        image = to_image(self._sheet).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._newest = window, image
        if self._missing == 0:
            self._complete, self._newest = self._newest, None

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw them where they belong, however the view has moved since."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for part in (self._complete, self._newest):
            if part is not None:
                window, image = part
                left, top = view.x(window.left), view.y(window.bottom + window.height)
                painter.drawImage(QRectF(left, top, window.width * view.scale, window.height * view.scale), image)
