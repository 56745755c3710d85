"""A key that does something for as long as it is down."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class HoldKey(QObject):
    """Tells when ``key`` goes down and up anywhere in ``window`` where nothing else takes it, such as a text field.

    A window that loses the focus is told of no release, so that counts as one.
    """

    held = Signal(bool)

    def __init__(self, key: Qt.Key, window: QWidget) -> None:
        super().__init__(window)
        self._key = key
        self._down = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowDeactivate:
            self._set(down=False)
        elif (
            isinstance(event, QKeyEvent)
            and event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
            and event.key() == self._key
            and not event.modifiers()
        ):
            if not event.isAutoRepeat():
                self._set(down=event.type() is QEvent.Type.KeyPress)
            return True
        return super().eventFilter(watched, event)

    def _set(self, *, down: bool) -> None:
        if down != self._down:
            self._down = down
            self.held.emit(down)
