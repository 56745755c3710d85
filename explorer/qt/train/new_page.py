"""A new training: what to learn from it, where to begin, the pictures, and every value with its range and meaning."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.control.newrun import Field, Form, Missing
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar, ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.training.catalogue import Catalogue, DataSet

SHEET_WIDTH = 360  # px
NAME_WIDTH, VALUE_WIDTH = 132, 150  # px


class _Line(QWidget):
    """One value of the form: name, what is chosen, unit, and what it means."""

    changed = Signal(str, str)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        knob = field.knob
        self.key = knob.name
        name = QLabel(knob.title, self)
        name.setFixedWidth(NAME_WIDTH)
        name.setToolTip(knob.help)
        self._help = words(knob.help, kind="hint")
        self._choices = knob.choices
        self._box: ChoiceBox | None = None
        self._switch: ToggleChip | None = None
        self._text: QLineEdit | None = None
        tip = f"{knob.help} {knob.range_words.capitalize()}." if knob.type in ("integer", "number") else knob.help
        if knob.choices:
            self._box = ChoiceBox(f"form_{knob.name}", knob.title, tip, self)
            self._box.show_items(knob.choices)
            self._box.activated.connect(lambda at: self.changed.emit(self.key, (self._choices or ())[at]))
            value: QWidget = self._box
        elif knob.type == "switch":
            self._switch = ToggleChip("On", f"form_{knob.name}", tip, self)
            self._switch.setAccessibleName(knob.title)
            self._switch.switched.connect(lambda on: self.changed.emit(self.key, str(on)))
            value = self._switch
        else:
            self._text = QLineEdit(self)
            self._text.setObjectName(f"form_{knob.name}")
            self._text.setAccessibleName(knob.title)
            self._text.setToolTip(tip)
            self._text.editingFinished.connect(self._typed)
            value = self._text
        value.setFixedWidth(VALUE_WIDTH) if not isinstance(value, ToggleChip) else None
        unit = QLabel(knob.unit, self)
        unit.setProperty("kind", "hint")
        self._fault = words("", kind="error")
        self._fault.setObjectName(f"form_{knob.name}_fault")
        line = QGridLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setHorizontalSpacing(10)
        line.setVerticalSpacing(2)
        line.addWidget(name, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        room = QHBoxLayout()
        room.setSpacing(8)
        room.addWidget(value)
        room.addWidget(unit)
        room.addStretch(1)
        line.addLayout(room, 0, 1)
        line.addWidget(self._help, 0, 2)
        line.addWidget(self._fault, 1, 1, 1, 2)
        line.setColumnMinimumWidth(1, VALUE_WIDTH + 110)
        line.setColumnStretch(2, 1)
        self.show_field(field)

    def _typed(self) -> None:
        if self._text is not None and self._text.isModified():
            self._text.setModified(False)
            self.changed.emit(self.key, self._text.text())

    def show_field(self, field: Field) -> None:
        """Show its value and what is wrong with it."""
        if self._box is not None and self._choices is not None and field.text in self._choices:
            self._box.setCurrentIndex(self._choices.index(field.text))
        if self._switch is not None:
            self._switch.show_on(field.text == "True")
            self._switch.setText("On" if field.text == "True" else "Off")
        if self._text is not None and self._text.text() != field.text and not self._text.isModified():
            self._text.setText(field.text)
        self._fault.setText(field.fault)
        self._fault.setVisible(bool(field.fault))


class NewPage(QWidget):
    """The view of ``NewRunController``."""

    family_chosen = Signal(str)
    preset_chosen = Signal(str)
    edited = Signal(str, str)  # field, what was typed
    renamed = Signal(str)
    measure_asked = Signal()
    start_asked = Signal()
    install_asked = Signal()
    python_chosen = Signal(str)
    look_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("new_page")
        self._catalogue: Catalogue | None = None
        self._lines: dict[str, _Line] = {}
        self._family = ""
        self._build_missing()
        self._build_form()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self._missing, 1)
        layout.addWidget(self._state)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._foot)
        self._show("state")

    def _build_missing(self) -> None:
        self._missing = QFrame(self)
        self._missing.setProperty("kind", "card")
        title = QLabel("Train models of your own", self._missing)
        title.setProperty("kind", "title")
        self._why = words("")
        self._line = QLineEdit(self._missing)
        self._line.setObjectName("install_line")
        self._line.setAccessibleName("The line that installs it")
        self._line.setToolTip("Type this in a terminal, or let the button do it.")
        self._line.setReadOnly(True)
        self._install = Button(
            "Install now", "install", "Fetches PyTorch and what training needs; some hundred megabytes.", kind="primary"
        )
        self._install.clicked.connect(lambda: self.install_asked.emit())
        choose = Button("Choose a Python …", "choose_python", "The program “python” of an environment that can train.")
        choose.clicked.connect(self._ask_python)
        look = Button("Look again", "look_again", "After you typed the line yourself.", kind="text")
        look.clicked.connect(lambda: self.look_asked.emit())
        self._said = words("", kind="hint")
        inside = QVBoxLayout(self._missing)
        inside.setContentsMargins(24, 24, 24, 24)
        inside.setSpacing(12)
        for part in (title, self._why, self._line):
            inside.addWidget(part)
        ways = QHBoxLayout()
        for button in (self._install, choose, look):
            ways.addWidget(button)
        ways.addStretch(1)
        inside.addLayout(ways)
        inside.addWidget(self._said)
        inside.addStretch(1)

    def _build_form(self) -> None:
        self._state = words("")
        self._state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._families = ChipBar("families", "What to train")
        self._families.chosen.connect(lambda key: self.family_chosen.emit(key))
        self._sentence, self._teaches = words("", kind="title"), words("")
        self._presets = ChipBar("presets", "Where to begin")
        self._presets.chosen.connect(lambda key: self.preset_chosen.emit(key))
        self._preset_words = words("", kind="hint")
        self._data = ChoiceBox("data_sets", "Pictures to train on", "Known sets, or a folder of your own pictures.")
        self._data.activated.connect(self._choose_data)
        folder = Button("Folder …", "data_folder", "Your own pictures; sub-folders are classes.", kind="text")
        folder.clicked.connect(self._ask_folder)
        self._data_words = words("", kind="hint")
        self._sheet = QLabel(self)
        self._sheet.setObjectName("data_sheet")
        self._sheet.setAccessibleName("Some of the pictures")
        data = QHBoxLayout()
        data.addWidget(self._data)
        data.addWidget(folder)
        data.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addLayout(data)
        left.addWidget(self._data_words)
        left.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 1)
        both.addWidget(self._sheet, 1, Qt.AlignmentFlag.AlignTop)
        self._few, self._many = QVBoxLayout(), QVBoxLayout()
        self._more = ToggleChip("All values", "form_more", "Shows every value that can be chosen.")
        self._rest = QWidget(self)
        self._rest.setLayout(self._many)
        self._rest.hide()
        self._more.switched.connect(self._rest.setVisible)
        for room in (self._few, self._many):
            room.setContentsMargins(0, 0, 0, 0)
            room.setSpacing(8)
        self._area = scrolled(
            _heading("WHAT TO TRAIN"), self._families, self._sentence, self._teaches,
            _heading("WHERE TO BEGIN"), self._presets, self._preset_words,
            _heading("PICTURES"), both,
            _heading("VALUES"), self._few, self._left(self._more), self._rest,
        )  # fmt: skip
        self._name = QLineEdit(self)
        self._name.setObjectName("run_name")
        self._name.setAccessibleName("Name of the run")
        self._name.setToolTip("What the run and its model are called.")
        self._name.setFixedWidth(200)
        self._name.editingFinished.connect(lambda: self.renamed.emit(self._name.text()))
        self._measure = Button("Measure", "form_measure", "Measures a few real steps on this machine.", kind="text")
        self._measure.clicked.connect(lambda: self.measure_asked.emit())
        self._start = Button("Start training", "form_start", "Starts it in the background.", kind="primary")
        self._start.clicked.connect(lambda: self.start_asked.emit())
        self._estimate, self._faults = words(""), words("", kind="warning")
        self._foot = QWidget(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(QLabel("Name", self))
        line.addWidget(self._name)
        line.addStretch(1)
        line.addWidget(self._measure)
        line.addWidget(self._start)
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 4, 0, 0)
        foot.setSpacing(6)
        foot.addWidget(self._estimate)
        foot.addWidget(self._faults)
        foot.addLayout(line)

    def _left(self, widget: QWidget) -> QHBoxLayout:
        line = QHBoxLayout()
        line.addWidget(widget)
        line.addStretch(1)
        return line

    def _show(self, what: str) -> None:
        self._missing.setVisible(what == "missing")
        self._state.setVisible(what == "state")
        self._area.setVisible(what == "form")
        self._foot.setVisible(what == "form")

    @property
    def estimate(self) -> str:
        """What is said of the time it takes."""
        return self._estimate.text()

    # values in

    def show_missing(self, missing: Missing) -> None:
        """Why there is no training here, and what makes it possible."""
        self._why.setText(
            "Here you train autoencoders, GANs and diffusion models on pictures, watch them learn, and step into them "
            f"while they do. {missing.sentence} All else in this program works without."
        )
        self._line.setText(missing.command)
        self._line.setCursorPosition(0)
        self._said.setText(missing.fault)
        self._install.setVisible(missing.installs)
        self._install.setEnabled(True)
        self._show("missing")

    def show_installing(self, line: str) -> None:
        """What the installation says."""
        self._install.setEnabled(False)
        self._said.setText(line[:200])

    def show_catalogue(self, catalogue: Catalogue | None, fault: str) -> None:
        """What can be trained; None: it is being asked for, or why not."""
        self._catalogue = catalogue
        if catalogue is None:
            self._state.setText(fault or "Asking the trainers what there is …")
            self._show("state")
            return
        self._families.show_chips(
            tuple(Chip(family.name, family.title, family.sentence) for family in catalogue.families)
        )
        self._data.show_items((*(entry.name for entry in catalogue.data), "own folder"))
        self._show("form")

    def show_form(self, form: Form) -> None:
        """The form as it stands."""
        self._families.show_chosen(form.family.name)
        self._sentence.setText(form.family.sentence)
        self._teaches.setText(f"What you learn: {form.family.teaches} {form.family.needs}".strip())
        self._presets.show_chips(tuple(Chip(preset.key, preset.title, preset.sentence) for preset in form.presets))
        self._presets.show_chosen(form.preset)
        self._preset_words.setText(next((p.sentence for p in form.presets if p.key == form.preset), ""))
        if form.family.name != self._family:
            self._family = form.family.name
            self._rebuild(form)
        for field in form.fields:
            if field.knob.name in self._lines:
                self._lines[field.knob.name].show_field(field)
        if not self._name.hasFocus() or not self._name.isModified():
            self._name.setText(form.name)
        data = next((field.text for field in form.fields if field.knob.name == "data"), "")
        sets: tuple[DataSet, ...] = () if self._catalogue is None else self._catalogue.data
        names = [entry.name for entry in sets]
        self._data.setCurrentIndex(names.index(data) if data in names else len(names))

    def _rebuild(self, form: Form) -> None:
        for line in self._lines.values():
            line.hide()
            line.setParent(None)
            line.deleteLater()
        self._lines = {}
        for field in form.fields:
            if field.knob.name == "data":
                continue
            line = _Line(field)
            line.changed.connect(lambda key, text: self.edited.emit(key, text))
            self._lines[field.knob.name] = line
            (self._few if field.main else self._many).addWidget(line)

    def show_estimate(self, sentence: str, faults: tuple[str, ...], *, busy: bool) -> None:
        """How long it would take, and what would go wrong."""
        self._estimate.setText(sentence)
        self._estimate.setVisible(bool(sentence))
        self._faults.setText("\n".join(faults))
        self._faults.setVisible(bool(faults))
        self._measure.setEnabled(not busy)

    def show_data(self, sentence: str, sheet: Path | None, *, fault: bool) -> None:
        """What is known of the pictures, and some of them."""
        self._data_words.setText(sentence)
        self._data_words.setProperty("kind", "warning" if fault else "hint")
        self._data_words.style().polish(self._data_words)
        pixmap = QPixmap(str(sheet)) if sheet is not None else QPixmap()
        self._sheet.setVisible(not pixmap.isNull())
        if not pixmap.isNull():
            ratio = self.devicePixelRatioF()
            pixmap = pixmap.scaledToWidth(round(SHEET_WIDTH * ratio), Qt.TransformationMode.SmoothTransformation)
            pixmap.setDevicePixelRatio(ratio)
            self._sheet.setPixmap(pixmap)

    # hand

    def _choose_data(self, at: int) -> None:
        sets = () if self._catalogue is None else self._catalogue.data
        if at < len(sets):
            self.edited.emit("data", sets[at].name)
        else:
            self._ask_folder()

    def _ask_python(self) -> None:
        path = QFileDialog.getOpenFileName(self, "The Python that trains", "", "All files (*)")[0]
        if path:
            self.python_chosen.emit(path)

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Pictures to train on")
        if folder:
            self.edited.emit("data", folder)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", "heading")
    label.setContentsMargins(0, 8, 0, 0)
    return label
