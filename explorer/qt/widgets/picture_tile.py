"""A small picture that can be clicked, with a caption under it or without."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image
from explorer.qt.widgets.glyphs import paint_glyph

CAPTION = 16  # px
_GLYPH = 16  # px


class PictureTile(QAbstractButton):
    """A picture of ``side`` px; with ``removable`` a cross is on it while the pointer or the keyboard is there."""

    remove_asked = Signal()  # the cross, or Delete

    def __init__(
        self,
        name: str,
        accessible_name: str,
        tip: str,
        parent: QWidget | None = None,
        *,
        side: int = 40,
        caption: str = "",
        removable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._side, self._removable, self._caption = side, removable, caption
        self._with_caption = bool(caption)
        self._image: QImage | None = None
        self._pixmap: tuple[float, QPixmap] | None = None  # device pixel ratio, the picture at it
        self.show_words(accessible_name, tip, caption)

    # values in

    def show_words(self, accessible_name: str, tip: str, caption: str = "") -> None:
        """What it is called and what a click does."""
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self._caption = caption
        self.update()

    def show_pixels(self, pixels: Pixels | None) -> None:
        """Show (H, W, C) uint8; None: still to come."""
        self._image = None if pixels is None else to_image(pixels)
        self._pixmap = None
        self.update()

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    # paint

    def _frame(self) -> QRectF:
        return QRectF((self.width() - self._side) / 2, 0, self._side, self._side)

    def _badge(self) -> QRectF:
        frame = self._frame()
        return QRectF(frame.right() - _GLYPH - 2, frame.top() + 2, _GLYPH, _GLYPH)

    def _thumbnail(self, roles: theme.Theme) -> QPixmap | None:
        ratio = self.devicePixelRatioF()
        if self._image is not None and (self._pixmap is None or self._pixmap[0] != ratio):
            made = rounded_thumbnail(self._image, self._side, theme.RADIUS - 2, ratio, roles.color("ground"))
            self._pixmap = (ratio, made)
        return None if self._pixmap is None else self._pixmap[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self._frame()
        pixmap = self._thumbnail(roles)
        if pixmap is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("raised", "line", 0.4))
            painter.drawRoundedRect(frame, theme.RADIUS - 2, theme.RADIUS - 2)
        else:
            painter.drawPixmap(frame.topLeft(), pixmap)
        live = self.isEnabled() and (self.underMouse() or self.hasFocus())
        strong = live or self.isChecked()
        painter.setPen(QPen(roles.color("accent" if strong else "line"), 2 if strong else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = 1 if strong else 0.5
        painter.drawRoundedRect(frame.adjusted(inset, inset, -inset, -inset), theme.RADIUS - 2, theme.RADIUS - 2)
        if live and self._removable:
            badge = self._badge()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("raised"))
            painter.drawEllipse(badge)
            paint_glyph(painter, "close", badge.adjusted(2, 2, -2, -2), roles.color("text"))
        if self._caption:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(roles.color("secondary"))
            room = QRectF(0, self._side + 2, self.width(), CAPTION - 2)
            words = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    # Qt overrides

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._removable and self._badge().adjusted(-2, -2, 2, 2).contains(event.position()):
            self.setDown(False)
            self.remove_asked.emit()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._removable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._pixmap = None
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        wide = 16 if self._with_caption else 0  # a caption is wider than its picture
        return QSize(self._side + wide, self._side + (CAPTION if self._with_caption else 0))
