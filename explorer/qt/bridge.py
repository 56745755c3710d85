"""The one place where threads meet Qt."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThread(QObject):
    """Calls functions in the thread this object was made in, in the order they were posted."""

    called = Signal()  # after each call
    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], object]) -> None:
        """Ask for ``function()`` to be called by the event loop; returns at once, from any thread."""
        self._posted.emit(function)

    @Slot(object)
    def _call(self, function: Callable[[], object]) -> None:
        function()
        self.called.emit()
