"""What each latent dimension costs, as upright bars; dead dimensions are hollow stumps."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.control.prior import Cost
from explorer.qt import theme

HEIGHT = 112  # px
_FOOT = 18  # px, for names
_STUMP = 5  # px
_WIDEST = 28  # px of a bar with its gap


class CostBars(QWidget):
    """Costs in nats from the left, as they come; names under them where there is room."""

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("Nats of each dimension, the most telling first.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._costs: tuple[Cost, ...] = ()

    def show_costs(self, costs: tuple[Cost, ...]) -> None:
        """Show these bars."""
        self._costs = costs
        self.setAccessibleDescription("; ".join(_sentence(cost) for cost in costs))
        self.update()

    def _step(self) -> float:
        return min(self.width() / max(len(self._costs), 1), _WIDEST)

    def _at(self, x: float) -> int:
        return int(x // self._step())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._costs:
            return
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        step, foot = self._step(), self.height() - _FOOT
        top = max(max(cost.nats for cost in self._costs), 1e-9)
        named = painter.fontMetrics().horizontalAdvance(max((c.name for c in self._costs), key=len)) + 4 < step
        gap = 2 if step > 6 else 0
        for at, cost in enumerate(self._costs):
            room = QRectF(at * step, 0, step, foot)
            height = _STUMP if cost.dead else max((foot - 16) * cost.nats / top, 1.0)
            bar = QRectF(room.left() + gap / 2, foot - height, step - gap, height)
            if cost.dead:
                painter.setPen(QPen(roles.color("secondary"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(roles.color("accent"))
                painter.drawRect(bar)
            if named:
                painter.setPen(roles.color("secondary" if cost.dead else "text"))
                painter.drawText(
                    QRectF(room.left(), foot + 2, step, _FOOT - 2), Qt.AlignmentFlag.AlignCenter, cost.name
                )
        painter.setPen(roles.color("secondary"))
        highest = f"highest: {self._costs[0].name}, {top:.2f} nats"
        painter.drawText(QRectF(0, 0, self.width(), 14), Qt.AlignmentFlag.AlignRight, highest)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = self._at(event.pos().x())
            tip = f"{_sentence(self._costs[at])}." if 0 <= at < len(self._costs) else self.toolTip()
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, HEIGHT)


def _sentence(cost: Cost) -> str:
    return f"{cost.name}: dead" if cost.dead else f"{cost.name}: {cost.nats:.2f} nats"
