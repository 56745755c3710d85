"""Pictures around the point in view in rows and columns: two directions at once."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.grid import Offer
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider
from explorer.state.gridlook import FURTHEST

SIZES = (3, 5, 7)
WIDTH = 336  # px that all cells of a row take together
GAP = 4
HELP = (
    "The picture in view is in the middle. One direction grows downwards, the other to the right. Click a picture to "
    "go there."
)


class GridPanel(QWidget):
    """The view of ``GridController``."""

    chosen = Signal(str, str)  # "rows" or "columns", key of a direction
    sized = Signal(int)
    stretched = Signal(float)
    cell_chosen = Signal(int)
    save_asked = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("grid_panel")
        self._offers: tuple[Offer, ...] = ()
        self._help = QLabel(HELP)
        self._help.setWordWrap(True)
        self._help.setProperty("kind", "secondary")
        self._boxes = {
            "rows": ChoiceBox("grid_rows", "Direction of the rows", "What changes downwards."),
            "columns": ChoiceBox("grid_columns", "Direction of the columns", "What changes to the right."),
        }
        self._sizes = ChipBar(
            "grid_sizes",
            "Size of the grid",
            tuple(Chip(str(size), f"{size} × {size}", f"Draws {size} pictures a side.") for size in SIZES),
            self,
        )
        self._reach = PlainSlider(
            "grid_reach", "Reach", "How many standard deviations the edge is away from the middle.", FURTHEST, 2.0
        )
        self._reach_words = QLabel()
        self._save = Button(
            "Save …", "grid_save", "Saves the grid as one picture, with the way back inside.", kind="text"
        )
        self._cells = QGridLayout()
        self._cells.setSpacing(GAP)
        self._tiles: list[PictureTile] = []
        self._inside = QScrollArea()
        self._lay_out()
        for which, box in self._boxes.items():
            box.activated.connect(lambda at, which=which: self.chosen.emit(which, self._offers[at].key))
        self._sizes.chosen.connect(lambda key: self.sized.emit(int(key)))
        self._reach.edited.connect(self.stretched)
        self._save.clicked.connect(self.save_asked)
        self.show_look(5, 2.0)

    def _lay_out(self) -> None:
        inside = QWidget()
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, 8, 0)
        page.setSpacing(8)
        for words, which in (("Rows ↓", "rows"), ("Columns →", "columns")):
            label = QLabel(words)
            label.setMinimumWidth(72)
            line = QHBoxLayout()
            line.addWidget(label)
            line.addWidget(self._boxes[which], 1)
            page.addLayout(line)
        head = QHBoxLayout()
        head.addWidget(self._sizes, 1)
        head.addWidget(self._save)
        reach = QHBoxLayout()
        reach.setSpacing(12)
        reach.addWidget(self._reach_words)
        reach.addWidget(self._reach, 1)
        cells = QHBoxLayout()
        cells.addLayout(self._cells)
        cells.addStretch(1)
        page.addLayout(head)
        page.addLayout(reach)
        page.addLayout(cells)
        page.addStretch(1)
        self._inside.setWidgetResizable(True)
        self._inside.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addWidget(self._inside, 1)

    # values in

    def show_message(self, sentence: str) -> None:
        """Why there is no grid; empty: there is."""
        self._help.setText(sentence or HELP)
        self._inside.setVisible(not sentence)

    def show_offers(self, offers: tuple[Offer, ...], rows: str, columns: str) -> None:
        """The directions to choose from, and which are chosen."""
        self._offers = offers
        keys = [offer.key for offer in offers]
        for which, key in (("rows", rows), ("columns", columns)):
            self._boxes[which].show_items(tuple(offer.name for offer in offers))
            self._boxes[which].setCurrentIndex(keys.index(key) if key in keys else -1)

    def show_look(self, size: int, reach: float) -> None:
        """How many cells, and how far they reach."""
        self._sizes.show_chosen(str(size))
        self._reach.show_number(reach)
        self._reach_words.setText(f"Reach {reach:.1f} σ")
        if len(self._tiles) != size * size:
            self._make_tiles(size)

    def clear_cells(self) -> None:
        """The pictures are still to come."""
        for tile in self._tiles:
            tile.show_pixels(None)

    def show_cell(self, at: int, pixels: Pixels) -> None:
        """One cell, (H, W, C) uint8."""
        if at < len(self._tiles):
            self._tiles[at].show_pixels(pixels)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)

    def _make_tiles(self, size: int) -> None:
        for tile in self._tiles:
            self._cells.removeWidget(tile)
            tile.setParent(None)  # at once, as others take its name
            tile.deleteLater()
        side = (WIDTH - (size - 1) * GAP) // size
        self._tiles = []
        for at in range(size * size):
            row, column = divmod(at, size)
            name = f"Row {row + 1}, column {column + 1}"
            tile = PictureTile(f"grid_cell_{at}", name, "Goes to this picture.", self, side=side)
            tile.clicked.connect(lambda _=False, at=at: self.cell_chosen.emit(at))
            self._cells.addWidget(tile, row, column)
            self._tiles.append(tile)
