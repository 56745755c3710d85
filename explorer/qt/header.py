"""The bar at the top: what the program is, its pages, where models run, undo and redo."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar

HEIGHT = 48  # px

PAGES = (
    Chip("explore", "Explore", "Move through the latent space of one model."),
    Chip("train", "Train", "Train models of your own, and step into them while they learn."),
)


class _Dot(QWidget):
    """A small lamp: accent for the GPU and the CPU by choice, warning for a CPU that should have been a GPU."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(8, 8)
        self._role = "accent"

    def show_role(self, role: str) -> None:
        """Its colour, a role of the theme."""
        self._role = role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().color(self._role))
        painter.drawEllipse(self.rect())


class Header(QWidget):
    """Values in by method, intents out by signal."""

    undo_asked = Signal()
    redo_asked = Signal()
    theme_asked = Signal()
    help_asked = Signal()
    training_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setFixedHeight(HEIGHT)
        self.setAutoFillBackground(True)
        title = QLabel("Latent Explorer", self)
        title.setProperty("kind", "title")
        self.pages = ChipBar("pages", "Pages", PAGES, self, kind="tab")
        self._dot = _Dot(self)
        self._runs_on = QLabel(self)
        self._runs_on.setObjectName("runs_on")
        self._runs_on.setAccessibleName("Where the model runs")
        self._runs_on.setProperty("kind", "secondary")
        self._runs_on.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._undo = Button("Undo", "undo", "Takes the last change back (Ctrl+Z).", self, kind="text")
        self._redo = Button("Redo", "redo", "Makes it again (Ctrl+Shift+Z).", self, kind="text")
        look = Button("Theme", "theme", "Dark, light or high contrast (Ctrl+T).", self, kind="text")
        shortcuts = Button("?", "help", "Shows all shortcuts (?).", self, kind="text")
        shortcuts.setAccessibleName("Shortcuts")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(8)
        layout.addWidget(title)
        layout.addSpacing(40)
        layout.addWidget(self.pages, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addStretch(1)
        self._training = Button("", "training_words", "Shows the training.", self, kind="text")
        self._training.setAccessibleName("Training that runs")
        self._training.clicked.connect(self.training_asked)
        self._training.hide()
        layout.addWidget(self._training)
        layout.addSpacing(8)
        layout.addWidget(self._dot)
        layout.addWidget(self._runs_on)
        layout.addSpacing(24)
        for button in (self._undo, self._redo, look, shortcuts):
            layout.addWidget(button)
        self._undo.clicked.connect(self.undo_asked)
        self._redo.clicked.connect(self.redo_asked)
        look.clicked.connect(self.theme_asked)
        shortcuts.clicked.connect(self.help_asked)
        self.show_runs_on("", "", explained=False)

    def show_runs_on(self, short: str, sentence: str, *, explained: bool) -> None:
        """``CPU · 2.1 ms a picture``; ``explained``: there is a reason why it is not more, told in the tooltip."""
        self._dot.setVisible(bool(short))
        self._dot.show_role("warning" if explained else "accent")
        self._runs_on.setText(short)
        self._runs_on.setToolTip(sentence)
        self._runs_on.setAccessibleDescription(sentence)

    def show_training(self, words: str) -> None:
        """What is being trained in the background; empty: nothing."""
        self._training.setText(words)
        self._training.setVisible(bool(words))

    def show_undo(self, undo: str, redo: str) -> None:
        """What undo and redo would do; empty: nothing."""
        for button, words, verb, keys in (
            (self._undo, undo, "Takes back", "Ctrl+Z"),
            (self._redo, redo, "Makes again", "Ctrl+Shift+Z"),
        ):
            button.setEnabled(bool(words))
            button.setToolTip(f"{verb}: {words or 'nothing yet'} ({keys}).")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.current().color("line"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
