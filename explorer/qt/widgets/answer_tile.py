"""One answer to a question: a row of pictures that it would give, and its words; a click chooses it."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, to_image

SIDE = 56  # px of each picture of the row
_PAD, _WORDS = 6, 22  # px
_SHOWN = 3  # pictures in a row


class AnswerTile(QAbstractButton):
    """Checkable; one of a group."""

    def __init__(self, name: str, words: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(tip)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self._fault = ""

    def show_row(self, pixels: Pixels | None, fault: str = "") -> None:
        """Show a row of pictures (H, W, 3) uint8; where there is none, why."""
        self._image = None if pixels is None else to_image(pixels)
        self._fault = fault
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        live = self.isEnabled() and (self.underMouse() or self.hasFocus())
        strong = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(roles.color("accent" if strong else "secondary" if live else "line"), 2 if strong else 1))
        painter.setBrush(roles.mixed("raised", "accent", 0.16) if self.isChecked() else roles.color("raised"))
        half = 1.0 if strong else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), theme.RADIUS, theme.RADIUS)
        room = QRectF(_PAD, _PAD, self.width() - 2 * _PAD, SIDE)
        painter.setFont(theme.font(theme.SMALL))
        if self._image is not None:
            width = SIDE * self._image.width() / max(self._image.height(), 1)
            painter.drawImage(QRectF(room.left(), room.top(), width, SIDE), self._image)
        else:
            painter.setPen(roles.color("secondary"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, flags, self._fault or "…")
        painter.setPen(roles.color("text" if self.isEnabled() else "secondary"))
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(
            QRectF(room.left(), room.bottom() + 4, room.width(), _WORDS - 4), Qt.AlignmentFlag.AlignCenter, words
        )
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        count = _SHOWN if self._image is None else max(round(self._image.width() / max(self._image.height(), 1)), 1)
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(max(SIDE * count, min(words + 8, SIDE * _SHOWN)) + 2 * _PAD, SIDE + _WORDS + 2 * _PAD)
