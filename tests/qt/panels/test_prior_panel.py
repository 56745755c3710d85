"""The prior panel by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from explorer.control.prior import TILES, Cost
from explorer.qt.panels.prior_panel import PriorPanel
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.cost_bars import CostBars
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider
from tests.qt.widgets import hands

COSTS = (Cost("z1", 2.0, False), Cost("z0", 1.0, False), Cost("z2", 0.0, True))


@pytest.fixture
def panel(qtbot: QtBot) -> PriorPanel:
    panel = PriorPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 800)
    panel.show()
    panel.show_message("")
    panel.show_source("prior", data=True, tempered=True, sentence="Compare this with that.")
    panel.show_costs(COSTS, "It costs.")
    return panel


def words(panel: PriorPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def slider(panel: PriorPanel) -> PlainSlider:
    found = panel.findChild(PlainSlider)
    assert found is not None
    return found


def bars(panel: PriorPanel) -> CostBars:
    found = panel.findChild(CostBars)
    assert found is not None
    return found


def button(panel: PriorPanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


@pytest.mark.parametrize("at", [0, 7, TILES - 1])
def test_a_tile_tells_which_one_it_is(panel: PriorPanel, qtbot: QtBot, at: int):
    with qtbot.waitSignal(panel.tile_chosen) as told:
        qtbot.mouseClick(button(panel, f"prior_tile_{at}"), Qt.MouseButton.LeftButton)
    assert told.args == [at]
    with qtbot.waitSignal(panel.tile_chosen) as told:
        qtbot.keyClick(button(panel, f"prior_tile_{at}"), Qt.Key.Key_Space)
    assert told.args == [at]


def test_tiles_fill_one_by_one_and_are_cleared_together(panel: PriorPanel):
    tiles = panel.findChildren(PictureTile)
    assert len(tiles) == TILES
    panel.show_tile(3, np.zeros((8, 8, 1), np.uint8))
    assert [tile.has_picture for tile in tiles].count(True) == 1
    panel.clear_tiles()
    assert not any(tile.has_picture for tile in tiles)


def test_again_and_the_source_are_asked_for(panel: PriorPanel, qtbot: QtBot):
    with qtbot.waitSignal(panel.again_asked):
        qtbot.mouseClick(button(panel, "prior_again"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.source_chosen) as told:
        qtbot.mouseClick(button(panel, "prior_sources_data"), Qt.MouseButton.LeftButton)
    assert told.args == ["data"]


def test_without_data_they_cannot_be_chosen(panel: PriorPanel):
    panel.show_source("prior", data=False, tempered=True, sentence="Alone.")
    assert not button(panel, "prior_sources_data").isEnabled()
    assert "Alone." in words(panel)


def test_the_temperature_follows_the_mouse(panel: PriorPanel, qtbot: QtBot):
    heat = slider(panel)
    with qtbot.waitSignal(panel.heated) as told:
        hands.press(heat, QPointF(heat.width() - 7, 12))
    assert told.args == [pytest.approx(2.0)]
    with qtbot.waitSignal(panel.heated) as told:
        hands.move(heat, QPointF(7, 12))
    assert told.args == [pytest.approx(0.0)]
    hands.release(heat, QPointF(7, 12))
    with qtbot.waitSignal(panel.heated) as told:
        qtbot.mouseDClick(heat, Qt.MouseButton.LeftButton)
    assert told.args == [1.0]


def test_the_temperature_follows_keys_and_showing_it_tells_nobody(panel: PriorPanel, qtbot: QtBot):
    with qtbot.assertNotEmitted(panel.heated, wait=0):
        panel.show_temperature(0.5)
    assert "Temperature 0.50" in words(panel) and slider(panel).accessibleDescription() == "0.50"
    for key, wanted in ((Qt.Key.Key_Right, 0.55), (Qt.Key.Key_PageUp, 0.8), (Qt.Key.Key_End, 2.0)):
        with qtbot.waitSignal(panel.heated) as told:
            qtbot.keyClick(slider(panel), key)
        assert told.args == [pytest.approx(wanted)]


def test_where_it_changes_nothing_there_is_no_temperature(panel: PriorPanel):
    panel.show_source("data", data=True, tempered=False, sentence="Plain.")
    assert not slider(panel).isEnabled()
    panel.grab()


def test_a_message_takes_the_place_of_all(panel: PriorPanel):
    panel.show_message("There is nothing to draw from.")
    assert "nothing to draw" in words(panel) and not bars(panel).isVisible()
    panel.show_message("")
    assert bars(panel).isVisible()


def test_a_fault_is_said_until_it_is_over(panel: PriorPanel):
    panel.show_fault("It broke.")
    assert "It broke." in words(panel)
    panel.show_fault("")
    assert "It broke." not in words(panel)


def test_costs_are_said_and_painted(panel: PriorPanel):
    assert bars(panel).accessibleDescription() == "z1: 2.00 nats; z0: 1.00 nats; z2: dead"
    pixels = to_pixels(bars(panel).grab().toImage())[..., :3].astype(int)
    columns = [int((abs(pixels[20:94, x] - pixels[93, 5]).sum(axis=1) < 30).sum()) for x in (5, 33)]
    assert columns[0] > 60 and columns[1] == pytest.approx(columns[0] / 2, abs=8)
    panel.show_costs((), "Nothing was paid.")
    assert not bars(panel).isVisible() and "Nothing was paid." in words(panel)


@pytest.mark.parametrize("count", [1, 32, 512])
def test_any_number_of_dimensions_can_be_painted(panel: PriorPanel, count: int):
    bars(panel).show_costs(tuple(Cost(f"z{k}", 1 / (1 + k), k > count // 2) for k in range(count)))
    bars(panel).grab()


def test_a_bar_explains_itself(panel: PriorPanel):
    for x, said in ((5, "z1: 2.00 nats."), (61, "z2: dead."), (200, bars(panel).toolTip())):
        at = QPoint(x, 90)
        QApplication.sendEvent(bars(panel), QHelpEvent(QEvent.Type.ToolTip, at, bars(panel).mapToGlobal(at)))
        assert QToolTip.text() == said
