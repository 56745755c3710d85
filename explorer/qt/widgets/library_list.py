"""The models one can open: a preview, a name and a line each."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.qt import theme
from explorer.qt.pictures import Pixels, rounded_thumbnail, to_image
from explorer.qt.widgets.glyphs import paint_glyph

ROW_HEIGHT = 56  # px
PREVIEW = 40  # px
ENTRY_ROLE = Qt.ItemDataRole.UserRole

_Index: TypeAlias = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class LibraryEntry:
    """One model of the library; ``error`` says why it cannot be opened."""

    key: str
    title: str
    subtitle: str = ""
    preview: Pixels | None = field(default=None, compare=False)
    error: str | None = None
    badge: str = ""


class LibraryModel(QAbstractListModel):
    """Entries as Qt reads them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[LibraryEntry, ...] = ()
        self._images: dict[str, QImage] = {}
        self._pixmaps: dict[tuple[str, float, str], QPixmap] = {}  # key, device pixel ratio, theme

    @property
    def entries(self) -> tuple[LibraryEntry, ...]:
        return self._entries

    def set_entries(self, entries: tuple[LibraryEntry, ...]) -> None:
        """Show these; where only the inside of rows changed, selection and scroll position stay."""
        same_rows = [entry.key for entry in entries] == [entry.key for entry in self._entries]
        if not same_rows:
            self.beginResetModel()
        self._entries = entries
        self._images = {entry.key: to_image(entry.preview) for entry in entries if entry.preview is not None}
        self._pixmaps.clear()
        if not same_rows:
            self.endResetModel()
        elif entries:
            self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))

    def row_of(self, key: str) -> int:
        """The row of a key, -1 where there is none."""
        return next((row for row, entry in enumerate(self._entries) if entry.key == key), -1)

    def preview(self, key: str, ratio: float) -> QPixmap | None:
        """The rounded preview at ``ratio`` device pixels a pixel, made once."""
        if key not in self._images:
            return None
        roles = theme.current()
        at = (key, ratio, roles.name)
        if at not in self._pixmaps:
            self._pixmaps[at] = rounded_thumbnail(
                self._images[key], PREVIEW, theme.RADIUS - 2, ratio, roles.color("ground")
            )
        return self._pixmaps[at]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.error or f"Opens {entry.title}."
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (entry.title, entry.error or entry.subtitle, entry.badge)))
        if role == ENTRY_ROLE:
            return entry
        return None


class _EntryDelegate(QStyledItemDelegate):
    """Paints a row: preview, title, line under it, badge; a sign and the reason where a model is broken."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: LibraryEntry = index.data(ENTRY_ROLE)
        view = option.widget
        roles, row = theme.current(), option.rect
        chosen = isinstance(view, LibraryList) and view.chosen_key == entry.key
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        back = QRectF(row).adjusted(1, 1, -1, -1)
        if chosen or hovered:
            painter.setPen(roles.color("edge") if chosen else Qt.PenStyle.NoPen)
            painter.setBrush(roles.color("raised") if chosen else roles.mixed("panel", "raised", 0.5))
            painter.drawRoundedRect(back, theme.RADIUS, theme.RADIUS)
        if focused and isinstance(view, LibraryList) and view.keyboard:
            painter.setPen(QPen(roles.color("accent"), roles.focus_width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(back, theme.RADIUS, theme.RADIUS)
        self._paint_preview(painter, index, QRectF(row.x() + 8, row.y() + 8, PREVIEW, PREVIEW), roles)
        self._paint_words(painter, entry, row.adjusted(PREVIEW + 20, 9, -10, -9), roles, bold=chosen)
        painter.restore()

    def _paint_preview(self, painter: QPainter, index: _Index, box: QRectF, roles: theme.Theme) -> None:
        entry: LibraryEntry = index.data(ENTRY_ROLE)
        model = index.model()
        ratio = painter.device().devicePixelRatioF()
        pixmap = model.preview(entry.key, ratio) if isinstance(model, LibraryModel) and not entry.error else None
        if pixmap is not None:
            painter.drawPixmap(box.topLeft(), pixmap)
        painter.setPen(QPen(roles.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush if pixmap is not None else roles.color("ground"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS - 2.5, theme.RADIUS - 2.5)
        if pixmap is None:
            glyph, role = ("warning", "warning") if entry.error else ("picture", "secondary")
            paint_glyph(painter, glyph, box.adjusted(12, 12, -12, -12), roles.color(role))

    def _paint_words(
        self, painter: QPainter, entry: LibraryEntry, box: QRect, roles: theme.Theme, *, bold: bool
    ) -> None:
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        upper = QRect(box.x(), box.y(), box.width(), box.height() // 2)
        lower = QRect(box.x(), box.y() + box.height() // 2, box.width(), box.height() // 2)
        if entry.badge:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(roles.color("accent"))
            painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.badge)
            upper.setWidth(upper.width() - painter.fontMetrics().horizontalAdvance(entry.badge) - 8)
        painter.setFont(theme.font(theme.TITLE, QFont.Weight.DemiBold if bold else QFont.Weight.Normal))
        painter.setPen(roles.color("text"))
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(upper, left, painter.fontMetrics().elidedText(entry.title, elide, upper.width()))
        painter.setFont(theme.font(theme.BODY))
        painter.setPen(roles.color("warning" if entry.error else "secondary"))
        second = entry.error or entry.subtitle
        painter.drawText(lower, left, painter.fontMetrics().elidedText(second, elide, lower.width()))


class LibraryList(QListView):
    """Lists the library; a click or Enter chooses, Delete or the menu asks to remove."""

    chosen = Signal(str)
    remove_asked = Signal(str)

    def __init__(self, name: str, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.chosen_key = ""
        self.keyboard = False  # the last move came from the keyboard: then the focus is worth a ring
        self._model = LibraryModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_EntryDelegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._choose)

    def show_entries(self, entries: tuple[LibraryEntry, ...]) -> None:
        """Show these models in this order."""
        self._model.set_entries(entries)
        self.show_chosen(self.chosen_key)

    def show_chosen(self, key: str) -> None:
        """Mark the model that is open; tells nobody."""
        self.chosen_key = key
        row = self._model.row_of(key)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row))
        self.viewport().update()

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(ENTRY_ROLE).key)

    def context_menu(self, key: str) -> QMenu:
        """What can be done with a model; deletes itself when closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: self.chosen.emit(key)).setObjectName("library_open")
        menu.addAction("Remove from library", lambda: self.remove_asked.emit(key)).setObjectName("library_remove")
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.context_menu(index.data(ENTRY_ROLE).key).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keyboard = True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.remove_asked.emit(self.currentIndex().data(ENTRY_ROLE).key)
        elif event.text().isprintable() and event.text():
            event.ignore()  # letters are shortcuts of the window, not a search
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.keyboard = False
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A window that comes back to the front gives the focus back without saying how it was got."""
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.keyboard = event.reason() is not Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, 6 * ROW_HEIGHT)
