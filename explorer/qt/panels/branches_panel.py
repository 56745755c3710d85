"""Forks of a trajectory: leave it at a step, keep ways as small pictures, and hold two of them side by side."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.control.branches import BranchView, Pair
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.heat_map import glowing
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider
from explorer.qt.widgets.step_curve import StepCurve
from explorer.state.branches import LONGEST_NAME

HELP = "Leave a trajectory at any step: up to there all stays, after it ask for something else."
SIDE, STEP_PX = 48, 12  # px, of a picture, and further in for each fork


class _Row(QWidget):
    """One way that is kept."""

    chosen, compared, deleted = Signal(), Signal(), Signal()
    renamed = Signal(str)

    def __init__(self, at: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tile = PictureTile(f"branch_{at}", "Way", "Goes to this way.", self, side=SIDE)
        self._name = QLineEdit(self)
        self._name.setObjectName(f"branch_{at}_name")
        self._name.setAccessibleName("Name of the way")
        self._name.setToolTip("Your name for it.")
        self._name.setMaxLength(LONGEST_NAME)
        self._words = words("", kind="hint")
        self._compare = Button("Compare", f"branch_{at}_compare", "Holds it beside the way in view.", kind="chip")
        self._compare.setCheckable(True)
        self._delete = Button("Delete", f"branch_{at}_delete", "Keeps it no longer; undo brings it back.", kind="text")
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self._name)
        text.addWidget(self._words)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)
        self._line.addWidget(self.tile)
        self._line.addLayout(text, 1)
        self._line.addWidget(self._compare)
        self._line.addWidget(self._delete)
        self.tile.clicked.connect(lambda: self.chosen.emit())
        self._compare.clicked.connect(lambda: self.compared.emit())
        self._delete.clicked.connect(lambda: self.deleted.emit())
        self._name.returnPressed.connect(self._name.clearFocus)  # so that Ctrl+Z is the window's again
        self._name.editingFinished.connect(lambda: self.renamed.emit(self._name.text()))

    def show_branch(self, branch: BranchView, beside: bool) -> None:
        """Show what it is."""
        self._line.setContentsMargins(branch.depth * STEP_PX, 0, 0, 0)
        self.tile.show_pixels(branch.pixels)
        self.tile.show_words(f"{branch.name}{', in view' if branch.here else ''}", "Goes to this way.")
        if not self._name.hasFocus() or self._name.text() == "":
            self._name.setText(branch.name)
        self._words.setText(branch.words + (", in view" if branch.here else ""))
        self._compare.setChecked(beside)


class BranchesPanel(QWidget):
    """The view of ``BranchesController``."""

    fork_asked = Signal()
    join_asked = Signal()
    keep_asked = Signal()
    chosen = Signal(int)
    renamed = Signal(int, str)
    deleted = Signal(int)
    compared = Signal(int)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branches_panel")
        self._sentence = words("")
        self._fork = Button("Fork here", "branch_fork", "Leaves the way at the step in view.", kind="chip")
        self._join = Button("Give up", "branch_join", "Goes back to the way that the fork left.", kind="chip")
        self._keep = Button("Keep", "branch_keep", "Keeps the way in view, to go back to and to compare.", kind="chip")
        self.stir = PlainSlider("branch_stir", "Stir the noise", "Draws noise anew where the fork begins.", 1.0, 0.0)
        self._stir = QLabel("Stir 0.00")
        self._rows: list[_Row] = []
        self._room = QVBoxLayout()
        self._room.setSpacing(8)
        self._none = words("No way is kept yet.")
        self._memory = words("", kind="hint")
        self._pair = QWidget()
        self._tiles = tuple(
            PictureTile(f"pair_{key}", name, tip, self, side=84, caption=name)
            for key, name, tip in (
                ("mine", "in view", "The way in view at this step."),
                ("other", "beside", "The way it is compared with, at the same step."),
                ("difference", "difference", "Glows where the two differ."),
            )
        )
        self._curve = StepCurve("pair_distance", "Distance at each step", "How far the two clean estimates are apart.")
        self._lay_out()
        self._fork.clicked.connect(lambda: self.fork_asked.emit())
        self._join.clicked.connect(lambda: self.join_asked.emit())
        self._keep.clicked.connect(lambda: self.keep_asked.emit())
        self.show_branches((), -1)
        self.show_pair(None)
        self.show_memory("")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._fork, self._join, self._keep):
            buttons.addWidget(button)
        buttons.addStretch(1)
        stir = QHBoxLayout()
        stir.setSpacing(12)
        stir.addWidget(self._stir)
        stir.addWidget(self.stir, 1)
        three = QHBoxLayout()
        three.setSpacing(4)
        for tile in self._tiles:
            tile.setEnabled(False)  # only to be looked at
            tile.unsetCursor()
            three.addWidget(tile)
        three.addStretch(1)
        pair = QVBoxLayout(self._pair)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.addLayout(three)
        pair.addWidget(self._curve)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words(HELP))
        title = QLabel("KEPT")
        title.setProperty("kind", "heading")
        layout.addWidget(
            scrolled(self._sentence, buttons, stir, title, self._none, self._room, self._memory, self._pair), 1
        )

    # values in

    def show_fork(self, sentence: str, can_fork: bool, forked: bool, stir: float) -> None:
        """Where the way in view forks, and whether it can fork here."""
        self._sentence.setText(sentence)
        self._fork.setEnabled(can_fork)
        self._join.setEnabled(forked)
        self.stir.setEnabled(forked)
        self.stir.show_number(stir)
        self._stir.setText(f"Stir {stir:.2f}")

    def show_branches(self, branches: tuple[BranchView, ...], beside: int) -> None:
        """The ways that are kept."""
        self._none.setVisible(not branches)
        while len(self._rows) < len(branches):
            at = len(self._rows)
            row = _Row(at, self)
            row.chosen.connect(lambda at=at: self.chosen.emit(at))
            row.compared.connect(lambda at=at: self.compared.emit(at))
            row.deleted.connect(lambda at=at: self.deleted.emit(at))
            row.renamed.connect(lambda name, at=at: self.renamed.emit(at, name))
            self._rows.append(row)
            self._room.addWidget(row)
        for at, row in enumerate(self._rows):
            row.setVisible(at < len(branches))
            if at < len(branches):
                row.show_branch(branches[at], at == beside)

    def show_pair(self, pair: Pair | None) -> None:
        """Two ways side by side; None: nothing is compared."""
        self._pair.setVisible(pair is not None)
        if pair is None:
            return
        for tile, pixels in zip(
            self._tiles, (pair.mine, pair.other, glowing(pair.mine, pair.difference)), strict=True
        ):  # fmt: skip
            tile.show_pixels(pixels)
        self._tiles[1].show_words(pair.name, "The way it is compared with, at the same step.", pair.name[:12])
        self._curve.show_values(pair.distance)
        self._curve.show_at(min(pair.at, len(pair.distance) - 1))

    def show_memory(self, sentence: str) -> None:
        """What was made smaller to stay within the budget; empty: nothing."""
        self._memory.setText(sentence)
        self._memory.setVisible(bool(sentence))

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)
