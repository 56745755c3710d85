"""The legend of a map: one entry a value, with its colour and count; each is a switch."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.control.map import LegendValue
from explorer.qt import theme
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.scatter_palette import value_color

HEIGHT = 22  # px
_DOT = 8  # px
_PADDING = 6  # px
WIDEST = 200  # px of an entry; a longer name is cut with dots and told whole by the tip


class LegendEntry(QAbstractButton):
    """A value: click hides or shows its points, Alt+click shows them alone."""

    toggled_by_hand = Signal(str)
    solo_by_hand = Signal(str)

    def __init__(self, index: int, value: LegendValue, parent: QWidget) -> None:
        super().__init__(parent)
        self._color, self._value, self._solo = value_color(index), value, False
        self.setObjectName(f"legend_{index}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._tell)
        self.show_value(value)

    def show_value(self, value: LegendValue) -> None:
        """Show its count, and whether it is hidden."""
        self._value = value
        self.setAccessibleName(f"{value.name}, {value.count:,} pictures{', hidden' if value.hidden else ''}")
        self.setToolTip(f"{value.name}: {value.count:,} pictures. Click hides or shows it, Alt+click shows it alone.")
        self.updateGeometry()
        self.update()

    def _tell(self) -> None:
        (self.solo_by_hand if self._solo else self.toggled_by_hand).emit(self._value.name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._solo = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._solo = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        roles, hidden = theme.current(), self._value.hidden
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.hasFocus() or self.underMouse():
            focused = self.hasFocus()
            painter.setPen(QPen(roles.color("accent" if focused else "line"), roles.focus_width if focused else 1))
            painter.setBrush(roles.color("raised"))
            painter.drawRoundedRect(frame, 6, 6)
        dot = QRectF(_PADDING, (self.height() - _DOT) / 2, _DOT, _DOT)
        painter.setPen(QPen(roles.color("secondary") if hidden else QColor(self._color), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else QColor(self._color))
        painter.drawEllipse(dot)
        font = theme.font(theme.SMALL)
        font.setStrikeOut(hidden)
        painter.setFont(font)
        painter.setPen(roles.color("secondary" if hidden else "text"))
        room = self.rect().adjusted(_PADDING + _DOT + 6, 0, -_PADDING, 0)
        name = painter.fontMetrics().elidedText(self._value.name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.end()

    def enterEvent(self, event: QEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        text = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(self._value.name)
        return QSize(min(2 * _PADDING + _DOT + 6 + text + 2, WIDEST), HEIGHT)


class ScatterLegend(QWidget):
    """All values of the label column that colours the points."""

    toggled = Signal(str)
    solo_asked = Signal(str)

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._flow = FlowLayout(self, spacing=2)
        self._entries: list[LegendEntry] = []
        self._names: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_values(self, values: Sequence[LegendValue]) -> None:
        """Show these values in this order; their colours go by their place."""
        names = tuple(value.name for value in values)
        if names == self._names:
            for entry, value in zip(self._entries, values, strict=True):
                entry.show_value(value)
            return
        self._names = names
        for entry in self._entries:
            self._flow.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = [LegendEntry(index, value, self) for index, value in enumerate(values)]
        for entry in self._entries:
            entry.toggled_by_hand.connect(self.toggled)
            entry.solo_by_hand.connect(self.solo_asked)
            self._flow.addWidget(entry)
            entry.show()
        self.updateGeometry()
