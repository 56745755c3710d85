"""A line of facts that never overlap: what matters least goes first where the room is short."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.qt import theme

SEPARATOR = "   ·   "
HEIGHT = 32  # px
_PAD = 16  # px


@dataclass(frozen=True)
class Fact:
    """One fact; ``priority`` 0 goes first where the room is short; ``role`` is a colour of the theme."""

    text: str
    priority: int = 1
    tip: str = ""
    role: str = "secondary"


def fitting(facts: tuple[Fact, ...], room: float, width_of: Callable[[str], float]) -> tuple[Fact, ...]:
    """The facts that ``room`` px hold in their order, the least important left out; always at least one."""
    kept = list(facts)
    while len(kept) > 1 and width_of(SEPARATOR.join(fact.text for fact in kept)) > room:
        least = min(fact.priority for fact in kept)
        kept.remove(next(fact for fact in reversed(kept) if fact.priority == least))
    return tuple(kept)


class StatusLine(QWidget):
    """Shows facts separated by middle dots; those left out stand in the tooltip and for assistive technology."""

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._facts: tuple[Fact, ...] = ()

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        """Show these facts, from left to right; those without words are left out."""
        facts = tuple(fact for fact in facts if fact.text)
        if facts != self._facts:
            self._facts = facts
            self.setAccessibleDescription(", ".join(fact.text for fact in facts))
            self.update()

    def shown(self) -> tuple[tuple[Fact, QRectF], ...]:
        """The facts that fit at this width, and where they stand."""
        metrics = QFontMetricsF(theme.font(tabular=True))
        room = self.width() - 2 * _PAD
        x, placed = float(_PAD), []
        for fact in fitting(self._facts, room, metrics.horizontalAdvance):
            width = min(metrics.horizontalAdvance(fact.text) + 1, room)
            placed.append((fact, QRectF(x, 0, width, self.height())))
            x += width + metrics.horizontalAdvance(SEPARATOR)
        return tuple(placed)

    def paintEvent(self, event: QPaintEvent) -> None:
        roles = theme.current()
        painter = QPainter(self)
        painter.setFont(theme.font(tabular=True))
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        separator = painter.fontMetrics().horizontalAdvance(SEPARATOR)
        for at, (fact, box) in enumerate(self.shown()):
            if at:
                painter.setPen(roles.color("secondary"))
                gap = QRectF(box.left() - separator, 0, separator, self.height())
                painter.drawText(gap, Qt.AlignmentFlag.AlignCenter, "·")
            painter.setPen(roles.color(fact.role))
            text = painter.fontMetrics().elidedText(fact.text, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
            painter.drawText(box, middle, text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return super().event(event)

    def tip_at(self, x: float) -> str:
        """What the tooltip says there: the fact's own sentence, else all facts."""
        own = next((fact.tip for fact, box in self.shown() if box.left() <= x <= box.right()), "")
        return own or ", ".join(fact.text for fact in self._facts)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)
