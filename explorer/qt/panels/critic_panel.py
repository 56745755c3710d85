"""The critic: the score of the picture in view and of one that is dropped, along psi, and where the critic looks."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.control.critic import PSIS, Verdict
from explorer.latent.judgement import chance
from explorer.media.pictures_in import SUFFIXES
from explorer.models.critic import Judged
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import ToggleChip
from explorer.qt.widgets.drop_zone import dropped_paths
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.heat_map import HeatMap, HeatWords
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.score_chart import ScoreChart

HELP = "The critic learned to tell real pictures from made ones, while the generator learned to deceive it."
SIDE = 80  # px of a picture
NOTHING = "Drop a real picture here, and see how it scores."
TITLE = "WHERE IT LOOKS"
_SCALE = HeatWords(
    lambda top: f"{top:.2g} in score for a pixel from black to white: here it looks hardest",
    "0: of no matter",
    "Its score does not depend on this picture.",
    1e-9,
)


class CriticPanel(QWidget):
    """The view of ``CriticController``."""

    open_asked = Signal()
    dropped = Signal(Path)
    subject_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("critic_panel")
        self.setAcceptDrops(True)
        tip = "Shows where the critic looks in this picture."
        self._view = PictureTile("critic_view", "The picture in view", tip, self, side=SIDE)
        self._other = PictureTile("critic_dropped", "The dropped picture", tip, self, side=SIDE)
        self._numbers, self._captions = (_label("title"), _label("title")), (words(""), words(NOTHING))
        self._open = Button("Open …", "critic_open", "Chooses a picture for the critic to judge.")
        self.chart = ScoreChart(
            "critic_chart",
            "Score along ψ",
            "The score along ψ, from beyond the mean to beyond the point: drag to move.",
            self,
        )
        self._sentence = words("")
        self._fault = words("", kind="warning")
        self._fault.hide()
        self._where = _label("heading")
        self.heat = HeatMap(
            "critic_heat", "Where the critic looks", "How much each pixel matters to the score.", self, told=_SCALE
        )
        self._formula = ToggleChip("Formulas", "critic_formula", "Shows the formulas with the numbers of now.", self)
        self._cards = (FormulaCard("critic_card_score", self), FormulaCard("critic_card_heat", self))
        self._count = 0
        self._lay_out()
        self._view.clicked.connect(lambda: self.subject_chosen.emit("view"))
        self._other.clicked.connect(lambda: self.subject_chosen.emit("dropped"))
        self._open.clicked.connect(lambda: self.open_asked.emit())
        self._formula.switched.connect(self._show_cards)
        self._show_cards()

    def _lay_out(self) -> None:
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(12)
        pictures.setVerticalSpacing(2)
        for at, tile in enumerate((self._view, self._other)):
            beside = QVBoxLayout()
            beside.setSpacing(2)
            beside.addStretch(1)
            beside.addWidget(self._numbers[at])
            beside.addWidget(self._captions[at])
            beside.addStretch(1)
            pictures.addWidget(tile, 0, 2 * at)
            pictures.addLayout(beside, 0, 2 * at + 1)
            pictures.setColumnStretch(2 * at + 1, 1)
        below = QHBoxLayout()
        below.addWidget(self._sentence, 1)
        below.addWidget(self._open)
        title = QHBoxLayout()
        title.addWidget(self._where, 1)
        title.addWidget(self._formula)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words(HELP))
        layout.addWidget(scrolled(pictures, below, self._fault, self.chart, title, self.heat, *self._cards), 1)

    # values in

    def show_verdict(self, verdict: Verdict) -> None:
        """What the critic says, as far as it is known."""
        for at, (tile, judged) in enumerate(((self._view, verdict.view), (self._other, verdict.dropped))):
            tile.show_pixels(None if judged is None else judged.pixels)
            self._numbers[at].setText("" if judged is None else number(judged.score))
            self._captions[at].setText(_chance(judged))
        self._numbers[1].setVisible(verdict.dropped is not None)
        if verdict.dropped is None:
            self._captions[1].setText(NOTHING)
        self._other.setToolTip(f"{verdict.name}: shows where the critic looks in it." if verdict.name else NOTHING)
        self._other.setEnabled(verdict.dropped is not None)
        self._sentence.setText(verdict.sentence)
        curve = None if verdict.curve is None else (np.array(PSIS), verdict.curve.astype(np.float64))
        self.chart.show_rest(curve, verdict.band, None if verdict.dropped is None else verdict.dropped.score)
        self.chart.show_point(verdict.psi, None if verdict.view is None else verdict.view.score)
        chosen = verdict.dropped if verdict.subject == "dropped" else verdict.view
        self._where.setText(f"{TITLE} · {'THE DROPPED PICTURE' if verdict.subject == 'dropped' else 'IN VIEW'}")
        if chosen is None or chosen.heat is None:
            self.heat.clear()
        else:
            self.heat.show_heat(chosen.pixels, chosen.heat)
        for card, reading in zip(self._cards, verdict.readings, strict=False):
            card.show_reading(reading)
        self._count = len(verdict.readings)
        self._show_cards()

    def show_fault(self, sentence: str) -> None:
        """What went wrong; empty: nothing."""
        self._fault.setText(sentence)
        self._fault.setVisible(bool(sentence))

    # inside

    def _show_cards(self, _on: bool = False) -> None:
        for at, card in enumerate(self._cards):
            card.setVisible(self._formula.isChecked() and at < self._count)

    # Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(path.suffix.lower() in SUFFIXES for path in dropped_paths(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(dropped_paths(event.mimeData())[0])


def number(score: float) -> str:
    """A score with its sign."""
    return f"{score:+.2f}".replace("-", "−")


def _chance(judged: Judged | None) -> str:
    return "" if judged is None else f"{100 * chance(judged.score):.0f} % real"


def _label(kind: str) -> QLabel:
    label = QLabel()
    label.setProperty("kind", kind)
    return label
