"""The window as a whole: every control is named and explained, and at every size all words can be read."""

from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
)
from pytestqt.qtbot import QtBot

from explorer.control.gauges import Distance
from explorer.control.sliders import DimensionView
from explorer.qt import theme
from explorer.qt.actions import COMMANDS, OTHERS, shortcuts
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.qt.widgets.status_line import Fact, StatusLine
from explorer.qt.widgets.toast import Toast
from explorer.qt.window import Window
from explorer.state.library import Item
from tests.qt.controls import controls, listed, table
from tests.qt.legible import assert_legible

SIZES = ((880, 560), (1024, 640), (1440, 900))
MANY = tuple(DimensionView(k, f"z{k}", "what a person calls it", 0.1 * k, effect_share=1 / (k + 1)) for k in range(32))
ITEMS = (
    Item("/a", "faces-vae", "vae · 64 px · 32 numbers"),
    Item("/b", "a-model-whose-name-is-longer-than-any-library-is-wide", "beta-vae · 128 px · 512 numbers"),
    Item("/c", "broken", "cannot be opened", fault="decoder.onnx is not the file that was described; get it again."),
)


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    """A window in the middle of use: everything that can be seen is."""
    window = Window()
    qtbot.addWidget(window)
    window.resize(*SIZES[-1])
    with qtbot.waitExposed(window):
        window.show()
    window.library.show_items(ITEMS, "/a")
    window.header.show_runs_on("CUDA GPU · 112.4 ms a picture", "Running on the CUDA GPU.", explained=False)
    window.header.show_undo("Move z7", "Move z8")
    window.picture.show_picture(np.full((64, 64, 3), 128, np.uint8), 1)
    window.picture.show_before(np.zeros((64, 64, 3), np.uint8))
    window.picture.show_caption("faces-vae   ·   decoded from 32 numbers")
    window.sliders.show_dimensions(MANY)
    window.sliders.show_distance(Distance(12.34, 5.61, 0.7, "distance"))
    window.facts.show_facts(tuple(Fact(f"fact number {k}", k, "A fact.") for k in range(6)))
    wrong = "Something went wrong in a way that takes a whole long sentence to tell; do this."
    window.toasts.show_toast(Toast(wrong, "error", action="Try again", key="again"))
    return window


def test_every_control_has_a_name_of_its_own(window: Window):
    names = Counter(widget.objectName() for widget in controls(window))
    assert "" not in names
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 30


def test_every_control_is_listed_for_a_person_who_reads():
    """Write the list anew with ``python -m tests.qt.controls``."""
    assert listed() == table()


def test_every_control_says_what_it_is(window: Window):
    assert [widget.objectName() for widget in controls(window) if not widget.accessibleName().strip()] == []


def test_every_control_explains_itself_in_one_sentence(window: Window):
    for widget in controls(window):
        if isinstance(widget, LatentSlider):  # its parts have a sentence each
            tips = [widget.tip_at(widget.rect().toRectF().center())]
        elif isinstance(widget, StatusLine):  # its facts have a sentence each
            tips = [widget.tip_at(20.0)]
        else:
            tips = [widget.toolTip()]
        for tip in tips:
            assert tip.endswith(".") and tip[0].isupper(), (widget.objectName(), tip)


def test_every_button_can_be_reached_by_the_keyboard(window: Window):
    reached = {window.focusWidget()}
    for _ in range(200):
        window.focusNextChild()
        reached.add(window.focusWidget())
    chosen = {widget for widget in controls(window) if widget.focusPolicy() & Qt.FocusPolicy.TabFocus}
    missed = [w.objectName() for w in chosen if w.isVisible() and w.isEnabled() and w not in reached]
    assert missed == []
    unreachable = [
        widget.objectName()
        for widget in controls(window)
        if isinstance(widget, QAbstractButton)
        and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.group()  # arrow keys move among chips
    ]
    assert unreachable == []


