"""A picture from outside with the square that the model is shown: drag it, turn the wheel to change its size."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, to_image

HEIGHT = 168  # px
SMALLEST = 8  # px of the picture, or its whole side if that is less
WHEEL_STEP = 0.9  # a notch makes the square this much smaller
KEY_STEP = 0.05  # of the square's side


class CropView(QWidget):
    """Shows a picture and a square on it; ``cropped`` tells left, top and side in pixels of the picture."""

    cropped = Signal(tuple)

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("Drag the square, the wheel changes its size, a double click takes the middle.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self._box = QRectF()
        self._grip: QPointF | None = None

    def show_picture(self, pixels: Pixels | None, box: tuple[int, int, int]) -> None:
        """Show a picture (H, W, 3) uint8 and its square; None empties it."""
        self._image = None if pixels is None else to_image(pixels)
        self._box = QRectF(box[0], box[1], box[2], box[2])
        self.update()

    @property
    def box(self) -> tuple[int, int, int]:
        """Left, top and side in pixels of the picture."""
        return round(self._box.left()), round(self._box.top()), max(round(self._box.width()), 1)

    def _scale(self) -> float:
        assert self._image is not None
        return min(self.width() / self._image.width(), self.height() / self._image.height())

    def _origin(self) -> QPointF:
        assert self._image is not None
        scale = self._scale()
        return QPointF(
            (self.width() - self._image.width() * scale) / 2, (self.height() - self._image.height() * scale) / 2
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()), theme.RADIUS, theme.RADIUS)
        painter.setClipPath(frame)
        painter.fillRect(self.rect(), roles.color("ground"))
        if self._image is None:
            return
        scale, origin = self._scale(), self._origin()
        whole = QRectF(origin.x(), origin.y(), self._image.width() * scale, self._image.height() * scale)
        painter.drawImage(whole, self._image)
        square = QRectF(
            origin.x() + self._box.left() * scale,
            origin.y() + self._box.top() * scale,
            self._box.width() * scale,
            self._box.height() * scale,
        )
        outside = QPainterPath()
        outside.addRect(QRectF(self.rect()))
        inside = QPainterPath()
        inside.addRect(square)
        painter.fillPath(outside.subtracted(inside), QColor(0, 0, 0, 120))
        painter.setPen(QPen(roles.color("accent"), 3 if self.hasFocus() else 2))
        painter.drawRect(square)

    def _move(self, to: QRectF) -> None:
        assert self._image is not None
        side = min(max(to.width(), min(SMALLEST, self._smaller())), self._smaller())
        left = min(max(to.center().x() - side / 2, 0.0), self._image.width() - side)
        top = min(max(to.center().y() - side / 2, 0.0), self._image.height() - side)
        wanted = QRectF(left, top, side, side)
        if wanted != self._box:
            self._box = wanted
            self.update()
            self.cropped.emit(self.box)

    def _smaller(self) -> int:
        assert self._image is not None
        return min(self._image.width(), self._image.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._image is not None and event.button() is Qt.MouseButton.LeftButton:
            self._grip = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and self._image is not None:
            by = (event.position() - self._grip) / self._scale()
            self._grip = event.position()
            self._move(self._box.translated(by))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._image is not None:
            side = self._smaller()
            self._move(QRectF((self._image.width() - side) / 2, (self._image.height() - side) / 2, side, side))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image is not None and event.angleDelta().y():
            self._resize(WHEEL_STEP if event.angleDelta().y() > 0 else 1 / WHEEL_STEP)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self._box.width() * KEY_STEP
        moves = {
            Qt.Key.Key_Left: QPointF(-step, 0),
            Qt.Key.Key_Right: QPointF(step, 0),
            Qt.Key.Key_Up: QPointF(0, -step),
            Qt.Key.Key_Down: QPointF(0, step),
        }
        key = Qt.Key(event.key())
        if self._image is not None and key in moves:
            self._move(self._box.translated(moves[key]))
        elif self._image is not None and key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self._resize(WHEEL_STEP if key == Qt.Key.Key_Plus else 1 / WHEEL_STEP)
        else:
            event.ignore()

    def _resize(self, factor: float) -> None:
        side, center = self._box.width() * factor, self._box.center()
        self._move(QRectF(center.x() - side / 2, center.y() - side / 2, side, side))

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)
