"""What pages of instruments are made of: a column that scrolls, and words that wrap."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLayout, QScrollArea, QVBoxLayout, QWidget


def words(text: str, *, kind: str = "secondary") -> QLabel:
    """A label that wraps; ``kind`` is a role of the stylesheet."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", kind)
    return label


def scrolled(*parts: QWidget | QLayout, growing: bool = False) -> QScrollArea:
    """The parts in a column that scrolls where it is longer than the room; where it is shorter, ``growing`` gives the
    rest of the room to the last part.
    """
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(0, 0, 8, 0)
    layout.setSpacing(8)
    for part in parts:
        layout.addWidget(part) if isinstance(part, QWidget) else layout.addLayout(part)
    if growing:
        layout.setStretch(len(parts) - 1, 1)
    else:
        layout.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area
