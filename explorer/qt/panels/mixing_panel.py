"""Mixing: the desk of layers and sources, truncation, noise and the classic grid, a page each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from explorer.control.mixing import LayerView, SourceView
from explorer.qt.panels.mix_page import MixPage
from explorer.qt.panels.mixgrid_page import MixGridPage
from explorer.qt.panels.noise_page import NoisePage
from explorer.qt.panels.truncation_page import TruncationPage
from explorer.qt.widgets.chips import Chip, ChipBar

PAGES = (
    Chip("mix", "Mix", "Which layer takes its style from whom."),
    Chip("truncation", "Truncation", "How far from the mean picture."),
    Chip("noise", "Noise", "What the style leaves open."),
    Chip("grid", "Grid", "Two rows of seeds, mixed with one another."),
)


class MixingPanel(QWidget):
    """Its pages are the views of their controllers; itself it is that of ``MixingController``."""

    turned = Signal(str)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mixing_panel")
        self.mix, self.truncation, self.noise, self.grid = MixPage(), TruncationPage(), NoisePage(), MixGridPage()
        self._tabs = ChipBar("mixing_pages", "Pages of the mixing desk", PAGES, self, kind="tab")
        self._stack = QStackedWidget(self)
        self._pages: dict[str, QScrollArea] = {}
        for chip, page in zip(PAGES, (self.mix, self.truncation, self.noise, self.grid), strict=True):
            self._pages[chip.key] = _scrolling(page)
            self._stack.addWidget(self._pages[chip.key])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._tabs)
        layout.addWidget(self._stack, 1)
        self._tabs.chosen.connect(self.turned)
        self.grid.told.connect(self.told)

    # values in

    def show_page(self, page: str) -> None:
        """Open a page."""
        self._tabs.show_chosen(page)
        self._stack.setCurrentWidget(self._pages[page])

    def show_layers(self, layers: tuple[LayerView, ...]) -> None:
        """The rows of the desk."""
        self.mix.show_layers(layers)

    def show_sources(self, sources: tuple[SourceView, ...]) -> None:
        """The columns of the desk."""
        self.mix.show_sources(sources)

    def show_shares(self, shares: tuple[tuple[float, ...], ...]) -> None:
        """What each column gives to each layer."""
        self.mix.table.show_shares(shares)

    def show_offers(self, keyframes: int, encodes: bool) -> None:
        """What there is to add."""
        self.mix.show_offers(keyframes, encodes)

    def show_fault(self, sentence: str) -> None:
        """What is wrong with a source."""
        self.mix.show_fault(sentence)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    room = QWidget()
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 8, 0)
    layout.addWidget(page)
    layout.addStretch(1)
    area.setWidget(room)
    return area
