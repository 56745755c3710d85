"""A critic's score along psi: the curve of the point in view, what other seeds get, and a picture from outside."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.latent.styles import PSI_HIGH, PSI_LOW
from explorer.qt import theme

HEIGHT, FOOT, LEFT, PAD, LEGEND = 172, 18, 34, 8, 20  # px
TICKS = 100  # for each 1.0 of psi
TICK_PSI = {-1.0: "−1", 0.0: "mean", 1.0: "ψ = 1", 2.0: "2"}
LEAST_REACH = 1.0  # of the axis, so that a flat curve looks flat
STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # between lines of the axis
LINES = 5  # at most


class ScoreChart(QAbstractSlider):
    """Drag over it, or use arrow keys, to move along psi: ``started`` tells of a gesture, ``edited`` of where to."""

    started = Signal()
    edited = Signal(float)

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(round(PSI_LOW * TICKS), round(PSI_HIGH * TICKS))
        self.setSingleStep(TICKS // 20)
        self.setPageStep(TICKS // 4)
        self._psi, self._score = 1.0, None
        self._curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._band: tuple[float, float] | None = None
        self._other: float | None = None
        self.valueChanged.connect(lambda ticks: self.edited.emit(ticks / TICKS))

    # values in

    def show_point(self, psi: float | None, score: float | None) -> None:
        """Where the picture in view lies; ``psi`` None: it has none, so there is nothing to drag."""
        self._psi, self._score = 1.0 if psi is None else psi, score
        self.setEnabled(psi is not None)
        self.setCursor(Qt.CursorShape.ArrowCursor if psi is None else Qt.CursorShape.SizeHorCursor)
        self.blockSignals(True)
        self.setValue(round(self._psi * TICKS))
        self.blockSignals(False)
        told = "" if score is None else f"score {score:+.2f} at ψ = {self._psi:.2f}".replace("-", "−")
        self.setAccessibleDescription(told)
        self.update()

    def show_rest(
        self,
        curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        band: tuple[float, float] | None,
        other: float | None,
    ) -> None:
        """Psi and scores of a curve, what most seeds lie between, and the score of a picture from outside."""
        self._curve, self._band, self._other = curve, band, other
        self.update()

    # where things are

    @property
    def _box(self) -> QRectF:
        return QRectF(LEFT, LEGEND, self.width() - LEFT, self.height() - FOOT - LEGEND).adjusted(0, PAD, -PAD, -PAD)

    @property
    def _reach(self) -> tuple[float, float]:
        """The lowest and highest score of the axis; 0, where real and made look alike, is always on it."""
        known = [0.0, *(() if self._band is None else self._band)]
        known += [] if self._curve is None else [float(self._curve[1].min()), float(self._curve[1].max())]
        known += [score for score in (self._score, self._other) if score is not None]
        low, high = min(known), max(known)
        missing = max(LEAST_REACH - (high - low), 0.0)
        return low - missing / 2, high + missing / 2

    def _x(self, box: QRectF, psi: float) -> float:
        return box.left() + (psi - PSI_LOW) / (PSI_HIGH - PSI_LOW) * box.width()

    def _y(self, box: QRectF, score: float) -> float:
        low, high = self._reach
        return box.bottom() - (score - low) / (high - low) * box.height()

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, box = theme.current(), self._box
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = box.adjusted(0.5, -PAD + 0.5, PAD - 0.5, PAD - 0.5)
        painter.setPen(QPen(roles.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(roles.color("raised"))
        painter.drawRoundedRect(frame, 6, 6)
        if self._band is not None:
            top, bottom = self._y(box, self._band[1]), self._y(box, self._band[0])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("secondary", 0.22))
            painter.drawRect(QRectF(frame.left() + 1, top, frame.width() - 2, max(bottom - top, 2)))
        self._paint_axes(painter, roles, box, frame)
        if self._other is not None:
            painter.setPen(QPen(roles.color("warning"), 2, Qt.PenStyle.DashLine))
            y = self._y(box, self._other)
            painter.drawLine(QPointF(frame.left() + 1, y), QPointF(frame.right() - 1, y))
        if self._curve is not None:
            line = [
                QPointF(self._x(box, psi), self._y(box, score))
                for psi, score in zip(self._curve[0].tolist(), self._curve[1].tolist(), strict=True)
            ]
            painter.setPen(QPen(roles.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(line))
        if self._score is not None:
            at = QPointF(self._x(box, self._psi), self._y(box, self._score))
            painter.setPen(QPen(roles.color("accent", 0.5), 1))
            painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))
            painter.setPen(QPen(roles.color("ground"), 2))
            painter.setBrush(roles.color("accent"))
            painter.drawEllipse(at, 6, 6)
        self._paint_legend(painter, roles)
        painter.end()

    def _paint_axes(self, painter: QPainter, roles: theme.Theme, box: QRectF, frame: QRectF) -> None:
        low, high = self._reach
        step = next((step for step in STEPS if (high - low) / step <= LINES), STEPS[-1] * 10)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        for number in range(int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9)) + 1):
            y = self._y(box, number * step)
            pen = QPen(roles.color("secondary" if number == 0 else "line"), 1)
            painter.setPen(pen)
            painter.drawLine(QPointF(frame.left() + 1, y), QPointF(frame.right() - 1, y))
            painter.setPen(roles.color("secondary"))
            room = QRectF(0, y - 8, LEFT - 6, 16)
            words = f"{number * step:g}".replace("-", "−")
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(roles.color("secondary"))
        painter.setFont(theme.font(theme.SMALL))
        for psi, words in TICK_PSI.items():
            room = QRectF(self._x(box, psi) - 40, self.height() - FOOT, 80, FOOT)
            sides = {PSI_LOW: Qt.AlignmentFlag.AlignLeft, PSI_HIGH: Qt.AlignmentFlag.AlignRight}
            if psi in sides:
                room = QRectF(box.left(), room.top(), box.width(), FOOT)
            painter.drawText(room, sides.get(psi, Qt.AlignmentFlag.AlignHCenter) | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_legend(self, painter: QPainter, roles: theme.Theme) -> None:
        entries: list[tuple[QColor, str]] = [(roles.color("accent"), "this picture")]
        entries += [(roles.mixed("raised", "secondary", 0.5), "most random ones")] if self._band is not None else []
        entries += [(roles.color("warning"), "dropped")] if self._other is not None else []
        painter.setFont(theme.font(theme.SMALL))
        x = float(LEFT)
        for color, words in entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(x, 5, 10, 10), 3, 3)
            painter.setPen(roles.color("secondary"))
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(QRectF(x + 15, 0, width + 4, LEGEND), Qt.AlignmentFlag.AlignVCenter, words)
            x += width + 31

    # Qt overrides

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.started.emit()
            self._put(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._put(event.position().x())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.started.emit()
        self.setValue(TICKS)

    def _put(self, x: float) -> None:
        box = self._box
        share = (x - box.left()) / max(box.width(), 1)
        self.setValue(round((PSI_LOW + min(max(share, 0.0), 1.0) * (PSI_HIGH - PSI_LOW)) * TICKS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self.started.emit()
        if event.key() == Qt.Key.Key_Home:
            self.setValue(TICKS)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)
