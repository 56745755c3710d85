"""Calculating with pictures: a sum of terms or an analogy, what comes out, and what there is to take."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from explorer.control.arithmetic import SLOTS, Choice, Mode, Result, TermView
from explorer.qt.panels.take_tray import TakeTray
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.term_tile import TermTile

HELP = "Pictures are numbers here, so they can be added: smiling − neutral + this face = this face, smiling."
SUM = Chip("sum", "Sum", "Adds pictures and groups, each with a weight.")
ANALOGY = Chip("analogy", "Analogy", "What is to c as b is to a.")
SIDE = 56  # px, of a corner of the analogy
RESULT = 72  # px
TERMS_HEIGHT = 112  # px, of one row of terms


class ArithmeticPanel(QWidget):
    """The view of ``ArithmeticController``."""

    mode_asked = Signal(str)
    taken = Signal(str)  # for the sum
    filled = Signal(int, str)  # a slot of the analogy
    turned = Signal(int)
    removed = Signal(int)
    started = Signal()
    weighed = Signal(int, float)
    cleared = Signal()
    go_asked = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arithmetic_panel")
        self._mode: Mode = "sum"
        self._terms: list[TermTile] = []
        self._help = QLabel(HELP, self)
        self._help.setProperty("kind", "hint")
        self._help.setWordWrap(True)
        self.modes = ChipBar("arithmetic_modes", "Sum or analogy", (SUM, ANALOGY), self, kind="tab")
        self._clear = Button("Clear", "arithmetic_clear", "Begins anew; undo brings it back.", kind="text")
        self._slots = [
            PictureTile(f"analogy_{name}", name, "Click it, then take what goes here.", self, side=SIDE, caption=name)
            for name in SLOTS
        ]
        self._answer = PictureTile("analogy_answer", "?", "A click goes there.", self, side=SIDE, caption="?")
        self._result = PictureTile("sum_result", "Result", "A click goes there.", self, side=RESULT)
        self._sentence = QLabel(self)
        self._sentence.setObjectName("arithmetic_sentence")
        self._sentence.setProperty("kind", "secondary")
        self._sentence.setWordWrap(True)
        self._go = Button("Go there", "arithmetic_go", "Moves to the result.", kind="primary")
        self.tray = TakeTray(self)
        self._stack = QStackedWidget(self)
        self._lay_out()
        self._connect()
        self._choose_slot(0)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.modes, 1)
        top.addWidget(self._clear)
        self._stack.addWidget(self._sum_page())
        self._stack.addWidget(self._analogy_page())
        self._stack.setFixedHeight(TERMS_HEIGHT)
        words = QVBoxLayout()
        words.addWidget(self._sentence, 1)
        words.addWidget(self._go, 0, Qt.AlignmentFlag.AlignLeft)
        outcome = QHBoxLayout()
        self._equals = QLabel("=", self)
        self._equals.setProperty("kind", "title")
        outcome.addWidget(self._equals)
        outcome.addWidget(self._result)
        outcome.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (self._help, top, self._stack, outcome, self.tray):
            layout.addLayout(part) if isinstance(part, QHBoxLayout) else layout.addWidget(part)
        layout.setStretchFactor(self.tray, 1)

    def _sum_page(self) -> QWidget:
        room = QWidget()
        self._flow = FlowLayout(room, spacing=8)
        scroll = QScrollArea(self)
        scroll.setObjectName("terms")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(room)
        return scroll

    def _analogy_page(self) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for part in (self._slots[0], ":", self._slots[1], "=", self._slots[2], ":", self._answer):
            if isinstance(part, str):
                sign = QLabel(part, page)
                sign.setProperty("kind", "title")
                row.addWidget(sign, 0, Qt.AlignmentFlag.AlignCenter)
            else:
                row.addWidget(part)
        row.addStretch(1)
        return page

    def _connect(self) -> None:
        self.modes.chosen.connect(self.mode_asked)
        self._clear.clicked.connect(self.cleared)
        self.tray.taken.connect(self._take)
        for at, slot in enumerate(self._slots):
            slot.setCheckable(True)
            slot.clicked.connect(lambda _, at=at: self._choose_slot(at))
        for button in (self._go, self._result, self._answer):
            button.clicked.connect(self.go_asked)

    # values in

    def show_mode(self, mode: Mode) -> None:
        """Turn to sums or to analogies."""
        self._mode = mode
        self.modes.show_chosen(mode)
        self._stack.setCurrentIndex(("sum", "analogy").index(mode))
        self._equals.setVisible(mode == "sum")
        self._result.setVisible(mode == "sum")

    def show_terms(self, terms: tuple[TermView, ...]) -> None:
        """Show the terms of the sum."""
        while len(self._terms) > len(terms):
            tile = self._terms.pop()
            self._flow.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        while len(self._terms) < len(terms):
            self._terms.append(self._make_term(len(self._terms)))
        for tile, term in zip(self._terms, terms, strict=True):
            tile.show_term(term)

    def show_slots(self, slots: tuple[Choice | None, ...]) -> None:
        """Show what fills a, b and c; the next one that is empty is filled next."""
        for name, tile, choice in zip(SLOTS, self._slots, slots, strict=True):
            called = name if choice is None else f"{name}: {choice.name}"
            tile.show_words(called, f"{called}. Click it, then take what goes here.", called)
            tile.show_pixels(None if choice is None else choice.pixels)

    def show_result(self, result: Result) -> None:
        """Show what comes out; a picture that is still to come leaves the former one."""
        for tile in (self._result, self._answer):
            if result.pixels is not None or not result.ready:
                tile.show_pixels(result.pixels)
            tile.setEnabled(result.ready)
        self._sentence.setText(result.sentence)
        self._go.setEnabled(result.ready)

    def show_groups(self, groups: tuple[Choice, ...]) -> None:
        """Show the groups there are."""
        self.tray.show_groups(groups)

    def show_pictures(self, pictures: tuple[Choice, ...]) -> None:
        """Offer these pictures of the data."""
        self.tray.show_pictures(pictures)

    def show_filters(self, labels: tuple[str, ...], marks: tuple[str, ...]) -> None:
        """What pictures can have in common."""
        self.tray.show_filters(labels, marks)

    def tell(self, sentence: str) -> None:
        """Pass a message on."""
        self.told.emit(sentence)

    # inside

    def _make_term(self, at: int) -> TermTile:
        tile = TermTile(f"term_{at}")
        tile.turn_asked.connect(lambda: self.turned.emit(at))
        tile.remove_asked.connect(lambda: self.removed.emit(at))
        tile.started.connect(self.started)
        tile.weighed.connect(lambda weight: self.weighed.emit(at, weight))
        self._flow.addWidget(tile)
        tile.show()
        return tile

    def _take(self, key: str) -> None:
        if self._mode == "sum":
            self.taken.emit(key)
            return
        at = next(at for at, slot in enumerate(self._slots) if slot.isChecked())
        self.filled.emit(at, key)
        self._choose_slot((at + 1) % len(SLOTS))

    def _choose_slot(self, at: int) -> None:
        for other, slot in enumerate(self._slots):
            slot.setChecked(other == at)
