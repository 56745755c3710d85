import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from explorer.qt import theme
from explorer.qt.widgets.dimension_row import DimensionView
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.qt.widgets.slider_list import SliderList, matches
from tests.qt.widgets.hands import turn_wheel

MANY = tuple(
    DimensionView(i, f"z{i}", f"what {i % 5} does", dead=i % 10 == 9, locked=i % 100 == 3, effect_share=1 - i / 512)
    for i in range(512)
)
PICTURE = np.full((8, 8, 3), 200, np.uint8)


@pytest.fixture
def sliders(qtbot) -> SliderList:
    sliders = SliderList("sliders", "Latent dimensions", pause_ms=0)
    qtbot.addWidget(sliders)
    sliders.resize(344, 700)
    sliders.show()
    return sliders


def rows(sliders: SliderList) -> list[LatentSlider]:
    return [row for row in sliders.findChildren(LatentSlider) if row.isVisible()]


def type_filter(qtbot, sliders: SliderList, text: str) -> None:
    field = sliders.findChild(QLineEdit, "sliders_filter")
    field.clear()
    qtbot.keyClicks(field, text)


def says(sliders: SliderList) -> str:
    return " | ".join(label.text() for label in sliders.findChildren(QLabel) if label.isVisible())


def click(qtbot, sliders: SliderList, name: str) -> None:
    qtbot.mouseClick(sliders.findChild(QPushButton, f"sliders_{name}"), Qt.MouseButton.LeftButton)


def test_512_dimensions_take_no_more_rows_than_fit(sliders):
    sliders.show_dimensions(MANY)
    assert 5 <= len(rows(sliders)) <= 700 // 72
    assert len(sliders.findChildren(LatentSlider)) == len(rows(sliders))
    assert sliders.visible == tuple(range(len(rows(sliders))))
    assert [row.view for row in rows(sliders)] == list(MANY[: len(rows(sliders))])
    assert f"512 dimensions · page 1 of {sliders.page_count}" in says(sliders)


def test_two_dimensions_have_no_pages(sliders):
    sliders.show_dimensions(MANY[:2])
    assert len(rows(sliders)) == 2
    assert "2 dimensions |" in says(sliders) + " |"
    assert not sliders.findChild(QPushButton, "sliders_next").isVisible()


def test_rows_never_overlap_and_fill_the_width(sliders):
    sliders.show_dimensions(MANY)
    places = [row.geometry() for row in rows(sliders)]
    assert all(above.bottom() < below.top() for above, below in pairwise(places))
    assert places[-1].bottom() < places[0].top() + rows(sliders)[0].parentWidget().height()
    assert {place.width() for place in places} == {344}


def test_pages_turn_and_tell_what_is_seen(sliders, qtbot):
    sliders.show_dimensions(MANY)
    per_page = len(rows(sliders))
    with qtbot.waitSignal(sliders.visible_changed) as told:
        click(qtbot, sliders, "next")
    assert told.args == [tuple(range(per_page, 2 * per_page))]
    click(qtbot, sliders, "previous")
    assert sliders.visible[0] == 0
    assert not sliders.findChild(QPushButton, "sliders_previous").isEnabled()
    sliders.show_page(sliders.page_count - 1)
    assert sliders.visible[-1] == 511
    assert not sliders.findChild(QPushButton, "sliders_next").isEnabled()
    sliders.next_page()
    assert sliders.visible[-1] == 511


def test_all_dimensions_can_be_reached_by_pages(sliders):
    sliders.show_dimensions(MANY)
    seen = list(sliders.visible)
    while sliders.page + 1 < sliders.page_count:
        sliders.next_page()
        seen += sliders.visible
    assert seen == list(range(512))


def test_another_height_keeps_what_was_seen(sliders, qtbot):
    sliders.show_dimensions(MANY)
    sliders.show_page(5)
    first = sliders.visible[0]
    with qtbot.waitSignal(sliders.visible_changed):
        sliders.resize(344, 420)
    assert first in sliders.visible


def test_a_row_tells_of_its_dimension(sliders, qtbot):
    sliders.show_dimensions(MANY)
    sliders.next_page()
    row, told = rows(sliders)[1], []
    index = row.view.index
    for signal in ("edited", "started", "finished", "reset_asked", "random_one_asked", "lock_toggled"):
        getattr(sliders, signal).connect(lambda *values, signal=signal: told.append((signal, *values)))
    with qtbot.waitSignal(sliders.finished):
        qtbot.keyClick(row, Qt.Key.Key_PageUp)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_R, Qt.Key.Key_L):
        qtbot.keyClick(row, key)
    assert told == [
        ("started", index),
        ("edited", index, 1.0),
        ("finished", index),
        ("reset_asked", index),
        ("random_one_asked", index),
        ("lock_toggled", index, True),
    ]


def test_showing_tells_nothing(sliders, qtbot):
    sliders.show_dimensions(MANY)
    with qtbot.assertNotEmitted(sliders.edited):
        sliders.show_value(2, 1.25)
        sliders.show_value(500, 1.25)  # not seen
        sliders.show_dimensions(tuple(dataclasses.replace(view, value=-0.5) for view in MANY))
    assert {row.shown_value for row in rows(sliders)} == {-0.5}


