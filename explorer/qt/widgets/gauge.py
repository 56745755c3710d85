"""A number beside what is expected of it."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme

HEIGHT = 40  # px
_BAR = 4  # px


@dataclass(frozen=True)
class Reading:
    """A value in [minimum, maximum], its text, and the band in which it is expected (None: nothing is expected)."""

    label: str
    text: str
    value: float
    minimum: float
    maximum: float
    expected: tuple[float, float] | None = None

    @property
    def usual(self) -> bool:
        """Whether the value lies where it is expected."""
        return self.expected is None or self.expected[0] <= self.value <= self.expected[1]

    def share(self, value: float) -> float:
        """Where a value lies between minimum (0) and maximum (1)."""
        return min(max((value - self.minimum) / (self.maximum - self.minimum), 0.0), 1.0)


class Gauge(QWidget):
    """Label and number over a bar; the expected band is marked, a value outside it has the colour of a warning."""

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._reading: Reading | None = None

    def show_reading(self, reading: Reading | None) -> None:
        """Show a reading; None empties the gauge."""
        if reading != self._reading:
            self._reading = reading
            told = "" if reading is None else f"{reading.label} {reading.text}"
            self.setAccessibleDescription(told if reading is None or reading.usual else f"{told}, unusual")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, reading = theme.current(), self._reading
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, self.height() - 12, self.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.mixed("line", "secondary", 0.12))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        if reading is not None:
            self._paint_reading(painter, roles, reading, bar)
        painter.end()

    def _paint_reading(self, painter: QPainter, roles: theme.Theme, reading: Reading, bar: QRectF) -> None:
        role = "accent" if reading.usual else "warning"
        if reading.expected is not None:
            low, high = (bar.left() + reading.share(edge) * bar.width() for edge in reading.expected)
            painter.setBrush(roles.mixed("panel", "secondary", 0.45))
            painter.drawRoundedRect(QRectF(low, bar.top() - 3, max(high - low, 2), _BAR + 6), 2, 2)
        painter.setBrush(roles.color(role))
        filled = QRectF(bar.left(), bar.top(), reading.share(reading.value) * bar.width(), _BAR)
        painter.drawRoundedRect(filled, _BAR / 2, _BAR / 2)
        line = QRectF(0, 2, self.width(), 18)
        painter.setFont(theme.font(tabular=True, weight=QFont.Weight.Medium))
        painter.setPen(roles.color("text" if reading.usual else "warning"))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, reading.text)
        room = line.width() - painter.fontMetrics().horizontalAdvance(reading.text) - 8
        painter.setFont(theme.font())
        painter.setPen(roles.color("secondary"))
        label = painter.fontMetrics().elidedText(reading.label, Qt.TextElideMode.ElideRight, max(int(room), 0))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, HEIGHT)
