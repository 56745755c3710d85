"""The one application stylesheet, written from the roles of a theme.

Widgets of a kind say so by the dynamic property ``kind``:
``QPushButton``: ``text``, ``primary``, ``chip``, ``tab``, ``icon``; ``QLabel``: ``heading``, ``title``, ``secondary``,
``set``, ``hint``, ``warning``, ``error``, ``key``; ``QFrame``:
``card``, ``sheet``.
"""

from collections.abc import Mapping
from string import Template


def stylesheet(roles: Mapping[str, object]) -> str:
    """The stylesheet for a theme given as a mapping from role to colour, and ``focus_width`` in px.

    A focus ring is wider than the border it replaces; paddings ``$p2`` and so on give the difference back, so that
    nothing moves when the keyboard arrives.
    """
    wider = int(str(roles["focus_width"])) - 1
    return _SHEET.substitute(roles, **{f"p{padding}": padding + wider for padding in (2, 4, 8, 10)})


_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px; }
QLabel { background: transparent; }
QLabel[kind="heading"] { color: $secondary; font-size: 11px; font-weight: 600; letter-spacing: 0.4px; }
QLabel[kind="title"] { font-size: 13px; font-weight: 600; }
QLabel[kind="secondary"] { color: $secondary; }
QLabel[kind="set"] { color: $accent; font-weight: 600; }
QLabel[kind="hint"] { color: $secondary; font-size: 11px; }
QLabel[kind="warning"] { color: $warning; }
QLabel[kind="error"] { color: $error; }
QFrame[kind="card"] { background: $raised; border: 1px solid $line; border-radius: 8px; }

QFrame[kind="sheet"] { background: $panel; border: 1px solid $line; border-radius: 12px; }
QLabel[kind="key"] {
    background: $raised; color: $text; border: 1px solid $line; border-radius: 4px; padding: 1px 6px; font-size: 11px;
}

QPushButton {
    background: $raised; color: $text; border: 1px solid $edge; border-radius: 8px;
    padding: ${p4}px ${p10}px; min-height: 16px;
}
QPushButton:hover, QPushButton:pressed { border-color: $line; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border: ${focus_width}px solid $accent; padding: 4px 10px; }
QPushButton:disabled { color: $disabled; }

QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:focus { border-color: $text; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $disabled; border-color: $edge; }

QPushButton[kind="text"] {
    background: transparent; color: $accent; border-color: transparent; padding: ${p2}px ${p2}px; border-radius: 4px;
}
QPushButton[kind="text"]:hover { background: $raised; border-color: $edge; }
QPushButton[kind="text"]:focus { border-color: $accent; padding: 2px; }
QPushButton[kind="text"]:disabled { color: $disabled; }

QPushButton[kind="chip"] { border-radius: 12px; padding: ${p2}px ${p10}px; }
QPushButton[kind="chip"]:focus { padding: 2px 10px; }
QPushButton[kind="chip"]:checked { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="chip"]:checked:focus { border-color: $text; }
QPushButton[kind="chip"]:checked:disabled { background: $line; color: $disabled; border-color: $line; }

QPushButton[kind="tab"] {
    background: transparent; color: $secondary; border: none; border-bottom: 3px solid transparent; border-radius: 0;
    padding: 8px 6px 7px 6px; font-size: 14px;
}
QPushButton[kind="tab"]:hover { color: $text; }
QPushButton[kind="tab"]:checked { color: $text; border-bottom-color: $accent; font-weight: 600; }
QPushButton[kind="tab"]:focus { background: $raised; }
QPushButton[kind="tab"]:disabled { color: $disabled; }

QPushButton[kind="icon"] { background: transparent; border-color: transparent; padding: ${p2}px; border-radius: 6px; }
QPushButton[kind="icon"]:hover { background: $raised; border-color: $edge; }
QPushButton[kind="icon"]:focus { border-color: $accent; padding: 2px; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {
    background: $ground; color: $text; border: 1px solid $line; border-radius: 8px; padding: ${p4}px ${p8}px;
    selection-background-color: $accent; selection-color: $on_accent; placeholder-text-color: $secondary;
}
QLineEdit:hover, QComboBox:hover, QSpinBox:hover, QDoubleSpinBox:hover { border-color: $secondary; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
    border: ${focus_width}px solid $accent; padding: 4px 8px;
}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { background: transparent; border: none; padding: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QComboBox::drop-down { border: none; width: 20px; }
QSpinBox:disabled, QDoubleSpinBox:disabled { color: $disabled; }
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

QSlider::groove:horizontal { background: $line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $raised; border: 2px solid $accent; width: 10px; height: 10px; margin: -5px 0; border-radius: 7px;
}
QSlider::handle:horizontal:focus { border: 3px solid $accent; width: 8px; height: 8px; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")
