"""The Train page: runs at the left, and beside them one of them, or the form of a new one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from explorer.control.training import Seen
from explorer.qt.train.new_page import NewPage
from explorer.qt.train.run_list import RunList
from explorer.qt.train.run_page import RunPage

LIST_WIDTH = 232  # px


class TrainPage(QWidget):
    """The view of the trainings' controllers; values in by method, intents out by the parts' signals."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train_page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # it has the keyboard till a part is chosen
        self.list, self.new, self.run = RunList(self), NewPage(self), RunPage(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.new)
        self._stack.addWidget(self.run)
        self.list.setMinimumWidth(176)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setObjectName("train_splitter")
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.list)
        splitter.addWidget(self._stack)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([LIST_WIDTH, 10_000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def show_runs(self, seen: Seen) -> None:
        """All runs."""
        self.list.show_runs(seen, self._stack.currentWidget() is self.new)

    def show_run(self, seen: Seen) -> None:
        """One run in view."""
        self._stack.setCurrentWidget(self.run)
        self.list.show_runs(seen, False)
        self.run.show_run(seen)

    def show_new(self) -> None:
        """The form of a new one."""
        self._stack.setCurrentWidget(self.new)

    def show_chore(self, words: str) -> None:
        """What is being made of a run besides."""
        self.run.show_chore(words)
