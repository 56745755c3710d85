"""The three pages of the directions."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from explorer.control.directions import ChosenView, DirectionView, Kinship
from explorer.control.picks import Marked, Teaching
from explorer.qt.panels.directions_panel import DirectionsPanel
from explorer.qt.widgets.cosine_list import CosineRow

VIEWS = (
    DirectionView("taught:wide", "wide", "own", "right on 86 % of picks", "From 20 picks.", 0.5),
    DirectionView("stored:0", "smile", "attribute", "right on 97 % of test pictures", "Tells it."),
)
GREY = np.full((4, 4, 1), 200, np.uint8)
TEACHING = Teaching("wide", (Marked(1, GREY),), (Marked(0, GREY), Marked(2, None)), "Right on 86 %.")


@pytest.fixture
def panel(qtbot: QtBot) -> DirectionsPanel:
    panel = DirectionsPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 480)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_directions(VIEWS)
    panel.show_teaching(TEACHING)
    return panel


def button(panel: DirectionsPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert found is not None
    return found


def field(panel: DirectionsPanel, name: str) -> QLineEdit:
    found = panel.findChild(QLineEdit, name)
    assert found is not None
    return found


def choose(panel: DirectionsPanel, *, own: bool, key: str = "taught:wide") -> None:
    others = (Kinship("stored:0", "smile", 0.4), Kinship("stored:1", "frown", -0.1))
    panel.show_chosen(ChosenView(key, "wide", "From 20 picks.", own, others))


def test_each_page_asks_for_the_thumbnails_it_shows(qtbot: QtBot, panel: DirectionsPanel):
    told: list[tuple[str, ...]] = []
    panel.visible_changed.connect(told.append)
    qtbot.waitUntil(lambda: bool(panel.list.visible))
    panel.show_page("teach")
    assert told[-1] == ("taught:wide",)
    panel.show_page("chosen")
    assert told[-1] == ()
    panel.show_page("all")
    assert told[-1] == ("taught:wide", "stored:0")


def test_the_slider_that_is_taught_stands_beside_the_marks(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("teach")
    row = panel.teach.row
    assert row is not None and row.isVisible()
    panel.show_value("taught:wide", 1.5)
    assert (row.shown_value, panel.list.row("taught:wide").shown_value) == (1.5, 1.5)
    row.setFocus()
    with qtbot.waitSignals([panel.started, panel.edited]):
        qtbot.keyClick(row, Qt.Key.Key_Right)
    panel.show_teaching(Teaching("tall", (), (), "Mark some."))
    assert panel.teach.row is None


def test_marks_are_told_by_buttons_and_strips(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("teach")
    told: list[object] = []
    panel.teach.marked.connect(told.append)
    panel.teach.unmark_asked.connect(told.append)
    for name in ("teach_less", "teach_more"):
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.teach.more.tiles[1], Qt.MouseButton.LeftButton)
    assert told == [False, True, 2]


def test_a_name_is_told_when_it_is_finished_and_leaves_the_keyboard_to_the_marks(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("teach")
    panel.activateWindow()
    name = field(panel, "teach_name")
    name.setFocus()
    name.selectAll()
    qtbot.keyClicks(name, "1 or 2 hats")
    with qtbot.waitSignal(panel.teach.name_asked) as told:
        qtbot.keyClick(name, Qt.Key.Key_Return)
    assert told.args == ["1 or 2 hats"]
    assert not name.hasFocus()


def test_another_direction_begins_with_an_empty_name(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("teach")
    with qtbot.waitSignal(panel.teach.name_asked) as told:
        qtbot.mouseClick(button(panel, "teach_new"), Qt.MouseButton.LeftButton)
    assert told.args == [""]
    assert field(panel, "teach_name").text() == ""


def test_doubt_has_the_colour_of_a_warning(panel: DirectionsPanel):
    sentence = panel.findChild(QLabel, "teach_sentence")
    assert sentence is not None
    assert sentence.property("kind") == "secondary"
    panel.show_teaching(Teaching("wide", (), (), "They contradict each other.", doubtful=True))
    assert sentence.property("kind") == "warning"
    assert sentence.text() == "They contradict each other."


def test_only_own_directions_can_be_renamed_and_deleted(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("chosen")
    choose(panel, own=False)
    assert field(panel, "chosen_name").isReadOnly()
    assert not button(panel, "chosen_delete").isVisible()
    choose(panel, own=True)
    assert not field(panel, "chosen_name").isReadOnly()
    with qtbot.waitSignal(panel.closer.delete_asked):
        qtbot.mouseClick(button(panel, "chosen_delete"), Qt.MouseButton.LeftButton)
    name = field(panel, "chosen_name")
    name.setText("broad")
    with qtbot.waitSignal(panel.closer.renamed) as told:
        qtbot.keyClick(name, Qt.Key.Key_Return)
    assert told.args == ["broad"]


def test_ticked_directions_are_calculated_with(qtbot: QtBot, panel: DirectionsPanel):
    panel.show_page("chosen")
    choose(panel, own=True)
    operations = {"chosen_add": "add", "chosen_subtract": "subtract", "chosen_without": "orthogonalise"}
    assert not any(button(panel, name).isEnabled() for name in operations)
    qtbot.mouseClick(panel.findChildren(CosineRow)[1], Qt.MouseButton.LeftButton)
    for name, operation in operations.items():
        with qtbot.waitSignal(panel.closer.combine_asked) as told:
            qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
        assert told.args == [operation, ("stored:1",)]
    choose(panel, own=True, key="stored:0")
    assert not any(button(panel, name).isEnabled() for name in operations)


def test_the_heat_of_another_direction_is_forgotten(panel: DirectionsPanel):
    choose(panel, own=True)
    panel.show_heat(GREY, np.full((4, 4), 0.5, np.float32))
    choose(panel, own=True)
    assert panel.closer.heat.top == 0.5
    choose(panel, own=False, key="stored:0")
    assert panel.closer.heat.top == 0
