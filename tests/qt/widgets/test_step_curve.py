"""The curve over the steps: what is kept of it between two paintings is never that of other values or another size."""

import numpy as np
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.step_curve import StepCurve


def painted(curve: StepCurve) -> QImage:
    return curve.grab().toImage()


def test_another_curve_another_step_and_another_size_are_seen(qtbot: QtBot) -> None:
    curve, fresh = (StepCurve("curve", "Change per step", "A tip") for _ in range(2))
    for widget in (curve, fresh):
        qtbot.addWidget(widget)
        widget.resize(280, 56)
    rising, falling = np.linspace(-1, 1, 50), np.linspace(1, -1, 50)
    curve.show_values(rising)
    first = painted(curve)
    curve.show_at(30)
    moved = painted(curve)
    curve.resize(200, 56)
    small = painted(curve)
    curve.show_values(falling)
    other = painted(curve)
    fresh.resize(200, 56)
    fresh.show_values(falling)
    fresh.show_at(30)
    assert first != moved
    assert small.size() != moved.size()
    assert small != other
    assert other == painted(fresh)
