"""Files that a desktop hands to the running program: a double click on macOS, which is an event and no argument."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent


class Openings(QObject):
    """Tells of each file; it has to be installed as event filter of the application."""

    asked = Signal(str)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.asked.emit(event.file())
            return True
        return super().eventFilter(watched, event)
