"""Binds a widget to the evented state for exactly as long as Qt keeps the widget."""

from collections.abc import Callable
from weakref import WeakMethod

from psygnal import SignalInstance
from PySide6.QtWidgets import QWidget


def follow(widget: QWidget, signal: SignalInstance, slot: Callable[..., object]) -> None:
    """Call ``slot``, a bound method of ``widget``, on every change until Qt deletes the widget.

    The method is held weakly, so the binding does not keep the widget alive; and it ends with the C++ object, because
    emitting into a widget that Qt has deleted raises psygnal's ``EmitLoopError``.
    """
    signal.connect(slot)
    weak = WeakMethod(slot)
    widget.destroyed.connect(lambda: (live := weak()) and signal.disconnect(live, missing_ok=True))
