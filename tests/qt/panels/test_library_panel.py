"""The library at the left."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from explorer.qt.panels.library_panel import LibraryPanel
from explorer.qt.widgets.library_list import ENTRY_ROLE, LibraryEntry
from explorer.state.library import Item, read_item
from tests.graphs import tiny_bundle

GONE = Item("/gone", "gone", "cannot be opened", fault="There is no model at /gone; choose another path.")


@pytest.fixture
def panel(qtbot: QtBot) -> LibraryPanel:
    panel = LibraryPanel()
    qtbot.addWidget(panel)
    panel.resize(220, 600)
    panel.show()
    return panel


def entries(panel: LibraryPanel) -> list[LibraryEntry]:
    model = panel.list.model()
    return [model.index(row, 0).data(ENTRY_ROLE) for row in range(model.rowCount())]


def test_items_are_shown_with_their_previews_and_faults(panel: LibraryPanel, tmp_path: Path):
    fine = read_item(tiny_bundle(tmp_path / "tiny", dims=3, size=8).path)
    panel.show_items((fine, GONE), fine.path)
    first, second = entries(panel)
    assert (first.title, first.subtitle, first.error) == ("tiny", fine.subtitle, None)
    assert first.preview is not None and first.preview.shape == (8, 8, 1)
    assert second.error == GONE.fault and second.preview is None
    assert panel.list.chosen_key == fine.path


def test_a_preview_that_is_no_picture_is_left_out(panel: LibraryPanel):
    panel.show_items((Item("/a", "a", "vae", preview_png=b"not a PNG"),), "")
    assert entries(panel)[0].preview is None


def test_a_click_chooses_and_showing_does_not(qtbot: QtBot, panel: LibraryPanel):
    chosen: list[str] = []
    panel.chosen.connect(chosen.append)
    panel.show_items((Item("/a", "a", ""), Item("/b", "b", "")), "/a")
    assert chosen == []
    at = panel.list.visualRect(panel.list.model().index(1, 0)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == ["/b"]


def test_delete_asks_to_remove(qtbot: QtBot, panel: LibraryPanel):
    panel.show_items((Item("/a", "a", ""), GONE), "/gone")
    with qtbot.waitSignal(panel.remove_asked, timeout=0) as told:
        qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert told.args == ["/gone"]


def test_the_button_and_the_box_ask_to_open(qtbot: QtBot, panel: LibraryPanel):
    open_button = panel.findChild(QPushButton, "open_model")
    for widget in (open_button, panel.zone):
        with qtbot.waitSignal(panel.open_asked, timeout=0):
            qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
