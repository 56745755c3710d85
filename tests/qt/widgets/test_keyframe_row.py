"""The row of keyframes by mouse and keyboard: what it tells, and what it shows."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from explorer.qt.widgets.keyframe_row import TICKS, KeyframeRow
from tests.qt.widgets import hands

CONTROL = Qt.KeyboardModifier.ControlModifier


class Told:
    """Everything that the row told, in order."""

    def __init__(self, row: KeyframeRow) -> None:
        self.all: list[tuple[object, ...]] = []
        for name in ("chosen", "remove_asked", "replace_asked", "move_asked", "scrub_started", "scrubbed"):
            getattr(row, name).connect(lambda *values, name=name: self.all.append((name, *values)))
        row.scrub_finished.connect(lambda: self.all.append(("scrub_finished",)))

    def take(self) -> list[tuple[object, ...]]:
        told, self.all = self.all, []
        return told


@pytest.fixture
def row(qtbot: QtBot) -> KeyframeRow:
    row = KeyframeRow("keyframes", "Keyframes")
    qtbot.addWidget(row)
    row.resize(600, row.sizeHint().height())
    row.show_keyframes(3, loop=False)
    row.show_times((0.0, 0.5, 1.0))
    with qtbot.waitExposed(row):
        row.show()
    return row


def middle(row: KeyframeRow, index: int) -> QPoint:
    return row.key_rect(index).center().toPoint()


def test_a_click_on_a_keyframe_goes_there(qtbot: QtBot, row: KeyframeRow) -> None:
    told = Told(row)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=middle(row, 1))
    assert told.take() == [("chosen", 1)]


def test_a_drag_on_the_groove_scrubs_in_one_gesture(row: KeyframeRow) -> None:
    told, groove = Told(row), row.groove
    y = groove.center().y()
    hands.press(row, QPointF(groove.left(), y))
    hands.move(row, QPointF(groove.center().x(), y))
    hands.move(row, QPointF(groove.right() + 500, y))
    hands.release(row, QPointF(groove.right() + 500, y))
    assert told.take() == [
        ("scrub_started",), ("scrubbed", 0.0), ("scrubbed", 0.5), ("scrubbed", 1.0), ("scrub_finished",)
    ]  # fmt: skip
    hands.move(row, QPointF(groove.left(), y), down=False)
    assert told.take() == []


def test_arrows_choose_and_with_control_move(qtbot: QtBot, row: KeyframeRow) -> None:
    told = Told(row)
    row.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(row, key)
    assert told.take() == [("chosen", 0), ("chosen", 1), ("chosen", 0)]
    qtbot.keyClick(row, Qt.Key.Key_Right, CONTROL)
    qtbot.keyClick(row, Qt.Key.Key_Right, CONTROL)
    qtbot.keyClick(row, Qt.Key.Key_Right, CONTROL)  # it is the last one already
    assert told.take() == [("move_asked", 0, 1), ("move_asked", 1, 2)]
    qtbot.keyClick(row, Qt.Key.Key_Delete)
    assert told.take() == [("remove_asked", 2)]


def test_page_keys_walk_along_the_path(qtbot: QtBot, row: KeyframeRow) -> None:
    told = Told(row)
    row.show_share(0.5)
    qtbot.keyClick(row, Qt.Key.Key_PageUp)
    ((started,), (name, share), (finished,)) = told.take()
    assert (started, name, finished) == ("scrub_started", "scrubbed", "scrub_finished")
    assert share == pytest.approx(0.52)
    qtbot.keyClick(row, Qt.Key.Key_PageDown)
    assert told.take()[1][1] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Go there", ("chosen", 1)),
        ("Replace with the picture in view", ("replace_asked", 1)),
        ("Move left", ("move_asked", 1, 0)),
        ("Move right", ("move_asked", 1, 2)),
        ("Remove", ("remove_asked", 1)),
    ],
)
def test_the_menu_of_a_keyframe(row: KeyframeRow, text: str, wanted: tuple[object, ...]) -> None:
    told = Told(row)
    menu = row.context_menu(1)
    entries = {action.text(): action for action in menu.findChildren(QAction) if action.text()}
    entries[text].trigger()
    assert told.take() == [wanted]
    menu.deleteLater()


def test_the_ends_cannot_be_moved_further(row: KeyframeRow) -> None:
    for index, text in ((0, "Move left"), (2, "Move right")):
        menu = row.context_menu(index)
        (action,) = (action for action in menu.findChildren(QAction) if action.text() == text)
        assert not action.isEnabled()
        menu.deleteLater()


def test_a_loop_shows_its_first_keyframe_at_the_end_too(qtbot: QtBot, row: KeyframeRow) -> None:
    row.show_keyframes(3, loop=True)
    told = Told(row)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=middle(row, 3))
    assert told.take() == [("chosen", 0)]


def test_one_keyframe_has_no_groove(qtbot: QtBot, row: KeyframeRow) -> None:
    row.show_keyframes(1, loop=False)
    told = Told(row)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.groove.center().toPoint())
    assert told.take() == []


def test_a_person_who_cannot_see_reads_where_it_is(row: KeyframeRow) -> None:
    told = Told(row)
    row.show_share(0.25)
    assert row.value() == TICKS // 4
    assert row.accessibleDescription() == "3 keyframes"
    assert told.take() == []  # shown, not asked for


def test_its_pictures_are_painted_where_they_belong(row: KeyframeRow) -> None:
    row.show_keyframe(1, np.full((8, 8, 3), (200, 30, 40), np.uint8))
    row.show_between(0, 1, np.full((8, 8, 3), (10, 220, 30), np.uint8))
    image = row.grab().toImage()
    assert image.pixelColor(middle(row, 1)).getRgb()[:3] == (200, 30, 40)
    between = QPoint((middle(row, 0).x() + middle(row, 1).x()) // 2, middle(row, 0).y())
    assert image.pixelColor(between).getRgb()[:3] == (10, 220, 30)
    row.clear_pictures()
    assert row.grab().toImage().pixelColor(between).getRgb()[:3] != (10, 220, 30)


def test_many_keyframes_ask_for_room_to_scroll(row: KeyframeRow) -> None:
    row.show_keyframes(50, loop=False)
    assert row.minimumWidth() > 49 * 72
