"""A plane of seeds: pictures at the lattice points, and a handle that is dragged between them."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.latent.seedplane import ACROSS, seed_at
from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image

PITCH = 72  # px from seed to seed
TILE = 52  # px of a picture
HANDLE = 8  # px, radius
STEP = 0.1  # of the way to the next seed, one press of an arrow key
_GOES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}

Point = tuple[float, float]


class SeedPlane(QWidget):
    """Drag with the left button to move, with the right one or the wheel to look elsewhere; arrow keys move too."""

    started = Signal()
    moved = Signal(float, float)
    taken_back = Signal()
    looked = Signal(tuple)  # seeds in sight, the middle first

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._middle: Point = (0.0, 0.0)
        self._point: Point | None = None
        self._images: dict[int, tuple[Pixels, QImage]] = {}
        self._pixmaps: dict[int, QPixmap] = {}
        self._moving = False
        self._panning: tuple[QPointF, Point] | None = None
        self._seen: tuple[int, ...] = ()

    # values in

    def show_point(self, point: Point | None) -> None:
        """Where the picture in view is; None: nowhere on the plane."""
        if point == self._point:
            return
        self._point = point
        if point is None:
            self.setAccessibleDescription("not on the plane")
        else:
            self.setAccessibleDescription(f"seed {seed_at(round(point[0]), round(point[1]))} is nearest")
            self._bring_in_sight(point)
        self.update()

    def show_tiles(self, tiles: Mapping[int, Pixels]) -> None:
        """Pictures of seeds, (H, W, C) uint8."""
        for seed, pixels in tiles.items():
            known = self._images.get(seed)
            if known is None or known[0] is not pixels:
                self._images[seed] = pixels, to_image(pixels)
                self._pixmaps.pop(seed, None)
        for seed in set(self._images) - set(tiles):
            del self._images[seed]
            self._pixmaps.pop(seed, None)
        self.update()

    # where things are

    def position(self, x: float, y: float) -> QPointF:
        """The pixel of a point of the plane."""
        return QPointF(
            self.width() / 2 + (x - self._middle[0]) * PITCH, self.height() / 2 + (y - self._middle[1]) * PITCH
        )

    def _point_at(self, where: QPointF) -> Point:
        x = self._middle[0] + (where.x() - self.width() / 2) / PITCH
        y = self._middle[1] + (where.y() - self.height() / 2) / PITCH
        return min(max(x, 0.0), ACROSS - 1.0), max(y, 0.0)

    def _lattice(self) -> list[tuple[int, int]]:
        half_x, half_y = self.width() / 2 / PITCH + 0.4, self.height() / 2 / PITCH + 0.4
        left, right = round(self._middle[0] - half_x), round(self._middle[0] + half_x)
        top, bottom = round(self._middle[1] - half_y), round(self._middle[1] + half_y)
        return [(x, y) for y in range(max(top, 0), bottom + 1) for x in range(max(left, 0), min(right, ACROSS - 1) + 1)]

    def _bring_in_sight(self, point: Point) -> None:
        """Move the view as little as shows the point; wholly where it was far away."""
        if self._moving:
            return
        at = self.position(*point)
        room = QRectF(self.rect()).adjusted(PITCH / 2, PITCH / 2, -PITCH / 2, -PITCH / 2)
        if not room.contains(at) or not self._seen:
            self._look_from(point)

    def _look_from(self, middle: Point) -> None:
        half_x, half_y = self.width() / 2 / PITCH - 0.5, self.height() / 2 / PITCH - 0.5
        x = min(max(middle[0], min(half_x, ACROSS / 2)), max(ACROSS - 1 - half_x, ACROSS / 2))
        self._middle = x, max(middle[1], half_y)
        self._tell_seen()
        self.update()

    def _tell_seen(self) -> None:
        x, y = self._middle
        inside = sorted(self._lattice(), key=lambda at: (at[0] - x) ** 2 + (at[1] - y) ** 2)
        seeds = tuple(seed_at(*at) for at in inside)
        if seeds != self._seen and self.isVisible():
            self._seen = seeds
            self.looked.emit(seeds)

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(roles.color("line"), 1))
        painter.setBrush(roles.color("ground"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
        for x, y in self._lattice():
            self._paint_seed(painter, roles, seed_at(x, y), self.position(x, y))
        if self._point is not None:
            self._paint_handle(painter, roles, self.position(*self._point))
        if self.hasFocus():
            painter.setClipping(False)
            painter.setPen(QPen(roles.color("accent"), roles.focus_width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        painter.end()

    def _paint_seed(self, painter: QPainter, roles: theme.Theme, seed: int, at: QPointF) -> None:
        box = QRectF(at.x() - TILE / 2, at.y() - TILE / 2, TILE, TILE)
        known = self._images.get(seed)
        if known is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(box, theme.RADIUS - 2, theme.RADIUS - 2)
        else:
            if seed not in self._pixmaps:
                ratio = self.devicePixelRatioF()
                made = rounded_thumbnail(known[1], TILE, theme.RADIUS - 2, ratio, roles.color("ground"))
                self._pixmaps[seed] = made
            painter.drawPixmap(box.topLeft(), self._pixmaps[seed])
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.setPen(roles.color("secondary"))
        under = QRectF(box.left() - 8, box.bottom() + 1, TILE + 16, PITCH - TILE - 2)
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, f"{seed}")

    def _paint_handle(self, painter: QPainter, roles: theme.Theme, at: QPointF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(roles.color("ground"), 5))
        painter.drawEllipse(at, HANDLE, HANDLE)
        painter.setPen(QPen(roles.color("accent"), 3))
        painter.drawEllipse(at, HANDLE, HANDLE)

    # the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._moving = True
            self.started.emit()
            self.moved.emit(*self._point_at(event.position()))
        elif event.button() in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
            self._panning = event.position(), self._middle

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._moving:
            self.moved.emit(*self._point_at(event.position()))
        elif self._panning is not None:
            start, (x, y) = self._panning
            gone = event.position() - start
            self._look_from((x - gone.x() / PITCH, y - gone.y() / PITCH))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._moving, self._panning = False, None
        if self._point is not None and event.button() is Qt.MouseButton.LeftButton:
            self._bring_in_sight(self._point)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta() / 120
        across = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        x, y = (turned.y() + turned.x(), 0) if across else (turned.x(), turned.y())
        self._look_from((self._middle[0] - x, self._middle[1] - y))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _GOES:
            if not event.isAutoRepeat():
                self.started.emit()
            right, down = _GOES[key]
            step = 1.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
            x, y = self._point or self._middle
            self.moved.emit(min(max(x + step * right, 0.0), ACROSS - 1.0), max(y + step * down, 0.0))
        elif key == Qt.Key.Key_Home and self._point is not None:
            self.started.emit()
            self.moved.emit(float(round(self._point[0])), float(round(self._point[1])))
        elif key == Qt.Key.Key_Escape and self._moving:
            self._moving = False
            self.taken_back.emit()
        else:
            super().keyPressEvent(event)

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        own = (*_GOES, Qt.Key.Key_Home)
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride and event.key() in own:
            event.accept()
            return True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._seen = ()
        self._look_from(self._point or self._middle)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._look_from(self._middle)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmaps.clear()
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(336, 4 * PITCH)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 2 * PITCH + 16)
