"""How far the film is that is being saved, and a way to stop it; nothing to see where none is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from explorer.qt.widgets.buttons import Button
from explorer.tasks.queue import Progress

HEIGHT = 32  # px


class ExportBar(QWidget):
    """One line over the line of facts: ``film.gif 120 of 300, 4 s left``."""

    stop_asked = Signal()

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setFixedHeight(HEIGHT)
        self._words = QLabel(self)
        self._words.setObjectName(f"{name}_words")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(self)
        self._bar.setObjectName(f"{name}_progress")
        self._bar.setAccessibleName("Progress of the film")
        self._bar.setTextVisible(False)
        self._stop = Button("Stop", f"{name}_stop", "Ends the film; what is done so far is kept.", kind="text")
        self._stop.clicked.connect(self.stop_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(12)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._stop)
        self.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far it is; None: nothing is being saved."""
        self.setVisible(progress is not None)
        if progress is not None:
            self._words.setText(sentence(progress))
            self._words.setToolTip(progress.name)
            self._bar.setRange(0, progress.total)
            self._bar.setValue(progress.done)


def sentence(progress: Progress) -> str:
    """``film.gif 120 of 300, 4 s left, 1 more waits``."""
    parts = [f"{progress.name} {progress.done} of {progress.total}"]
    if progress.left_s is not None:
        parts.append(f"{_duration(progress.left_s)} left")
    if progress.waiting:
        parts.append(f"{progress.waiting} more {'waits' if progress.waiting == 1 else 'wait'}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
