"""What others made, on its way in: what was guessed, shown as pictures, and what only a look can settle."""

from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.control.importing import Shown
from explorer.foreign.job import FileRow
from explorer.foreign.proposal import ROLE_WORDS, ROLES
from explorer.foreign.questions import Question
from explorer.qt.pictures import Pixels, to_pixmap
from explorer.qt.widgets.answer_tile import AnswerTile
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.flow_layout import FlowLayout

SIZE = 980, 680  # px at the start
SMALLEST = 760, 480
LEFT = 312  # px
ROW = 88  # px of a picture of what goes in and comes out
CHOICES = tuple(ROLE_WORDS.values())


class ImportDialog(QDialog):
    """Shows an import; tells what a person answers. It decides nothing and waits for nobody."""

    answered = Signal(str, str)  # key of the question, of the answer
    cast = Signal(str, str)  # key of the graph, role
    renamed = Signal(str)
    save_asked = Signal()
    save_as_asked = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setWindowTitle("Import a model")
        self.setModal(True)
        self.setMinimumSize(*SMALLEST)
        self.resize(*SIZE)
        self._known: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
        self._tiles: dict[tuple[str, str], AnswerTile] = {}
        self._boxes: dict[str, ChoiceBox] = {}
        self._groups: list[QButtonGroup] = []
        self._name = QLineEdit(self)
        self._name.setObjectName("import_name")
        self._name.setAccessibleName("Name of the model")
        self._name.setToolTip("What the model is called in the library.")
        self._name.setMaxLength(60)
        self._files = QVBoxLayout()
        self._files.setSpacing(12)
        self._given_words, self._given = _label("What goes in", "secondary"), _picture("import_given", "What goes in")
        self._made_words, self._made = _label("What comes out", "secondary"), _picture("import_made", "What comes out")
        self._warnings = _label("", "warning")
        self._checked = _label("", "hint")
        self._fault = _label("", "error")
        self._fault.setObjectName("import_fault")
        self._questions = QVBoxLayout()
        self._questions.setSpacing(20)
        self._questions.setContentsMargins(0, 0, 8, 0)
        self._busy = QLabel(self)
        self._busy.setObjectName("import_busy")
        self._busy.setProperty("kind", "secondary")
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        self._cancel = Button("Cancel", "import_cancel", "Stops trying the files and saves nothing (Esc).", self)
        self._save_as = Button("Save as …", "import_save_as", "Writes the model to a folder or a zip.", self)
        self._save = Button(
            "Into the library", "import_save", "Writes the model into the library and opens it.", self, kind="primary"
        )
        self._lay_out()
        self._name.editingFinished.connect(lambda: self.renamed.emit(self._name.text()))
        self._cancel.clicked.connect(self.cancelled)
        self._save.clicked.connect(self._ask_to_save)
        self._save_as.clicked.connect(self._ask_to_save_as)
        self.show_busy("")

    # values in

    def show_import(self, shown: Shown | None) -> None:
        """Show what is known; None: close."""
        if shown is None:
            self.hide()
            return
        if not self._name.hasFocus() or not self._name.text():
            self._name.setText(shown.name)
        self._show_files(shown.files)
        self._show_questions(shown)
        for words, picture, pixels in (
            (self._given_words, self._given, shown.given),
            (self._made_words, self._made, shown.made),
        ):
            words.setVisible(pixels is not None)
            picture.setVisible(pixels is not None)
            if pixels is not None:
                picture.setPixmap(_row(pixels))
        self._fault.setText(shown.fault)
        self._fault.setVisible(bool(shown.fault))
        self._warnings.setText("\n\n".join(shown.warnings))
        self._warnings.setVisible(bool(shown.warnings))
        facts = (*shown.notes, *(f"✓ {sentence}" for sentence in shown.checked))
        self._checked.setText("\n".join(facts))
        self._ready = shown.made is not None and not shown.fault
        self._save.setEnabled(self._ready)
        self._save_as.setEnabled(self._ready)
        if not self.isVisible():
            self.open()

    def show_busy(self, words: str) -> None:
        """What is being done; empty: nothing."""
        self._busy.setText(words)
        self._bar.setVisible(bool(words))
        for widget in (self._save, self._save_as):
            widget.setEnabled(not words and getattr(self, "_ready", False))

    # inside

    def _lay_out(self) -> None:
        left = QWidget(self)
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 0, 8, 0)
        side.setSpacing(8)
        side.addWidget(_label("Name", "secondary"))
        side.addWidget(self._name)
        side.addSpacing(8)
        side.addLayout(self._files)
        side.addSpacing(8)
        for widget in (
            self._fault, self._given_words, self._given, self._made_words, self._made, self._warnings, self._checked,
        ):  # fmt: skip
            side.addWidget(widget)
        side.addStretch(1)
        right = QWidget(self)
        inside = QVBoxLayout(right)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(self._questions)
        inside.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(24)
        first = _scrolled(left, "import_facts")
        first.setFixedWidth(LEFT)
        columns.addWidget(first)
        columns.addWidget(_scrolled(right, "import_questions"), 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self._bar)
        foot.addWidget(self._busy, 1)
        for button in (self._cancel, self._save_as, self._save):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(columns, 1)
        layout.addLayout(foot)

    def _show_files(self, files: tuple[FileRow, ...]) -> None:
        _empty(self._files)
        self._boxes.clear()
        for row in files:
            name = _label(row.name, "")
            box = ChoiceBox(f"import_role_{row.key}", f"What {row.name} does", "What this graph does in the model.")
            box.show_items(CHOICES)
            box.setCurrentIndex(ROLES.index(row.role))
            box.setVisible(bool(row.key))
            box.activated.connect(partial(self._tell_role, row.key))
            self._boxes[row.key] = box
            card = QVBoxLayout()
            card.setSpacing(2)
            card.addWidget(name)
            if row.facts:
                card.addWidget(_label(row.facts, "hint"))
            card.addWidget(box)
            self._files.addLayout(card)

    def _show_questions(self, shown: Shown) -> None:
        known = tuple((question.key, question.answers) for question in shown.questions)
        if known != self._known:
            self._known = known
            self._build(shown.questions)
        for question, rows, faults in zip(shown.questions, shown.rows, shown.faults, strict=True):
            for (value, _), pixels, fault in zip(question.answers, rows, faults, strict=True):
                tile = self._tiles[question.key, value]
                tile.show_row(pixels, fault)
                tile.setChecked(value == question.chosen)

    def _build(self, questions: tuple[Question, ...]) -> None:
        _empty(self._questions)
        self._tiles.clear()
        self._groups.clear()
        for question in questions:
            section = QWidget(self)
            column = QVBoxLayout(section)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            column.addWidget(_label(question.sentence, "title"))
            flow = FlowLayout(spacing=8)
            group = QButtonGroup(section)
            self._groups.append(group)
            for at, (value, words) in enumerate(question.answers):
                name = f"import_{question.key.replace(' ', '_')}_{at}"
                tile = AnswerTile(name, words, f"{question.sentence} {words}.", section)
                tile.clicked.connect(partial(self._tell_answer, question.key, value))
                group.addButton(tile)
                flow.addWidget(tile)
                self._tiles[question.key, value] = tile
            column.addLayout(flow)
            self._questions.addWidget(section)

    def _tell_answer(self, key: str, value: str, _checked: bool = False) -> None:
        self.answered.emit(key, value)

    def _tell_role(self, key: str, at: int) -> None:
        self.cast.emit(key, ROLES[at])

    def _ask_to_save(self) -> None:
        self.renamed.emit(self._name.text())
        self.save_asked.emit()

    def _ask_to_save_as(self) -> None:
        self.renamed.emit(self._name.text())
        self.save_as_asked.emit()

    # Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # it ends typing a name, nothing else
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.cancelled.emit()
        super().closeEvent(event)


def _label(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    return label


def _picture(name: str, accessible_name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible_name)
    label.setFixedHeight(ROW)
    return label


def _row(pixels: Pixels):
    pixmap = to_pixmap(np.ascontiguousarray(pixels))
    return pixmap.scaledToHeight(ROW, Qt.TransformationMode.SmoothTransformation)


def _scrolled(widget: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _empty(layout: QVBoxLayout) -> None:
    """Take everything out of a layout, and let it go."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout):
            _empty(inner)
