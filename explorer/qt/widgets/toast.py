"""Messages that wait for nobody: a bar at the top of what they are about."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.widgets.buttons import Button, IconButton
from explorer.qt.widgets.glyphs import paint_glyph

INFO_MS = 6000  # an information goes by itself; a warning or an error waits to be closed
MAX_WIDTH = 560  # px
_MARGIN = 12  # px from the edges of the parent
_ROLES = {"info": "accent", "warning": "warning", "error": "error"}


@dataclass(frozen=True)
class Toast:
    """One message; ``action`` is the text of its button, and ``key`` what is told when that is pressed."""

    text: str
    kind: Literal["info", "warning", "error"] = "info"
    action: str = ""
    key: str = ""


class ToastBar(QWidget):
    """Shows the newest of the waiting messages over the top of its parent, and says how many more there are."""

    action_asked = Signal(str)
    closed = Signal(str)

    def __init__(self, name: str, accessible_name: str, parent: QWidget, *, info_ms: int = INFO_MS) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._waiting: list[Toast] = []
        self._timer = QTimer(self, singleShot=True, interval=info_ms)
        self._timer.timeout.connect(self.close_newest)
        self._text = QLabel(self)
        self._text.setObjectName(f"{name}_text")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel(self)
        self._more.setProperty("kind", "secondary")
        self._action = Button("", f"{name}_action", "Does what the message offers.", self, kind="text")
        self._close = IconButton("close", f"{name}_close", "Close the message", "Closes this message (Esc).", self)
        self._room = parent
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(44, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        for widget in (self._more, self._action, self._close):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._action.clicked.connect(self._on_action)
        self._close.clicked.connect(self.close_newest)
        parent.installEventFilter(self)
        self.hide()

    def show_toast(self, toast: Toast) -> None:
        """Show a message; the same message is not shown twice."""
        if toast in self._waiting:
            self._waiting.remove(toast)
        self._waiting.append(toast)
        self._refresh()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, toast.text))

    def close_newest(self) -> None:
        """Close the message that is shown; the one before it comes back."""
        if self._waiting:
            toast = self._waiting.pop()
            self._refresh()
            self.closed.emit(toast.key)

    def clear(self) -> None:
        """Close all messages and tell nobody."""
        self._waiting.clear()
        self._refresh()

    def withdraw(self, key: str) -> None:
        """Close the messages of a key, which nobody needs to read any more, and tell nobody."""
        self._waiting = [toast for toast in self._waiting if toast.key != key]
        self._refresh()

    @property
    def shown(self) -> Toast | None:
        """The message that is shown now."""
        return self._waiting[-1] if self._waiting else None

    @property
    def waiting(self) -> tuple[Toast, ...]:
        """All messages that were not closed, the one that is shown last."""
        return tuple(self._waiting)

    def _refresh(self) -> None:
        self._timer.stop()
        toast = self.shown
        self.setVisible(toast is not None)
        if toast is None:
            return
        self._text.setText(toast.text)
        self.setAccessibleDescription(toast.text)
        self._action.setText(toast.action)
        self._action.setAccessibleName(toast.action)
        self._action.setVisible(bool(toast.action))
        more = len(self._waiting) - 1
        self._more.setText(f"{more} more")
        self._more.setVisible(more > 0)
        if toast.kind == "info":
            self._timer.start()
        self._place()
        self.raise_()
        self.update()

    def _on_action(self) -> None:
        toast = self.shown
        if toast is not None:
            self.close_newest()
            self.action_asked.emit(toast.key)

    def _place(self) -> None:
        width = min(self._room.width() - 2 * _MARGIN, MAX_WIDTH)
        height = max(self._layout.totalHeightForWidth(width), 40)
        self.setGeometry((self._room.width() - width) // 2, _MARGIN, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.shown is not None:
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_newest()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()  # it is being read

    def leaveEvent(self, event: QEvent) -> None:
        if self.shown is not None and self.shown.kind == "info":
            self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.shown is None:
            return
        roles = theme.current()
        color = roles.color(_ROLES[self.shown.kind])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1))
        painter.setBrush(roles.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        paint_glyph(painter, self.shown.kind, QRectF(14, (self.height() - 18) / 2, 18, 18), color)
        painter.end()
