"""Curves over the images seen: axes with round numbers, logarithmic if wished, and what stands under the pointer."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme

LEFT, RIGHT, TOP, BOTTOM = 52, 10, 8, 20  # px around the curves
TICKS = 4
SMALLEST = 1e-12  # what a logarithm is taken of at least


@dataclass(frozen=True, eq=False)
class PlotLine:
    """One curve: ``x`` and ``y`` (N,) in the order they are joined; ``role`` is a colour of the theme."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    role: str = "accent"
    dashed: bool = False


class CurvePlot(QWidget):
    """Values in by ``show_lines``; tells nobody anything."""

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._lines: tuple[PlotLine, ...] = ()
        self._log = False
        self._smooth = 0.0
        self._pointer: float | None = None
        self._drawn: QPixmap | None = None  # all but what stands under the pointer

    def show_lines(self, lines: tuple[PlotLine, ...]) -> None:
        """Show these curves, the first on top."""
        lines = tuple(line for line in lines if len(line.x))
        if lines and len(lines) == len(self._lines) and all(map(_same, lines, self._lines)):
            return
        self._lines = lines
        newest = self._lines[0].y[-1] if self._lines else None
        self.setAccessibleDescription("no numbers yet" if newest is None else f"newest {newest:.4g}")
        self._draw_anew()

    def show_look(self, *, log: bool, smooth: float) -> None:
        """Logarithmic height, and how much of a running mean, 0 to below 1."""
        self._log, self._smooth = log, smooth
        self._draw_anew()

    def _draw_anew(self) -> None:
        self._drawn = None
        self.update()

    # geometry

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)

    def _ranges(self) -> tuple[float, float, float, float]:
        x = np.concatenate([line.x for line in self._lines])
        y = np.concatenate([self._height(line.y) for line in self._lines])
        y = y[np.isfinite(y)]
        left, right = float(x.min()), float(x.max())
        low, high = (float(y.min()), float(y.max())) if len(y) else (0.0, 1.0)
        if high - low < 1e-9 * max(abs(high), 1e-9):
            low, high = low - 0.5 * abs(low) - 1e-6, high + 0.5 * abs(high) + 1e-6
        pad = 0.06 * (high - low)
        return left, max(right, left + 1), low - pad, high + pad

    def _height(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log10(np.maximum(y, SMALLEST)) if self._can_log else y

    @property
    def _can_log(self) -> bool:
        return self._log and all((line.y > 0).all() for line in self._lines)

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        if not self._lines:
            painter.setPen(theme.current().color("secondary"))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, "The first numbers come soon.")
            painter.end()
            return
        ranges, ratio = self._ranges(), self.devicePixelRatioF()
        if self._drawn is None or self._drawn.devicePixelRatio() != ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            self._paint_curves(self._drawn, ranges)
        painter.drawPixmap(0, 0, self._drawn)
        self._paint_pointer(painter, self._box(), ranges[:2])
        painter.end()

    def _paint_curves(self, target: QPixmap, ranges: tuple[float, float, float, float]) -> None:
        roles, box = theme.current(), self._box()
        left, right, low, high = ranges
        painter = QPainter(target)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, tabular=True))

        def place(x: float, y: float) -> QPointF:
            return QPointF(
                box.left() + (x - left) / (right - left) * box.width(),
                box.bottom() - (y - low) / (high - low) * box.height(),
            )

        self._paint_axes(painter, box, ranges)
        for line in reversed(self._lines):
            y = self._height(line.y)
            colour = roles.color(line.role)
            if self._smooth > 0 and len(y) > 2:
                faint = roles.color(line.role, 0.25)
                painter.setPen(QPen(faint, 1))
                painter.drawPolyline(_polygon(place, line.x, y))
                y = smoothed(y, self._smooth)
            pen = QPen(colour, 1.6)
            if line.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            if len(y) == 1:
                painter.setBrush(colour)
                painter.drawEllipse(place(float(line.x[0]), float(y[0])), 2, 2)
                painter.setBrush(Qt.BrushStyle.NoBrush)
            else:
                painter.drawPolyline(_polygon(place, line.x, y))
        painter.end()

    def _paint_axes(self, painter: QPainter, box: QRectF, ranges: tuple[float, float, float, float]) -> None:
        roles = theme.current()
        left, right, low, high = ranges
        for value in ticks(low, high, TICKS):
            y = box.bottom() - (value - low) / (high - low) * box.height()
            painter.setPen(QPen(roles.color("line"), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(roles.color("secondary"))
            words = _short(10**value if self._can_log else value)
            painter.drawText(
                QRectF(0, y - 8, LEFT - 8, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words
            )
        painter.setPen(roles.color("secondary"))
        marks = [value for value in ticks(left, right, TICKS) if left <= value <= right]
        for value in marks:
            x = box.left() + (value - left) / (right - left) * box.width()
            room = QRectF(min(max(x - 40, 0), self.width() - 80), box.bottom() + 4, 80, 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, _images(value))

    def _paint_pointer(self, painter: QPainter, box: QRectF, ends: tuple[float, float]) -> None:
        roles = theme.current()
        if self._pointer is None or not box.left() <= self._pointer <= box.right():
            return
        at = ends[0] + (self._pointer - box.left()) / box.width() * (ends[1] - ends[0])
        painter.setPen(QPen(roles.color("secondary"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(self._pointer, box.top()), QPointF(self._pointer, box.bottom()))
        said = [f"{at:,.0f} images"]
        for line in self._lines:
            row = int(np.abs(line.x - at).argmin())
            said.append(f"{line.name} {line.y[row]:.4g}")
        words = "   ".join(said)
        wide = painter.fontMetrics().horizontalAdvance(words) + 16
        room = QRectF(min(max(self._pointer - wide / 2, box.left()), box.right() - wide), box.top(), wide, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.color("raised", 0.92))
        painter.drawRoundedRect(room, 5, 5)
        painter.setPen(roles.color("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().x()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_anew()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._draw_anew()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 110)


def _same(one: PlotLine, other: PlotLine) -> bool:
    looks = [(line.name, line.role, line.dashed) for line in (one, other)]
    return looks[0] == looks[1] and np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y, equal_nan=True)


def smoothed(y: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """A running mean (N,) that keeps ``keep`` of itself a point, corrected for its start at 0 (Kingma & Ba 2015, 3)."""
    found = np.empty_like(y)
    mean = weight = 0.0
    for at, value in enumerate(y.tolist()):
        mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        found[at] = mean / weight
    return found


def ticks(low: float, high: float, count: int) -> list[float]:
    """About ``count`` round numbers between two: multiples of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / max(count, 1)
    if not raw > 0 or not math.isfinite(raw):
        return [low]
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _polygon(place, x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([place(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(b)])


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _images(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"
