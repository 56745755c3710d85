"""Directions as sliders, one of them looked at closely, and the page where one is taught."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from explorer.control.axes import taught_key
from explorer.control.direction_layers import LayersView
from explorer.control.directions import ChosenView, DirectionView
from explorer.control.disentangled import Comparison
from explorer.control.picks import Teaching
from explorer.qt.panels.chosen_page import ChosenPage
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.panels.teach_page import TeachPage
from explorer.qt.pictures import Pixels
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.direction_list import DirectionList
from explorer.qt.widgets.layer_range import LayerRange
from explorer.qt.widgets.space_bars import SpaceBars

HELP = "Each slider changes one thing across many numbers at once. Under its name: how good it is."
ALL = Chip("all", "All", "Every direction as a slider.")
CHOSEN = Chip("chosen", "Closer", "Where the chosen direction acts, and its angles to the others.")
SPACES = Chip("spaces", "z and w", "How well each space keeps one attribute apart from the others.")
TEACH = Chip("teach", "Teach your own", "A direction in your own words, from pictures that you mark.")


class DirectionsPanel(QWidget):
    """The view of ``DirectionsController`` and of ``PicksController``."""

    started = Signal(str)
    edited = Signal(str, float)
    reset_asked = Signal(str)
    chosen = Signal(str)
    layers_chosen = Signal(object)  # explorer.state.directionslook.Layers
    visible_changed = Signal(tuple)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("directions_panel")
        self._views: dict[str, DirectionView] = {}
        self._question = ""
        self.pages = ChipBar("direction_pages", "Pages of the directions", (ALL, CHOSEN, TEACH), self, kind="tab")
        self.list = DirectionList("directions", "Directions", self)
        self.layers = LayerRange("directions_layers", self)
        tip = "Of each direction: how often it tells right, 50 % being chance, and what a step along it changes."
        self.bars = SpaceBars("space_bars", "The spaces beside each other", tip)
        self._said = words("")
        self.closer = ChosenPage(self)
        self.teach = TeachPage(self)
        self._stack = QStackedWidget(self)
        pages = {ALL.key: self._all_page(), CHOSEN.key: self.closer, SPACES.key: scrolled(self._said, self.bars)}
        self._shown: dict[str, QWidget] = {**pages, TEACH.key: self.teach}
        for page in self._shown.values():
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.pages)
        layout.addWidget(self._stack, 1)
        self.show_comparison(None)
        self.layers.chosen.connect(self.layers_chosen)
        self.pages.chosen.connect(self.show_page)
        self.list.visible_changed.connect(self._on_visible)
        self.list.chosen.connect(self.chosen)
        for page in (self.list, self.teach):
            page.started.connect(self.started)
            page.edited.connect(self.edited)
            page.reset_asked.connect(self.reset_asked)

    def _all_page(self) -> QWidget:
        page = QWidget(self)
        hint = QLabel(HELP, page)
        hint.setProperty("kind", "hint")
        hint.setWordWrap(True)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        tip = "Saves all directions as arrays for numpy, or as a table."
        self.save = Button("Save …", "directions_save", tip, page, kind="text")
        head = QHBoxLayout()
        head.addWidget(hint, 1)
        head.addWidget(self.save)
        layout.addLayout(head)
        layout.addWidget(self.layers)
        layout.addWidget(self.list, 1)
        return page

    # values in

    def show_page(self, key: str) -> None:
        """Bring a page to the front: ``all``, ``chosen`` or ``teach``."""
        self.pages.show_chosen(key)
        self._stack.setCurrentWidget(self._shown[key])
        self._on_visible()

    def show_layers(self, layers: LayersView | None) -> None:
        """Which layers the directions act on; None: there are none to choose from."""
        self.layers.show_layers(layers)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """The spaces beside each other; None: there is nothing to compare."""
        there = () if comparison is None else (SPACES,)
        self.pages.show_chips((ALL, CHOSEN, *there, TEACH))
        if comparison is not None:
            self._said.setText(comparison.sentence)
            self.bars.show_comparison(comparison)
        elif self._stack.currentWidget() is self._shown[SPACES.key]:
            self.show_page(ALL.key)

    def show_directions(self, views: tuple[DirectionView, ...]) -> None:
        """Show these directions in this order."""
        self._views = {view.key: view for view in views}
        self.list.show_directions(views)
        self._show_taught()

    def show_value(self, key: str, value: float) -> None:
        """Show where the place stands along a direction, in deviations."""
        self.list.show_value(key, value)
        self.teach.show_value(key, value)

    def show_thumbnails(self, key: str, low: Pixels, high: Pixels) -> None:
        """Show what both ends of a direction look like."""
        self.list.show_thumbnails(key, low, high)
        self.teach.show_thumbnails(key, low, high)

    def clear_thumbnails(self) -> None:
        """Another model: its ends are not known yet."""
        self.list.clear_thumbnails()

    def show_chosen(self, chosen: ChosenView | None) -> None:
        """Show the direction that is looked at closely."""
        self.list.show_chosen("" if chosen is None else chosen.key)
        self.closer.show_chosen(chosen)

    def show_heat(self, pixels: Pixels, heat: NDArray[np.float32]) -> None:
        """Show where in the picture the chosen direction acts."""
        self.closer.show_heat(pixels, heat)

    def show_teaching(self, teaching: Teaching) -> None:
        """Show how far the question has come."""
        self._question = teaching.name
        self.teach.show_teaching(teaching)
        self._show_taught()

    def tell(self, sentence: str) -> None:
        """Pass a message on."""
        self.told.emit(sentence)

    # inside

    def _show_taught(self) -> None:
        self.teach.show_direction(self._views.get(taught_key(self._question)))
        self._on_visible()

    def _on_visible(self, _keys: tuple[str, ...] = ()) -> None:
        """Only what is in sight needs thumbnails."""
        page, row = self._stack.currentWidget(), self.teach.row
        if page is self.teach:
            self.visible_changed.emit(() if row is None else (row.direction.key,))
        else:
            self.visible_changed.emit(self.list.visible if page is self._shown[ALL.key] else ())
