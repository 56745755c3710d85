"""What a posterior says of each dimension: where its mean lies, how wide it is, what it costs."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.qt import theme

ROW = 22  # px
REACH = 3.5  # standard deviations of the prior to each side
_NAME, _NUMBER = 40, 72  # px


@dataclass(frozen=True)
class PosteriorRow:
    """One dimension in standard deviations of the prior; ``kl_nats`` None for a plain autoencoder."""

    name: str
    mean: float
    deviation: float
    kl_nats: float | None = None

    @property
    def sentence(self) -> str:
        """``z7: 0.42 ± 0.11, costs 2.1 nats``."""
        cost = "" if self.kl_nats is None else f", costs {self.kl_nats:.2f} nats"
        spread = f" ± {self.deviation:.2f}" if self.deviation else ""
        return f"{self.name}: {self.mean:+.2f}{spread}{cost}"


class PosteriorBars(QWidget):
    """A row a dimension: the prior as a pale band of ±1, the posterior as a bar of ±1 around its mean."""

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip("The pale band is the prior, the bar is what the encoder says; narrow bars say much.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: tuple[PosteriorRow, ...] = ()

    def show_rows(self, rows: tuple[PosteriorRow, ...]) -> None:
        """Show these dimensions from the top."""
        self._rows = rows
        self.setAccessibleDescription("; ".join(row.sentence for row in rows))
        self.updateGeometry()
        self.update()

    def _groove(self, at: int) -> QRectF:
        return QRectF(_NAME, at * ROW, max(self.width() - _NAME - _NUMBER, 1), ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for at, row in enumerate(self._rows):
            groove = self._groove(at)

            def x(value: float, groove: QRectF = groove) -> float:
                share = (min(max(value, -REACH), REACH) + REACH) / (2 * REACH)
                return groove.left() + share * groove.width()

            middle = groove.center().y()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("panel", "line", 0.6))
            painter.drawRect(QRectF(x(-1), groove.top() + 3, x(1) - x(-1), ROW - 6))
            painter.setBrush(roles.color("accent"))
            low, high = x(row.mean - row.deviation), x(row.mean + row.deviation)
            painter.drawRoundedRect(QRectF(low, middle - 3, max(high - low, 2.0), 6), 3, 3)
            painter.setBrush(roles.color("text"))
            painter.drawEllipse(QPointF(x(row.mean), middle), 3, 3)
            painter.setPen(roles.color("text"))
            painter.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold))
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, groove.top(), _NAME, ROW), left, row.name)
            painter.setPen(roles.color("secondary"))
            painter.setFont(theme.font(theme.SMALL, tabular=True))
            number = f"{row.mean:+.2f} σ" if row.kl_nats is None else f"{row.kl_nats:.2f} nats"
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(groove.right(), groove.top(), _NUMBER, ROW), right, number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = event.pos().y() // ROW
            tip = self._rows[at].sentence if 0 <= at < len(self._rows) else self.toolTip()
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, ROW * len(self._rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, ROW * len(self._rows))
