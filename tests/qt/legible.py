"""Whether everything in a window can be read: nothing cut off, nothing outside, nothing over something else."""

from contextlib import suppress
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QStyle, QStyleOptionButton, QWidget
from pytestqt.exceptions import TimeoutError as QtTimeoutError
from pytestqt.qtbot import QtBot

from explorer.qt import theme
from explorer.qt.widgets.gauge import Gauge
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.qt.window import Window


def lines_of(label: QLabel) -> list[str]:
    return label.text().splitlines() or [""]


def fits(widget: QLabel | QAbstractButton) -> bool:
    """Whether all words of a label or a button are seen."""
    if isinstance(widget, QLabel):
        room = widget.contentsRect()
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) <= widget.height()
        return max(widget.fontMetrics().horizontalAdvance(line) for line in lines_of(widget)) <= room.width()
    if not widget.text():
        return True
    if type(widget).paintEvent is not QAbstractButton.paintEvent and not hasattr(widget, "initStyleOption"):
        flags = Qt.TextFlag.TextWordWrap
        needed = QFontMetrics(theme.font()).boundingRect(widget.rect().adjusted(12, 0, -12, 0), flags, widget.text())
        return widget.rect().contains(QRect(QPoint(), needed.size()))
    option = QStyleOptionButton()
    widget.initStyleOption(option)
    room = widget.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, widget)
    return widget.fontMetrics().horizontalAdvance(widget.text().replace("&", "")) <= room.width() + 1


def in_window(widget: QWidget) -> QRect:
    """What of a widget its parents leave in sight: a room that scrolls cuts off what lies below."""
    top = widget.window()
    sight = QRect(widget.mapTo(top, QPoint()), widget.size())
    parent = widget.parentWidget()
    while parent is not None and parent is not top:
        sight &= QRect(parent.mapTo(top, QPoint()), parent.size())
        parent = parent.parentWidget()
    return sight


def seen(window: Window) -> list[QWidget]:
    """Labels, buttons, sliders and fields in sight."""
    kinds = (QLabel, QAbstractButton, LatentSlider, QLineEdit, QPlainTextEdit, Gauge)
    widgets = [widget for widget in window.findChildren(QWidget) if isinstance(widget, kinds) and widget.isVisible()]
    return [widget for widget in widgets if not isinstance(widget, QLabel) or widget.text()]


def faults(window: Window) -> list[str]:
    """What cannot be read, lies outside, or lies over something else."""
    widgets = seen(window)
    found = [f"cut off: {w.text()!r}" for w in widgets if isinstance(w, QLabel | QAbstractButton) and not fits(w)]
    for widget in widgets:
        parent = widget.parentWidget()
        if parent is None or not parent.rect().contains(widget.geometry()):
            found.append(f"outside: {widget.objectName()}")
    over = [widget for widget in widgets if window.toasts.isAncestorOf(widget)]
    under = [widget for widget in widgets if widget not in over]
    for layer in (over, under):
        for one, other in combinations(layer, 2):
            if in_window(one).intersects(in_window(other)):
                found.append(f"overlap: {one.objectName()} {other.objectName()}")
    return found


def assert_legible(qtbot: QtBot, window: Window) -> None:
    """All that is in sight can be read as soon as it is laid out."""
    with suppress(QtTimeoutError):  # then the assertion says what is wrong
        qtbot.waitUntil(lambda: not faults(window), timeout=2_000)
    assert faults(window) == []
