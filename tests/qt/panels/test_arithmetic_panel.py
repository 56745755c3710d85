"""Terms, analogies and the tray under them."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from explorer.control.arithmetic import Choice, Result, TermView
from explorer.qt.panels.arithmetic_panel import ArithmeticPanel
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.term_tile import TermTile, WeightField

GREY = np.full((4, 4, 1), 200, np.uint8)
TERMS = (TermView("smiling", False, 1.0, GREY), TermView("neutral", True, 0.5, None))
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> ArithmeticPanel:
    panel = ArithmeticPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 560)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_mode("sum")
    panel.show_terms(TERMS)
    panel.show_slots((None, None, None))
    panel.show_result(Result(GREY, "The weights add up to 0.5.", ready=True))
    panel.show_pictures(tuple(Choice(f"row:{at}", "shirt", GREY) for at in range(5)))
    panel.show_groups((Choice("group:smiling", "smiling", GREY, 40),))
    panel.show_filters(("mouth: smile", "mouth: sad"), ("marked more: wide",))
    return panel


def control(panel: ArithmeticPanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None
    return found


def test_terms_show_their_sign_and_weight(panel: ArithmeticPanel):
    tiles = panel.findChildren(TermTile)
    assert [tile.findChild(QAbstractButton, f"term_{at}_sign").text() for at, tile in enumerate(tiles)] == ["+", "−"]
    assert [tile.findChild(WeightField).value() for tile in tiles] == [1.0, 0.5]
    field = tiles[0].findChild(WeightField).lineEdit()
    assert field.width() > field.fontMetrics().horizontalAdvance(field.text())  # it can be read


def test_the_hand_on_a_term_is_told_with_its_place(qtbot: QtBot, panel: ArithmeticPanel):
    with qtbot.waitSignal(panel.turned) as told:
        qtbot.mouseClick(control(panel, "term_1_sign"), LEFT)
    assert told.args == [1]
    with qtbot.waitSignal(panel.removed) as told:
        qtbot.keyClick(control(panel, "term_1_picture"), Qt.Key.Key_Delete)
    assert told.args == [1]
    weight = panel.findChildren(WeightField)[1]
    panel.activateWindow()
    with qtbot.waitSignal(panel.started):
        weight.setFocus()
    with qtbot.waitSignal(panel.weighed) as told:
        qtbot.keyClick(weight, Qt.Key.Key_Up)
    assert told.args == [1, pytest.approx(0.6)]


def test_showing_a_weight_tells_nobody(qtbot: QtBot, panel: ArithmeticPanel):
    with qtbot.assertNotEmitted(panel.weighed):
        panel.show_terms((TermView("smiling", False, 2.0, GREY),))
    (tile,) = (tile for tile in panel.findChildren(TermTile) if tile.isVisible())
    assert tile.findChild(WeightField).value() == 2.0


def test_what_is_taken_goes_into_the_sum(qtbot: QtBot, panel: ArithmeticPanel):
    told: list[str] = []
    panel.taken.connect(told.append)
    qtbot.mouseClick(control(panel, "take_here"), LEFT)
    qtbot.mouseClick(control(panel, "take_picture_2"), LEFT)
    panel.tray.show_page("groups")
    qtbot.mouseClick(control(panel, "take_group_0"), LEFT)
    assert told == ["here", "row:2", "group:smiling"]


def test_in_an_analogy_it_fills_one_place_after_the_other(qtbot: QtBot, panel: ArithmeticPanel):
    panel.show_mode("analogy")
    told: list[tuple] = []
    panel.filled.connect(lambda slot, key: told.append((slot, key)))
    for at in range(2):
        qtbot.mouseClick(control(panel, f"take_picture_{at}"), LEFT)
    qtbot.mouseClick(control(panel, "analogy_a"), LEFT)
    qtbot.mouseClick(control(panel, "take_picture_4"), LEFT)
    assert told == [(0, "row:0"), (1, "row:1"), (0, "row:4")]


def test_a_result_to_come_leaves_the_former_and_none_empties_it(panel: ArithmeticPanel):
    tile = panel.findChild(PictureTile, "sum_result")
    assert tile is not None
    panel.show_result(Result(None, "Soon.", ready=True))
    assert tile.has_picture
    panel.show_result(Result(None, "Take something.", ready=False))
    assert not tile.has_picture
    assert not control(panel, "arithmetic_go").isEnabled()
    sentence = panel.findChild(QLabel, "arithmetic_sentence")
    assert sentence is not None and sentence.text() == "Take something."


def test_going_there_by_button_and_by_picture(qtbot: QtBot, panel: ArithmeticPanel):
    for name in ("arithmetic_go", "sum_result"):
        with qtbot.waitSignal(panel.go_asked):
            qtbot.mouseClick(control(panel, name), LEFT)


def test_groups_are_made_named_and_forgotten(qtbot: QtBot, panel: ArithmeticPanel):
    panel.tray.show_page("groups")
    members = panel.findChild(ChoiceBox, "group_members")
    assert members is not None
    assert [members.itemText(at) for at in range(1, members.count())] == [
        "marked more: wide", "mouth: smile", "mouth: sad",
    ]  # fmt: skip
    members.setCurrentIndex(2)
    qtbot.keyClicks(panel.tray._name, "smilers")
    with qtbot.waitSignal(panel.tray.group_asked) as told:
        qtbot.mouseClick(control(panel, "group_make"), LEFT)
    assert told.args == ["mouth: smile", "smilers"]
    with qtbot.waitSignal(panel.tray.group_removed) as told:
        qtbot.keyClick(control(panel, "take_group_0"), Qt.Key.Key_Delete)
    assert told.args == ["smiling"]


def test_a_choice_stays_chosen_when_more_are_offered(qtbot: QtBot, panel: ArithmeticPanel):
    members = panel.findChild(ChoiceBox, "group_members")
    assert members is not None
    members.setCurrentIndex(2)
    with qtbot.assertNotEmitted(members.currentIndexChanged):
        panel.show_filters(("mouth: smile", "mouth: sad"), ("marked more: a", "marked more: wide"))
    assert members.currentText() == "mouth: smile"


def test_other_pictures_are_asked_for_with_the_label(qtbot: QtBot, panel: ArithmeticPanel):
    labels = panel.findChild(ChoiceBox, "take_labels")
    assert labels is not None
    for index, label in ((0, ""), (1, "mouth: smile")):
        labels.setCurrentIndex(index)
        with qtbot.waitSignal(panel.tray.offer_asked) as told:
            qtbot.mouseClick(control(panel, "take_others"), LEFT)
        assert told.args == [label]
