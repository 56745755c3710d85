"""One term of a sum: its sign, its picture and its weight."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QWidget

from explorer.control.arithmetic import TermView
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.state.notebook import HEAVIEST

SIDE = 56  # px
WIDTH = 104  # px
STEP = 0.1


class WeightField(QDoubleSpinBox):
    """A weight; ``started`` begins a gesture each time the keyboard or the hand comes to it."""

    started = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Weight")
        self.setToolTip("How much this counts; arrows and the wheel change it by a tenth.")
        self.lineEdit().setObjectName(f"{name}_field")
        self.lineEdit().setAccessibleName("Weight")
        self.lineEdit().setToolTip(self.toolTip())
        self.setRange(0.0, HEAVIEST)
        self.setSingleStep(STEP)
        self.setDecimals(2)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setPrefix("× ")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.started.emit()
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel moves only the weight that was clicked, and scrolls otherwise."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class TermTile(QWidget):
    """Sign, picture, name and weight; tells what the hand wants."""

    turn_asked = Signal()
    remove_asked = Signal()
    started = Signal()
    weighed = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFixedWidth(WIDTH)
        self._sign = Button("+", f"{name}_sign", "Adds it or takes it away.", kind="icon")
        self._sign.setFixedSize(28, 28)
        self._picture = PictureTile(
            f"{name}_picture", "Term", "A click on the cross takes it out.", self, side=SIDE, removable=True
        )
        self._name = QLabel(self)
        self._name.setProperty("kind", "hint")
        self._name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._weight = WeightField(f"{name}_weight", self)
        self._weight.setFixedWidth(72)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(4)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._sign, 0, 0)
        layout.addWidget(self._picture, 0, 1, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._name, 1, 1)
        layout.addWidget(self._weight, 2, 1)
        self._sign.clicked.connect(self.turn_asked)
        self._picture.remove_asked.connect(self.remove_asked)
        self._weight.started.connect(self.started)
        self._weight.valueChanged.connect(self.weighed)

    def show_term(self, term: TermView) -> None:
        """Show a term; tells nobody."""
        self._sign.setText("−" if term.minus else "+")
        self._sign.setAccessibleName(f"{'minus' if term.minus else 'plus'} {term.name}")
        self._picture.show_words(term.name, f"{term.name}. The cross or Delete takes it out.")
        self._picture.show_pixels(term.pixels)
        metrics = self._name.fontMetrics()
        self._name.setText(metrics.elidedText(term.name, Qt.TextElideMode.ElideRight, 72))
        blocked = self._weight.blockSignals(True)
        if self._weight.value() != round(term.weight, 2):
            self._weight.setValue(term.weight)
        self._weight.blockSignals(blocked)
