"""A curve over the steps that is drawn by hand: how much of the guidance holds from noise (left) to picture (right)."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.qt import theme

HEIGHT, PAD, FOOT = 96, 6, 16  # px
KNOTS = 16  # places the keyboard moves between
STEP = 0.05  # of the curve, for an arrow key


class CurveEditor(QAbstractSlider):
    """Drag over it to draw; arrow keys move along it and bend it. ``drawn`` tells share of the way and factor."""

    started = Signal()
    drawn = Signal(float, float)

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setRange(0, KNOTS - 1)
        self._curve: tuple[float, ...] = ()
        self._weights: NDArray[np.float64] = np.zeros(0)

    def show_curve(self, curve: tuple[float, ...], weights: NDArray[np.float64]) -> None:
        """Show factors in [0, 1], empty: all 1, and the weight of each step that follows."""
        self._curve, self._weights = curve or (1.0,), weights
        self.setAccessibleDescription(f"weight from {weights.min():.3g} to {weights.max():.3g}" if len(weights) else "")
        self.update()

    @property
    def _box(self) -> QRectF:
        return QRectF(0, 0, self.width(), self.height() - FOOT).adjusted(PAD, PAD, -PAD, -PAD)

    def _factor(self, share: float) -> float:
        at = np.linspace(0, 1, len(self._curve)) if len(self._curve) > 1 else np.zeros(1)
        return float(np.interp(share, at, np.array(self._curve or (1.0,))))

    def _point(self, box: QRectF, share: float) -> QPointF:
        return QPointF(box.left() + share * box.width(), box.bottom() - self._factor(share) * box.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, box = theme.current(), self._box
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(roles.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(roles.color("raised"))
        painter.drawRoundedRect(box.adjusted(-PAD + 0.5, -PAD + 0.5, PAD - 0.5, PAD - 0.5), 6, 6)
        known = self._curve or (1.0,)
        shares = np.linspace(0, 1, max(len(known), 2))
        line = [
            QPointF(box.left() + x * box.width(), box.bottom() - self._factor(x) * box.height())
            for x in shares.tolist()
        ]
        area = QPolygonF([QPointF(box.left(), box.bottom()), *line, QPointF(box.right(), box.bottom())])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.color("accent", 0.2))
        painter.drawPolygon(area)
        painter.setPen(QPen(roles.color("accent"), 2))
        painter.drawPolyline(QPolygonF(line))
        if self.hasFocus():
            share = self.value() / (KNOTS - 1)
            painter.setBrush(roles.color("ground"))
            painter.drawEllipse(self._point(box, share), 4, 4)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(roles.color("secondary"))
        foot = QRectF(0, self.height() - FOOT, self.width(), FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "noise")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "picture")
        if len(self._weights):
            low, high = float(self._weights.min()), float(self._weights.max())
            words = f"weight {low:.3g}" if low == high else f"weight {low:.3g} to {high:.3g}"
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.started.emit()
            self._draw(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._draw(event)

    def _draw(self, event: QMouseEvent) -> None:
        box = self._box
        share = min(max((event.position().x() - box.left()) / max(box.width(), 1), 0.0), 1.0)
        factor = min(max((box.bottom() - event.position().y()) / max(box.height(), 1), 0.0), 1.0)
        self.setValue(round(share * (KNOTS - 1)))
        self.drawn.emit(share, factor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        along = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        bend = {Qt.Key.Key_Up: STEP, Qt.Key.Key_Down: -STEP}.get(key)
        if along is not None:
            self.setValue(self.value() + along)
            self.update()
        elif bend is not None:
            if not event.isAutoRepeat():
                self.started.emit()
            share = self.value() / (KNOTS - 1)
            self.drawn.emit(share, min(max(self._factor(share) + bend, 0.0), 1.0))
        else:
            event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(280, HEIGHT)
