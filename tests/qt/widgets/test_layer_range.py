"""The choice of layers, and the bars of two spaces: what is shown, and what a hand tells."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from explorer.control.direction_layers import LayersView
from explorer.control.disentangled import Compared, Comparison, Told
from explorer.qt.panels.directions_panel import DirectionsPanel
from explorer.qt.widgets.layer_range import LayerRange
from explorer.state.directionslook import Layers

NAMES = ("1: 4 px", "2: 8 px", "3: 8 px", "4: 16 px")
BANDS = (("coarse", 0, 2), ("middle", 3, 3))
ROW = Compared("hair: long", Told(0.7, 0.5, 0.4), Told(0.9, 0.5, 0.1))


def view(layers: Layers, own: bool = True) -> LayersView:
    return LayersView(NAMES, BANDS, own, layers)


@pytest.fixture
def choice(qtbot: QtBot) -> LayerRange:
    choice = LayerRange("layers")
    qtbot.addWidget(choice)
    return choice


def words(choice: LayerRange) -> tuple[str, str, str]:
    return choice._band.currentText(), choice._first.currentText(), choice._last.currentText()


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (None, ("all", "1: 4 px", "4: 16 px")),
        ((0, 3), ("all", "1: 4 px", "4: 16 px")),
        ((0, 2), ("coarse", "1: 4 px", "3: 8 px")),
        ((1, 2), ("a range", "2: 8 px", "3: 8 px")),
        ((2, 60), ("a range", "3: 8 px", "4: 16 px")),
        ("own", ("their own", "1: 4 px", "4: 16 px")),
    ],
)
def test_what_is_chosen_is_said(choice: LayerRange, layers: Layers, said: tuple[str, str, str]):
    told: list[Layers] = []
    choice.chosen.connect(told.append)
    choice.show_layers(view(layers))
    assert words(choice) == said and told == []


def test_bands_and_ends_are_told(choice: LayerRange):
    told: list[Layers] = []
    choice.chosen.connect(told.append)
    choice.show_layers(view(None))
    for band in ("coarse", "their own", "all"):
        choice._band.setCurrentText(band)
        choice._band.activated.emit(choice._band.currentIndex())
    choice._first.setCurrentIndex(2)
    choice._first.activated.emit(2)
    choice.show_layers(view((2, 3)))
    choice._last.setCurrentIndex(1)
    choice._last.activated.emit(1)
    choice.show_layers(view((1, 1)))
    choice._last.setCurrentIndex(3)
    choice._last.activated.emit(3)
    assert told == [(0, 2), "own", None, (2, 3), (1, 1), (1, 3)]


def test_without_layers_there_is_nothing_to_choose(qtbot: QtBot, choice: LayerRange):
    choice.show()
    choice.show_layers(view(None))
    assert choice.isVisible()
    choice.show_layers(None)
    assert not choice.isVisible()


def test_the_page_of_both_spaces_is_there_where_they_were_compared(qtbot: QtBot):
    panel = DirectionsPanel()
    qtbot.addWidget(panel)
    panel.show_comparison(Comparison(("z", "w"), (ROW, ROW), "So w is the more disentangled."))
    qtbot.mouseClick(panel.pages.button("spaces"), Qt.MouseButton.LeftButton)
    assert panel.pages.chosen_key == "spaces" and panel._said.text() == "So w is the more disentangled."
    assert [field for _, field in panel.bars._columns] == ["right", "own", "others"]
    assert panel.bars.accessibleDescription() == "hair: long: 70\N{NO-BREAK SPACE}% and 90\N{NO-BREAK SPACE}%"
    panel.show_comparison(None)
    assert panel.pages.chosen_key == "all"
    alone = Compared("bag", Told(0.7, None, None), Told(0.9, None, None))
    panel.show_comparison(Comparison(("z", "w"), (alone,), ""))
    assert [field for _, field in panel.bars._columns] == ["right"]
