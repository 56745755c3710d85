"""The hero of the window: one picture, as large as it can be."""

from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels
from explorer.qt.widgets.canvas_words import paint_badge, paint_caption, paint_error, paint_message
from explorer.qt.widgets.picture_view import Picture, Viewport, draw_picture, round_corners

MARGIN = 16  # px around the picture
CAPTION_HEIGHT = 32  # px under it
ZOOM_STEP = 1.25  # per wheel notch and per key press
NOTCH = 120  # eighths of a degree in one wheel notch
PAN_STEP = 48  # px per arrow key
STILL_MS = 120  # pictures that come sooner after each other than this are moving
DIMMED = 0.25  # opacity of the last good picture behind an error
_PANS = {Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


class _Shows(Enum):
    MESSAGE = auto()
    PICTURE = auto()
    ERROR = auto()


class Canvas(QWidget):
    """Shows a picture or the one before it, a message where there is none, or an error over the last one."""

    painted = Signal(int)  # the token of a picture, right after that picture has been painted
    copy_asked = Signal()
    save_asked = Signal()
    crisp_asked = Signal(bool)

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("Wheel zooms, drag moves, a double click fits the picture.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._shows = _Shows.MESSAGE
        self._title, self._text, self._caption = "", "", ""
        self._picture: Picture | None = None
        self._before: Picture | None = None
        self._token: int | None = None
        self._crisp = False
        self._holding = False
        self._viewport = Viewport()
        self._grip: QPointF | None = None
        self._ring = False
        self._moving = QTimer(self, singleShot=True, interval=STILL_MS)
        self._moving.timeout.connect(self._on_still)

    # values in

    def show_picture(self, pixels: Pixels, token: int | None = None) -> None:
        """Show (H, W, 1 | 3 | 4) uint8; ``painted(token)`` follows as soon as it has been painted."""
        picture = Picture(pixels, hasty=self._moving.isActive())
        self._moving.start()
        if self._picture is None or self._picture.size != picture.size:
            self._viewport = Viewport()
            self.update()
        elif self._shows is not _Shows.PICTURE:
            self.update()
        self._picture, self._token, self._shows = picture, token, _Shows.PICTURE
        if not self._showing_before:
            self.update(self._picture_rect().toAlignedRect().adjusted(-1, -1, 1, 1))
        self._describe()

    def _on_still(self) -> None:
        if self._picture is not None and self._picture.hasty:
            self._picture = self._picture.unhurried()
            self.update(self._picture_rect().toAlignedRect())

    def show_before(self, pixels: Pixels | None) -> None:
        """Keep the picture that ``set_before(True)`` shows; None forgets it."""
        self._before = None if pixels is None else Picture(pixels)
        if self._holding:
            self.update()

    def set_before(self, holding: bool) -> None:
        """Show the picture before, with a badge that says so, for as long as ``holding``."""
        self._holding = holding
        self._describe()
        self.update()

    def set_caption(self, text: str) -> None:
        """The line under the picture."""
        if text != self._caption:
            self._caption = text
            self._describe()
            self.update()

    def set_crisp(self, crisp: bool) -> None:
        """Crisp shows every pixel as a square; otherwise the picture is interpolated."""
        self._crisp = crisp
        self.update()

    def show_message(self, title: str, text: str) -> None:
        """No picture: say what there is to do next."""
        self._shows, self._title, self._text = _Shows.MESSAGE, title, text
        self._picture, self._before, self._token, self._viewport = None, None, None, Viewport()
        self._describe()
        self.update()

    def show_error(self, sentence: str) -> None:
        """Say what went wrong and what to do; the last good picture stays, dimmed, until the next one comes."""
        self._shows, self._text, self._token = _Shows.ERROR, sentence, None
        self._describe()
        self.update()

    def fit(self) -> None:
        """Show the whole picture again."""
        self._set_viewport(Viewport())

    @property
    def zoom(self) -> float:
        """1 where the whole picture is seen."""
        return self._viewport.zoom

    # geometry

    @property
    def _showing_before(self) -> bool:
        return self._holding and self._before is not None and self._shows is _Shows.PICTURE

    @property
    def _shown(self) -> Picture | None:
        return self._before if self._showing_before else self._picture

    def _room(self) -> QRect:
        return self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -CAPTION_HEIGHT - MARGIN // 2)

    def _target(self) -> QRectF:
        shown = self._shown
        if shown is None or self._room().isEmpty():
            return QRectF()
        return self._viewport.target(shown.size, self._room(), self.devicePixelRatioF(), crisp=self._crisp)

    @property
    def picture_rect(self) -> QRectF:
        """The part of the widget that is picture."""
        return self._picture_rect()

    def _picture_rect(self) -> QRectF:
        """The part of the widget that is picture."""
        return self._target().intersected(QRectF(self._room()))

    def _caption_rect(self) -> QRect:
        """Right under the picture."""
        top = round(self._picture_rect().bottom()) + 1 if self._shown is not None else self._room().bottom()
        return QRect(MARGIN, top, self.width() - 2 * MARGIN, CAPTION_HEIGHT)

    def _set_viewport(self, viewport: Viewport) -> None:
        if viewport != self._viewport:
            self._viewport = viewport
            self.update()
        self._show_cursor()

    def _zoom_by(self, factor: float, at: QPointF) -> None:
        shown = self._shown
        if shown is not None and not self._room().isEmpty():
            self._set_viewport(self._viewport.zoomed(factor, at, shown.size, self._room()))

    def _pan_by(self, by: QPointF) -> None:
        shown = self._shown
        if shown is not None and self.zoom > 1:
            self._set_viewport(self._viewport.moved(by, shown.size, self._room()))

    def _show_cursor(self) -> None:
        if self._grip is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.zoom > 1:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _describe(self) -> None:
        described = {
            _Shows.MESSAGE: f"{self._title} {self._text}".strip(),
            _Shows.ERROR: self._text,
            _Shows.PICTURE: f"before: {self._caption}" if self._showing_before else self._caption,
        }[self._shows]
        if described != self.accessibleDescription():
            self.setAccessibleDescription(described)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.fillRect(event.rect(), roles.color("ground"))
        if self._shown is not None:
            self._paint_picture(painter, roles, self._shown)
        if self._shows is _Shows.MESSAGE:
            paint_message(painter, self.rect(), self._title, self._text, roles)
        elif self._shows is _Shows.ERROR:
            paint_error(painter, self.rect(), self._text, roles)
        if self._shows is not _Shows.MESSAGE and event.rect().intersects(self._caption_rect()):
            paint_caption(painter, self._caption_rect(), self._caption, roles)
        if self._ring:
            pen = QPen(roles.color("accent"), roles.focus_width)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), theme.RADIUS, theme.RADIUS)
        painter.end()
        if self._token is not None and self._shows is _Shows.PICTURE and not self._showing_before:
            token, self._token = self._token, None
            self.painted.emit(token)

    def _paint_picture(self, painter: QPainter, roles: theme.Theme, picture: Picture) -> None:
        target, seen = self._target(), self._picture_rect()
        if seen.isEmpty():
            return
        painter.setOpacity(DIMMED if self._shows is _Shows.ERROR else 1.0)
        draw_picture(painter, picture, target, self._room(), self.devicePixelRatioF(), crisp=self._crisp)
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.color("ground"))
        round_corners(painter, seen, theme.RADIUS)
        painter.setPen(roles.color("line"))  # a black picture on a black ground has edges too
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(seen.adjusted(-0.5, -0.5, 0.5, 0.5), theme.RADIUS, theme.RADIUS)
        if self._showing_before:
            paint_badge(painter, "before", seen.bottomLeft() + QPointF(12, -32), roles, "accent", "on_accent")
        if self.zoom > 1:
            paint_badge(painter, f"{self.zoom:.1f}×", seen.bottomRight() + QPointF(-60, -32), roles, "raised", "text")

    # the hand

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._shown is None:
            event.ignore()
            return
        self._zoom_by(ZOOM_STEP ** (event.angleDelta().y() / NOTCH), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.zoom > 1:
            self._grip = event.position()
            self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            by, self._grip = event.position() - self._grip, event.position()
            self._pan_by(by)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = QPointF(self._room().center())
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_by(ZOOM_STEP, middle)
        elif event.key() == Qt.Key.Key_Minus:
            self._zoom_by(1 / ZOOM_STEP, middle)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() in _PANS and self.zoom > 1:
            x, y = _PANS[Qt.Key(event.key())]
            self._pan_by(QPointF(x * PAN_STEP, y * PAN_STEP))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._picture is not None:
            self.context_menu().popup(event.globalPos())

    def context_menu(self) -> QMenu:
        """The menu of what can be done with the picture; it deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy picture", self.copy_asked.emit).setObjectName("canvas_copy")
        menu.addAction("Save picture…", self.save_asked.emit).setObjectName("canvas_save")
        menu.addSeparator()
        menu.addAction("Fit", self.fit).setObjectName("canvas_fit")
        crisp = menu.addAction("Crisp pixels")
        crisp.setObjectName("canvas_crisp")
        crisp.setCheckable(True)
        crisp.setChecked(self._crisp)
        crisp.triggered.connect(self.crisp_asked)
        return menu

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(640, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)
