"""The page where a person teaches a direction: its name, two marks, what was marked, and what came of it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from explorer.control.directions import DirectionView
from explorer.control.picks import Teaching
from explorer.qt.pictures import Pixels
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.direction_row import DirectionSlider
from explorer.qt.widgets.pick_strip import PickStrip
from explorer.state.notebook import LONGEST_NAME

HELP = "Mark pictures that have less and more of something. What separates them becomes a slider of its own."


class TeachPage(QWidget):
    """The view of ``PicksController``, with the slider that was taught."""

    name_asked = Signal(str)
    marked = Signal(bool)  # more
    unmark_asked = Signal(int)
    started = Signal(str)
    edited = Signal(str, float)
    reset_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teach_page")
        self._row: DirectionSlider | None = None
        self._help = QLabel(HELP, self)
        self._help.setProperty("kind", "hint")
        self._help.setWordWrap(True)
        self._name = QLineEdit(self)
        self._name.setObjectName("teach_name")
        self._name.setAccessibleName("What is asked, in your own words")
        self._name.setPlaceholderText("smiling, in your own words")
        self._name.setToolTip("What you look for; another name begins another direction.")
        self._name.setMaxLength(LONGEST_NAME)
        self._new = Button("New", "teach_new", "Begins another direction; this one is kept.", kind="text")
        self._less = Button("Less (1)", "teach_less", "Marks the picture as “less”, and draws the next (1).")
        self._more = Button("More (2)", "teach_more", "Marks the picture as “more”, and draws the next (2).")
        self._sentence = QLabel(self)
        self._sentence.setObjectName("teach_sentence")
        self._sentence.setWordWrap(True)
        self.less = PickStrip("picks_less", "less", self)
        self.more = PickStrip("picks_more", "more", self)
        self._lay_out()
        self._name.returnPressed.connect(self._less.setFocus)  # so that 1 and 2 are marks and no letters
        self._name.editingFinished.connect(lambda: self.name_asked.emit(self._name.text()))
        self._new.clicked.connect(self._begin)
        self._less.clicked.connect(lambda: self.marked.emit(False))
        self._more.clicked.connect(lambda: self.marked.emit(True))
        self.less.remove_asked.connect(self.unmark_asked)
        self.more.remove_asked.connect(self.unmark_asked)

    def _lay_out(self) -> None:
        first, marks, strips = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        first.addWidget(self._name, 1)
        first.addWidget(self._new)
        for row, widgets in ((marks, (self._less, self._more)), (strips, (self.less, self.more))):
            row.setSpacing(8)
            for widget in widgets:
                row.addWidget(widget, 1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(self._help)
        for row in (first, marks):
            self._layout.addLayout(row)
        self._layout.addWidget(self._sentence)
        self._layout.addLayout(strips, 1)

    # values in

    def show_teaching(self, teaching: Teaching) -> None:
        """Show the question, the marked pictures and what is said of them."""
        if not self._name.hasFocus() or not teaching.name:
            self._name.setText(teaching.name)
        self.less.show_marked(teaching.less)
        self.more.show_marked(teaching.more)
        self._sentence.setText(teaching.sentence)
        kind = "warning" if teaching.doubtful else "secondary"
        if self._sentence.property("kind") != kind:
            self._sentence.setProperty("kind", kind)
            self._sentence.style().polish(self._sentence)

    def show_direction(self, view: DirectionView | None) -> None:
        """Show the slider of the direction that is being taught; None: there is none yet."""
        if self._row is not None and (view is None or view.key != self._row.direction.key):
            self._layout.removeWidget(self._row)
            self._row.deleteLater()
            self._row = None
        if view is not None and self._row is None:
            self._row = row = DirectionSlider(view, "teach_slider", self)
            row.edit_started.connect(lambda: self.started.emit(view.key))
            row.edited.connect(lambda value: self.edited.emit(view.key, value))
            row.reset_asked.connect(lambda: self.reset_asked.emit(view.key))
            self._layout.insertWidget(self._layout.count() - 1, row)
        if view is not None and self._row is not None:
            self._row.show_direction(view)

    def show_value(self, key: str, value: float) -> None:
        """Show where the place stands along the direction, if it is this one."""
        if self._row is not None and self._row.direction.key == key:
            self._row.show_value(value)

    def show_thumbnails(self, key: str, low: Pixels, high: Pixels) -> None:
        """Show both ends of the direction, if it is this one."""
        if self._row is not None and self._row.direction.key == key:
            self._row.show_thumbnails(low, high)

    @property
    def row(self) -> DirectionSlider | None:
        """The slider of the direction that is being taught."""
        return self._row

    def _begin(self) -> None:
        self._name.clear()
        self.name_asked.emit("")
        self._name.setFocus()
