import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QScrollArea, QWidget

from explorer.qt.widgets.shortcut_sheet import Shortcut, ShortcutSheet

SHORTCUTS = (
    Shortcut("Window", "?", "Shows this sheet"),
    Shortcut("Window", "Ctrl+Z", "Takes back"),
    Shortcut("Sliders", "R", "Draws from the prior"),
)


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    QLineEdit(window).setObjectName("field")
    window.show()
    return window


@pytest.fixture
def sheet(window) -> ShortcutSheet:
    sheet = ShortcutSheet("shortcuts", "Keyboard shortcuts", window)
    sheet.show_shortcuts(SHORTCUTS)
    return sheet


def says(sheet: ShortcutSheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]


def test_everything_is_listed_under_its_group(sheet):
    assert not sheet.isVisible()
    sheet.open()
    assert says(sheet)[0] == "Keyboard shortcuts"
    assert {"WINDOW", "SLIDERS", "?", "Ctrl+Z", "R", "Takes back", "Draws from the prior"} <= set(says(sheet))
    assert says(sheet).count("WINDOW") == 1


def test_it_covers_the_window_and_follows_it(sheet, window, qtbot):
    sheet.open()
    assert sheet.geometry() == window.rect()
    window.resize(500, 300)
    qtbot.waitUntil(lambda: sheet.geometry() == window.rect())
    card = sheet.findChildren(QScrollArea)[0].parentWidget()
    assert window.rect().contains(card.geometry())


@pytest.mark.parametrize("way", ["escape", "question", "button", "beside"])
def test_ways_to_close_it(sheet, qtbot, way):
    sheet.open()
    with qtbot.waitSignal(sheet.closed):
        if way == "escape":
            qtbot.keyClick(sheet, Qt.Key.Key_Escape)
        elif way == "question":
            qtbot.keyClick(sheet, Qt.Key.Key_Question)
        elif way == "button":
            qtbot.mouseClick(sheet.findChild(QPushButton, "shortcuts_close"), Qt.MouseButton.LeftButton)
        else:
            qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not sheet.isVisible()


def test_a_click_on_the_card_leaves_it_open(sheet, qtbot):
    sheet.open()
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.rect().center())
    assert sheet.isVisible()


def test_the_keyboard_goes_back_where_it_was(sheet, window, qtbot):
    field = window.findChild(QLineEdit, "field")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    sheet.open()
    qtbot.waitUntil(sheet.hasFocus)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(field.hasFocus)


def test_more_than_fits_can_be_scrolled(sheet, qtbot):
    sheet.show_shortcuts(tuple(Shortcut(f"Group {i // 5}", f"F{i}", "Does something") for i in range(150)))
    sheet.open()
    bar = sheet.findChild(QScrollArea).verticalScrollBar()
    assert bar.maximum() > 0
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    assert bar.value() == 48
