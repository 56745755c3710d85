"""The map of the latent space, and where on it one stands."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from explorer.control.map import LegendValue
from explorer.control.maplayout import MapPoints, Places
from explorer.control.maptiles import Tiles
from explorer.control.whereabouts import Whereabouts
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.scatter import Scatter
from explorer.qt.widgets.scatter_legend import ScatterLegend
from explorer.qt.widgets.whereabouts_card import WhereaboutsCard
from explorer.state.mapview import MapLook

HELP = (
    "Every dot is a picture of the data. Click or drag to go anywhere; Ctrl+drag circles a group for Arithmetic; the "
    "wheel zooms, the right button pans."
)
TIP = (
    "Double click shows everything; Shift+click goes to the picture under the mouse; Ctrl+drag circles pictures as a "
    "group; arrow keys move the point."
)


class MapPanel(QWidget):
    """The view of ``MapController`` and ``WhereaboutsController``."""

    column_chosen = Signal(str)
    points_switched = Signal(bool)
    tiles_switched = Signal(bool)
    keep_rest_switched = Signal(bool)
    tsne_switched = Signal(bool)
    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_panel")
        self._help = _words("map_help", HELP)
        self._message = _words("map_message", "", kind="secondary")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.scatter = Scatter("map", "Map of the latent space", self)
        self._help.setToolTip(TIP)
        self.legend = ScatterLegend("map_legend", "Legend of the map", self)
        self.whereabouts = WhereaboutsCard(self)
        self._colour_by = QWidget(self)
        self._columns = ChoiceBox("map_column", "Colour by", "Which label gives the points their colours.", self)
        self._dots = ToggleChip("Points", "map_points", "Shows the pictures of the data as points.")
        self._tiles = ToggleChip("Tiles", "map_tiles", "Shows under the points what the model makes of each place.")
        self._keep = ToggleChip(
            "Keep the rest",
            "map_keep_rest",
            "On: moving here leaves all other directions where they are. Off: it puts them at the data's mean.",
        )
        self._tsne = ToggleChip(
            "t-SNE", "map_tsne", "Lays the data out by who is near whom; takes a while, and has no way back to codes."
        )
        self._sentence = _words("map_sentence", "")
        self._note = _words("map_note", "", kind="warning")
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._progress = QProgressBar(self)
        self._progress.setObjectName("tsne_progress")
        self._progress.setAccessibleName("How far t-SNE has come")
        self._progress.setToolTip("How far t-SNE has come.")
        self._progress.setTextVisible(False)
        self._stop = Button("Stop", "tsne_stop", "Keeps the layout that t-SNE has come to.", self, kind="text")
        self._lay_out()
        self._columns.textActivated.connect(self.column_chosen)
        self._dots.switched.connect(self.points_switched)
        self._tiles.switched.connect(self.tiles_switched)
        self._keep.switched.connect(self.keep_rest_switched)
        self._tsne.switched.connect(self.tsne_switched)
        self._stop.clicked.connect(self.stop_asked)
        self.show_message("")
        self.show_columns((), "")
        self.show_progress(None)
        self.show_note("")

    # values in

    def show_message(self, sentence: str) -> None:
        """Say why there is no map, and what it would need."""
        self.scatter.clear()
        self._message.setText(sentence)
        self._show_map(False)

    def show_points(self, points: MapPoints) -> None:
        """Show the map."""
        self._sentence.setText(points.sentence)
        self.scatter.show_points(points)
        self._show_map(True)

    def show_columns(self, names: tuple[str, ...], chosen: str) -> None:
        """Which labels there are to colour by."""
        if names != tuple(self._columns.itemText(index) for index in range(self._columns.count())):
            self._columns.clear()
            self._columns.addItems(names)
        self._columns.setCurrentText(chosen)
        self._colour_by.setVisible(len(names) > 1)

    def show_legend(self, values: tuple[LegendValue, ...], indices: NDArray[np.int64] | None) -> None:
        """Colour the points by ``indices`` (N,) into ``values``."""
        self.legend.show_values(values)
        self.legend.setVisible(bool(values))
        self.scatter.show_values(values, indices)
        self.whereabouts.show_colors(tuple(value.name for value in values))

    def show_look(self, look: MapLook, *, many: bool) -> None:
        """Show the switches; ``many``: the space has more directions than the map."""
        flat = look.projection == "plane"
        self._dots.show_on(look.points)
        self.scatter.show_dots(look.points)
        self._tiles.show_on(look.tiles and (flat or not many))
        self._tiles.setEnabled(flat or not many)
        self._keep.show_on(look.keep_rest and flat)
        self._keep.setVisible(many)
        self._keep.setEnabled(flat)
        self._tsne.show_on(not flat)
        self._tsne.setVisible(many)

    def show_position(self, place: tuple[float, float] | None, *, exact: bool) -> None:
        """Mark where one stands; not ``exact``: the nearest picture of the data is."""
        self.scatter.show_position(place, exact=exact)

    def show_tiles(self, tiles: Tiles | None) -> None:
        """Decoded pictures under the points."""
        self.scatter.show_tiles(tiles)

    def show_path(self, points: Places, keyframes: Places) -> None:
        """Draw a path and its keyframes."""
        self.scatter.show_path(points, keyframes)

    def show_progress(self, share: float | None) -> None:
        """How far t-SNE has come, in [0, 1]; None: it does not run."""
        for widget in (self._progress, self._stop):
            widget.setVisible(share is not None)
        self._progress.setValue(0 if share is None else round(100 * share))

    def show_note(self, sentence: str) -> None:
        """A sentence under the map: why something is missing on it."""
        self._note.setText(sentence)
        self._note.setVisible(bool(sentence))

    def show_whereabouts(self, found: Whereabouts | None) -> None:
        """What is around the current point."""
        self.whereabouts.show_whereabouts(found)

    # inside

    def _show_map(self, there: bool) -> None:
        for widget in (self._help, self._switches, self.scatter, self._sentence):
            widget.setVisible(there)
        if not there:
            self.legend.setVisible(False)
        self._message.setVisible(not there)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self._colour_by)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(QLabel("Colour by", self._colour_by))
        row.addWidget(self._columns)
        self._switches = QWidget(self)
        flow = FlowLayout(self._switches)
        for widget in (self._dots, self._tiles, self._keep, self._tsne, self._colour_by):
            flow.addWidget(widget)
        running = QHBoxLayout()
        running.addWidget(self._progress, 1)
        running.addWidget(self._stop)
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addWidget(self._switches)
        layout.addWidget(self._message, 1)
        layout.addWidget(self.scatter, 1)
        layout.addWidget(self._sentence)
        layout.addWidget(self._note)
        layout.addLayout(running)
        layout.addWidget(self.legend)
        layout.addWidget(self.whereabouts)
        scroll = QScrollArea(self)
        scroll.setObjectName("map_scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)


def _words(name: str, text: str, kind: str = "hint") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setProperty("kind", kind)
    label.setWordWrap(True)
    return label
