"""Seeds: a field to type one, steps, a plane to drag across, and the seeds that were visited."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from explorer.contract.manifest import Attribute
from explorer.contract.pixels import Pixels
from explorer.control.seeds import Point, Visited
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.label_chooser import LabelChooser
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.seed_plane import SeedPlane

SIDE = 44  # px of a visited picture
ROWS = 2  # of visited pictures in sight
HELP = "Drag across the plane. Right drag or the wheel looks elsewhere, Home goes to the nearest seed."


class SeedsPanel(QWidget):
    """The view of ``SeedsController``."""

    typed = Signal(str)
    stepped = Signal(int)
    seed_chosen = Signal(int)
    forget_asked = Signal()
    label_asked = Signal(int, int)  # column, value
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("seeds_panel")
        self._label = LabelChooser("seed_label", parent=self)
        self._label.hide()
        self._field = QLineEdit(self)
        self._field.setObjectName("seed_field")
        self._field.setAccessibleName("Seed")
        self._field.setToolTip("Type a seed and press Enter to go there.")
        self._field.setPlaceholderText("between seeds")
        self._before = Button("← Before", "seed_before", "Goes to the seed before.")
        self._after = Button("After →", "seed_after", "Goes to the seed after.")
        self._space = _words("")
        self.plane = SeedPlane("seed_plane", "Plane of seeds", "Drag to go between seeds.")
        self._title = QLabel("VISITED")
        self._title.setProperty("kind", "heading")
        self._forget = Button("Forget", "seeds_forget", "Forgets the visited seeds.", kind="text")
        self._room = QWidget()
        self._flow = FlowLayout(self._room, spacing=4)
        self._tiles: dict[int, PictureTile] = {}
        self._lay_out()
        self._label.asked.connect(self.label_asked)
        self._field.returnPressed.connect(lambda: self.typed.emit(self._field.text()))
        self._before.clicked.connect(lambda: self.stepped.emit(-1))
        self._after.clicked.connect(lambda: self.stepped.emit(1))
        self._forget.clicked.connect(lambda: self.forget_asked.emit())

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(QLabel("Seed"))
        line.addWidget(self._field, 1)
        line.addWidget(self._before)
        line.addWidget(self._after)
        heading = QHBoxLayout()
        heading.addWidget(self._title, 1)
        heading.addWidget(self._forget)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(SIDE + 20)
        scroll.setMaximumHeight(ROWS * (SIDE + 20))
        scroll.setWidget(self._room)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._label)
        layout.addLayout(line)
        layout.addWidget(_words(HELP))
        layout.addWidget(self.plane, 3)
        layout.addWidget(self._space)
        layout.addLayout(heading)
        layout.addWidget(scroll, 1)

    # values in

    def show_label(self, columns: tuple[Attribute, ...], label: tuple[int, ...]) -> None:
        """What seeds can be asked to be, nothing where there are no columns, and what they are asked to be."""
        self._label.show_columns(columns)
        self._label.show_label(label)
        self._label.setVisible(bool(columns))

    def show_seed(self, seed: int | None, sentence: str) -> None:
        """The seed in view, None between seeds, and what lies between."""
        self._field.setText("" if seed is None else str(seed))
        self._space.setText(sentence)

    def show_point(self, point: Point | None) -> None:
        """Where the picture in view is on the plane."""
        self.plane.show_point(point)

    def show_tiles(self, tiles: Mapping[int, Pixels]) -> None:
        """Pictures of the plane's seeds."""
        self.plane.show_tiles(tiles)

    def show_visited(self, visited: tuple[Visited, ...]) -> None:
        """The seeds that were in view, the newest first."""
        self._title.setText(f"VISITED · {len(visited)}")
        if [one.seed for one in visited] != list(self._tiles):
            self._make_tiles(tuple(one.seed for one in visited))
        for one in visited:
            tile = self._tiles[one.seed]
            if one.pixels is not None or tile.has_picture:
                tile.show_pixels(one.pixels)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)

    def _make_tiles(self, seeds: tuple[int, ...]) -> None:
        kept = {seed: tile for seed, tile in self._tiles.items() if seed in seeds}
        for seed, tile in self._tiles.items():
            self._flow.removeWidget(tile)
            if seed not in kept:
                tile.setParent(None)
                tile.deleteLater()
        self._tiles = {seed: kept.get(seed) or self._tile(seed) for seed in seeds}
        for tile in self._tiles.values():
            self._flow.addWidget(tile)
            tile.show()

    def _tile(self, seed: int) -> PictureTile:
        words = f"seed {seed}"
        tile = PictureTile(f"seed_{seed}", words, f"Goes to {words}.", self._room, side=SIDE, caption=f"{seed}")
        tile.clicked.connect(lambda: self.seed_chosen.emit(seed))
        return tile


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", "secondary")
    return label
