"""Buttons with a name, an accessible name and one sentence each: what the stylesheet cannot give."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from explorer.qt import theme
from explorer.qt.widgets.glyphs import SIDE, glyph_icon


class Button(QPushButton):
    """A push button of one kind of the stylesheet; ``text`` (accent words), ``primary``, or the plain raised one.

    Takes the focus by Tab only, so that a ring is seen by those who use the keyboard.
    """

    def __init__(self, text: str, name: str, tip: str, parent: QWidget | None = None, *, kind: str = "") -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(text.strip("+ …"))
        self.setToolTip(tip)
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)


class IconButton(QPushButton):
    """A small button that is one glyph in the colour of secondary text."""

    def __init__(self, glyph: str, name: str, accessible_name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._glyph = glyph
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setToolTip(tip)
        self.setProperty("kind", "icon")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setFixedSize(24, 24)
        self._colour()

    def _colour(self) -> None:
        roles = theme.current()
        color = roles.color("secondary") if self.isEnabled() else roles.disabled
        self.setIcon(glyph_icon(self._glyph, color, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._colour()
        super().changeEvent(event)
