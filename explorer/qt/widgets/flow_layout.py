"""Items in a row that wrap when the room is narrow."""

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSpacerItem, QWidget


class FlowLayout(QLayout):
    """Left to right, then on the next line; all items keep their size hints, and hidden ones take no room."""

    def __init__(self, parent: QWidget | None = None, *, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def addStretch(self) -> None:
        """What is left of the line goes here: what follows stands at its right end."""
        self.addItem(QSpacerItem(0, 0))

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        seen = [item for item in self._items if not item.isEmpty()]
        width = sum(item.sizeHint().width() for item in seen) + self.spacing() * max(len(seen) - 1, 0)
        margins = self.contentsMargins()
        return QSize(width + margins.left() + margins.right(), self.minimumSize().height())

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size.grownBy(QMargins(margins))

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """Place the items -> the height they need."""
        room = rect.marginsRemoved(self.contentsMargins())
        y = room.y()
        for line in self._lines(room.width()):
            height = max(item.sizeHint().height() for item in line)
            if move:
                self._place(line, room, y)
            y += height + self.spacing()
        end = max(y - self.spacing(), room.y())
        return end + self.contentsMargins().bottom() - rect.y()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """The items that are seen, in lines no wider than ``width``; stretches stay with their line."""
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            stretch = item.spacerItem() is not None
            if item.isEmpty() and not stretch:
                continue
            needed = item.sizeHint().width() + (0 if stretch else self.spacing())
            if not lines or (not stretch and used + needed - self.spacing() > width):
                lines.append([])
                used = 0
            lines[-1].append(item)
            used += needed
        return [line for line in lines if any(item.spacerItem() is None for item in line)]

    def _place(self, line: list[QLayoutItem], room: QRect, y: int) -> None:
        shown = [item for item in line if item.spacerItem() is None]
        free = room.width() - sum(item.sizeHint().width() for item in shown) - self.spacing() * (len(shown) - 1)
        x = room.x()
        for item in line:
            if item.spacerItem() is not None:
                x += max(free, 0)
                continue
            item.setGeometry(QRect(QPoint(x, y), item.sizeHint()))
            x += item.sizeHint().width() + self.spacing()
