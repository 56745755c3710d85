from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from explorer.qt import theme
from explorer.qt.widgets.chips import Chip, ChipBar, ToggleChip
from tests.qt.looks import looks_like

CHIPS = tuple(Chip(key, key.title(), f"Shows {key}.", enabled=key != "map") for key in ("sliders", "map", "encode"))


@pytest.fixture(params=["chip", "tab"])
def bar(qtbot, request) -> ChipBar:
    bar = ChipBar("bar", "Instruments", CHIPS, kind=request.param)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_the_first_is_chosen_and_nobody_is_told(qtbot):
    bar = ChipBar("bar", "Instruments")
    qtbot.addWidget(bar)
    assert bar.chosen_key == ""
    with qtbot.assertNotEmitted(bar.chosen):
        bar.show_chips(CHIPS)
        bar.show_chosen("encode")
        bar.show_chosen("nothing of that name")
    assert bar.chosen_key == "encode"


def test_a_click_chooses_one(bar, qtbot):
    with qtbot.waitSignal(bar.chosen) as told:
        qtbot.mouseClick(bar.button("encode"), Qt.MouseButton.LeftButton)
    assert told.args == ["encode"]
    assert [key for key in ("sliders", "map", "encode") if bar.button(key).isChecked()] == ["encode"]


def test_what_is_disabled_cannot_be_chosen(bar, qtbot):
    with qtbot.assertNotEmitted(bar.chosen):
        qtbot.mouseClick(bar.button("map"), Qt.MouseButton.LeftButton)
    assert bar.chosen_key == "sliders"


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (Qt.Key.Key_Right, "encode"),
        (Qt.Key.Key_Left, "encode"),
        (Qt.Key.Key_End, "encode"),
        (Qt.Key.Key_Down, "encode"),
    ],
)
def test_keys_go_round_and_over_what_is_disabled(bar, qtbot, key, wanted):
    bar.button("sliders").setFocus()
    with qtbot.waitSignal(bar.chosen) as told:
        qtbot.keyClick(bar.button("sliders"), key)
    assert told.args == [wanted]
    assert bar.chosen_key == wanted
    qtbot.waitUntil(bar.button(wanted).hasFocus)


def test_home_where_one_is_already_tells_nothing(bar, qtbot):
    with qtbot.assertNotEmitted(bar.chosen):
        qtbot.keyClick(bar.button("sliders"), Qt.Key.Key_Home)


def test_tab_stops_once_at_the_chosen_one(bar, qtbot):
    bar.show_chosen("encode")
    policies = [bar.button(key).focusPolicy() for key in ("sliders", "map", "encode")]
    assert policies == [Qt.FocusPolicy.NoFocus, Qt.FocusPolicy.NoFocus, Qt.FocusPolicy.TabFocus]


def test_other_chips_keep_the_choice_if_they_can(bar, qtbot):
    bar.show_chosen("encode")
    bar.show_chips(CHIPS[1:])
    assert bar.chosen_key == "encode"
    bar.show_chips(CHIPS[:1])
    assert bar.chosen_key == "sliders"


def test_everything_is_named(bar):
    for chip in CHIPS:
        button = bar.button(chip.key)
        assert (button.objectName(), button.accessibleName(), button.toolTip()) == (
            f"bar_{chip.key}",
            chip.text,
            chip.tip,
        )


def test_chips_wrap_where_it_is_narrow(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    bar = ChipBar("bar", "Instruments", CHIPS, window)
    layout.addWidget(bar)
    layout.addStretch(1)
    window.resize(120, 300)
    window.show()
    places = [bar.button(chip.key).geometry() for chip in CHIPS]
    assert places[1].top() > places[0].bottom()
    assert all(bar.rect().contains(place) for place in places)
    window.resize(600, 300)
    qtbot.waitUntil(lambda: len({bar.button(chip.key).y() for chip in CHIPS}) == 1)


def test_a_choice_moves_no_neighbour(bar):
    before = [bar.button(chip.key).geometry() for chip in CHIPS]
    bar.show_chosen("encode")
    QApplication.sendPostedEvents()
    assert [bar.button(chip.key).geometry() for chip in CHIPS] == before


def test_a_toggle_tells_of_the_hand_alone(qtbot):
    chip = ToggleChip("Crisp", "crisp", "Shows pixels as squares.")
    qtbot.addWidget(chip)
    with qtbot.assertNotEmitted(chip.switched):
        chip.show_on(True)
    with qtbot.waitSignal(chip.switched) as told:
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert told.args == [False]
    with qtbot.waitSignal(chip.switched) as told:
        qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert told.args == [True]


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("kind", ["chip", "tab"])
def test_looks(qapp, qtbot, tmp_path: Path, name: str, kind: str):
    theme.apply(qapp, theme.THEMES[name])
    bar = ChipBar("bar", "Instruments", CHIPS, kind=kind)
    qtbot.addWidget(bar)
    looks_like(bar, f"{kind}s-{name}", tmp_path, size=(264, 40))


def test_other_chips_keep_the_buttons_that_stay(bar, qtbot):
    bar.button("sliders").setFocus()
    kept = bar.button("encode")
    bar.show_chips((CHIPS[2], Chip("map", "Map", "Shows map."), Chip("new", "New", "Shows new.")))
    assert bar.button("encode") is kept  # so the keyboard stays where it was
    names = [button.objectName() for button in bar.findChildren(ToggleChip)]
    assert sorted(filter(None, names)) == ["bar_encode", "bar_map", "bar_new"]
    qtbot.waitUntil(lambda: bar.button("encode").x() < bar.button("map").x() < bar.button("new").x())
    assert bar.button("map").isEnabled() and bar.chosen_key == "encode"