def test_show_value_moves_one_row(sliders):
    sliders.show_dimensions(MANY)
    sliders.show_value(2, 1.25)
    assert [row.shown_value for row in rows(sliders)][:4] == [0, 0, 1.25, 0]


def test_a_dimension_shown_again_gets_its_true_value(sliders):
    sliders.show_dimensions(MANY)
    sliders.show_value(0, 1.25)
    sliders.show_dimensions((MANY[0], dataclasses.replace(MANY[1], locked=True), *MANY[2:]))
    assert rows(sliders)[0].shown_value == 0.0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dead", [i for i in range(512) if i % 10 == 9]),
        ("locked", [i for i in range(512) if i % 100 == 3]),
        ("z7", [7, *range(70, 80)]),
        ("what 3 dead", []),
        ("does 13", [13]),
        ("DEAD z9", [9, 99]),
    ],
)
def test_the_filter_finds(sliders, qtbot, words, found):
    sliders.show_dimensions(MANY)
    type_filter(qtbot, sliders, words)
    seen = list(sliders.visible)
    while sliders.page + 1 < sliders.page_count:
        sliders.next_page()
        seen += sliders.visible
    assert seen == found
    assert f"{len(seen)} of 512 dimensions" in says(sliders)


def test_every_word_has_to_match():
    view = DimensionView(12, "z12", "Hair and its length", dead=True)
    assert matches(view, ["hair", "12", "dead"])
    assert matches(view, [])
    assert not matches(view, ["hair", "locked"])
    assert not matches(view, ["1"])  # the number is whole: 1 is not 12
    assert not matches(view, ["2"])


def test_nothing_found_says_so_and_escape_brings_all_back(sliders, qtbot):
    sliders.show_dimensions(MANY)
    type_filter(qtbot, sliders, "beard")
    assert rows(sliders) == []
    assert sliders.visible == ()
    assert "No dimension matches “beard”. Esc clears the filter." in says(sliders)
    qtbot.keyClick(sliders.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert sliders.visible[0] == 0
    assert "matches" not in says(sliders)


def test_no_dimensions(sliders):
    sliders.show_dimensions(MANY)
    sliders.show_dimensions(())
    assert "There are no dimensions to show." in says(sliders)
    assert not sliders.findChild(QPushButton, "sliders_random").isEnabled()


def test_buttons_ask_for_all(sliders, qtbot):
    sliders.show_dimensions(MANY)
    with qtbot.waitSignals([sliders.random_asked, sliders.reset_all_asked]):
        click(qtbot, sliders, "random")
        click(qtbot, sliders, "reset")
    with qtbot.waitSignal(sliders.lock_all_asked) as told:
        click(qtbot, sliders, "lock")
    assert told.args == [True]
    sliders.show_dimensions(tuple(dataclasses.replace(view, locked=True) for view in MANY))
    assert sliders.findChild(QPushButton, "sliders_lock").text() == "Unlock all"
    with qtbot.waitSignal(sliders.lock_all_asked) as told:
        click(qtbot, sliders, "lock")
    assert told.args == [False]


def test_thumbnails_come_back_with_their_page(sliders):
    sliders.show_dimensions(MANY)
    waiting = rows(sliders)[0].grab().toImage()
    sliders.show_thumbnails(0, PICTURE, PICTURE)
    pictured = rows(sliders)[0].grab().toImage()
    assert pictured != waiting
    sliders.next_page()
    sliders.previous_page()
    assert rows(sliders)[0].grab().toImage() == pictured
    sliders.clear_thumbnails()
    assert rows(sliders)[0].grab().toImage() == waiting


def test_control_and_arrows_walk_the_rows_and_turn_pages(sliders, qtbot):
    sliders.show_dimensions(MANY)
    per_page = len(rows(sliders))
    rows(sliders)[0].setFocus()
    qtbot.waitUntil(rows(sliders)[0].hasFocus)
    for _ in range(per_page):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert sliders.page == 1
    assert QApplication.focusWidget().view.index == per_page
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget().view.index == per_page - 1
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert sliders.page == 1


def test_the_wheel_beside_rows_turns_pages(sliders):
    sliders.show_dimensions(MANY)
    assert turn_wheel(sliders, QPointF(5, 5), -1)
    assert sliders.page == 1
    turn_wheel(sliders, QPointF(5, 5), 1)
    assert sliders.page == 0


def test_focus_filter(sliders, qtbot):
    sliders.focus_filter()
    qtbot.waitUntil(sliders.findChild(QLineEdit).hasFocus)


def test_a_page_of_another_theme_is_repainted(sliders, qapp):
    sliders.show_dimensions(MANY)
    dark = sliders.grab().toImage()
    theme.apply(qapp, theme.LIGHT)
    assert sliders.grab().toImage() != dark


def test_everything_has_a_name(sliders):
    sliders.show_dimensions(MANY)
    for kind in (QPushButton, QLineEdit, LatentSlider):
        for widget in sliders.findChildren(kind):
            assert widget.objectName().startswith("sliders_"), widget
            assert widget.accessibleName(), widget
