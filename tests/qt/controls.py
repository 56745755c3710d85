"""The controls of the window, as the tests see them and as ``explorer/README.md`` lists them.

``python -m tests.qt.controls`` writes the list anew.
"""

import re
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QApplication,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from explorer.qt.widgets.canvas import Canvas
from explorer.qt.widgets.gauge import Gauge
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.qt.widgets.library_list import LibraryList
from explorer.qt.widgets.search_field import SearchField
from explorer.qt.widgets.status_line import StatusLine
from explorer.qt.window import Window

README = Path(__file__).parents[2] / "explorer" / "README.md"
BEGIN, END = "<!-- controls -->\n", "<!-- /controls -->\n"
CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractScrollArea, QLineEdit, Canvas, Gauge, StatusLine)


def controls(window: Window) -> list[QWidget]:
    """Everything a hand or a key can do something with, and everything that is read; the Train page included."""
    assert window.train is not None
    found = [widget for widget in window.findChildren(QWidget) if isinstance(widget, CONTROLS)]
    return [widget for widget in found if not isinstance(widget, QScrollBar) and not _is_room(widget)]


def _is_room(widget: QWidget) -> bool:
    """A scroll area that is only there to hold something: it cannot have the keyboard."""
    return isinstance(widget, QAbstractScrollArea) and widget.focusPolicy() == Qt.FocusPolicy.NoFocus


KEYBOARD = (  # how what kind of control is used without a mouse, the first that fits
    (Canvas, "Tab, then + − 0 and arrows"),
    (LatentSlider, "Tab, then ← → Page Up Page Down Home R L"),
    (SearchField, "Ctrl+F, Esc clears"),
    (LibraryList, "Tab, then ↑ ↓ Enter Delete"),
    (QAbstractScrollArea, "Tab, then ↑ ↓"),
    (QAbstractButton, "Tab, then Space"),
    (QLineEdit, "Tab, then type"),
    (QAbstractSlider, "Tab, then ← →"),
    (QWidget, "read only"),
)


def keyboard(widget: QWidget) -> str:
    """How to use a control without a mouse."""
    if isinstance(widget, QAbstractButton) and widget.group():
        return "Tab, then ← →"
    shortcut = re.search(r"\(([^)]+)\)\.$", widget.toolTip())
    way = next(way for kind, way in KEYBOARD if isinstance(widget, kind))
    return f"{way}; {shortcut[1]}" if shortcut else way


def table() -> str:
    """The controls of a new window for a person who reads, a line each: name, what it is, the way of the keyboard."""
    window = Window()
    rows = {
        f"| `{widget.objectName()}` | {widget.accessibleName() or widget.toolTip()} | {keyboard(widget)} |"
        for widget in controls(window)
        if not isinstance(widget, LatentSlider)
    }
    slider = "| `sliders_row_0`, `sliders_row_1`, … | The slider of one latent dimension |"
    window.deleteLater()
    lines = sorted([*rows, f"{slider} {dict(KEYBOARD)[LatentSlider]} |"])
    return "\n".join(["| control | what it is | by keyboard |", "|---|---|---|", *lines, ""])


def listed() -> str:
    """The list as it stands in the file."""
    return README.read_text("utf-8").split(BEGIN)[1].split(END)[0]


if __name__ == "__main__":
    application = QApplication(sys.argv)
    before, after = README.read_text("utf-8").split(listed())
    README.write_text(before + table() + after, "utf-8")
