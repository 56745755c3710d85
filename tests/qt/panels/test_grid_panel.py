"""The panel of the grid by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from explorer.control.grid import Offer
from explorer.qt.panels.grid_panel import GridPanel
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider

OFFERS = (Offer("a", "hat"), Offer("b", "beard"), Offer("c", "mouth"))


@pytest.fixture
def panel(qtbot: QtBot) -> GridPanel:
    panel = GridPanel()
    qtbot.addWidget(panel)
    panel.resize(384, 700)
    panel.show_message("")
    panel.show_offers(OFFERS, "a", "b")
    panel.show_look(3, 1.5)
    panel.show()
    return panel


def box(panel: GridPanel, name: str) -> QComboBox:
    found = panel.findChild(QComboBox, name)
    assert found is not None
    return found


def test_it_shows_what_is_chosen(panel: GridPanel, qtbot: QtBot):
    assert (box(panel, "grid_rows").currentText(), box(panel, "grid_columns").currentText()) == ("hat", "beard")
    for size in (3, 5):
        panel.show_look(size, 1.5)
        assert len(panel.findChildren(PictureTile)) == size**2
        qtbot.waitUntil(lambda: all(tile.isVisible() for tile in panel.findChildren(PictureTile)))


def test_choosing_tells_which_and_showing_tells_nothing(panel: GridPanel, qtbot: QtBot):
    told: list[tuple[str, str]] = []
    panel.chosen.connect(lambda which, key: told.append((which, key)))
    panel.show_offers(OFFERS, "c", "a")
    assert told == []
    box(panel, "grid_columns").setFocus()
    qtbot.keyClick(box(panel, "grid_columns"), Qt.Key.Key_Down)
    assert told == [("columns", "b")]


def test_sizes_reach_and_cells_tell(panel: GridPanel, qtbot: QtBot):
    button = panel.findChild(QAbstractButton, "grid_sizes_7")
    assert button is not None
    with qtbot.waitSignal(panel.sized, check_params_cb=lambda size: size == 7):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    slider = panel.findChild(PlainSlider, "grid_reach")
    assert slider is not None
    with qtbot.waitSignal(panel.stretched, check_params_cb=lambda reach: reach > 1.5):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    panel.show_cell(4, np.full((8, 8, 3), 9, np.uint8))
    cell = panel.findChild(PictureTile, "grid_cell_4")
    assert cell is not None and cell.has_picture
    with qtbot.waitSignal(panel.cell_chosen, check_params_cb=lambda at: at == 4):
        qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    panel.show_cell(99, np.zeros((8, 8, 3), np.uint8))  # of a larger grid that was asked for before
    panel.clear_cells()
    assert not cell.has_picture


def test_without_a_grid_the_sentence_stands_alone(panel: GridPanel):
    panel.show_message("None here.")
    assert not box(panel, "grid_rows").isVisible()
