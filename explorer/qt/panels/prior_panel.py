"""Samples of the prior beside samples of where the data are, with their temperature, and what the code costs."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.prior import HOTTEST, TILES, Cost, Source
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.cost_bars import CostBars
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider

COLUMNS = 5
SIDE = 60  # px of a tile
HELP = "What does the model make of random codes? Click a picture to go there."
PRIOR_TIP = "Random points of the prior: what the model makes from nothing."
DATA_TIP = "Points where pictures of the data lie: the aggregate posterior."
NO_DATA_TIP = "No data came along with this model."


class PriorPanel(QWidget):
    """The view of ``PriorController``."""

    source_chosen = Signal(str)
    again_asked = Signal()
    heated = Signal(float)
    tile_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prior_panel")
        self._help = _words(HELP)
        self._fault = _words("", kind="warning")
        self._fault.hide()
        self._sources = ChipBar("prior_sources", "Where samples come from", _chips(data=True), self, kind="tab")
        self._again = Button("Again", "prior_again", "Draws other samples.", kind="text")
        self._heat = PlainSlider(
            "prior_temperature",
            "Temperature",
            "How far the samples spread: 0 is the middle, 1 what the model says, 2 twice as far.",
            HOTTEST,
            1.0,
        )
        self._heat_words = QLabel()
        self._sentence = _words("")
        self._cost_title = QLabel("COST OF EACH DIMENSION")
        self._cost_title.setProperty("kind", "heading")
        self._costs = CostBars("prior_costs", "Cost of each dimension")
        self._cost_words = _words("")
        self._tiles: list[PictureTile] = []
        self._inside = QScrollArea()
        self._lay_out()
        self._sources.chosen.connect(self.source_chosen)
        self._again.clicked.connect(self.again_asked)
        self._heat.edited.connect(self.heated)
        self.show_temperature(1.0)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._sources, 1)
        head.addWidget(self._again)
        grid = QGridLayout()
        grid.setSpacing(4)
        for at in range(TILES):
            tile = PictureTile(f"prior_tile_{at}", f"Sample {at + 1}", "Goes to this sample.", self, side=SIDE)
            tile.clicked.connect(lambda _=False, at=at: self.tile_chosen.emit(at))
            grid.addWidget(tile, at // COLUMNS, at % COLUMNS)
            self._tiles.append(tile)
        grid.setColumnStretch(COLUMNS, 1)
        heat = QHBoxLayout()
        heat.setSpacing(12)
        heat.addWidget(self._heat_words)
        heat.addWidget(self._heat, 1)
        inside = QWidget()
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, 8, 0)
        page.setSpacing(8)
        page.addLayout(head)
        page.addLayout(heat)
        page.addLayout(grid)
        for widget in (self._sentence, self._cost_title, self._costs, self._cost_words):
            page.addWidget(widget)
        page.addStretch(1)
        self._inside.setWidgetResizable(True)
        self._inside.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addWidget(self._fault)
        layout.addWidget(self._inside, 1)

    # values in

    def show_message(self, sentence: str) -> None:
        """Why there is nothing to draw; empty: there is."""
        self._help.setText(sentence or HELP)
        self._inside.setVisible(not sentence)

    def show_fault(self, sentence: str) -> None:
        """Why samples could not be decoded; empty: all is well."""
        self._fault.setText(sentence)
        self._fault.setVisible(bool(sentence))

    def show_source(self, source: Source, *, data: bool, tempered: bool, sentence: str) -> None:
        """Where the samples come from, whether data are there, and whether a temperature changes anything."""
        self._sources.show_chips(_chips(data=data))
        self._sources.show_chosen(source)
        self._heat.setEnabled(tempered)
        self._heat_words.setEnabled(tempered)
        self._sentence.setText(sentence)

    def show_temperature(self, temperature: float) -> None:
        """How far the samples spread."""
        self._heat.show_number(temperature)
        self._heat_words.setText(f"Temperature {temperature:.2f}")

    def clear_tiles(self) -> None:
        """The pictures are still to come."""
        for tile in self._tiles:
            tile.show_pixels(None)

    def show_tile(self, at: int, pixels: Pixels) -> None:
        """One sample, (H, W, C) uint8."""
        self._tiles[at].show_pixels(pixels)

    def show_costs(self, costs: tuple[Cost, ...], sentence: str) -> None:
        """What each dimension costs, and what to see in that."""
        self._costs.show_costs(costs)
        self._costs.setVisible(bool(costs))
        self._cost_words.setText(sentence)


def _chips(*, data: bool) -> tuple[Chip, ...]:
    return (
        Chip("prior", "Prior", PRIOR_TIP),
        Chip("data", "Data", DATA_TIP if data else NO_DATA_TIP, enabled=data),
    )


def _words(text: str, *, kind: str = "secondary") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    return label
