"""Items in a row that wrap: inside their margins, without holes, one group at the right end where there is room."""

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.flow_layout import FlowLayout


class Box(QWidget):
    """Forty by ten pixels."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(40, 10)


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    room = QWidget()
    qtbot.addWidget(room)
    flow = FlowLayout(spacing=5)
    flow.setContentsMargins(10, 6, 10, 4)
    for at in range(4):
        if at == 2:
            flow.addStretch()
        flow.addWidget(Box(room))
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addLayout(flow)
    layout.addStretch(1)
    return room


def places(qtbot: QtBot, room: QWidget, width: int) -> list[tuple[int, int]]:
    room.resize(width, 100)
    room.show()
    qtbot.waitUntil(lambda: room.width() == width)
    return [box.pos().toTuple() for box in room.findChildren(Box) if box.isVisible()]


def test_the_second_group_stands_at_the_right_end(qtbot: QtBot, room: QWidget):
    assert places(qtbot, room, 300) == [(10, 6), (55, 6), (205, 6), (250, 6)]


def test_what_does_not_fit_goes_on_below(qtbot: QtBot, room: QWidget):
    assert places(qtbot, room, 195) == [(10, 6), (55, 6), (100, 6), (145, 6)]
    assert places(qtbot, room, 194) == [(10, 6), (55, 6), (144, 6), (10, 21)]
    assert places(qtbot, room, 60) == [(10, 6), (10, 21), (10, 36), (10, 51)]


def test_what_is_hidden_leaves_no_hole(qtbot: QtBot, room: QWidget):
    room.findChildren(Box)[0].hide()
    assert places(qtbot, room, 300) == [(10, 6), (205, 6), (250, 6)]


def test_it_needs_what_its_widest_item_needs(room: QWidget):
    assert room.minimumSizeHint().toTuple() == (60, 20)