def test_shortcuts_are_unique_and_all_on_the_sheet(window: Window):
    actions = {action.objectName(): action for action in window.actions()}
    assert set(actions) == {f"action_{command.name}" for command in COMMANDS}
    keys = [QKeySequence(command.keys).toString() for command in COMMANDS]
    assert all(keys) and len(set(keys)) == len(keys)
    listed = {(entry.keys, entry.sentence) for entry in shortcuts()}
    assert {(command.keys, command.sentence) for command in COMMANDS} <= listed
    assert {(entry.keys, entry.sentence) for entry in OTHERS} <= listed


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_is_asked_for_or_done(qtbot: QtBot, window: Window, name: str):
    action = window.findChild(QAction, f"action_{name}")
    assert action is not None
    asked: list[str] = []
    window.asked.connect(asked.append)
    before = _own_state(window)
    action.trigger()
    after = _own_state(window)
    assert asked == [name] or (asked == [] and after != before)
    window.presenter.close()


def _own_state(window: Window) -> tuple[object, ...]:
    """What commands change that concern the window alone."""
    return window.isFullScreen(), window.focusWidget(), window.presenter.window, len(window.toasts.waiting)


def test_black_without_an_audience_says_what_to_do(window: Window):
    window.ask("blackout")
    assert "F5" in window.toasts.waiting[-1].text
    window.ask("present")
    told = len(window.toasts.waiting)
    window.ask("blackout")
    assert window.presenter.window is not None and window.presenter.window.black
    assert len(window.toasts.waiting) == told
    window.presenter.close()


# --- nothing is cut off, nothing overlaps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size"), [*(("dark", size) for size in SIZES), ("light", SIZES[0]), ("high-contrast", SIZES[0])]
)
def test_all_words_are_seen_and_nothing_overlaps(
    qapp: QApplication, qtbot: QtBot, window: Window, size: tuple[int, int], name: str
):
    theme.apply(qapp, theme.THEMES[name])
    window.resize(*size)
    qtbot.waitUntil(lambda: window.size().toTuple() == size)
    for instrument in window.instruments:
        assert window.show_instrument(instrument)
        assert_legible(qtbot, window)
    theme.apply(qapp, theme.DARK)


def test_the_window_never_becomes_smaller_than_it_can_show(window: Window):
    window.resize(10, 10)
    assert window.size().toTuple() == SIZES[0]
    assert window.minimumSizeHint().width() <= SIZES[0][0]
    assert window.minimumSizeHint().height() <= SIZES[0][1]


@pytest.mark.parametrize("size", SIZES)
def test_the_sheet_of_shortcuts_can_be_read(qtbot: QtBot, window: Window, size: tuple[int, int]):
    window.resize(*size)
    window.toggle_shortcuts()
    qtbot.waitUntil(lambda: window.size().toTuple() == size)
    cut = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.isVisible() and label.property("kind") == "key" and label.sizeHint().width() > label.width()
    ]
    assert cut == []
    window.toggle_shortcuts()


# --- instruments and files -----------------------------------------------------------------------------------------


def test_an_instrument_that_is_not_there_is_refused(window: Window):
    assert not window.show_instrument("telescope")
    assert window.instruments == (
        *("sliders", "trajectory", "guidance", "branches", "variations", "retouch", "mixing", "seeds"),
        *("map", "directions", "grid", "arithmetic", "encode", "prior", "critic", "layers", "card"),
    )


def test_a_click_tells_of_the_instrument_and_showing_does_not(qtbot: QtBot, window: Window):
    told: list[str] = []
    window.instrument_chosen.connect(told.append)
    window.show_instrument("card")
    assert told == []
    qtbot.mouseClick(window.chips.button("sliders"), Qt.MouseButton.LeftButton)
    assert told == ["sliders"]


def test_what_is_not_a_file_cannot_be_dropped(window: Window):
    words = QMimeData()
    words.setText("hello")
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, words, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    assert event.type() is QEvent.Type.DragEnter
    assert not event.isAccepted()
