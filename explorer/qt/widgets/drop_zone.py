"""Where files may be dropped, and a click opens a dialog instead."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.qt import theme


def dropped_paths(data: QMimeData) -> tuple[Path, ...]:
    """The local files and folders that are being dragged."""
    return tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile())


class DropZone(QAbstractButton):
    """A dashed box; ``clicked`` asks to open something, ``dropped`` brings it."""

    dropped = Signal(tuple)  # of Path

    def __init__(self, text: str, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("Drop a file here, or click to choose one.")
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._over = False

    def show_over(self, over: bool) -> None:
        """Show that what is dragged may be dropped, here or anywhere in the window."""
        self._over = over
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self.show_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.show_over(False)
        event.acceptProposedAction()
        self.dropped.emit(dropped_paths(event.mimeData()))

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self._over or self.hasFocus()
        width = roles.focus_width if lit else 1
        role = "accent" if lit else "secondary" if self.underMouse() else "line"
        pen = QPen(roles.color(role), width)
        if not self.hasFocus():
            pen.setDashPattern([4 / width, 3 / width])
        painter.setPen(pen)
        painter.setBrush(roles.mixed("panel", "accent", 0.12) if self._over else roles.color("ground"))
        half = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), theme.RADIUS, theme.RADIUS)
        painter.setFont(theme.font(theme.BODY))
        painter.setPen(roles.color("text" if lit or self.underMouse() else "secondary"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(self.rect()).adjusted(12, 8, -12, -8), flags, self.text())
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(184, 64)
