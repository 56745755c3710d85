"""What pytest-qt has no hands for: the wheel, and a drag with its modifiers."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

NO_KEY = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def turn_wheel(widget: QWidget, at: QPointF, notches: float, keys: Qt.KeyboardModifier = NO_KEY) -> bool:
    """Turn the wheel over ``at`` -> whether the widget took it."""
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def press(widget: QWidget, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    _mouse(widget, QEvent.Type.MouseButtonPress, at, LEFT, LEFT, keys)


def move(widget: QWidget, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY, *, down: bool = True) -> None:
    _mouse(widget, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, LEFT if down else Qt.MouseButton.NoButton, keys)


def release(widget: QWidget, at: QPointF, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    _mouse(widget, QEvent.Type.MouseButtonRelease, at, LEFT, Qt.MouseButton.NoButton, keys)


def _mouse(
    widget: QWidget,
    kind: QEvent.Type,
    at: QPointF,
    button: Qt.MouseButton,
    buttons: Qt.MouseButton,
    keys: Qt.KeyboardModifier,
) -> None:
    event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at.toPoint())), button, buttons, keys)
    QApplication.sendEvent(widget, event)
