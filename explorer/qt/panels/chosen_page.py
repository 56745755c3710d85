"""The page about one direction: how good it is, where in the picture it acts, its angles, and calculating with it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.control.directions import ChosenView
from explorer.qt.panels.pages import scrolled
from explorer.qt.pictures import Pixels
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.cosine_list import CosineList
from explorer.qt.widgets.heat_map import HeatMap
from explorer.state.notebook import LONGEST_NAME

HELP = "Where it acts, and how much of it lies along the others: bars far from the middle are entangled with it."


class ChosenPage(QWidget):
    """Shows the chosen direction; tells what is asked of it."""

    combine_asked = Signal(str, tuple)  # operation, keys
    renamed = Signal(str)
    delete_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chosen_page")
        self._chosen: ChosenView | None = None
        self._help = QLabel(HELP, self)
        self._help.setProperty("kind", "hint")
        self._help.setWordWrap(True)
        self._name = QLineEdit(self)
        self._name.setObjectName("chosen_name")
        self._name.setAccessibleName("Name of the direction")
        self._name.setMaxLength(LONGEST_NAME)
        self._delete = Button("Delete", "chosen_delete", "Deletes this direction of your own; undo brings it back.")
        self._sentence = QLabel(self)
        self._sentence.setObjectName("chosen_sentence")
        self._sentence.setProperty("kind", "secondary")
        self._sentence.setWordWrap(True)
        self.heat = HeatMap(
            "heat_map",
            "Where the direction acts",
            "How much each part changes between two deviations to one side and to the other.",
            self,
        )
        self._title = QLabel("COSINE TO THE OTHERS", self)
        self._title.setProperty("kind", "heading")
        self.cosines = CosineList("cosines", "Cosines to the other directions", self)
        self.cosines.setMinimumHeight(144)
        self._add = Button("+ Add", "chosen_add", "Makes a new direction: this one and the ticked ones together.")
        self._subtract = Button("− Subtract", "chosen_subtract", "Makes a new direction: this one against the ticked.")
        self._without = Button(
            "Without", "chosen_without", "Makes a new direction: this one, at a right angle to the ticked ones."
        )
        self._operations = {"add": self._add, "subtract": self._subtract, "orthogonalise": self._without}
        self._lay_out()
        self._name.editingFinished.connect(lambda: self.renamed.emit(self._name.text()))
        self._delete.clicked.connect(self.delete_asked)
        self.cosines.ticked.connect(self._set_usable)
        for operation, button in self._operations.items():
            button.clicked.connect(
                lambda _, operation=operation: self.combine_asked.emit(operation, self.cosines.ticked_keys)
            )
        self.show_chosen(None)

    def _lay_out(self) -> None:
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self._name, 1)
        first.addWidget(self._delete)
        last.setSpacing(8)
        for button in self._operations.values():
            last.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.heat.setMinimumHeight(self.heat.minimumSizeHint().height())
        parts = (self._help, first, self._sentence, self.heat, self._title, self.cosines)
        layout.addWidget(scrolled(*parts, growing=True), 1)
        layout.addLayout(last)

    def show_chosen(self, chosen: ChosenView | None) -> None:
        """Show a direction; None: there is none."""
        before, self._chosen = self._chosen, chosen
        same = before is not None and chosen is not None and before.key == chosen.key
        if not same:
            self.heat.clear()
        own = chosen is not None and chosen.own
        self._name.setText("" if chosen is None else chosen.name)
        self._name.setCursorPosition(0)
        self._name.setReadOnly(not own)
        self._name.setToolTip(
            "Your own name for it." if own else "Directions that came with the model keep their name."
        )
        self._delete.setVisible(own)
        self._sentence.setText("Choose a direction in the list first." if chosen is None else chosen.sentence)
        shares = () if chosen is None else chosen.changes
        told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares)
        self._sentence.setToolTip(f"In so many pictures a step changes each attribute: {told}." if told else "")
        self.cosines.show_kin(() if chosen is None else chosen.others, keep=same)
        self._set_usable()

    def show_heat(self, pixels: Pixels, heat: NDArray[np.float32]) -> None:
        """Show where it acts: (H, W) in [0, 1] over the picture (H, W, C)."""
        self.heat.show_heat(pixels, heat)

    def _set_usable(self) -> None:
        for button in self._operations.values():
            button.setEnabled(bool(self.cosines.ticked_keys))
