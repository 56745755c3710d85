"""Keyframes in a row with what lies between them, over the groove that is scrubbed."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractSlider, QMenu, QSizePolicy, QToolTip, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image

TICKS = 10_000  # of the whole way; what assistive technology steps through
SMALLEST_LEG = 72  # px; a longer journey scrolls
_KEY, _SMALL = 72, 20  # px, sides of the pictures
_GROOVE, _HANDLE, _DOT = 4, 7, 4  # px
_PAD = 16  # px
_BASE = 28  # px, the room of the groove


class KeyframeRow(QAbstractSlider):
    """Click a keyframe to go there, drag below to scrub; a ``QAbstractSlider``, so its place on the way can be read."""

    scrub_started = Signal()
    scrubbed = Signal(float)  # a share of the way in [0, 1]
    scrub_finished = Signal()
    chosen = Signal(int)
    remove_asked = Signal(int)
    replace_asked = Signal(int)
    move_asked = Signal(int, int)

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("Click a keyframe to go there, drag the dot below to walk the path.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(0, TICKS)
        self.setSingleStep(TICKS // 100)
        self._count, self._loop = 0, False
        self._shares: tuple[float, ...] = ()
        self._share = 0.0
        self._keys: dict[int, QImage] = {}
        self._small: dict[tuple[int, int], QImage] = {}
        self._pixmaps: dict[tuple[object, float, str], QPixmap] = {}
        self._here = -1  # the keyframe that was gone to last
        self._hot = -1
        self._scrubbing = False
        self._ring = False

    # values in

    def show_keyframes(self, count: int, *, loop: bool) -> None:
        """So many keyframes; their pictures come one by one."""
        self._count, self._loop = count, loop
        self._here = min(self._here, count - 1)
        self.setMinimumWidth(2 * _PAD + _KEY + self._legs * SMALLEST_LEG)
        self.setAccessibleDescription(f"{count} keyframes")
        self.update()

    def clear_pictures(self) -> None:
        """Other keyframes, or another way between them: what lay between is no longer true."""
        self._keys = {index: image for index, image in self._keys.items() if index < self._count}
        self._small.clear()
        self._pixmaps.clear()
        self.update()

    def show_keyframe(self, index: int, pixels: Pixels) -> None:
        """The picture (H, W, C) uint8 of a keyframe."""
        self._keys[index] = to_image(pixels)
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key[0] != index}
        self.update()

    def show_between(self, leg: int, index: int, pixels: Pixels) -> None:
        """A small picture on a leg."""
        self._small[leg, index] = to_image(pixels)
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key[0] != (leg, index)}
        self.update()

    def show_share(self, share: float) -> None:
        """Where on the way the picture in view is, in [0, 1]."""
        self._share = share
        self.blockSignals(True)
        self.setValue(round(share * TICKS))
        self.blockSignals(False)
        self.update()

    def show_times(self, shares: tuple[float, ...]) -> None:
        """At which share of the way each keyframe is reached."""
        self._shares = shares
        self.update()

    # geometry

    @property
    def _legs(self) -> int:
        return 0 if self._count < 2 else self._count if self._loop else self._count - 1

    def key_rect(self, index: int) -> QRectF:
        """Where a keyframe is painted; in a loop the first one stands at the end once more."""
        room = self.width() - 2 * _PAD - _KEY
        x = _PAD + (room * index / self._legs if self._legs else 0)
        return QRectF(x, 8, _KEY, _KEY)

    @property
    def groove(self) -> QRectF:
        """Where the hand scrubs, from the middle of the first keyframe to that of the last."""
        return QRectF(_PAD + _KEY / 2, 8 + _KEY + 14, max(self.width() - 2 * _PAD - _KEY, 1), _GROOVE)

    def _key_at(self, point: QPointF) -> int:
        shown = range(self._legs + 1) if self._legs else range(self._count)
        return next((i % max(self._count, 1) for i in shown if self.key_rect(i).contains(point)), -1)

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for leg in range(self._legs):
            self._paint_between(painter, leg)
        for index in range(self._legs + 1 if self._legs else self._count):
            self._paint_key(painter, roles, index)
        if self._legs:
            self._paint_groove(painter, roles)

    def _paint_key(self, painter: QPainter, roles: theme.Theme, index: int) -> None:
        rect, key = self.key_rect(index), index % self._count
        image = self._keys.get(key)
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        else:
            painter.setOpacity(1.0 if index < self._count else 0.5)
            painter.drawPixmap(rect.topLeft(), self._pixmap(key, image, _KEY, roles))
            painter.setOpacity(1.0)
        here = key == self._here
        width = 2 if here or key == self._hot else 1
        painter.setPen(QPen(roles.color("accent" if here else "secondary" if key == self._hot else "line"), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        if here and self._ring:
            painter.setPen(QPen(roles.color("text"), roles.focus_width))
            painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), theme.RADIUS + 3, theme.RADIUS + 3)

    def _paint_between(self, painter: QPainter, leg: int) -> None:
        left, right = self.key_rect(leg).right(), self.key_rect(leg + 1).left()
        found = sorted(index for at, index in self._small if at == leg)
        fitting = min(len(found), max(int((right - left - 8) // (_SMALL + 4)), 0))
        for at in range(fitting):
            index = found[round(at * (len(found) - 1) / max(fitting - 1, 1))] if fitting > 1 else found[len(found) // 2]
            x = left + (right - left) * (at + 1) / (fitting + 1) - _SMALL / 2
            pixmap = self._pixmap((leg, index), self._small[leg, index], _SMALL, theme.current())
            painter.drawPixmap(QPointF(x, 8 + (_KEY - _SMALL) / 2), pixmap)

    def _paint_groove(self, painter: QPainter, roles: theme.Theme) -> None:
        groove = self.groove
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.mixed("line", "secondary", 0.12))
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        x = groove.left() + self._share * groove.width()
        painter.setBrush(roles.color("accent"))
        painter.drawRoundedRect(
            QRectF(groove.left(), groove.top(), x - groove.left(), _GROOVE), _GROOVE / 2, _GROOVE / 2
        )
        for share in self._shares:
            painter.drawEllipse(QPointF(groove.left() + share * groove.width(), groove.center().y()), _DOT, _DOT)
        painter.setPen(QPen(roles.color("panel"), 2))
        painter.setBrush(roles.color("text"))
        painter.drawEllipse(QPointF(x, groove.center().y()), _HANDLE, _HANDLE)

    def _pixmap(self, key: object, image: QImage, side: int, roles: theme.Theme) -> QPixmap:
        at = (key, self.devicePixelRatioF(), roles.name)
        if at not in self._pixmaps:
            radius = theme.RADIUS if side == _KEY else 4
            self._pixmaps[at] = rounded_thumbnail(image, side, radius, at[1], roles.color("ground"))
        return self._pixmaps[at]

    # hand

    def _share_at(self, x: float) -> float:
        return min(max((x - self.groove.left()) / self.groove.width(), 0.0), 1.0)

    def _scrub(self, share: float) -> None:
        self.show_share(share)
        self.scrubbed.emit(share)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        key = self._key_at(event.position())
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
        elif key >= 0:
            self._choose(key)
        elif self._legs and event.position().y() > 8 + _KEY:
            self._scrubbing = True
            self.scrub_started.emit()
            self._scrub(self._share_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._scrubbing:
            self._scrub(self._share_at(event.position().x()))
            return
        hot = self._key_at(event.position())
        if hot != self._hot:
            self._hot = hot
            self.setCursor(Qt.CursorShape.PointingHandCursor if hot >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._scrubbing:
            self._scrubbing = False
            self.scrub_finished.emit()

    def _choose(self, index: int) -> None:
        self._here = index
        self.update()
        self.chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key), 0)
        if by and control and 0 <= self._here + by < self._count and self._here >= 0:
            self._here += by
            self.move_asked.emit(self._here - by, self._here)
        elif by and not control and 0 <= self._here + by < self._count:
            self._choose(self._here + by)
        elif key == Qt.Key.Key_Delete and self._here >= 0:
            self.remove_asked.emit(self._here)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._legs:
            self.scrub_started.emit()
            self._scrub(min(max(self._share + (0.02 if key == Qt.Key.Key_PageUp else -0.02), 0.0), 1.0))
            self.scrub_finished.emit()
        else:
            event.ignore()

    def context_menu(self, index: int) -> QMenu:
        """What can be done with a keyframe; deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Go there", lambda: self._choose(index))
        menu.addAction("Replace with the picture in view", lambda: self.replace_asked.emit(index))
        left = menu.addAction("Move left", lambda: self.move_asked.emit(index, index - 1))
        left.setEnabled(index > 0)
        right = menu.addAction("Move right", lambda: self.move_asked.emit(index, index + 1))
        right.setEnabled(index + 1 < self._count)
        menu.addAction("Remove", lambda: self.remove_asked.emit(index))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self._key_at(QPointF(event.pos()))
        if index >= 0:
            self.context_menu(index).popup(event.globalPos())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            index = self._key_at(QPointF(event.pos()))
            tip = f"Keyframe {index + 1}: click to go there, right click for more." if index >= 0 else self.toolTip()
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hot = -1
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() is not Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmaps.clear()
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(480, 8 + _KEY + _BASE)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _PAD + _KEY, 8 + _KEY + _BASE)
