"""Truncation: a slider from beyond the mean to beyond the point, with pictures of both, and what variety it costs."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.control.formulas import Reading
from explorer.control.truncation import ACROSS, ROW, VARIETY, PsiPictures
from explorer.latent.styles import PSI_HIGH, PSI_LOW
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.cell_grid import CellGrid
from explorer.qt.widgets.chips import ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider

HELP = "ψ draws the point towards the mean picture (0), or beyond itself. 1 leaves it as it is."


class TruncationPage(QWidget):
    """The view of ``TruncationController``."""

    cut = Signal(int)
    others_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("truncation_page")
        self.slider = PlainSlider(
            "psi", "ψ, truncation", "How far from the mean; Home or a double click is 1.", PSI_HIGH, 1.0, low=PSI_LOW
        )
        self._psi = QLabel()
        self._psi.setProperty("kind", "title")
        self._cutoff = ChoiceBox("psi_cutoff", "Layers that are truncated", "Which layers ψ acts on, from coarse.")
        self._mean = PictureTile(
            "psi_mean", "The mean picture", "The picture of the mean: ψ = 0 for all layers.", side=64
        )
        self._mean.setEnabled(False)
        self.row = CellGrid("psi_row", "Pictures along ψ", "Takes the ψ of this picture.", largest=64)
        self.row.show_shape(
            1, len(ROW), tuple(f"ψ = {_number(psi)}" for psi in ROW), captions=tuple(map(_caption, ROW))
        )
        self.variety = CellGrid(
            "psi_variety", "The same seeds at three ψ", "Goes to this seed at the ψ of its row.", largest=64, gutter=52
        )
        self._spread = _words("")
        self._others = Button("Other seeds", "psi_others", "Shows the same with other seeds.", kind="text")
        self._formula = ToggleChip("Formula", "psi_formula", "Shows the formula with the numbers of this moment.", self)
        self._card = FormulaCard("psi_card", self)
        self._card.hide()
        self._lay_out()
        self._cutoff.activated.connect(self.cut)
        self._others.clicked.connect(lambda: self.others_asked.emit())
        self._formula.switched.connect(self._card.setVisible)
        self.show_psi(1.0, 0)
        self.show_variety(0, "")

    def _lay_out(self) -> None:
        numbers = QHBoxLayout()
        numbers.addWidget(self._psi, 1)
        numbers.addWidget(self._formula)
        layers = QHBoxLayout()
        layers.addWidget(_words("Acts on", wrap=False))
        layers.addWidget(self._cutoff, 1)
        beside = QVBoxLayout()
        beside.setSpacing(6)
        for part in (numbers, layers):
            beside.addLayout(part)
        beside.insertWidget(1, self.slider)
        mean = QVBoxLayout()
        mean.setSpacing(2)
        mean.addWidget(self._mean)
        mean.addWidget(_words("the mean", "hint", wrap=False))
        mean.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addLayout(mean)
        top.addLayout(beside, 1)
        heading = QHBoxLayout()
        title = QLabel("VARIETY")
        title.setProperty("kind", "heading")
        heading.addWidget(title, 1)
        heading.addWidget(self._others)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(_words(HELP))
        layout.addLayout(top)
        layout.addWidget(self._card)
        layout.addWidget(self.row)
        layout.addLayout(heading)
        layout.addWidget(self.variety)
        layout.addWidget(self._spread)

    # values in

    def show_cutoffs(self, words: tuple[str, ...]) -> None:
        """What ψ can act on."""
        self._cutoff.show_items(words)

    def show_psi(self, psi: float, cutoff: int) -> None:
        """ψ, and which of the layers it acts on."""
        self.slider.show_number(psi)
        self._psi.setText(f"ψ = {psi:.2f}")
        self._cutoff.setCurrentIndex(cutoff)
        near = [at for at, one in enumerate(ROW) if abs(one - psi) < 0.005]
        self.row.show_chosen(near[0] if near else None)

    def show_pictures(self, pictures: PsiPictures) -> None:
        """The pictures that are there by now."""
        self._mean.show_pixels(pictures.mean)
        self.row.show_cells(pictures.row)
        self.variety.show_cells(pictures.variety)

    def show_variety(self, first: int, sentence: str) -> None:
        """The first seed of the grid, and how far its rows spread."""
        words = tuple(f"Seed {first + at} at ψ = {psi:g}" for psi in VARIETY for at in range(ACROSS))
        self.variety.show_shape(len(VARIETY), ACROSS, words, row_words=tuple(f"ψ {psi:g}" for psi in VARIETY))
        self._spread.setText(sentence)

    def show_reading(self, reading: Reading) -> None:
        """The formula with its numbers."""
        self._card.show_reading(reading)


def _caption(psi: float) -> str:
    return {0.0: "mean", 1.0: "point"}.get(psi, _number(psi))


def _number(psi: float) -> str:
    return f"{psi:g}".replace("-", "−")


def _words(text: str, kind: str = "secondary", *, wrap: bool = True) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(wrap)
    label.setProperty("kind", kind)
    return label
