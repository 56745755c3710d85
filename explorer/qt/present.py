"""The picture for the audience: a window of its own, on the second screen where there is one; controls stay here."""

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.qt import theme
from explorer.qt.panels.picture_panel import PicturePanel
from explorer.qt.widgets.canvas import Canvas

CAPTION = 28  # px, to be read from the last row
DOT = 9  # px, radius of the pointer


class _Pointer(QWidget):
    """A ring at the place that the speaker points to; nothing else, and never in the way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._at: QPointF | None = None

    def show_at(self, at: QPointF | None) -> None:
        """In pixels of the parent; None: nothing is pointed to."""
        self._at = at
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._at is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("accent"), 4))
        painter.setBrush(theme.current().color("accent", 0.35))
        painter.drawEllipse(self._at, DOT, DOT)


class AudienceWindow(QWidget):
    """The picture, a caption in large type, the pointer, and blackout."""

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("audience_window")
        self.setWindowTitle("Latent Explorer: the audience's picture")
        self.setAutoFillBackground(True)
        self.resize(960, 720)
        self.canvas = Canvas("audience_canvas", "The audience's picture", self)
        self._caption = QLabel(self)
        self._caption.setObjectName("audience_caption")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._caption.setFont(theme.font(CAPTION, QFont.Weight.DemiBold))
        self._caption.setStyleSheet(f"font-size: {CAPTION}px")
        self._pointer = _Pointer(self)
        self._black = QWidget(self)
        self._black.setObjectName("audience_blackout")
        self._black.setStyleSheet("background: black")
        self._black.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 24)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self._caption)

    def show_caption(self, text: str) -> None:
        """One line in large type."""
        self._caption.setText(text)

    def point(self, share: QPointF | None) -> None:
        """Point to a place in the picture, both shares in [0, 1]; None: to nothing."""
        rect = self.canvas.picture_rect
        at = None if share is None or rect.isEmpty() else _within(rect, share)
        self._pointer.show_at(at)

    def toggle_blackout(self) -> None:
        """All black, or the picture again."""
        self._black.setVisible(not self._black.isVisible())
        self._black.raise_()

    @property
    def black(self) -> bool:
        """Whether the audience sees nothing."""
        return self._black.isVisible()

    def resizeEvent(self, event: QEvent) -> None:
        self._pointer.setGeometry(self.rect())
        self._pointer.raise_()
        self._black.setGeometry(self.rect())
        self._black.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Period, Qt.Key.Key_B):
            self.toggle_blackout()
        else:
            super().keyPressEvent(event)


class Presenter(QObject):
    """Opens and closes the audience's window, and keeps it at what the speaker sees."""

    def __init__(self, panel: PicturePanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self.window: AudienceWindow | None = None
        panel.pictured.connect(self._on_picture)
        panel.captioned.connect(self._on_caption)
        panel.canvas.setMouseTracking(True)
        panel.canvas.installEventFilter(self)

    def toggle(self) -> None:
        """Open the audience's window, full screen on a second screen; or close it."""
        if self.window is not None:
            self.window.close()
            return
        self.window = window = AudienceWindow()
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.destroyed.connect(self._forget)
        if self._panel.shown is not None:
            window.canvas.show_picture(self._panel.shown)
        window.show_caption(self._panel.caption)
        here = self._panel.screen()
        others = [screen for screen in QGuiApplication.screens() if screen is not here]
        if others:
            window.setGeometry(others[0].geometry())
            window.showFullScreen()
        else:
            window.show()

    def blackout(self) -> bool:
        """Hide the picture from the audience, or show it again; False where there is no audience."""
        if self.window is not None:
            self.window.toggle_blackout()
        return self.window is not None

    def close(self) -> None:
        """Close the audience's window with the speaker's."""
        if self.window is not None:
            self.window.close()

    def _forget(self) -> None:
        self.window = None

    def _on_picture(self, pixels: Pixels) -> None:
        if self.window is not None:
            self.window.canvas.set_crisp(not self._panel.smooth)
            self.window.canvas.show_picture(pixels)

    def _on_caption(self, text: str) -> None:
        if self.window is not None:
            self.window.show_caption(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.window is not None:
            if isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseMove:
                rect = self._panel.canvas.picture_rect
                inside = rect.contains(event.position()) and not rect.isEmpty()
                self.window.point(_share(rect, event.position()) if inside else None)
            elif event.type() is QEvent.Type.Leave:
                self.window.point(None)
        return super().eventFilter(watched, event)


def _share(rect: QRectF, at: QPointF) -> QPointF:
    return QPointF((at.x() - rect.left()) / rect.width(), (at.y() - rect.top()) / rect.height())


def _within(rect: QRectF, share: QPointF) -> QPointF:
    return QPointF(rect.left() + share.x() * rect.width(), rect.top() + share.y() * rect.height())
