"""Two spaces beside each other: for each direction two thin bars a column, one for each space, with their numbers."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.control.disentangled import Compared, Comparison, Told
from explorer.qt import theme

ROW, HEAD, BAR, NUMBER, GAP = 34, 34, 5, 32, 10  # px
NAME_SHARE = 0.3  # of the width
CHANCE = 0.5  # where the bars of what is right begin: a coin gets half


class SpaceBars(QWidget):
    """As high as its rows."""

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._comparison: Comparison | None = None

    def show_comparison(self, comparison: Comparison) -> None:
        """Show these directions, in this order."""
        self._comparison = comparison
        told = [f"{row.name}: {_percent(row.first.right)} and {_percent(row.second.right)}" for row in comparison.rows]
        self.setAccessibleDescription("; ".join(told[:1]))
        self.updateGeometry()
        self.update()

    @property
    def _columns(self) -> list[tuple[str, str]]:
        """Heading and field of ``Told``; what nobody measured is left out."""
        every = [("told right", "right"), ("a step changes it", "own"), ("changes others", "others")]
        rows = () if self._comparison is None else self._comparison.rows
        return [one for one in every if any(getattr(row.second, one[1]) is not None for row in rows)]

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._comparison is None:
            return
        roles, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = round(self.width() * NAME_SHARE)
        width = (self.width() - left) / max(len(self._columns), 1)
        painter.setFont(theme.font(theme.SMALL))
        x = 0.0
        for space, role in zip(self._comparison.spaces, ("secondary", "accent"), strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(roles.color(role))
            painter.drawRoundedRect(QRectF(x, 5, 10, 10), 3, 3)
            painter.setPen(roles.color("text"))
            painter.drawText(QRectF(x + 14, 0, 40, 20), Qt.AlignmentFlag.AlignVCenter, space)
            x += 40
        painter.setPen(roles.color("secondary"))
        wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignBottom
        for at, (heading, _) in enumerate(self._columns):
            painter.drawText(QRectF(left + at * width, 0, width - GAP, HEAD - 4), wrap, heading)
        for number, row in enumerate(self._comparison.rows):
            self._paint_row(painter, roles, row, QRectF(0, HEAD + number * ROW, self.width(), ROW), left, width)
        painter.end()

    def _paint_row(
        self, painter: QPainter, roles: theme.Theme, row: Compared, line: QRectF, left: int, width: float
    ) -> None:
        painter.setPen(roles.color("text"))
        painter.setFont(theme.font(theme.SMALL))
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, left - 8)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        for at, (_, field) in enumerate(self._columns):
            for which, (told, role) in enumerate(((row.first, "secondary"), (row.second, "accent"))):
                box = QRectF(left + at * width, line.top() + 2 + 15 * which, width - GAP, 15)
                self._paint_bar(painter, roles, told, field, role, box)

    def _paint_bar(self, painter: QPainter, roles: theme.Theme, told: Told, field: str, role: str, box: QRectF) -> None:
        value: float | None = getattr(told, field)
        if value is None:
            return
        share = max((value - CHANCE) / (1 - CHANCE), 0.0) if field == "right" else value
        room = QRectF(box.left(), box.center().y() - BAR / 2, box.width() - NUMBER, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(roles.mixed("line", "secondary", 0.12))
        painter.drawRoundedRect(room, BAR / 2, BAR / 2)
        painter.setBrush(roles.color(role))
        painter.drawRoundedRect(QRectF(room.left(), room.top(), share * room.width(), BAR), BAR / 2, BAR / 2)
        painter.setPen(roles.color("secondary"))
        painter.setFont(theme.font(theme.SMALL, tabular=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _percent(value))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(300, HEAD + ROW * (0 if self._comparison is None else len(self._comparison.rows)))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
