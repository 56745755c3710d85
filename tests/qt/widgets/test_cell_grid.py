"""Pictures in rows and columns by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.cell_grid import CellGrid
from tests.qt.widgets import hands

FACE = np.full((8, 8, 3), 120, np.uint8)
WORDS = tuple(f"cell {at}" for at in range(9))


@pytest.fixture
def grid(qtbot: QtBot) -> CellGrid:
    grid = CellGrid("cells", "Cells", "Opens.", heads=True)
    qtbot.addWidget(grid)
    grid.resize(200, 200)
    grid.show_shape(3, 3, WORDS)
    grid.show()
    return grid


def test_a_click_opens_a_cell_but_not_the_corner(grid: CellGrid, qtbot: QtBot) -> None:
    told: list[int] = []
    grid.chosen.connect(told.append)
    for at in (4, 0, 2):
        hands.press(grid, grid.cell(at).center())
    hands.press(grid, QPointF(grid.cell(4).right() + 2, grid.cell(4).center().y()))
    assert told == [4, 2]


def test_keys_walk_around_and_open(grid: CellGrid, qtbot: QtBot) -> None:
    told: list[int] = []
    grid.chosen.connect(told.append)
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
    assert told == [4, 8]
    assert grid.accessibleDescription() == "cell 6", "the corner is stepped over"
    grid.show_chosen(6)
    assert grid.accessibleDescription() == "cell 6, in view"


def test_it_is_as_high_as_its_cells(grid: CellGrid, qtbot: QtBot) -> None:
    for width in (120, 240):
        grid.resize(width, 10)
        assert grid.cell(8).bottom() == pytest.approx(grid.height()) and grid.cell(8).right() <= width
    captioned = CellGrid("row", "Row", "Opens.")
    qtbot.addWidget(captioned)
    captioned.show_shape(1, 2, ("a", "b"), captions=("a", "b"))
    captioned.resize(100, 10)
    assert captioned.height() > captioned.cell(1).bottom()


def test_what_is_there_stays_until_something_newer_comes(grid: CellGrid) -> None:
    grid.show_cells((None, FACE, FACE))
    assert grid.filled == 2
    grid.show_cells((None,) * 9)
    assert grid.filled == 2
    grid.show_shape(2, 2, WORDS[:4])
    assert grid.filled == 0
    grid.show_cells((FACE,) * 40)
    assert grid.filled == 4
