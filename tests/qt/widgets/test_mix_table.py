"""The mixing desk by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.control.mixing import LayerView, SourceView
from explorer.qt import theme
from explorer.qt.widgets.mix_table import FULL_PX, MixTable
from tests.qt.widgets import hands

LAYERS = tuple(LayerView(f"{pixels} px", band) for pixels, band in ((4, "coarse"), (8, "coarse"), (16, "middle")))
FACE = np.full((8, 8, 3), 120, np.uint8)
SOURCES = tuple(SourceView(letter, f"seed {letter}", FACE) for letter in "ABC")


class Heard:
    """All that a table tells, in order."""

    def __init__(self, table: MixTable) -> None:
        self.all: list[tuple[object, ...]] = []
        table.started.connect(lambda: self.all.append(("started",)))
        table.painted.connect(lambda *cell: self.all.append(("painted", *cell)))
        table.blended.connect(lambda layer, column, share: self.all.append(("blended", layer, column, round(share, 3))))
        table.chosen.connect(lambda column: self.all.append(("chosen", column)))
        table.remove_asked.connect(lambda column: self.all.append(("remove", column)))


@pytest.fixture
def table(qtbot: QtBot) -> MixTable:
    table = MixTable("mix_table", "Layers and sources", "Click.")
    qtbot.addWidget(table)
    table.resize(336, 160)
    table.show_layers(LAYERS)
    table.show_sources(SOURCES)
    table.show_shares(((1, 0, 0), (0, 1, 0), (0.5, 0.3, 0.2)))
    table.show()
    table.activateWindow()
    qtbot.waitUntil(table.isVisible)
    return table


@pytest.fixture
def heard(table: MixTable) -> Heard:
    return Heard(table)


def middle(table: MixTable, layer: int, column: int) -> QPointF:
    return table.box((layer, column)).center()


def right_button(table: MixTable, kind: QEvent.Type, at: QPointF) -> None:
    button = Qt.MouseButton.RightButton
    event = QMouseEvent(kind, at, QPointF(table.mapToGlobal(at.toPoint())), button, button, hands.NO_KEY)
    QApplication.sendEvent(table, event)


def test_a_click_takes_a_layer_whole(table: MixTable, heard: Heard) -> None:
    hands.press(table, middle(table, 0, 2))
    hands.release(table, middle(table, 0, 2))
    assert heard.all == [("started",), ("painted", 0, 2)]


def test_a_quick_drag_skips_no_layer(table: MixTable, heard: Heard) -> None:
    hands.press(table, middle(table, 0, 1))
    hands.move(table, middle(table, 2, 1))
    hands.move(table, middle(table, 2, 2))
    hands.move(table, QPointF(3, 3))
    hands.release(table, QPointF(3, 3))
    painted = [("painted", 0, 1), ("painted", 1, 1), ("painted", 2, 1), ("painted", 2, 2)]
    assert heard.all == [("started",), *painted]
    hands.move(table, middle(table, 0, 0), down=False)
    assert len(heard.all) == 5, "the hand is up"


def test_a_right_drag_blends(table: MixTable, heard: Heard) -> None:
    at = middle(table, 2, 1)
    right_button(table, QEvent.Type.MouseButtonPress, at)
    for up in (FULL_PX / 4, FULL_PX, -FULL_PX):
        right_button(table, QEvent.Type.MouseMove, at - QPointF(0, up))
    right_button(table, QEvent.Type.MouseButtonRelease, at)
    blends = [("blended", 2, 1, share) for share in (0.55, 1.0, 0.0)]
    assert heard.all == [("started",), *blends]


def test_the_wheel_blends_the_cell_clicked_last_and_scrolls_elsewhere(table: MixTable, heard: Heard) -> None:
    table.setFocus()
    assert not hands.turn_wheel(table, middle(table, 2, 1), 1)
    hands.press(table, middle(table, 2, 1))
    hands.release(table, middle(table, 2, 1))
    heard.all.clear()
    assert hands.turn_wheel(table, middle(table, 2, 1), 1) and hands.turn_wheel(table, middle(table, 2, 1), -1)
    assert heard.all == [("started",), ("blended", 2, 1, 0.35), ("blended", 2, 1, 0.25)], "notches are one gesture"
    assert not hands.turn_wheel(table, middle(table, 0, 0), 1)


def test_the_keyboard_goes_everywhere(table: MixTable, heard: Heard, qtbot: QtBot) -> None:
    table.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(table, key)
    assert heard.all == [("started",), ("painted", 2, 1)]
    assert table.accessibleDescription() == "layer 3, 16 px middle, 30 % of B, seed B"
    heard.all.clear()
    qtbot.keyClick(table, Qt.Key.Key_Plus)
    qtbot.keyClick(table, Qt.Key.Key_Minus)
    assert heard.all == [("started",), ("blended", 2, 1, 0.35), ("started",), ("blended", 2, 1, 0.25)]
    heard.all.clear()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Left):
        qtbot.keyClick(table, key)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert heard.all == [("chosen", 1), ("remove", 1)], "the point itself stays"


def test_space_is_its_own_while_it_has_the_keyboard(table: MixTable) -> None:
    for key, taken in ((Qt.Key.Key_Space, True), (Qt.Key.Key_K, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, hands.NO_KEY)
        event.ignore()
        QApplication.sendEvent(table, event)
        assert event.isAccepted() is taken


def test_a_head_chooses_and_its_cross_removes(table: MixTable, heard: Heard) -> None:
    hands.press(table, middle(table, -1, 2))
    cross = table.box((-1, 2)).topRight() + QPointF(-6, 6)
    hands.press(table, cross)
    hands.press(table, table.box((-1, 0)).topRight() + QPointF(-6, 6))
    assert heard.all == [("chosen", 2), ("remove", 2), ("chosen", 0)]


def test_many_sources_stay_apart(table: MixTable) -> None:
    table.show_sources(tuple(SourceView(chr(65 + at), "x", None, fits=bool(at % 2)) for at in range(17)))
    assert table.minimumSizeHint().width() > 336
    table.resize(table.minimumSizeHint())
    assert not table.box((0, 3)).intersects(table.box((0, 4)))


@pytest.mark.parametrize("name", theme.THEMES)
def test_shares_can_be_told_apart(table: MixTable, qapp: QApplication, name: str) -> None:
    theme.apply(qapp, theme.THEMES[name])
    image = table.grab().toImage()

    def colour(layer: int, column: int, share: float) -> str:
        box = table.box((layer, column))
        return image.pixelColor(int(box.left() + share * box.width()), int(box.top() + 4)).name()

    roles = theme.THEMES[name]
    assert colour(0, 0, 0.5) == roles.accent and colour(0, 1, 0.5) == roles.raised
    assert colour(2, 1, 0.15) == roles.accent and colour(2, 1, 0.6) == roles.raised
