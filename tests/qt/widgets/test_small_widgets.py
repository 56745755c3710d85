"""Buttons, the drop zone, the search field, held keys and glyphs."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from explorer.qt import theme
from explorer.qt.widgets import glyphs
from explorer.qt.widgets.buttons import Button, IconButton
from explorer.qt.widgets.drop_zone import DropZone
from explorer.qt.widgets.hold_key import HoldKey
from explorer.qt.widgets.search_field import SearchField

COPY, MOUSE, NO_KEY = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def zone(qtbot) -> DropZone:
    zone = DropZone("Drop a model here", "drop", "Open a model")
    qtbot.addWidget(zone)
    zone.resize(184, 64)
    zone.show()
    return zone


def dragged(*urls: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    return data


def test_a_click_and_the_space_bar_ask_for_a_dialog(zone, qtbot):
    for act in (
        lambda: qtbot.mouseClick(zone, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(zone, Qt.Key.Key_Space),
    ):
        with qtbot.waitSignal(zone.clicked):
            act()


def test_files_are_dropped_as_paths(zone, qtbot):
    data = dragged("file:///models/faces", "https://example.org/x", "file:///a%20b.png")
    away = zone.grab().toImage()
    enter = QDragEnterEvent(QPoint(9, 9), COPY, data, MOUSE, NO_KEY)
    QApplication.sendEvent(zone, enter)
    assert enter.isAccepted()
    assert zone.grab().toImage() != away
    with qtbot.waitSignal(zone.dropped) as told:
        QApplication.sendEvent(zone, QDropEvent(QPointF(9, 9), COPY, data, MOUSE, NO_KEY))
    assert told.args == [(Path("/models/faces"), Path("/a b.png"))]
    assert zone.grab().toImage() == away


def test_what_is_no_file_is_not_taken(zone):
    data = dragged("https://example.org/x")  # the event does not keep it alive
    enter = QDragEnterEvent(QPoint(9, 9), COPY, data, MOUSE, NO_KEY)
    enter.ignore()
    QApplication.sendEvent(zone, enter)
    assert not enter.isAccepted()


def test_leaving_puts_the_zone_out(zone):
    away = zone.grab().toImage()
    zone.show_over(True)
    QApplication.sendEvent(zone, QDragLeaveEvent())
    assert zone.grab().toImage() == away


def test_escape_clears_the_search_and_goes_on_when_it_is_clear(qtbot):
    field = SearchField("search", "Search", "words")
    qtbot.addWidget(field)
    told: list[str] = []
    field.changed.connect(told.append)
    qtbot.keyClicks(field, "ab")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert told == ["a", "ab", ""]
    assert (field.objectName(), field.accessibleName()) == ("search", "Search")


class Window(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit(self)
        QVBoxLayout(self).addWidget(self.field)
        self.told: list[bool] = []
        self.key = HoldKey(Qt.Key.Key_B, self)
        self.key.held.connect(self.told.append)


@pytest.fixture
def window(qtbot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    return window


def test_a_key_is_held_until_it_goes_up(window, qtbot):
    qtbot.keyPress(window, Qt.Key.Key_B)
    assert window.told == [True]
    qtbot.keyRelease(window, Qt.Key.Key_B)
    assert window.told == [True, False]


def test_other_keys_and_text_fields_hold_nothing(window, qtbot):
    qtbot.keyPress(window, Qt.Key.Key_C)
    qtbot.keyPress(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.field, "bbb")
    assert window.told == []
    assert window.field.text() == "bbb"


def test_a_window_that_loses_the_focus_lets_go(window, qtbot):
    qtbot.keyPress(window, Qt.Key.Key_B)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert window.told == [True, False]
    qtbot.keyRelease(window, Qt.Key.Key_B)
    assert window.told == [True, False]


def test_buttons_have_names_and_the_focus_of_the_keyboard_alone(qtbot):
    button = Button("+ Open", "open", "Opens a model.", kind="text")
    icon = IconButton("close", "close", "Close", "Closes this.")
    for widget in (button, icon):
        qtbot.addWidget(widget)
        assert widget.focusPolicy() is Qt.FocusPolicy.TabFocus
        assert widget.objectName() and widget.accessibleName() and widget.toolTip().endswith(".")
    assert button.accessibleName() == "Open"


def test_an_icon_follows_the_theme_and_is_dim_when_disabled(qapp, qtbot):
    icon = IconButton("close", "close", "Close", "Closes this.")
    qtbot.addWidget(icon)

    def color() -> str:
        return icon.icon().pixmap(16, 16).toImage().pixelColor(8, 8).name()

    assert color() == theme.DARK.secondary
    icon.setEnabled(False)
    dim = color()
    icon.setEnabled(True)
    theme.apply(qapp, theme.LIGHT)
    assert color() == theme.LIGHT.secondary != dim


@pytest.mark.parametrize("name", glyphs._GLYPHS)
def test_every_glyph_draws_inside_its_square(name: str):
    image = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    glyphs.paint_glyph(painter, name, QRectF(16, 16, 32, 32), QColor("red"))
    painter.end()
    drawn = [(x, y) for x in range(64) for y in range(64) if image.pixelColor(x, y).alpha()]
    assert len(drawn) > 60
    assert all(15 <= x <= 48 and 15 <= y <= 48 for x, y in drawn)
