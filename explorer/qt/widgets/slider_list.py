"""All latent dimensions of a model, a page at a time: as many rows as fit, never one widget per dimension."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.qt.pictures import Pixels
from explorer.qt.widgets.buttons import Button, IconButton
from explorer.qt.widgets.dimension_row import ROW_HEIGHT, DimensionView
from explorer.qt.widgets.latent_slider import PAUSE_MS, LatentSlider
from explorer.qt.widgets.search_field import SearchField

HELP = "Ordered by how much they change the picture. Double click resets."
MAX_PITCH = 80  # px from row to row; rows share what height is left
THUMBNAILS_KEPT = 64  # dimensions; older ones are asked for again when their page is turned to


def matches(view: DimensionView, words: Sequence[str]) -> bool:
    """Whether every word is ``dead``, ``locked``, the number, or a part of the name or the description."""
    return all(
        (word == "dead" and view.dead)
        or (word == "locked" and view.locked)
        or word == str(view.index)
        or (word in view.name.lower() and not word.isdigit())
        or word in view.description.lower()
        for word in words
    )


class SliderList(QWidget):
    """Rows of ``LatentSlider`` over a tuple of dimensions, with a filter, pages and buttons for all of them."""

    edited = Signal(int, float)  # dimension, standard deviations
    started = Signal(int)
    finished = Signal(int)
    reset_asked = Signal(int)
    random_one_asked = Signal(int)
    lock_toggled = Signal(int, bool)
    random_asked = Signal()
    reset_all_asked = Signal()
    lock_all_asked = Signal(bool)
    visible_changed = Signal(tuple)  # the dimensions now seen; thumbnails are wanted for them

    def __init__(
        self, name: str, accessible_name: str, parent: QWidget | None = None, *, pause_ms: int = PAUSE_MS
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._pause_ms = pause_ms
        self._views: tuple[DimensionView, ...] = ()
        self._found: tuple[int, ...] = ()  # positions in _views
        self._first = 0  # position in _found of the first row
        self._visible: tuple[int, ...] = ()
        self._now: dict[int, DimensionView] = {}  # by dimension, as it stands
        self._ends: dict[int, tuple[Pixels, Pixels]] = {}
        self._rows: list[LatentSlider] = []
        self._build()

    def _build(self) -> None:
        self._filter = SearchField(f"{self.objectName()}_filter", "Filter dimensions", "Filter: hair, z7, locked, dead")
        self._filter.setToolTip("Shows only the dimensions with these words.")
        self._filter.changed.connect(self._on_filter)
        self._help = QLabel(HELP, self)
        self._help.setProperty("kind", "hint")
        self._help.setMinimumWidth(0)
        self._help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._help.setWordWrap(True)
        self._room = QWidget(self)
        self._room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._room.setMinimumHeight(ROW_HEIGHT)
        self._room.installEventFilter(self)
        self._nothing = QLabel(self._room)
        self._nothing.setProperty("kind", "secondary")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._filter)
        layout.addWidget(self._help)
        layout.addWidget(self._room, 1)
        layout.addLayout(self._footer())

    def _footer(self) -> QVBoxLayout:
        name = self.objectName()
        self._count = QLabel(self)
        self._count.setProperty("kind", "secondary")
        self._count.setMinimumHeight(24)  # as high as the page buttons, so that rows stay where they are without them
        self._back = IconButton(
            "previous", f"{name}_previous", "Previous page", "Shows the page before (Ctrl+Page Up)."
        )
        self._on = IconButton("next", f"{name}_next", "Next page", "Shows the page after (Ctrl+Page Down).")
        self._back.clicked.connect(self.previous_page)
        self._on.clicked.connect(self.next_page)
        self._random = Button("Random", f"{name}_random", "Draws every unlocked dimension from the prior.", kind="text")
        self._reset = Button("Reset", f"{name}_reset", "Sets every unlocked dimension back.", kind="text")
        self._lock = Button(
            "Lock all", f"{name}_lock", "Locks every dimension, or unlocks all if all are locked.", kind="text"
        )
        self._random.clicked.connect(self.random_asked)
        self._reset.clicked.connect(self.reset_all_asked)
        self._lock.clicked.connect(self._on_lock_all)
        pages, actions = QHBoxLayout(), QHBoxLayout()
        pages.setSpacing(4)
        pages.addWidget(self._count)
        pages.addStretch(1)
        pages.addWidget(self._back)
        pages.addWidget(self._on)
        actions.setSpacing(8)
        for button in (self._random, self._reset, self._lock):
            button.setEnabled(False)  # until there are dimensions
            actions.addWidget(button)
        actions.addStretch(1)
        footer = QVBoxLayout()
        footer.setSpacing(4)
        footer.addLayout(pages)
        footer.addLayout(actions)
        return footer

    # values in

    def show_dimensions(self, views: tuple[DimensionView, ...]) -> None:
        """Show these dimensions in this order; rows whose view is the same as before are left alone."""
        if views == self._views:
            return
        self._views = views
        self._now = {view.index: view for view in views}
        self._name_lock()
        for button in (self._random, self._reset, self._lock):
            button.setEnabled(bool(views))
        self._search()

    def show_value(self, index: int, value: float) -> None:
        """Show the value of one dimension; tells nobody."""
        self._now[index] = replace(self._now[index], value=value)
        for row in self._shown_rows():
            if row.view.index == index:
                row.show_value(value)

    def show_locked(self, index: int, locked: bool) -> None:
        """Show one dimension locked or free; tells nobody."""
        self._now[index] = replace(self._now[index], locked=locked)
        self._name_lock()
        for row in self._shown_rows():
            if row.view.index == index:
                row.show_dimension(self._now[index])

    def show_thumbnails(self, index: int, low: Pixels, high: Pixels) -> None:
        """Pictures of both ends of a dimension, (H, W, C) uint8; kept for when its page is turned to again."""
        self._ends.pop(index, None)
        self._ends[index] = (low, high)
        while len(self._ends) > THUMBNAILS_KEPT:
            self._ends.pop(next(iter(self._ends)))
        for row in self._shown_rows():
            if row.view.index == index:
                row.show_thumbnails(low, high)

    def clear_thumbnails(self) -> None:
        """Forget all thumbnails, as for another model."""
        self._ends.clear()
        for row in self._rows:
            row.show_thumbnails(None, None)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter."""
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()

    @property
    def visible(self) -> tuple[int, ...]:
        """The dimensions now seen, from the top."""
        return self._visible

    # pages

    @property
    def _all_locked(self) -> bool:
        return bool(self._views) and all(view.locked for view in self._now.values())

    def _name_lock(self) -> None:
        self._lock.setText("Unlock all" if self._all_locked else "Lock all")
        self._lock.setAccessibleName(self._lock.text())

    @property
    def _per_page(self) -> int:
        return max(self._room.height() // ROW_HEIGHT, 1)

    @property
    def page_count(self) -> int:
        return max(-(-len(self._found) // self._per_page), 1)

    @property
    def page(self) -> int:
        """From 0."""
        return self._first // self._per_page

    def next_page(self) -> None:
        self.show_page(self.page + 1)

    def previous_page(self) -> None:
        self.show_page(self.page - 1)

    def show_page(self, page: int) -> None:
        """Turn to a page, counted from 0; beyond either end nothing happens."""
        if 0 <= page < self.page_count:
            self._first = page * self._per_page
            self._fill()

    def _shown_rows(self) -> list[LatentSlider]:
        return self._rows[: len(self._visible)]

    def _search(self) -> None:
        words = self._filter.text().lower().split()
        self._found = tuple(at for at, view in enumerate(self._views) if matches(self._now[view.index], words))
        self._fill()

    def _fill(self) -> None:
        """Put the dimensions of the page into the pool of rows."""
        per_page = self._per_page
        pitch = min(self._room.height() // per_page, MAX_PITCH)
        self._first = min(self._first, max(len(self._found) - 1, 0)) // per_page * per_page
        shown = [self._now[self._views[at].index] for at in self._found[self._first : self._first + per_page]]
        while len(self._rows) < len(shown):
            self._rows.append(self._make_row(len(self._rows)))
        for at, row in enumerate(self._rows):
            row.setVisible(at < len(shown))
            row.setGeometry(0, at * pitch, self._room.width(), ROW_HEIGHT)
            if at < len(shown):
                self._show_in(row, shown[at])
        self._tell(len(shown))
        visible = tuple(view.index for view in shown)
        if visible != self._visible:
            self._visible = visible
            self.visible_changed.emit(visible)

    def _show_in(self, row: LatentSlider, view: DimensionView) -> None:
        other = row.view.index != view.index
        if row.view != view or row.shown_value != view.value:
            row.show_dimension(view)
        if other and view.index in self._ends:
            row.show_thumbnails(*self._ends[view.index])

    def _tell(self, shown: int) -> None:
        total, found = len(self._views), len(self._found)
        words = self._filter.text().strip()
        count = f"{found} of {total} dimensions" if words else f"{total} dimensions"
        pages = f" · page {self.page + 1} of {self.page_count}" if self.page_count > 1 else ""
        self._count.setText(count + pages)
        self._back.setEnabled(self.page > 0)
        self._on.setEnabled(self.page + 1 < self.page_count)
        several = self.page_count > 1
        self._back.setVisible(several)
        self._on.setVisible(several)
        self._nothing.setGeometry(0, 24, self._room.width(), 64)
        self._nothing.setText(
            f"No dimension matches “{words}”. Esc clears the filter." if words else "There are no dimensions to show."
        )
        self._nothing.setVisible(shown == 0)

    def _make_row(self, at: int) -> LatentSlider:
        row = LatentSlider(f"{self.objectName()}_row_{at}", "Latent dimension", self._room, pause_ms=self._pause_ms)
        row.edited.connect(lambda value: self.edited.emit(row.view.index, value))
        row.edit_started.connect(lambda: self.started.emit(row.view.index))
        row.edit_finished.connect(lambda: self.finished.emit(row.view.index))
        row.reset_asked.connect(lambda: self.reset_asked.emit(row.view.index))
        row.random_asked.connect(lambda: self.random_one_asked.emit(row.view.index))
        row.lock_toggled.connect(lambda locked: self.lock_toggled.emit(row.view.index, locked))
        return row

    def _on_filter(self, text: str) -> None:
        self._first = 0
        self._search()

    def _on_lock_all(self) -> None:
        self.lock_all_asked.emit(not self._all_locked)

    # keyboard, wheel, size

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() == Qt.Key.Key_PageDown:
            self.next_page()
        elif control and event.key() == Qt.Key.Key_PageUp:
            self.previous_page()
        elif control and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move_focus(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def _move_focus(self, by: int) -> None:
        """To the row above or below, turning the page at the ends."""
        rows = self._shown_rows()
        at = next((at for at, row in enumerate(rows) if row.hasFocus()), -1) + by
        if at >= len(rows) and self.page + 1 < self.page_count:
            self.next_page()
            at = 0
        elif at < 0 and self.page > 0:
            self.previous_page()
            at = len(self._shown_rows()) - 1
        if 0 <= at < len(self._shown_rows()):
            self._rows[at].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Beside the rows the wheel turns pages; on a row it moves the row."""
        if event.angleDelta().y():
            self.previous_page() if event.angleDelta().y() > 0 else self.next_page()
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._room and event.type() is QEvent.Type.Resize:
            self._fill()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return QSize(344, 8 * ROW_HEIGHT + 128)
