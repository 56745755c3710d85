"""Inside the network: the feature maps of one layer, for the picture in view."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from explorer.control.layers import Maps
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.cell_grid import CellGrid
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.picture_tile import PictureTile

HELP = "What a layer of the network answers to the picture in view: one small picture for each of its channels."
COLUMNS, SIDE = 8, 160  # channels in a row; px of the channel that is looked at


class LayersPanel(QWidget):
    """The view of ``LayersController``."""

    graph_chosen = Signal(str)
    layer_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers_panel")
        self._roles: tuple[str, ...] = ()
        self._maps: Maps | None = None
        self._channel = 0
        self._graph = ChoiceBox("layers_graph", "Network", "Which network of the model is looked into.", self)
        self._layer = ChoiceBox("layers_layer", "Layer", "Which of its layers, from the input to the output.", self)
        self._sentence = words("")
        self.cells = CellGrid("layers_maps", "Channels", "Shows this channel large.", largest=44)
        self._large = PictureTile("layers_channel", "Channel", "The channel that is looked at.", self, side=SIDE)
        self._large.setEnabled(False)  # only to be looked at
        self._large.unsetCursor()
        self._words = words("")
        top = QGridLayout()
        top.setHorizontalSpacing(12)
        top.setVerticalSpacing(8)
        top.setColumnStretch(1, 1)
        for row, (name, box) in enumerate((("Network", self._graph), ("Layer", self._layer))):
            top.addWidget(QLabel(name), row, 0)
            top.addWidget(box, row, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words(HELP))
        layout.addLayout(top)
        layout.addWidget(self._sentence)
        layout.addWidget(scrolled(self.cells, self._large, self._words), 1)
        self._graph.activated.connect(lambda at: self.graph_chosen.emit(self._roles[at]))
        self._layer.activated.connect(lambda at: self.layer_chosen.emit(at))
        self.cells.chosen.connect(self._on_channel)

    # values in

    def show_graphs(self, roles: tuple[str, ...], role: str) -> None:
        """The networks that can be looked into."""
        self._roles = roles
        self._graph.show_items(roles)
        self._graph.setCurrentIndex(roles.index(role))

    def show_layers(self, names: tuple[str, ...], at: int) -> None:
        """The layers of the network."""
        self._layer.show_items(names)
        self._layer.setCurrentIndex(at if names else -1)

    def show_maps(self, maps: Maps | None) -> None:
        """The feature maps; None: there are none."""
        self._maps = maps
        for widget in (self.cells, self._large, self._words):
            widget.setVisible(maps is not None)
        if maps is None:
            self._sentence.setText("")
            return
        self._sentence.setText(maps.sentence)
        rows = -(-len(maps.order) // COLUMNS)
        names = [maps.words(channel) for channel in maps.order]
        self.cells.show_shape(rows, COLUMNS, (*names, *[""] * (rows * COLUMNS - len(names))))
        self.cells.show_cells(tuple(maps.picture(channel) for channel in maps.order))
        self._show_channel(min(self._channel, len(maps.order) - 1))

    def show_fault(self, sentence: str) -> None:
        """Why nothing is shown; empty: all is well."""
        if sentence:
            self._sentence.setText(sentence)

    def _on_channel(self, at: int) -> None:
        if self._maps is not None and at < len(self._maps.order):
            self._show_channel(at)

    def _show_channel(self, at: int) -> None:
        assert self._maps is not None
        self._channel = at
        channel = self._maps.order[at]
        self.cells.show_chosen(at)
        self._large.show_pixels(self._maps.picture(channel))
        self._words.setText(self._maps.words(channel).capitalize() + ".")
