"""The one application stylesheet, written from the roles of a theme.

Widgets of a kind say so by the dynamic property ``kind``:
``QPushButton``: ``text``, ``primary``, ``chip``, ``tab``, ``icon``; ``QLabel``: ``heading``, ``title``, ``secondary``,
``warning``, ``error``; ``QFrame``: ``card``.
"""

from collections.abc import Mapping
from string import Template


def stylesheet(roles: Mapping[str, object]) -> str:
    """The stylesheet for a theme given as a mapping from role to colour."""
    return _SHEET.substitute(roles)


_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px; }
QLabel { background: transparent; }
QLabel[kind="heading"] { color: $secondary; font-size: 11px; font-weight: 600; letter-spacing: 0.4px; }
QLabel[kind="title"] { font-size: 13px; font-weight: 600; }
QLabel[kind="secondary"] { color: $secondary; }
QLabel[kind="warning"] { color: $warning; }
QLabel[kind="error"] { color: $error; }
QFrame[kind="card"] { background: $raised; border: 1px solid $line; border-radius: 8px; }

QPushButton {
    background: $raised; color: $text; border: ${focus_width}px solid transparent; border-radius: 8px;
    padding: 4px 10px; min-height: 16px;
}
QPushButton:hover, QPushButton:pressed { border-color: $line; }
QPushButton:pressed { background: $line; color: $text; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $disabled; }

QPushButton[kind="primary"] { background: $accent; color: $on_accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { border-color: $text; }
QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $disabled; }

QPushButton[kind="text"] { background: transparent; color: $accent; padding: 2px 4px; border-radius: 4px; }
QPushButton[kind="text"]:hover { background: $raised; border-color: transparent; }
QPushButton[kind="text"]:focus { border-color: $accent; }
QPushButton[kind="text"]:disabled { color: $disabled; }

QPushButton[kind="chip"] { border-radius: 12px; padding: 2px 10px; min-height: 16px; }
QPushButton[kind="chip"]:checked { background: $accent; color: $on_accent; font-weight: 600; }
QPushButton[kind="chip"]:checked:focus { border-color: $text; }

QPushButton[kind="tab"] {
    background: transparent; color: $secondary; border: none; border-bottom: 3px solid transparent; border-radius: 0;
    padding: 8px 6px 7px 6px; font-size: 14px;
}
QPushButton[kind="tab"]:hover { color: $text; }
QPushButton[kind="tab"]:checked { color: $text; border-bottom-color: $accent; font-weight: 600; }
QPushButton[kind="tab"]:focus { background: $raised; }

QPushButton[kind="icon"] { background: transparent; padding: 2px; border-radius: 6px; }
QPushButton[kind="icon"]:hover { background: $raised; border-color: transparent; }
QPushButton[kind="icon"]:focus { border-color: $accent; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
    background: $ground; color: $text; border: 1px solid $line; border-radius: 8px; padding: 4px 8px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QComboBox:hover, QSpinBox:hover, QDoubleSpinBox:hover { border-color: $secondary; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
    border: ${focus_width}px solid $accent;
}
QLineEdit:focus { padding: 3px 7px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; selection-background-color: $accent; }

QListView { background: transparent; border: none; outline: none; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $secondary; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: $raised; color: $text; border: 1px solid $line; border-radius: 8px; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")
