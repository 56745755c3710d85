"""The picture and its switches."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from explorer.qt import theme
from explorer.qt.panels.picture_panel import PicturePanel

PICTURE = np.full((4, 4, 1), 90, np.uint8)
BEFORE = np.full((4, 4, 1), 200, np.uint8)


@pytest.fixture
def panel(qtbot: QtBot) -> PicturePanel:
    panel = PicturePanel()
    qtbot.addWidget(panel)
    panel.resize(400, 400)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def button(panel: PicturePanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    return found


def middle(panel: PicturePanel) -> int:
    """The grey level in the middle of the canvas, as painted."""
    canvas = panel.canvas
    return canvas.grab().toImage().pixelColor(canvas.rect().center()).red()


def test_nothing_can_be_done_with_no_picture(panel: PicturePanel):
    panel.show_empty()
    assert [button(panel, name).isEnabled() for name in ("copy_picture", "save_picture", "before")] == [False] * 3


def test_a_picture_is_painted_and_the_time_that_took_is_known(qtbot: QtBot, panel: PicturePanel):
    with qtbot.waitSignal(panel.canvas.painted) as told:
        panel.show_picture(PICTURE, 7)
        assert panel.waiting
    assert told.args == [7]
    assert not panel.waiting
    assert panel.paint_ms is not None and panel.paint_ms > 0
    assert middle(panel) == 90
    assert button(panel, "save_picture").isEnabled()


def test_before_is_shown_for_as_long_as_it_is_pressed(qtbot: QtBot, panel: PicturePanel):
    panel.show_picture(PICTURE, 1)
    assert not button(panel, "before").isEnabled()
    panel.show_before(BEFORE)
    qtbot.mousePress(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert middle(panel) == 200
    qtbot.mouseRelease(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert middle(panel) == 90
    assert not button(panel, "before").isChecked()
    panel.show_before(None)
    assert not button(panel, "before").isEnabled()


def test_an_error_is_read_and_the_next_picture_ends_it(qtbot: QtBot, panel: PicturePanel):
    panel.show_picture(PICTURE, 1)
    panel.show_error("It is broken; export it again.")
    assert panel.canvas.accessibleDescription() == "It is broken; export it again."
    assert not button(panel, "copy_picture").isEnabled()
    with qtbot.waitSignal(panel.canvas.painted):
        panel.show_picture(BEFORE, 2)
    assert middle(panel) == 200
    assert button(panel, "copy_picture").isEnabled()


def test_the_crisp_switch_tells_of_the_hand_alone(qtbot: QtBot, panel: PicturePanel):
    asked: list[bool] = []
    panel.smooth_asked.connect(asked.append)
    panel.show_smooth(True)
    assert not button(panel, "crisp").isChecked()
    assert asked == []
    qtbot.mouseClick(button(panel, "crisp"), Qt.MouseButton.LeftButton)
    assert asked == [False]


def test_it_stands_on_the_ground_of_the_theme(qapp, panel: PicturePanel):
    for name in theme.THEMES:
        theme.apply(qapp, theme.THEMES[name])
        assert panel.grab().toImage().pixelColor(200, 2) == theme.current().color("ground")
    theme.apply(qapp, theme.DARK)
