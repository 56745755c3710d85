"""Legend entries are switches; bars show shares."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from explorer.control.map import LegendValue
from explorer.qt.widgets.scatter_legend import WIDEST, LegendEntry, ScatterLegend
from explorer.qt.widgets.share_bars import Share, ShareBars

VALUES = (LegendValue("shirt", 1200, False), LegendValue("shoe", 3, True), LegendValue("b" * 90, 1, False))


@pytest.fixture
def legend(qtbot: QtBot) -> ScatterLegend:
    legend = ScatterLegend("legend", "Legend")
    qtbot.addWidget(legend)
    legend.resize(320, 100)
    legend.show()
    legend.show_values(VALUES)
    return legend


def entries(legend: ScatterLegend) -> list[LegendEntry]:
    return [entry for entry in legend.findChildren(LegendEntry) if entry.isVisible()]


def test_entries_tell_names_counts_and_what_is_hidden(legend: ScatterLegend):
    assert [entry.accessibleName() for entry in entries(legend)][:2] == [
        "shirt, 1,200 pictures", "shoe, 3 pictures, hidden",
    ]  # fmt: skip
    assert entries(legend)[2].sizeHint().width() == WIDEST and "b" * 90 in entries(legend)[2].toolTip()


def test_click_hides_and_alt_click_shows_alone(legend: ScatterLegend, qtbot: QtBot):
    shirt = entries(legend)[0]
    with qtbot.waitSignal(legend.toggled) as told, qtbot.assertNotEmitted(legend.solo_asked):
        qtbot.mouseClick(shirt, Qt.MouseButton.LeftButton)
    assert told.args == ["shirt"]
    with qtbot.waitSignal(legend.solo_asked) as told, qtbot.assertNotEmitted(legend.toggled):
        qtbot.mouseClick(shirt, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier)
    assert told.args == ["shirt"]


def test_the_keyboard_does_the_same(legend: ScatterLegend, qtbot: QtBot):
    with qtbot.waitSignal(legend.toggled) as told:
        qtbot.keyClick(entries(legend)[1], Qt.Key.Key_Space)
    assert told.args == ["shoe"]


def test_showing_the_same_values_keeps_the_entries_and_others_replace_them(legend: ScatterLegend):
    before = entries(legend)
    legend.show_values((LegendValue("shirt", 7, True), *VALUES[1:]))
    assert entries(legend) == before and "7 pictures, hidden" in before[0].accessibleName()
    legend.show_values(VALUES[:1])
    assert len(entries(legend)) == 1


def test_bars_show_the_first_and_say_all_they_show(qtbot: QtBot):
    bars = ShareBars("bars", "Shares", "Shares.", rows=2)
    qtbot.addWidget(bars)
    bars.resize(300, bars.sizeHint().height())
    empty = bars.grab().toImage()
    bars.show_shares((Share("shirt", 0.6), Share("shoe", 0.3, "#ff0000"), Share("bag", 0.1)))
    assert bars.accessibleDescription() == "shirt 60%, shoe 30%" and bars.grab().toImage() != empty
    assert bars.grab().toImage().pixelColor(150, 30).red() == 255
