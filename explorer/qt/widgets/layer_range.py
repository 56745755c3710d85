"""Which layers something acts on: all, a band of them, or from one to another."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from explorer.control.direction_layers import LayersView
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.state.directionslook import Layers

ALL, OWN, RANGE = "all", "their own", "a range"


class LayerRange(QWidget):
    """Three boxes; ``chosen`` tells the first and last layer, ``own`` or None for all."""

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._view: LayersView | None = None
        tip = "Which layers the sliders act on: coarse ones change shape, fine ones colour and detail."
        self._band = ChoiceBox(f"{name}_band", "Layers that directions act on", tip, self)
        self._first = ChoiceBox(f"{name}_first", "First layer", "The first layer that the sliders act on.", self)
        self._last = ChoiceBox(f"{name}_last", "Last layer", "The last layer that the sliders act on.", self)
        row = QGridLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setHorizontalSpacing(8)
        for at, part in enumerate((QLabel("Layers"), self._band, self._first, QLabel("to"), self._last)):
            row.addWidget(part, 0, at)
            row.setColumnStretch(at, 0 if isinstance(part, QLabel) else 1)
        self._band.activated.connect(lambda _: self._on_band())
        self._first.activated.connect(lambda first: self._tell(first, max(first, self._last.currentIndex())))
        self._last.activated.connect(lambda last: self._tell(min(last, self._first.currentIndex()), last))
        self.show_layers(None)

    def show_layers(self, view: LayersView | None) -> None:
        """What there is to choose from, and what is chosen; None: nothing."""
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        last = len(view.names) - 1
        self._band.show_items((ALL, *([OWN] if view.own else []), *(band for band, _, _ in view.bands), RANGE))
        for box in (self._first, self._last):
            box.show_items(view.names)
            box.setEnabled(view.layers != "own")
        first, end = (0, last) if view.layers is None or view.layers == "own" else view.layers
        self._first.setCurrentIndex(min(first, last))
        self._last.setCurrentIndex(min(end, last))
        self._band.setCurrentText(self._word(view, min(first, last), min(end, last)))

    def _word(self, view: LayersView, first: int, last: int) -> str:
        if view.layers == "own":
            return OWN
        if view.layers is None or (first, last) == (0, len(view.names) - 1):
            return ALL
        return next((band for band, *rows in view.bands if rows == [first, last]), RANGE)

    def _on_band(self) -> None:
        view, word = self._view, self._band.currentText()
        if view is None:
            return
        known: dict[str, Layers] = {ALL: None, OWN: "own"} | {band: (low, high) for band, low, high in view.bands}
        if word in known:
            self.chosen.emit(known[word])
        else:
            self.show_layers(view)  # a range is chosen by its ends
            self._first.setFocus()

    def _tell(self, first: int, last: int) -> None:
        everything = self._view is not None and (first, last) == (0, len(self._view.names) - 1)
        self.chosen.emit(None if everything else (first, last))
