"""The map's panel: switches tell of the hand alone, messages take the map's place, where-am-I speaks in words."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from explorer.control.map import LegendValue
from explorer.control.maplayout import MapPoints
from explorer.control.whereabouts import Spread, Whereabouts
from explorer.qt.panels.map_panel import MapPanel
from explorer.state.mapview import MapLook

PLACES = np.array([[-1, -1], [1, 1]], np.float32)
POINTS = MapPoints(PLACES, np.arange(2), None, PLACES, "2 test pictures.")
PIXELS = np.zeros((8, 8, 1), np.uint8)
FOUND = Whereabouts(
    PIXELS, Spread(4.0, (1.0, 3.0), 0.97), 5, PIXELS, "shoe", 0.834, "test", 25, "class", (("shoe", 0.6), ("bag", 0.4))
)


@pytest.fixture
def panel(qtbot: QtBot) -> MapPanel:
    panel = MapPanel()
    qtbot.addWidget(panel)
    panel.resize(352, 800)
    panel.show()
    panel.show_look(MapLook(), many=True)
    panel.show_points(POINTS)
    return panel


def button(panel: MapPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def words(panel: MapPanel, name: str) -> QLabel:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found


def test_a_message_takes_the_place_of_the_map(panel: MapPanel):
    assert panel.scatter.isVisible() and words(panel, "map_sentence").text() == "2 test pictures."
    panel.show_message("A map needs data.")
    assert not panel.scatter.isVisible() and words(panel, "map_message").isVisible()
    panel.show_points(POINTS)
    assert panel.scatter.isVisible() and not words(panel, "map_message").isVisible()


@pytest.mark.parametrize(
    "name, signal", [("map_points", "points_switched"), ("map_tiles", "tiles_switched"), ("map_tsne", "tsne_switched")]
)
def test_switches_tell_of_the_hand(panel: MapPanel, qtbot: QtBot, name: str, signal: str):
    switch = button(panel, name)
    before = switch.isChecked()
    with qtbot.waitSignal(getattr(panel, signal)) as told:
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert told.args == [not before]


def test_what_a_projection_cannot_do_is_off(panel: MapPanel):
    panel.show_look(MapLook(projection="tsne"), many=True)
    assert not button(panel, "map_tiles").isEnabled() and not button(panel, "map_keep_rest").isEnabled()
    assert button(panel, "map_tsne").isChecked() and not button(panel, "map_tiles").isChecked()


def test_a_space_of_two_dimensions_has_no_rest_and_no_tsne(panel: MapPanel):
    panel.show_look(MapLook(), many=False)
    assert not button(panel, "map_keep_rest").isVisible() and not button(panel, "map_tsne").isVisible()
    assert button(panel, "map_tiles").isVisible()


def test_columns_are_offered_where_there_are_several(panel: MapPanel, qtbot: QtBot):
    chooser = panel.findChild(QComboBox, "map_column")
    assert isinstance(chooser, QComboBox)
    panel.show_columns(("class",), "class")
    assert not chooser.isVisible()
    with qtbot.assertNotEmitted(panel.column_chosen):
        panel.show_columns(("hair", "skin"), "skin")
    assert chooser.isVisible() and chooser.currentText() == "skin"
    with qtbot.waitSignal(panel.column_chosen) as told:
        qtbot.keyClick(chooser, Qt.Key.Key_Up)
    assert told.args == ["hair"]


def test_progress_has_a_stop(panel: MapPanel, qtbot: QtBot):
    bar = panel.findChild(QProgressBar, "tsne_progress")
    assert isinstance(bar, QProgressBar) and not bar.isVisible()
    panel.show_progress(0.25)
    assert bar.isVisible() and bar.value() == 25
    with qtbot.waitSignal(panel.stop_asked):
        qtbot.mouseClick(button(panel, "tsne_stop"), Qt.MouseButton.LeftButton)
    panel.show_progress(None)
    assert not bar.isVisible()


def test_a_note_can_be_copied_because_it_says_what_to_type(panel: MapPanel):
    panel.show_note("run pip install")
    note = words(panel, "map_note")
    assert note.isVisible() and note.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    panel.show_note("")
    assert not note.isVisible()


def test_where_am_i_is_told_in_words(panel: MapPanel, qtbot: QtBot):
    card = panel.whereabouts
    assert not card.isVisible()
    panel.show_legend((LegendValue("bag", 1, False), LegendValue("shoe", 1, False)), np.array([0, 1]))
    panel.show_whereabouts(FOUND)
    assert card.isVisible()
    assert card.gauge.accessibleDescription() == "4.00 σ out farther out than 97% of the data, unusual"
    assert words(panel, "nearest_words").text() == "Nearest test picture (shoe): 0.83 away"
    assert words(panel, "counted_words").text() == "class of the 25 nearest test pictures"
    assert card.bars.accessibleDescription() == "shoe 60%, bag 40%"
    with qtbot.waitSignal(card.nearest_asked) as told:
        qtbot.mouseClick(button(panel, "go_to_nearest"), Qt.MouseButton.LeftButton)
    assert told.args == [5]
    panel.show_whereabouts(None)
    assert not card.isVisible()


def test_where_am_i_without_labels_and_pictures(panel: MapPanel):
    panel.show_whereabouts(Whereabouts(PIXELS, None, 0, None, "", 2.0, "train", 3, "", ()))
    assert words(panel, "nearest_words").text() == "Nearest train picture: 2.00 away"
    assert not panel.whereabouts.gauge.isVisible() and not panel.whereabouts.bars.isVisible()


def test_nothing_is_cut_off_where_the_window_is_narrow(panel: MapPanel, qtbot: QtBot):
    panel.resize(288, 420)
    panel.show_whereabouts(FOUND)

    def cut_off() -> list[str]:
        labels = [label for label in panel.findChildren(QLabel) if label.isVisible() and label.wordWrap()]
        return [label.objectName() for label in labels if label.height() < label.heightForWidth(label.width())]

    qtbot.waitUntil(lambda: not cut_off())
