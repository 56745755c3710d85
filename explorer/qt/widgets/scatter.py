"""The map as a picture that a hand can hold: points in colours, tiles under them, and where one stands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.control.map import LegendValue
from explorer.control.maplayout import MapPoints
from explorer.control.maptiles import MapWindow, Tiles
from explorer.qt import theme
from explorer.qt.pictures import to_image
from explorer.qt.widgets.picture_view import round_corners
from explorer.qt.widgets.scatter_layer import PointLayer
from explorer.qt.widgets.scatter_marks import Hover, hover_picture, paint_here, paint_hover, paint_lasso, paint_path
from explorer.qt.widgets.scatter_tiles import TileLayer
from explorer.qt.widgets.scatter_view import View

REST_MS = 150  # without a change of the view, then tiles are asked for
TILE = 36  # px, the side of a tile
REACH = 12.0  # px from the mouse in which a point is found
OVER_TILES = 0.8  # opacity of the points where pictures are under them
VEIL = 0.4  # opacity of the ground over those pictures, so that the points stand out
STEP = 0.02  # share of the view that an arrow key moves
ZOOM_STEP = 1.2
NOTCH = 120  # eighths of a degree


class Scatter(QWidget):
    """Points of a plane; values in by ``show_...``, intents out by signals, places in the units of the map."""

    started = Signal()  # a hand goes down to move the current point
    moved = Signal(float, float)
    picture_chosen = Signal(int)  # the row of a picture of the data
    taken_back = Signal()  # what began as a move was none
    lassoed = Signal(object)  # (K,) int64, rows of the pictures of the data inside an outline that was drawn
    rested = Signal(object)  # MapWindow: this part is in view, and stays

    def __init__(
        self, name: str, accessible_name: str, parent: QWidget | None = None, *, rest_ms: int = REST_MS
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._view = View()
        self._low, self._high = (-1.0, -1.0), (1.0, 1.0)
        self._points: MapPoints | None = None
        self._layer = PointLayer()
        self._dots = True
        self._position: tuple[float, float] | None = None
        self._exact = True
        self._path = self._keyframes = np.zeros((0, 2), np.float32)
        self._tiles = TileLayer()
        self._hover: Hover | None = None
        self._panning: QPointF | None = None
        self._moving = False
        self._lasso: list[QPointF] | None = None  # pixels of the outline that is being drawn
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(rest_ms)
        self._rest.timeout.connect(self._tell_rest)

    # values in

    def show_points(self, points: MapPoints) -> None:
        """Show these points, in one colour until ``show_values``; the view fits them when they are others."""
        before, self._points = self._points, points
        if before is None or not np.array_equal(before.bounds, points.bounds):
            self._low, self._high = (tuple(corner) for corner in points.bounds.tolist())
            self.fit()
        count = len(points.places)
        self.setAccessibleDescription(f"{count:,} points. {points.sentence}")
        self.show_values((), None)

    def show_values(self, values: Sequence[LegendValue], indices: NDArray[np.int64] | None) -> None:
        """Colour the points by ``indices`` (N,) into ``values``; points of hidden values are not drawn."""
        if self._points is not None:
            self._layer.show(self._points.places, values, indices)
            self._hover = None
            self.update()

    def show_dots(self, on: bool) -> None:
        """Draw the points, or leave what is under them alone."""
        if on != self._dots:
            self._dots, self._hover = on, None
            self.update()

    def show_position(self, place: tuple[float, float] | None, *, exact: bool) -> None:
        """Mark where one stands."""
        if (place, exact) != (self._position, self._exact):
            self._position, self._exact = place, exact
            self.update()

    def show_path(self, points: NDArray[np.float32], keyframes: NDArray[np.float32]) -> None:
        """Draw a path (T, 2) and its keyframes (K, 2); empty ones draw nothing."""
        self._path, self._keyframes = points, keyframes
        self.update()

    def show_tiles(self, tiles: Tiles | None) -> None:
        """Put some tiles under the points; None takes all away."""
        if tiles is None:
            self._tiles.clear()
        else:
            self._tiles.add(tiles)
        self.update()

    def clear(self) -> None:
        """Nothing to show."""
        self._points = self._hover = None
        self._tiles.clear()
        self.update()

    @property
    def view(self) -> View:
        """What is in view, in logical pixels."""
        return self._view

    @property
    def hovered(self) -> Hover | None:
        """The point under the mouse."""
        return self._hover

    def fit(self) -> None:
        """Bring all points into view."""
        self._set_view(self._view.fitted(self._low, self._high))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Come closer to a pixel, or to the middle."""
        point = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        self._set_view(self._view.zoomed(factor, point.x(), point.y(), self._fitting))

    def pan(self, right: float, down: float) -> None:
        """Move what is in view by so many pixels."""
        self._set_view(self._view.panned(right, down))

    # inside

    def _set_view(self, view: View) -> None:
        if view != self._view:
            self._view, self._hover = view, None
            self.update()
        self._rest.start()

    def _tell_rest(self) -> None:
        if self._points is None or not self.isVisible():
            return
        view, ratio = self._view, self.devicePixelRatioF()
        left, bottom = view.at(0, view.height)
        columns, rows = max(round(view.width / TILE), 1), max(round(view.height / TILE), 1)
        side = round(view.width / columns * ratio)
        width, height = view.width / view.scale, view.height / view.scale
        self.rested.emit(MapWindow(left, bottom, width, height, columns, rows, side))

    def _look_at(self, at: QPointF) -> None:
        x, y = self._view.at(at.x(), at.y())
        found = self._layer.nearest(x, y, REACH / self._view.scale) if self._dots else None
        if found is None or self._points is None:
            if self._hover is not None:
                self._hover = None
                self.update()
            return
        point, label = found
        row = int(self._points.rows[point])
        if self._hover is not None and self._hover.row == row:
            return
        thumbnails = self._points.thumbnails
        picture = None if thumbnails is None else hover_picture(to_image(thumbnails[row]), self.devicePixelRatioF())
        place_x, place_y = self._points.places[point].tolist()
        self._hover = Hover(row, self._view.x(place_x), self._view.y(place_y), picture, label or f"picture {row}")
        self.update()

    @property
    def _fitting(self) -> float:
        """The scale at which all points are in view."""
        return self._view.fitted(self._low, self._high).scale

    def _paint_points(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        view = self._view.device(ratio)
        image = self._layer.image(view, self._fitting * ratio)
        if self._layer.count and not self._tiles.empty:
            painter.fillRect(self.rect(), theme.current().color("ground", VEIL))
            painter.setOpacity(OVER_TILES)
        painter.drawImage(QRectF(0, 0, view.width / ratio, view.height / ratio), image)
        painter.setOpacity(1.0)

    def _pixels(self, places: NDArray[np.float32]) -> list[QPointF]:
        return [QPointF(self._view.x(x), self._view.y(y)) for x, y in places.tolist()]

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, room = theme.current(), QRectF(self.rect())
        painter = QPainter(self)
        painter.fillRect(self.rect(), roles.color("ground"))
        if self._points is not None:
            self._tiles.paint(painter, self._view)
            if self._dots:
                self._paint_points(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if len(self._path) or len(self._keyframes):
                paint_path(painter, self._pixels(self._path), self._pixels(self._keyframes))
            if self._position is not None:
                x, y = self._position
                paint_here(painter, QPointF(self._view.x(x), self._view.y(y)), exact=self._exact)
            if self._hover is not None:
                paint_hover(painter, self._hover, room)
            if self._lasso:
                paint_lasso(painter, self._lasso)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.color("panel"))
        round_corners(painter, room, theme.RADIUS)
        focused = self.hasFocus()
        painter.setPen(QPen(roles.color("accent" if focused else "line"), roles.focus_width if focused else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._points is None:
            return
        at = event.position()
        if event.button() is not Qt.MouseButton.LeftButton:
            self._panning = at
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._lasso, self._hover = [at], None
            return
        chosen = self._hover if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else None
        self.started.emit()
        if chosen is not None:
            self.picture_chosen.emit(chosen.row)
            return
        self._moving, self._hover = True, None
        self.moved.emit(*self._view.at(at.x(), at.y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._panning is not None:
            self.pan(at.x() - self._panning.x(), at.y() - self._panning.y())
            self._panning = at
        elif self._lasso is not None:
            self._lasso.append(at)
            self.update()
        elif self._moving:
            self.moved.emit(*self._view.at(at.x(), at.y()))
        else:
            self._look_at(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._moving, self._panning = False, None
        self.unsetCursor()
        if self._lasso is not None and self._points is not None:
            outline = np.array([self._view.at(at.x(), at.y()) for at in self._lasso], np.float32)
            self._lasso = None
            self.update()
            self.lassoed.emit(self._points.rows[self._layer.inside(outline)])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._points is not None:
            self.taken_back.emit()  # the first of the two clicks has moved the point
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._points is not None:
            self.zoom(ZOOM_STEP ** (event.angleDelta().y() / NOTCH), event.position())
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        steps = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }  # fmt: skip
        if key in steps and self._position is not None:
            step = STEP * min(self.width(), self.height()) / self._view.scale
            if not event.isAutoRepeat():
                self.started.emit()
            right, up = steps[key]
            self.moved.emit(self._position[0] + right * step, self._position[1] + up * step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM_STEP)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.fit()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._set_view(self._view.resized(self.width(), self.height()))

    def showEvent(self, event: QEvent) -> None:
        self._rest.start()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._hover = None
            self._layer.forget()
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(352, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 220)
