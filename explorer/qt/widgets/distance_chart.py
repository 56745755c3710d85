"""Curves of distance against the number of steps, both by their logarithms, with a line where they are near enough."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.control.enough import NEAR, Enough
from explorer.qt import theme
from explorer.qt.widgets.scatter_palette import HUES

HEIGHT, LEFT, RIGHT, TOP, FOOT = 168, 28, 84, 8, 20  # px
LOWEST, HIGHEST = 0.5, 128.0  # grey values
WORDS_PX = 15  # from one name to the next


class DistanceChart(QWidget):
    """Shows ``Enough``; names stand at the ends of their curves."""

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._enough: Enough | None = None

    def show_enough(self, enough: Enough) -> None:
        """Show these curves."""
        self._enough = enough
        self.setAccessibleDescription(enough.sentence)
        self.update()

    def _y(self, value: float, box: QRectF) -> float:
        share = math.log(min(max(value, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
        return box.bottom() - share * box.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        enough, roles = self._enough, theme.current()
        if enough is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        box = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - FOOT)
        xs = [box.left() + at * box.width() / max(len(enough.counts) - 1, 1) for at in range(len(enough.counts))]
        for value in (1.0, 4.0, 16.0, 64.0):
            y = self._y(value, box)
            dashed = Qt.PenStyle.DashLine if value == NEAR else Qt.PenStyle.SolidLine
            painter.setPen(QPen(roles.color("secondary" if value == NEAR else "line"), 1, dashed))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(roles.color("secondary"))
            where = QRectF(0, y - 8, LEFT - 6, 16)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}")
        for x, count in zip(xs, enough.counts, strict=True):
            painter.drawText(QRectF(x - 20, box.bottom() + 2, 40, FOOT - 2), Qt.AlignmentFlag.AlignCenter, f"{count}")
        ends: list[tuple[float, str, QColor]] = []
        for at, curve in enumerate(enough.curves):
            line = [
                QPointF(x, self._y(value, box))
                for x, value in zip(xs, curve.distances, strict=True)
                if value is not None
            ]
            if not line:
                continue
            color = QColor(HUES[at % len(HUES)])
            painter.setPen(QPen(color, 2))
            painter.drawPolyline(QPolygonF(line))
            painter.setBrush(color)
            for point in line:
                painter.drawEllipse(point, 1.5, 1.5)
            ends.append((line[-1].y(), curve.name, color))
        self._draw_names(painter, box, sorted(ends, key=lambda end: end[0]))
        painter.end()

    def _draw_names(self, painter: QPainter, box: QRectF, ends: list[tuple[float, str, QColor]]) -> None:
        """Beside the ends of the curves, none over another."""
        room = box.bottom() - WORDS_PX
        y = 0.0
        for at, (wanted, name, color) in enumerate(ends):
            y = max(min(wanted - WORDS_PX / 2, room - (len(ends) - 1 - at) * WORDS_PX), y)
            painter.setPen(QPen(color, 3))
            painter.drawLine(QPointF(box.right() + 8, y + WORDS_PX / 2), QPointF(box.right() + 16, y + WORDS_PX / 2))
            painter.setPen(theme.current().color("text"))
            where = QRectF(box.right() + 20, y, RIGHT - 20, WORDS_PX)
            words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(where.width()))
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
            y += WORDS_PX

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)
