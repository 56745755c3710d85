"""A small curve over the steps of a trajectory, with its name, the step in view marked, and the value there."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme

HEIGHT, HEAD, PAD = 56, 16, 4  # px


class StepCurve(QWidget):
    """``unit`` stands behind the value; zero is drawn as a line where it is within the curve."""

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None, *, unit: str = "") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title, self._unit = title, unit
        self._values: NDArray[np.float64] = np.zeros(0)
        self._at = 0
        self._line: tuple[QSize, QPolygonF] | None = None  # the curve at that size of this widget

    def show_values(self, values: NDArray[np.float64]) -> None:
        """Show a value for each step, (n,)."""
        self._values, self._line = values, None
        self._describe()

    def show_at(self, at: int) -> None:
        """Which step is in view; beyond the last one: none."""
        self._at = at
        self._describe()

    def _describe(self) -> None:
        self.setAccessibleDescription(self._reading)
        self.update()

    @property
    def _reading(self) -> str:
        return f"{self._values[self._at]:.3g}{self._unit}" if self._at < len(self._values) else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head = QRectF(0, 0, self.width(), HEAD)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("secondary"))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setPen(roles.color("text"))
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._reading)
        box = QRectF(0, HEAD, self.width(), self.height() - HEAD).adjusted(PAD, PAD, -PAD, -PAD)
        if len(self._values) > 1:
            low, high = float(self._values.min()), float(self._values.max())
            reach = max(high - low, 1e-9)
            if self._line is None or self._line[0] != self.size():  # kept: a thousand points cost more than all else
                x = np.linspace(box.left(), box.right(), len(self._values))
                y = box.bottom() - (self._values - low) / reach * box.height()
                self._line = (
                    self.size(),
                    QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]),
                )
            points = self._line[1]
            if low < 0 < high:
                zero = box.bottom() + low / reach * box.height()
                painter.setPen(QPen(roles.color("line"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(box.left(), zero), QPointF(box.right(), zero))
            painter.setPen(QPen(roles.color("accent"), 1.5))
            painter.drawPolyline(points)
            if self._at < len(self._values):
                painter.setBrush(roles.color("accent"))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(points.at(self._at), 3.5, 3.5)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(280, HEIGHT)
