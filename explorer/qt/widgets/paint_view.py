"""A picture with a mask to paint on it: drag to paint, or move the brush with arrow keys and press Space."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, fitted, to_image

SIDE, SMALLEST = 264, 120  # px
VEIL = 0.55  # how strongly the mask covers the picture
GOES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
EMPTY = "No picture yet: open, paste or drop one,\nor take the one in view."


class PaintView(QAbstractSlider):
    """``stroked`` tells from where to where the brush went, in pixels of the picture; ``started`` that it came down."""

    started = Signal()
    stroked = Signal(tuple, tuple)

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self._veil: QImage | None = None
        self._free: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._radius = 1.0
        self._brush = QPointF()  # its middle, in pixels of the picture
        self._near = False  # the mouse is over it

    # values in

    def show_picture(self, pixels: Pixels | None, free: NDArray[np.bool_] | None) -> None:
        """Show a picture (H, W, C) uint8 and its mask (H, W); None empties it."""
        self._image = None if pixels is None else to_image(pixels)
        self._free = np.zeros((0, 0), np.bool_) if free is None else free
        self._veil = None
        self.setCursor(Qt.CursorShape.ArrowCursor if pixels is None else Qt.CursorShape.CrossCursor)
        self.setAccessibleDescription("no picture" if free is None else f"{free.mean():.0%} painted")
        self.update()

    def show_radius(self, radius: float) -> None:
        """How wide the brush is, in pixels of the picture."""
        self._radius = radius
        self.update()

    # where things are

    def position(self, x: float, y: float) -> QPointF:
        """The pixel of the widget at a point of the picture."""
        room = self._room
        return QPointF(room.left() + x * self._scale, room.top() + y * self._scale)

    @property
    def _room(self) -> QRect:
        return self.rect() if self._image is None else fitted(self._image.size(), self.rect())

    @property
    def _scale(self) -> float:
        return 1.0 if self._image is None else self._room.width() / self._image.width()

    def _point_at(self, where: QPointF) -> QPointF:
        room = self._room
        return QPointF((where.x() - room.left()) / self._scale, (where.y() - room.top()) / self._scale)

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self._room), theme.RADIUS, theme.RADIUS)
        painter.setClipPath(frame)
        painter.fillRect(self._room, roles.color("raised"))
        if self._image is None:
            painter.setPen(roles.color("secondary"))
            painter.setFont(theme.font())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, EMPTY)
        else:
            painter.drawImage(self._room, self._image)  # as it is, pixel by pixel: so it is painted
            painter.drawImage(self._room, self._cover())
            if self._near or self.hasFocus():
                self._draw_brush(painter)
        if self.hasFocus():
            painter.setPen(QPen(roles.color("accent"), roles.focus_width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self._room).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        painter.end()

    def _cover(self) -> QImage:
        """The mask in the accent colour."""
        if self._veil is None:
            color = theme.current().color("accent")
            veil = np.zeros((*self._free.shape, 4), np.uint8)
            veil[self._free] = (color.red(), color.green(), color.blue(), round(255 * VEIL))
            self._veil = to_image(veil)
        return self._veil

    def _draw_brush(self, painter: QPainter) -> None:
        at, radius = self.position(self._brush.x(), self._brush.y()), max(self._radius * self._scale, 2.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for role, width in (("ground", 3.0), ("text", 1.0)):  # seen on dark and on light
            painter.setPen(QPen(theme.current().color(role), width))
            painter.drawEllipse(at, radius, radius)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.started.emit()
            self._stroke(self._point_at(event.position()), dot=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._near = True
        at = self._point_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._stroke(at)
        self._brush = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _stroke(self, to: QPointF, *, dot: bool = False) -> None:
        start = to if dot else self._brush
        self._brush = to
        self.stroked.emit((start.x(), start.y()), (to.x(), to.y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._image is not None and key in GOES:
            x, y = self._brush.x() + GOES[key][0], self._brush.y() + GOES[key][1]
            self._brush = QPointF(
                min(max(x, 0.5), self._image.width() - 0.5), min(max(y, 0.5), self._image.height() - 0.5)
            )
            self.update()
        elif key == Qt.Key.Key_Space:
            self.started.emit()
            self._stroke(self._brush, dot=True)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()  # it paints here; elsewhere it is a shortcut
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._near = False
        self.update()
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._veil = None
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def minimumSizeHint(self) -> QSize:
        return QSize(SMALLEST, SMALLEST)
