"""The classic grid: seeds downwards and to the right, and what they become mixed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.mixgrid import GridWords
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.cell_grid import CellGrid
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.plain_slider import TICKS, PlainSlider

HELP = "Coarse layers from the column, fine ones from the row. Click a picture to go to that mix."
SIZES = tuple(range(2, 9))


class MixGridPage(QWidget):
    """The view of ``MixGridController``."""

    seed_asked = Signal(str, str)  # "rows" or "columns", what was typed
    others_asked = Signal(str)
    turn_asked = Signal()
    sized = Signal(int)
    split_asked = Signal(int)
    save_asked = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mixgrid_page")
        self._fields: dict[str, QLineEdit] = {}
        self._others: dict[str, Button] = {}
        for which, words in (("rows", "Rows"), ("columns", "Columns")):
            field = QLineEdit(self)
            field.setObjectName(f"mixgrid_{which}")
            field.setAccessibleName(f"First seed of the {which}")
            field.setToolTip(f"The first seed of the {which}; press Enter.")
            field.returnPressed.connect(lambda which=which: self.seed_asked.emit(which, self._fields[which].text()))
            self._fields[which] = field
            self._others[which] = Button("Others", f"mixgrid_other_{which}", f"{words} of other seeds.", kind="text")
            self._others[which].clicked.connect(lambda _=False, which=which: self.others_asked.emit(which))
        self._turn = Button("⇄", "mixgrid_turn", "Rows become columns, and columns rows.")
        self._turn.setAccessibleName("Swap rows and columns")
        self._size = ChoiceBox("mixgrid_size", "Size of the grid", "How many pictures a side.")
        self._size.setMinimumContentsLength(5)
        self._size.show_items(tuple(f"{size} × {size}" for size in SIZES))
        self.slider = PlainSlider(
            "mixgrid_split", "Where the layers are split", "How many layers, from coarse, are of the column.", 1.0, 0.0
        )
        self._split_words = QLabel()
        self._split_words.setWordWrap(True)
        self._save = Button("Save …", "mixgrid_save", "Saves the sheet with the way back inside.", kind="text")
        self.cells = CellGrid("mixgrid_cells", "The grid of mixes", "Goes to this mix.", heads=True)
        self._lay_out()
        self._turn.clicked.connect(lambda: self.turn_asked.emit())
        self._size.activated.connect(lambda at: self.sized.emit(SIZES[at]))
        self.slider.edited.connect(lambda layers: self.split_asked.emit(round(layers)))
        self._save.clicked.connect(lambda: self.save_asked.emit())

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._help = QLabel(HELP)
        self._help.setWordWrap(True)
        self._help.setProperty("kind", "secondary")
        layout.addWidget(self._help)
        for which, words in (("rows", "Rows ↓ from seed"), ("columns", "Columns → from seed")):
            line = QHBoxLayout()
            label = QLabel(words)
            label.setMinimumWidth(136)
            line.addWidget(label)
            line.addWidget(self._fields[which], 1)
            line.addWidget(self._others[which])
            layout.addLayout(line)
        line = QHBoxLayout()
        line.addWidget(self._size)
        line.addWidget(self._turn)
        line.addStretch(1)
        line.addWidget(self._save)
        layout.addLayout(line)
        split = QHBoxLayout()
        split.setSpacing(12)
        split.addWidget(QLabel("Split"))
        split.addWidget(self.slider, 1)
        layout.addLayout(split)
        layout.addWidget(self._split_words)
        layout.addWidget(self.cells)

    # values in

    def show_grid(self, words: GridWords) -> None:
        """Its seeds, its size and where it is split."""
        self._fields["rows"].setText(str(words.rows[0]))
        self._fields["columns"].setText(str(words.columns[0]))
        self._size.setCurrentIndex(SIZES.index(words.size))
        self.slider.blockSignals(True)
        self.slider.setRange(0, words.layers * TICKS)
        self.slider.setSingleStep(TICKS)
        self.slider.setPageStep(2 * TICKS)
        self.slider.blockSignals(False)
        self.slider.show_usual(words.layers // 2)
        self.slider.show_number(words.split)
        self._split_words.setText(words.sentence)
        names = [f"Seed {column}" for column in words.columns]
        cells: list[str] = ["", *names]
        for row in words.rows:
            cells.append(f"Seed {row}")
            cells += [f"Coarse of seed {column}, fine of seed {row}" for column in words.columns]
        self.cells.show_shape(words.size + 1, words.size + 1, tuple(cells))

    def show_cells(self, cells: tuple[Pixels | None, ...]) -> None:
        """The pictures that are there by now, row by row."""
        self.cells.show_cells(cells)

    def show_chosen(self, at: int | None) -> None:
        """The cell that is in view."""
        self.cells.show_chosen(at)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)
