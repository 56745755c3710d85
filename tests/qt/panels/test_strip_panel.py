"""The strip by hand: what it asks for, and what it shows of a path."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton
from pytestqt.qtbot import QtBot

from explorer.qt.panels.strip_panel import StripPanel
from explorer.state.journey import Journey

PATH = Journey(bundle="/m", keyframes=((0.0,), (1.0,)), kind="spline", even=True, loop=True, leg_s=2.5)


@pytest.fixture
def panel(qtbot: QtBot) -> StripPanel:
    panel = StripPanel()
    qtbot.addWidget(panel)
    panel.resize(720, 240)
    panel.show_usable(True)
    panel.show_journey(PATH)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def button(panel: StripPanel, name: str) -> QPushButton:
    (found,) = panel.findChildren(QPushButton, name)
    return found


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("add_keyframe", "add_asked"),
        ("random_keyframe", "random_asked"),
        ("clear_keyframes", "clear_asked"),
        ("play_path", "play_asked"),
        ("export_film", "export_asked"),
    ],
)
def test_every_button_asks_for_its_thing(qtbot: QtBot, panel: StripPanel, name: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(panel, signal)):
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    assert button(panel, name).toolTip().endswith((".", ")."))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("path_kinds_linear", ["kind", "linear"]),
        ("path_kinds_spherical", ["kind", "spherical"]),
        ("even_pace", ["even", False]),
        ("loop_path", ["loop", False]),
    ],
)
def test_how_it_is_walked_is_asked_for(qtbot: QtBot, panel: StripPanel, name: str, wanted: list[object]) -> None:
    with qtbot.waitSignal(panel.changed) as told:
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    assert told.args == wanted


def test_the_seconds_of_a_leg_are_typed(qtbot: QtBot, panel: StripPanel) -> None:
    (spin,) = panel.findChildren(QDoubleSpinBox)
    spin.selectAll()
    with qtbot.waitSignal(panel.changed) as told:
        qtbot.keyClicks(spin, "4.5")
        qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert told.args == ["leg_s", 4.5]


def test_a_path_is_shown_without_asking_for_anything(qtbot: QtBot, panel: StripPanel) -> None:
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_journey(Journey())
        panel.show_journey(PATH)
    assert button(panel, "path_kinds_spline").isChecked()
    assert button(panel, "even_pace").isChecked()
    assert button(panel, "loop_path").isChecked()
    assert panel.findChildren(QDoubleSpinBox)[0].value() == 2.5


def test_without_keyframes_it_says_what_to_do(panel: StripPanel) -> None:
    panel.show_journey(Journey())
    assert not panel.row.isVisible()
    assert not button(panel, "play_path").isVisible()
    assert button(panel, "add_keyframe").isVisible()


def test_one_keyframe_can_be_saved_but_not_played(panel: StripPanel) -> None:
    panel.show_journey(Journey(keyframes=((1.0,),)))
    assert not button(panel, "play_path").isEnabled()
    assert button(panel, "export_film").isEnabled()


def test_time_is_told_while_it_plays_and_never_else(qtbot: QtBot, panel: StripPanel) -> None:
    with qtbot.waitSignals([panel.ticked] * 3):
        panel.show_playing(True)
    with qtbot.waitSignal(panel.pause_asked):
        panel.toggle_play()
    panel.show_playing(False)
    assert button(panel, "play_path").text() == "Play"
    with qtbot.assertNotEmitted(panel.ticked, wait=100):
        pass


def test_without_a_model_nothing_can_be_kept(panel: StripPanel) -> None:
    panel.show_usable(False)
    assert not button(panel, "add_keyframe").isEnabled()
    assert not button(panel, "random_keyframe").isEnabled()
