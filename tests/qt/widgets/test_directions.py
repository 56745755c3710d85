"""The widgets of the directions: sliders in groups, the heat map, the bars of cosines, and marked pictures."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from explorer.control.directions import DirectionView, Kinship
from explorer.control.picks import Marked
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.cosine_list import CosineList, CosineRow, meaning
from explorer.qt.widgets.direction_list import DirectionList
from explorer.qt.widgets.direction_row import DirectionLayout, DirectionSlider
from explorer.qt.widgets.heat_map import HeatMap, glowing, percent
from explorer.qt.widgets.pick_strip import PickStrip
from explorer.qt.widgets.picture_tile import PictureTile
from tests.qt.widgets import hands

VIEWS = (
    DirectionView("taught:wide", "wide", "own", "right on 86 % of picks", "From 20 picks.", 0.5),
    DirectionView("stored:0", "mouth: smile", "attribute", "right on 97 % of test pictures", "Tells it.", -1.0),
    *(
        DirectionView(f"stored:{k}", f"principal component {k}", "pca", f"{30 - k} % of the variance", "Holds it.")
        for k in range(1, 20)
    ),
)
GREY = np.full((4, 4, 1), 200, np.uint8)


@pytest.fixture
def panel(qtbot: QtBot) -> DirectionList:
    panel = DirectionList("directions", "Directions", pause_ms=0)
    qtbot.addWidget(panel)
    panel.resize(360, 420)
    panel.show_directions(VIEWS)
    with qtbot.waitExposed(panel):
        panel.show()
    qtbot.waitUntil(lambda: bool(panel.visible))
    return panel


def seen(panel: DirectionList) -> list[str]:
    return [row.direction.key for row in panel.findChildren(DirectionSlider) if row.isVisible()]


# --- the list ------------------------------------------------------------------------------------------------------


def test_each_group_has_a_heading_before_it(panel: DirectionList):
    headings = [label for label in panel.findChildren(QLabel) if label.property("kind") == "heading"]
    tops = {label.text(): label.y() for label in headings if label.isVisible()}
    assert list(tops) == ["YOUR OWN", "LABELLED PROPERTIES", "PRINCIPAL COMPONENTS"]
    rows = [panel.row(key).y() for key in ("taught:wide", "stored:0", "stored:1")]
    order = [top for pair in zip(tops.values(), rows, strict=True) for top in pair]
    assert order == sorted(order)


def test_only_rows_in_sight_ask_for_thumbnails(qtbot: QtBot, panel: DirectionList):
    assert panel.visible[0] == "taught:wide"
    assert len(panel.visible) < 8
    with qtbot.waitSignal(panel.visible_changed) as told:
        panel.row("stored:19").setFocus(Qt.FocusReason.TabFocusReason)
    assert "stored:19" in told.args[0]
    assert "taught:wide" not in told.args[0]


def test_the_filter_hides_rows_and_headings_and_says_so(qtbot: QtBot, panel: DirectionList):
    qtbot.keyClicks(panel.findChild(type(panel._filter)), "97 smile")
    assert seen(panel) == ["stored:0"]
    assert [label.text() for label in panel.findChildren(QLabel) if label.isVisible()] == ["LABELLED PROPERTIES"]
    qtbot.keyClicks(panel._filter, "x")
    assert seen(panel) == []
    assert any("No direction matches" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_rows_come_and_go_and_the_rest_stay_the_same_widgets(panel: DirectionList):
    kept = panel.row("stored:0")
    panel.show_directions(VIEWS[1:])
    assert panel.row("stored:0") is kept
    assert "taught:wide" not in seen(panel)
    panel.show_directions(VIEWS)
    assert panel.row("stored:0") is kept
    assert "taught:wide" in seen(panel)


def test_a_model_without_directions_says_what_to_do(panel: DirectionList):
    panel.show_directions(())
    assert any("Teach it one" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())


# --- one slider ----------------------------------------------------------------------------------------------------


def test_a_drag_tells_of_one_gesture_by_the_directions_key(panel: DirectionList):
    told: list[tuple] = []
    panel.started.connect(lambda key: told.append(("started", key)))
    panel.edited.connect(lambda key, value: told.append((key, round(value, 1))))
    row = panel.row("stored:0")
    layout = DirectionLayout(row.width(), row.height())
    y = layout.groove.center().y()
    hands.press(row, QPointF(layout.x_of(-1.0, -3, 3), y))
    for value in (0.0, 2.0):
        hands.move(row, QPointF(layout.x_of(value, -3, 3), y))
    hands.release(row, QPointF(layout.x_of(2.0, -3, 3), y))
    assert told == [("started", "stored:0"), ("stored:0", 0.0), ("stored:0", 2.0)]


def test_showing_tells_nobody(qtbot: QtBot, panel: DirectionList):
    with qtbot.assertNotEmitted(panel.edited):
        panel.show_value("stored:0", 2.5)
        panel.show_thumbnails("stored:0", GREY, GREY)
        panel.show_chosen("stored:0")
    assert panel.row("stored:0").shown_value == 2.5


def test_a_direction_is_neither_locked_nor_drawn(qtbot: QtBot, panel: DirectionList):
    row = panel.row("stored:0")
    row.setFocus()
    with qtbot.assertNotEmitted(row.lock_toggled), qtbot.assertNotEmitted(row.random_asked):
        qtbot.keyClick(row, Qt.Key.Key_L)
        qtbot.keyClick(row, Qt.Key.Key_R)
    with qtbot.waitSignal(panel.reset_asked) as told:
        qtbot.keyClick(row, Qt.Key.Key_Home)
    assert told.args == ["stored:0"]


def test_the_wheel_scrolls_unless_the_slider_was_clicked(panel: DirectionList):
    row = panel.row("stored:0")
    at = QPointF(row.rect().center())
    assert not hands.turn_wheel(row, at, 1)
    row.setFocus()
    assert hands.turn_wheel(row, at, 1)
    assert row.shown_value == pytest.approx(-0.9)


def test_what_has_the_keyboard_is_looked_at_closely(qtbot: QtBot, panel: DirectionList):
    with qtbot.waitSignal(panel.chosen) as told:
        panel.row("stored:1").setFocus(Qt.FocusReason.TabFocusReason)
    assert told.args == ["stored:1"]


def test_a_tip_says_how_good_it_is(panel: DirectionList):
    row = panel.row("stored:0")
    assert row.tip_at(QPointF(row.width() / 2, 12)) == "mouth: smile. Tells it."


# --- the heat map --------------------------------------------------------------------------------------------------


def test_what_changes_most_glows_and_what_stays_is_dim():
    heat = np.zeros((4, 4), np.float32)
    heat[1, 2], heat[3, 3] = 0.5, 0.25
    found = glowing(GREY, heat).astype(int)
    assert found[1, 2].tolist() == [242, 179, 93]
    assert (found[0, 0] == 70).all()
    assert found[3, 3].tolist() == ((found[1, 2] + found[0, 0]) / 2).round().astype(int).tolist()


def test_what_changes_nothing_is_said(qtbot: QtBot):
    panel = HeatMap("heat", "Where it acts", "How much.")
    qtbot.addWidget(panel)
    panel.resize(340, 150)
    panel.show_heat(GREY, np.full((4, 4), 0.001, np.float32))
    assert panel.accessibleDescription() == "It changes nothing in this picture."
    empty = to_pixels(panel.grab().toImage())
    panel.show_heat(GREY, np.full((4, 4), 0.46, np.float32))
    assert panel.accessibleDescription() == "46 % of full brightness changes here, from −2 σ to +2 σ"
    assert (to_pixels(panel.grab().toImage()) != empty).any()
    panel.clear()
    assert panel.top == 0


@pytest.mark.parametrize(("share", "said"), [(0.0, "0.0 %"), (0.034, "3.4 %"), (0.46, "46 %"), (1.0, "100 %")])
def test_shares_are_said_in_percent(share: float, said: str):
    assert percent(share) == said


# --- cosines -------------------------------------------------------------------------------------------------------


def test_ticks_stay_with_their_direction(qtbot: QtBot):
    panel = CosineList("cosines", "Cosines")
    qtbot.addWidget(panel)
    panel.resize(320, 200)
    panel.show()
    kin = tuple(Kinship(f"k{at}", f"direction {at}", 0.9 - at) for at in range(3))
    panel.show_kin(kin, keep=False)
    rows = panel.findChildren(CosineRow)
    with qtbot.waitSignal(panel.ticked):
        qtbot.mouseClick(rows[1], Qt.MouseButton.LeftButton)
    assert panel.ticked_keys == ("k1",)
    panel.show_kin(kin[::-1], keep=True)
    assert panel.ticked_keys == ("k1",)
    panel.show_kin(kin, keep=False)
    assert panel.ticked_keys == ()


@pytest.mark.parametrize(
    ("cosine", "words"),
    [
        (0.02, "right angle"),
        (-0.2, "hardly the opposite"),
        (0.5, "partly the same: 50 %"),
        (-0.95, "nearly the opposite"),
    ],
)
def test_a_cosine_is_said_in_words(cosine: float, words: str):
    assert words in meaning(cosine)


# --- marked pictures -----------------------------------------------------------------------------------------------


def test_a_click_takes_a_mark_back(qtbot: QtBot):
    strip = PickStrip("picks_more", "more")
    qtbot.addWidget(strip)
    strip.resize(200, 120)
    strip.show()
    strip.show_marked((Marked(0, GREY), Marked(3, None), Marked(4, GREY)))
    assert strip.findChild(QLabel).text() == "MORE · 3"
    assert [tile.has_picture for tile in strip.tiles] == [True, False, True]
    assert strip.tiles[2].x() < strip.tiles[0].x()  # the newest first
    with qtbot.waitSignal(strip.remove_asked) as told:
        qtbot.mouseClick(strip.tiles[1], Qt.MouseButton.LeftButton)
    assert told.args == [3]


def test_the_cross_of_a_tile_removes_and_the_rest_of_it_takes(qtbot: QtBot):
    tile = PictureTile("tile", "A picture", "Takes it.", side=48, caption="shirt", removable=True)
    qtbot.addWidget(tile)
    tile.resize(tile.sizeHint())
    tile.show()
    told: list[str] = []
    tile.clicked.connect(lambda: told.append("taken"))
    tile.remove_asked.connect(lambda: told.append("removed"))
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton, pos=tile._badge().center().toPoint())
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton, pos=tile.rect().center())
    qtbot.keyClick(tile, Qt.Key.Key_Delete)
    assert told == ["removed", "taken", "removed"]
