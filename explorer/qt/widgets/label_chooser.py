"""What a model is asked for: chips for the few values of a single attribute, else a list for each attribute.

Many attributes stand in two columns, and those that something is asked of stand out.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from explorer.contract.manifest import Attribute
from explorer.latent.sampling import ANYTHING
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.choice_box import ChoiceBox

FEW = 3  # attributes in one column, with their names beside
CHIPS = 12  # values of a single attribute that are offered as chips


class LabelChooser(QWidget):
    """``asked`` tells column and value, ``ANYTHING`` for what ``nothing`` is called; without a word for it, it must be
    one of the values. ``lists``: never chips.
    """

    asked = Signal(int, int)

    def __init__(self, name: str, nothing: str = "", *, lists: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_chooser")
        self._name, self._nothing, self._lists = name, nothing, lists
        self._columns: tuple[Attribute, ...] = ()
        self._chips: ChipBar | None = None
        self._boxes: tuple[ChoiceBox, ...] = ()
        self._names: tuple[QLabel, ...] = ()
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)
        self._inside: QWidget | None = None

    def show_columns(self, columns: tuple[Attribute, ...]) -> None:
        """What can be asked for."""
        if columns == self._columns:
            return
        self._columns, self._chips, self._boxes, self._names = columns, None, (), ()
        if self._inside is not None:
            for widget in (self._inside, *self._inside.findChildren(QWidget)):
                widget.setObjectName("")  # which those in their place have now
            self._room.removeWidget(self._inside)
            self._inside.hide()
            self._inside.deleteLater()
        self._inside = QWidget(self)
        self._room.addWidget(self._inside)
        if len(columns) == 1 and len(columns[0].values) <= CHIPS and not self._lists:
            self._make_chips(self._inside, columns[0])
        else:
            self._make_boxes(self._inside, columns)

    def show_label(self, label: tuple[int, ...]) -> None:
        """What is asked for, a value for each column; tells nobody."""
        said = [label[at] if at < len(label) else ANYTHING for at in range(len(self._columns))]
        if not self._nothing:
            said = [max(value, 0) for value in said]
        if self._chips is not None:
            self._chips.show_chosen(str(said[0]))
        for box, value in zip(self._boxes, said, strict=False):
            box.blockSignals(True)
            box.setCurrentIndex(value + bool(self._nothing))
            box.blockSignals(False)
        for name, value in zip(self._names, said, strict=False):
            kind = "set" if self._nothing and value != ANYTHING else "secondary"
            if name.property("kind") != kind:
                name.setProperty("kind", kind)
                name.style().unpolish(name)
                name.style().polish(name)

    def _make_chips(self, inside: QWidget, column: Attribute) -> None:
        chips = [Chip(str(at), value, f"Asks for {value}.") for at, value in enumerate(column.values)]
        if self._nothing:
            chips.append(Chip(str(ANYTHING), self._nothing, "Asks for nothing: the picture of the model's own choice."))
        self._chips = ChipBar(f"{self._name}", f"Asked for: {column.name}", tuple(chips), inside)
        self._chips.chosen.connect(lambda key: self.asked.emit(0, int(key)))
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._chips)

    def _make_boxes(self, inside: QWidget, columns: tuple[Attribute, ...]) -> None:
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        few = len(columns) <= FEW
        for side in (1,) if few else (0, 1):
            grid.setColumnStretch(side, 1)
        first = bool(self._nothing)
        for at, column in enumerate(columns):
            also = f", or {self._nothing}" if first else ""
            tip = f"One of the values of {column.name}{also}."
            box = ChoiceBox(f"{self._name}_{at}", column.name, tip, inside)
            box.show_items((*([self._nothing] if first else []), *column.values))
            box.currentIndexChanged.connect(lambda index, at=at: self.asked.emit(at, index - first))
            name = QLabel(column.name)
            if few:
                grid.addWidget(name, at, 0)
                grid.addWidget(box, at, 1)
            else:
                pair = QVBoxLayout()
                pair.setSpacing(2)
                pair.addWidget(name)
                pair.addWidget(box)
                grid.addLayout(pair, at // 2, at % 2)
            self._boxes, self._names = (*self._boxes, box), (*self._names, name)
