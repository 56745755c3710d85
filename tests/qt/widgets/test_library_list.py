from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from explorer.qt import theme
from explorer.qt.widgets.library_list import ENTRY_ROLE, LibraryEntry, LibraryList, LibraryModel
from tests.qt.looks import looks_like

PICTURE = np.linspace(0, 255, 16, dtype=np.uint8)[:, None, None].repeat(16, 1).repeat(3, 2)
ENTRIES = (
    LibraryEntry("a", "faces-vae", "VAE · 64 px", PICTURE),
    LibraryEntry("b", "fashion-vae", "VAE · 28 px", badge="new"),
    LibraryEntry("c", "broken", "VAE", PICTURE, error="decoder.onnx is missing: copy the bundle again."),
)


@pytest.fixture
def library(qtbot) -> LibraryList:
    library = LibraryList("library", "Library")
    qtbot.addWidget(library)
    library.resize(200, 200)
    library.show_entries(ENTRIES)
    library.show()
    return library


def place(library: LibraryList, row: int) -> QPoint:
    return library.visualRect(library.model().index(row, 0)).center()


def test_the_model_is_a_good_model(qtmodeltester):
    model = LibraryModel()
    model.set_entries(ENTRIES)
    qtmodeltester.check(model)


def test_what_the_model_tells(library):
    model = library.model()
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
    told = [[model.data(model.index(row, 0), role) for role in roles] for row in range(3)]
    assert told == [
        ["faces-vae", "Opens faces-vae.", "faces-vae, VAE · 64 px"],
        ["fashion-vae", "Opens fashion-vae.", "fashion-vae, VAE · 28 px, new"],
        ["broken", ENTRIES[2].error, f"broken, {ENTRIES[2].error}"],
    ]


def test_a_click_chooses(library, qtbot):
    with qtbot.waitSignal(library.chosen) as told:
        qtbot.mouseClick(library.viewport(), Qt.MouseButton.LeftButton, pos=place(library, 1))
    assert told.args == ["b"]


def test_arrows_move_and_enter_chooses(library, qtbot):
    library.show_chosen("a")
    with qtbot.assertNotEmitted(library.chosen):
        qtbot.keyClick(library, Qt.Key.Key_Down)
    with qtbot.waitSignal(library.chosen) as told:
        qtbot.keyClick(library, Qt.Key.Key_Return)
    assert told.args == ["b"]


def test_delete_asks_to_remove(library, qtbot):
    library.show_entries(())
    with qtbot.assertNotEmitted(library.remove_asked):
        qtbot.keyClick(library, Qt.Key.Key_Delete)
    library.show_entries(ENTRIES)
    library.show_chosen("c")
    with qtbot.waitSignal(library.remove_asked) as told:
        qtbot.keyClick(library, Qt.Key.Key_Delete)
    assert told.args == ["c"]


def test_the_menu_opens_and_removes(library, qtbot):
    actions = {action.objectName(): action for action in library.context_menu("b").actions()}
    with qtbot.waitSignal(library.chosen) as opened, qtbot.waitSignal(library.remove_asked) as removed:
        actions["library_open"].trigger()
        actions["library_remove"].trigger()
    assert (opened.args, removed.args) == (["b"], ["b"])


def test_showing_tells_nothing(library, qtbot):
    with qtbot.assertNotEmitted(library.chosen):
        library.show_chosen("b")
        library.show_entries(ENTRIES[::-1])
        library.show_chosen("gone")


def test_the_chosen_one_stays_current_when_the_library_changes(library):
    library.show_chosen("b")
    library.show_entries((LibraryEntry("new", "another"), *ENTRIES))
    assert library.currentIndex().data(ENTRY_ROLE).key == "b"
    library.show_entries(())
    assert library.model().rowCount() == 0


def test_a_changed_row_keeps_the_scroll_position(library, qtbot):
    many = tuple(LibraryEntry(str(i), f"model {i}") for i in range(50))
    library.show_entries(many)
    qtbot.waitUntil(lambda: library.verticalScrollBar().maximum() > 500)
    library.verticalScrollBar().setValue(500)
    with qtbot.waitSignal(library.model().dataChanged):
        library.show_entries((LibraryEntry("0", "model 0", preview=PICTURE), *many[1:]))
    assert library.verticalScrollBar().value() == 500


def test_letters_go_to_the_window(library, qtbot):
    class Window(QWidget):
        def keyPressEvent(self, event) -> None:
            heard.append(event.text())

    heard: list[str] = []
    window = Window()
    qtbot.addWidget(window)
    library.setParent(window)
    qtbot.keyClicks(library, "b?")
    assert heard == ["b", "?"]
    library.setParent(None)


@pytest.mark.parametrize("name", theme.THEMES)
def test_looks(qapp, qtbot, tmp_path: Path, name: str):
    theme.apply(qapp, theme.THEMES[name])
    library = LibraryList("library", "Library")
    qtbot.addWidget(library)
    library.show_entries(ENTRIES)
    library.show_chosen("a")
    looks_like(library, f"library-{name}", tmp_path, size=(208, 176))
