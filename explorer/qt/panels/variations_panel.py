"""Rows and columns of what a diffusion model makes of the same noise when two things vary."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.enough import Enough
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.cell_grid import CellGrid
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.distance_chart import DistanceChart
from explorer.state.variationslook import AxisName

HELP = "The same noise, and two things that vary. Click a picture to go there."


class VariationsPanel(QWidget):
    """The view of ``VariationsController``."""

    axis_chosen = Signal(str, str)  # "rows" or "columns", the axis
    chosen = Signal(int)
    save_asked = Signal()
    compare_asked = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("variations_panel")
        self._axes: tuple[AxisName, ...] = ()
        self._boxes: dict[str, ChoiceBox] = {}
        line = QHBoxLayout()
        line.setSpacing(8)
        for which, arrow in (("rows", "Rows ↓"), ("columns", "Columns →")):
            box = ChoiceBox(f"variations_{which}", f"What varies along the {which}", f"What varies along the {which}.")
            box.activated.connect(lambda at, which=which: self.axis_chosen.emit(which, self._axes[at]))
            self._boxes[which] = box
            line.addWidget(QLabel(arrow))
            line.addWidget(box, 1)
        self._save = Button("Save …", "variations_save", "Saves the grid with the way back inside.", kind="text")
        self._save.clicked.connect(lambda: self.save_asked.emit())
        self.cells = CellGrid("variations_cells", "Variations", "Goes to this picture.", gutter=64)
        self._sentence = words("")
        self._title = QLabel("GREY VALUES FROM THE PICTURE OF VERY MANY STEPS")
        self._title.setProperty("kind", "heading")
        self._chart = DistanceChart(
            "variations_distance", "Distance to very many steps", "How many steps are enough: lower is nearer."
        )
        self._compare = Button(
            "Compare samplers", "variations_compare", "Samplers in rows, numbers of steps in columns.", kind="text"
        )
        self._compare.clicked.connect(lambda: self.compare_asked.emit())
        self._save_line = QHBoxLayout()
        self._save_line.addWidget(self._compare)
        self._save_line.addStretch(1)
        self._save_line.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words(HELP))
        layout.addLayout(line)
        layout.addWidget(scrolled(self.cells, self._save_line, self._title, self._chart, self._sentence), 1)
        self.cells.chosen.connect(lambda at: self.chosen.emit(at))
        self.show_enough(None)

    # values in

    def show_axes(self, names: tuple[tuple[AxisName, str], ...], rows: AxisName, columns: AxisName) -> None:
        """What can vary, and what does."""
        self._axes = tuple(axis for axis, _ in names)
        for which, axis in (("rows", rows), ("columns", columns)):
            self._boxes[which].show_items(tuple(name for _, name in names))
            self._boxes[which].setCurrentIndex(self._axes.index(axis) if axis in self._axes else -1)

    def show_shape(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
        """What stands beside the rows and under the columns."""
        names = tuple(f"{row}, {column}" for row in rows for column in columns)
        self.cells.show_shape(len(rows), len(columns), names, row_words=rows, captions=columns)

    def show_cells(self, cells: tuple[Pixels | None, ...]) -> None:
        """The pictures that are there by now, row by row."""
        self.cells.show_cells(cells)

    def show_chosen(self, at: int | None) -> None:
        """The cell that is in view."""
        self.cells.show_chosen(at)

    def show_enough(self, enough: Enough | None) -> None:
        """How far from the picture of very many steps; None where steps do not vary from left to right."""
        for part in (self._title, self._chart, self._sentence):
            part.setVisible(enough is not None)
        if enough is not None:
            self._chart.show_enough(enough)
            self._sentence.setText(enough.sentence)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)
