"""Shares of a whole as bars with names and numbers."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.qt import theme

ROW = 20  # px
_BAR = 6  # px
_NAME_SHARE = 0.38  # of the width
_NUMBER = 44  # px


@dataclass(frozen=True)
class Share:
    """One bar: ``value`` in [0, 1], ``color`` ``#rrggbb`` or empty for the accent."""

    name: str
    value: float
    color: str = ""


class ShareBars(QWidget):
    """The first ``rows`` of the shares given; the room stays the same, so that nothing jumps while they change."""

    def __init__(self, name: str, accessible_name: str, tip: str, rows: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows = rows
        self._shares: tuple[Share, ...] = ()

    def show_shares(self, shares: tuple[Share, ...]) -> None:
        """Show the largest first, as they come."""
        if shares[: self._rows] != self._shares:
            self._shares = shares[: self._rows]
            self.setAccessibleDescription(", ".join(f"{share.name} {share.value:.0%}" for share in self._shares))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = round(self.width() * _NAME_SHARE)
        room = self.width() - left - _NUMBER
        for row, share in enumerate(self._shares):
            line = QRectF(0, row * ROW, self.width(), ROW)
            bar = QRectF(left, line.center().y() - _BAR / 2, room, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.mixed("line", "secondary", 0.12))
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
            painter.setBrush(QColor(share.color) if share.color else roles.color("accent"))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), share.value * room, _BAR), _BAR / 2, _BAR / 2)
            painter.setPen(roles.color("text"))
            painter.setFont(theme.font())
            name = painter.fontMetrics().elidedText(share.name, Qt.TextElideMode.ElideRight, left - 8)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(theme.font(tabular=True))
            painter.setPen(roles.color("secondary"))
            number = f"{share.value:.0%}"
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, self._rows * ROW)
