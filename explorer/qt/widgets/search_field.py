"""A line to search with: a magnifying glass, and Esc to clear it."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from explorer.qt import theme
from explorer.qt.widgets.glyphs import paint_glyph

_GLYPH = 14  # px


class SearchField(QLineEdit):
    """Emits ``changed`` with every letter; Esc clears it."""

    changed = Signal(str)

    def __init__(self, name: str, accessible_name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setPlaceholderText(hint)
        self.setTextMargins(_GLYPH + 6, 0, 0, 0)
        self.textChanged.connect(self.changed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRectF(9, (self.height() - _GLYPH) / 2, _GLYPH, _GLYPH)
        paint_glyph(painter, "search", box, theme.current().color("secondary"))
        painter.end()
