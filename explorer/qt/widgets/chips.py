"""Pills and tabs: one of a few, or one thing on and off."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QPushButton, QSizePolicy, QWidget

from explorer.qt import theme
from explorer.qt.widgets.flow_layout import FlowLayout


@dataclass(frozen=True)
class Chip:
    """One choice: ``key`` is what is told, ``text`` what is shown, ``tip`` one sentence."""

    key: str
    text: str
    tip: str
    enabled: bool = True


class ToggleChip(QPushButton):
    """One thing on or off; ``switched`` tells of the hand alone."""

    switched = Signal(bool)

    def __init__(self, text: str, name: str, tip: str, parent: QWidget | None = None, *, kind: str = "chip") -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setToolTip(tip)
        self.setProperty("kind", kind)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(self._bold_width())  # the chosen one is bolder: without this its neighbours would jump
        self.clicked.connect(self.switched)

    def show_on(self, on: bool) -> None:
        """Show it on or off; tells nobody."""
        self.setChecked(on)

    def _bold_width(self) -> int:
        tab = self.property("kind") == "tab"
        font = theme.font(14 if tab else theme.BODY, QFont.Weight.DemiBold)
        return QFontMetrics(font).horizontalAdvance(self.text()) + (12 if tab else 20 + 2 * theme.current().focus_width)


class ChipBar(QWidget):
    """One of a few, as pills or as tabs (``kind`` ``chip`` or ``tab``); arrow keys, Home and End move the choice."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        accessible_name: str,
        chips: tuple[Chip, ...] = (),
        parent: QWidget | None = None,
        *,
        kind: str = "chip",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._kind = kind
        self._flow = FlowLayout(self, spacing=24 if kind == "tab" else 8)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, ToggleChip] = {}
        self._chips: tuple[Chip, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_chips(chips)

    def show_chips(self, chips: tuple[Chip, ...]) -> None:
        """Show these choices; the chosen one stays chosen if it is still among them."""
        if chips == self._chips and self._buttons:
            return
        before, old = self.chosen_key, self._buttons
        kept = {chip.key for chip in chips if chip.key in old and old[chip.key].text() == chip.text}
        for key, button in old.items():
            self._flow.removeWidget(button)
            if key not in kept:
                self._group.removeButton(button)
                button.hide()
                button.setObjectName("")  # which the one in its place has now
                button.deleteLater()
        self._chips = chips
        self._buttons = {chip.key: old[chip.key] if chip.key in kept else self._make(chip) for chip in chips}
        for chip in chips:
            button = self._buttons[chip.key]
            button.setEnabled(chip.enabled)
            button.setToolTip(chip.tip)
            self._flow.addWidget(button)
        self.show_chosen(before if before in self._buttons else next(iter(self._buttons), ""))

    def show_chosen(self, key: str) -> None:
        """Show a choice; tells nobody."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
            for other, button in self._buttons.items():  # Tab comes to the chosen one, arrows go on from there
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus if other == key else Qt.FocusPolicy.NoFocus)

    @property
    def chosen_key(self) -> str:
        """What is chosen now, empty where there is nothing to choose."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def button(self, key: str) -> QAbstractButton:
        """The button of a choice, to anchor things to."""
        return self._buttons[key]

    def _make(self, chip: Chip) -> ToggleChip:
        button = ToggleChip(chip.text, f"{self.objectName()}_{chip.key}", chip.tip, self, kind=self._kind)
        button.switched.connect(lambda: self._choose(chip.key))
        self._group.addButton(button)
        button.installEventFilter(self)
        button.show()
        return button

    def _choose(self, key: str) -> None:
        self.show_chosen(key)
        self.chosen.emit(key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A button keeps arrow keys for itself, and would move the choice without a word."""
        return isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self._moved(event)

    def _moved(self, event: QKeyEvent) -> bool:
        keys = [key for key, button in self._buttons.items() if button.isEnabled()]
        moves = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        key = Qt.Key(event.key())
        if not keys or key not in (*moves, Qt.Key.Key_Home, Qt.Key.Key_End):
            return False
        at = keys.index(self.chosen_key) if self.chosen_key in keys else 0
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(keys) - 1}
        to = keys[ends[key] if key in ends else (at + moves[key]) % len(keys)]
        if to != self.chosen_key:
            self._choose(to)
            self._buttons[to].setFocus(Qt.FocusReason.TabFocusReason)
        return True
