"""The desk itself: sources against layers, ways to add a source, and what is taken with one click."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.control.mixing import ALL, LayerView, SourceView
from explorer.media.pictures_in import SUFFIXES
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.drop_zone import dropped_paths
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.mix_table import MixTable

HELP = "Paint which layer takes its style from whom: click a cell, or drag over several."
HINT = "Right drag up or down blends; so do + and −, and the wheel on the cell clicked last."
ALONE = "A is this point. Add a source to mix it with: a seed, a keyframe, or a picture dropped here."
BANDS = ("coarse", "middle", "fine", ALL)
BAND_TIPS = {
    "coarse": "Takes the layers up to 8 pixels, which decide pose and shape, from the chosen source.",
    "middle": "Takes the layers of 16 and 32 pixels, which decide features, from the chosen source.",
    "fine": "Takes the layers from 64 pixels on, which decide colours and detail, from the chosen source.",
    ALL: "Takes every layer from the chosen source.",
}


class MixPage(QWidget):
    """The view of ``MixingController``, but for the choice of the page."""

    random_asked = Signal()
    seed_asked = Signal(str)
    view_asked = Signal()
    keyframe_asked = Signal(int)
    open_asked = Signal()
    dropped = Signal(Path)
    swap_asked = Signal(int)
    band_asked = Signal(int, str)  # column, band
    clear_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mix_page")
        self.setAcceptDrops(True)
        self._column, self._sources = 0, tuple[SourceView, ...]()
        self._bands: set[str] = set()
        self._help, self._fault, self._chosen = _words(HELP), _words("", "warning"), _words("")
        self._hint = _words(HINT, "hint")
        self._fault.hide()
        self.table = MixTable("mix_table", "Layers and sources", "Click or drag to take layers, right drag to blend.")
        self._seed = QLineEdit(self)
        self._seed.setObjectName("mix_seed")
        self._seed.setAccessibleName("Seed of a new source")
        self._seed.setToolTip("Type a seed and press Enter to add it as a source.")
        self._seed.setPlaceholderText("seed")
        self._seed.setFixedWidth(88)
        self._add = {
            "random": Button("Random", "mix_add_random", "Adds a seed nobody chose as a source."),
            "view": Button("This picture", "mix_add_view", "Adds the picture in view, as it is mixed, as a source."),
            "picture": Button("Picture …", "mix_add_picture", "Adds a picture file as a source, through the encoder."),
        }
        self._keyframes = ChoiceBox("mix_add_keyframe", "Keyframe as a source", "Adds a keyframe of the strip.")
        self._swap = Button("Swap with A", "mix_swap", "Makes the chosen source the point, and the point a source.")
        self._remove = Button("Take out", "mix_remove", "Takes the chosen source off the desk (Delete).")
        self._take = {band: Button(band, f"mix_take_{band}", BAND_TIPS[band]) for band in BANDS}
        self._clear = Button("none", "mix_clear", "Takes every layer from the point itself; sources stay.")
        self._lay_out()
        self._connect()
        self.show_sources(())

    def _lay_out(self) -> None:
        add, act, take = QWidget(), QWidget(), QWidget()
        adding = FlowLayout(add, spacing=6)
        for widget in (self._add["random"], self._seed, self._add["view"], self._keyframes,
                       self._add["picture"]):  # fmt: skip
            adding.addWidget(widget)
        taking = FlowLayout(take, spacing=6)
        for widget in (*self._take.values(), self._clear):
            taking.addWidget(widget)
        acting = QHBoxLayout(act)
        acting.setContentsMargins(0, 0, 0, 0)
        acting.setSpacing(6)
        acting.addWidget(self._chosen, 1)
        acting.addWidget(self._swap)
        acting.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (
            self._help,
            self._fault,
            self.table,
            self._hint,
            act,
            take,
            _words("ADD A SOURCE", "heading"),
            add,
        ):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.table.chosen.connect(self._choose)
        self.table.painted.connect(lambda _, column: self._choose(column))
        self._add["random"].clicked.connect(lambda: self.random_asked.emit())
        self._add["view"].clicked.connect(lambda: self.view_asked.emit())
        self._add["picture"].clicked.connect(lambda: self.open_asked.emit())
        self._seed.returnPressed.connect(lambda: self.seed_asked.emit(self._seed.text()))
        self._keyframes.activated.connect(self._take_keyframe)
        self._swap.clicked.connect(lambda: self.swap_asked.emit(self._column))
        self._remove.clicked.connect(lambda: self.table.remove_asked.emit(self._column))
        self._clear.clicked.connect(lambda: self.clear_asked.emit())
        for band, button in self._take.items():
            button.clicked.connect(lambda _=False, band=band: self.band_asked.emit(self._column, band))

    # values in

    def show_layers(self, layers: tuple[LayerView, ...]) -> None:
        """The rows of the desk."""
        self._bands = {layer.band for layer in layers} | {ALL}
        self.table.show_layers(layers)
        self._show_choice()

    def show_sources(self, sources: tuple[SourceView, ...]) -> None:
        """The columns of the desk; a new source is the chosen one."""
        if len(sources) > len(self._sources) >= 1:
            self._column = len(sources) - 1
        self._sources = sources
        self._column = min(self._column, max(len(sources) - 1, 0))
        self._help.setText(HELP if len(sources) > 1 else ALONE)
        self._hint.setVisible(len(sources) > 1)
        self.table.show_sources(sources)
        self._show_choice()

    def show_offers(self, keyframes: int, encodes: bool) -> None:
        """How many keyframes there are to add, and whether pictures can be encoded."""
        self._keyframes.show_items(("Keyframe …", *(f"Keyframe {at + 1}" for at in range(keyframes))))
        self._keyframes.setVisible(keyframes > 0)
        self._add["picture"].setEnabled(encodes)

    def show_fault(self, sentence: str) -> None:
        """What is wrong with a source; empty: all fit."""
        self._fault.setText(sentence)
        self._fault.setVisible(bool(sentence))

    def clear_seed(self) -> None:
        """The seed was taken."""
        self._seed.clear()

    @property
    def column(self) -> int:
        """The chosen column."""
        return self._column

    def _choose(self, column: int) -> None:
        self._column = column
        self._show_choice()

    def _show_choice(self) -> None:
        self.table.show_chosen(self._column)
        known = self._column < len(self._sources)
        source = self._sources[self._column] if known else None
        self._chosen.setText("" if source is None else f"{source.letter}: {source.name}. Take from it:")
        lent = self._column > 0
        self._swap.setEnabled(lent and source is not None and source.fits)
        self._remove.setEnabled(lent)
        mixed = len(self._sources) > 1
        for band, button in self._take.items():
            button.setEnabled(mixed and band in self._bands)
        self._clear.setEnabled(mixed)

    def _take_keyframe(self, at: int) -> None:
        self._keyframes.setCurrentIndex(0)
        if at:
            self.keyframe_asked.emit(at - 1)

    # Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(path.suffix.lower() in SUFFIXES for path in dropped_paths(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for path in dropped_paths(event.mimeData()):
            self.dropped.emit(path)


def _words(text: str, kind: str = "secondary") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    return label
