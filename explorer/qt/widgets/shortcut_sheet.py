"""All shortcuts on one sheet over the window."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.qt import theme
from explorer.qt.widgets.buttons import IconButton

MAX_WIDTH, NARROW = 800, 640  # px; a narrow card has one column instead of two
_MARGIN = 32  # px
_HEAD = 72  # px of the card that are not the list
_KEYS = 136  # px, the column of the keys


@dataclass(frozen=True)
class Shortcut:
    """One line: ``keys`` as they are written on the keyboard, and what they do."""

    group: str
    keys: str
    sentence: str


class ShortcutSheet(QWidget):
    """Covers its parent while open; Esc, ?, the button or a click beside the card close it."""

    closed = Signal()

    def __init__(self, name: str, accessible_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._room = parent
        self._shortcuts: tuple[Shortcut, ...] = ()
        self._columns = 0
        self._list = QWidget()
        self._focused_before: QWidget | None = None
        self._card = QFrame(self)
        self._card.setProperty("kind", "sheet")
        title = QLabel(accessible_name)
        title.setProperty("kind", "title")
        self._close = IconButton("close", f"{name}_close", "Close the sheet", "Closes this sheet (Esc).")
        self._close.clicked.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self._close)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self._card)
        layout.setContentsMargins(24, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self._scroll)
        parent.installEventFilter(self)
        self.hide()

    def show_shortcuts(self, shortcuts: tuple[Shortcut, ...]) -> None:
        """List these, grouped, in the order given."""
        self._shortcuts = shortcuts
        self._columns = 0
        if self.isVisible():
            self._place()

    def open(self) -> None:
        """Cover the parent and take the keyboard."""
        self._focused_before = self.window().focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Go away and give the keyboard back."""
        if self.isVisible():
            self.hide()
            if self._focused_before is not None:
                self._focused_before.setFocus(Qt.FocusReason.PopupFocusReason)
            self._focused_before = None
            self.closed.emit()

    def _place(self) -> None:
        room = self._room.size()
        self.setGeometry(0, 0, room.width(), room.height())
        width = min(room.width() - 2 * _MARGIN, MAX_WIDTH)
        columns = 1 if width < NARROW else 2
        if columns != self._columns:
            self._columns = columns
            self._list = self._make_list(columns)
            self._scroll.setWidget(self._list)
        content = self._list.sizeHint().height()
        height = min(content + _HEAD, room.height() - 2 * _MARGIN)
        self._card.setGeometry((room.width() - width) // 2, (room.height() - height) // 2, width, height)

    def _make_list(self, columns: int) -> QWidget:
        """All groups, each in the column that is shortest so far."""
        groups: dict[str, list[Shortcut]] = {}
        for shortcut in self._shortcuts:
            groups.setdefault(shortcut.group, []).append(shortcut)
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(32)
        layouts = [QVBoxLayout() for _ in range(columns)]
        lengths = [0] * columns
        for layout in layouts:
            layout.setSpacing(16)
            row.addLayout(layout, 1)
        for group, lines in groups.items():
            at = lengths.index(min(lengths))
            lengths[at] += len(lines) + 2
            layouts[at].addLayout(self._make_group(group, lines))
        for layout in layouts:
            layout.addStretch(1)
        return sheet

    def _make_group(self, group: str, lines: list[Shortcut]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        heading = QLabel(group.upper())
        heading.setProperty("kind", "heading")
        grid.addWidget(heading, 0, 0, 1, 2)
        for at, line in enumerate(lines, start=1):
            keys, sentence = QLabel(line.keys), QLabel(line.sentence)
            keys.setProperty("kind", "key")
            sentence.setWordWrap(True)
            grid.addWidget(keys, at, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            grid.addWidget(sentence, at, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnMinimumWidth(0, _KEYS)
        return grid

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._scroll.verticalScrollBar()
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Question):
            self.dismiss()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            bar.setValue(bar.value() + (48 if event.key() == Qt.Key.Key_Down else -48))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._card.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color("ground", 0.72))
        painter.end()
