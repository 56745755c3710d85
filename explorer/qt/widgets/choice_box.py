"""One of many, from a list that folds out."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from explorer.qt import theme
from explorer.qt.widgets.glyphs import paint_glyph

_GLYPH = 12  # px
_LETTERS = 8  # that are shown at least


class ChoiceBox(QComboBox):
    """A combo box with our own arrow; the wheel does not change what is chosen."""

    def __init__(self, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LETTERS)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.view().setObjectName(f"{name}_list")
        self.view().setAccessibleName(accessible_name)
        self.view().setToolTip(tip)

    def show_items(self, items: tuple[str, ...]) -> None:
        """Offer these; what was chosen stays chosen where it is still there. Tells nobody."""
        if tuple(self.itemText(at) for at in range(self.count())) == items:
            return
        before = self.currentText()
        self.blockSignals(True)
        self.clear()
        self.addItems(items)
        self.setCurrentIndex(max(self.findText(before), 0))
        self.blockSignals(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRectF(self.width() - _GLYPH - 8, (self.height() - _GLYPH) / 2, _GLYPH, _GLYPH)
        roles = theme.current()
        paint_glyph(painter, "down", box, roles.color("secondary") if self.isEnabled() else roles.disabled)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
