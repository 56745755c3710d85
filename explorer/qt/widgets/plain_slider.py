"""A horizontal slider for one number: drag it, click where it should go, or use arrow keys."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from explorer.qt import theme

TICKS = 100  # for each 1.0
HEIGHT = 24  # px
_HANDLE, _GROOVE = 7, 4  # px, radius and thickness


class PlainSlider(QSlider):
    """``edited`` tells of the hand alone, ``started`` that a gesture begins; a mark stands at ``usual``, where a double
    click and Home lead. The groove is filled from ``usual`` where numbers below zero count too, else from the left.
    """

    started = Signal()
    edited = Signal(float)

    def __init__(
        self,
        name: str,
        accessible_name: str,
        tip: str,
        top: float,
        usual: float,
        parent: QWidget | None = None,
        *,
        low: float = 0.0,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(round(low * TICKS), round(top * TICKS))
        self.setSingleStep(TICKS // 20)
        self.setPageStep(TICKS // 4)
        self._usual = usual
        self.valueChanged.connect(lambda ticks: self.edited.emit(ticks / TICKS))

    def show_number(self, number: float) -> None:
        """Show a number; tells nobody."""
        self.blockSignals(True)
        self.setValue(round(number * TICKS))
        self.blockSignals(False)
        self.setAccessibleDescription(f"{number:.2f}")
        self.update()

    def show_usual(self, number: float) -> None:
        """Where the mark stands."""
        self._usual = number
        self.update()

    def _x(self, ticks: float) -> float:
        share = (ticks - self.minimum()) / (self.maximum() - self.minimum())
        return _HANDLE + share * (self.width() - 2 * _HANDLE)

    def _put(self, x: float) -> None:
        share = (x - _HANDLE) / max(self.width() - 2 * _HANDLE, 1)
        self.setValue(round(self.minimum() + share * (self.maximum() - self.minimum())))

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, at = self.height() / 2, self._x(self.value())
        painter.setBrush(roles.mixed("line", "secondary", 0.12))
        groove = QRectF(0, middle - _GROOVE / 2, self.width(), _GROOVE)
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        painter.setBrush(roles.color("accent") if self.isEnabled() else roles.disabled)
        begin = self._x(self._usual * TICKS) if self.minimum() < 0 else 0.0
        painter.drawRoundedRect(
            QRectF(min(begin, at), groove.top(), abs(at - begin), _GROOVE), _GROOVE / 2, _GROOVE / 2
        )
        painter.setBrush(roles.color("secondary"))
        painter.drawRect(QRectF(self._x(self._usual * TICKS) - 0.5, middle - 7, 1, 14))
        painter.setBrush(roles.color("raised"))
        color = roles.color("accent") if self.isEnabled() else roles.disabled
        painter.setPen(QPen(color, 3 if self.hasFocus() else 2))
        painter.drawEllipse(QPointF(at, middle), _HANDLE - 1.5, _HANDLE - 1.5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.started.emit()
            self._put(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._put(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.started.emit()
        self.setValue(round(self._usual * TICKS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self.started.emit()
        if event.key() == Qt.Key.Key_Home:
            self.setValue(round(self._usual * TICKS))
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # it scrolls the page

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)
