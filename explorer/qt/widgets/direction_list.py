"""All directions of a model as sliders under headings, with a filter; it scrolls."""

from itertools import groupby

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.control.directions import DirectionView
from explorer.qt.pictures import Pixels
from explorer.qt.widgets.direction_row import DirectionSlider
from explorer.qt.widgets.latent_slider import PAUSE_MS
from explorer.qt.widgets.search_field import SearchField

HEADINGS: dict[str, str] = {
    "own": "YOUR OWN",
    "attribute": "LABELLED PROPERTIES",
    "pca": "PRINCIPAL COMPONENTS",
    "other": "OTHERS",
}


class DirectionList(QWidget):
    """Rows of ``DirectionSlider``; tells what the hand does, by the direction's key."""

    started = Signal(str)
    edited = Signal(str, float)  # key, standard deviations
    reset_asked = Signal(str)
    chosen = Signal(str)
    visible_changed = Signal(tuple)  # the keys now seen; thumbnails are wanted for them

    def __init__(
        self, name: str, accessible_name: str, parent: QWidget | None = None, *, pause_ms: int = PAUSE_MS
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._pause_ms = pause_ms
        self._views: tuple[DirectionView, ...] = ()
        self._rows: dict[str, DirectionSlider] = {}
        self._headings: dict[str, QLabel] = {}
        self._visible: tuple[str, ...] = ()
        self._filter = SearchField(f"{name}_filter", "Filter directions", "Filter: smile, principal, 97 %")
        self._filter.setToolTip("Shows only the directions with these words.")
        self._filter.changed.connect(lambda _: self._sift())
        self._nothing = QLabel(self)
        self._nothing.setProperty("kind", "secondary")
        self._nothing.setWordWrap(True)
        self._room = QWidget()
        self._column = QVBoxLayout(self._room)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(4)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._room)
        self._scroll.verticalScrollBar().valueChanged.connect(lambda _: self._look())
        self._room.installEventFilter(self)
        self._later = QTimer(self, singleShot=True, interval=0)  # layouts settle first
        self._later.timeout.connect(self._look)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._filter)
        layout.addWidget(self._nothing)
        layout.addWidget(self._scroll, 1)

    # values in

    def show_directions(self, views: tuple[DirectionView, ...]) -> None:
        """Show these directions in this order, a heading before each group."""
        if [view.key for view in views] == [view.key for view in self._views]:
            for view in views:
                self._rows[view.key].show_direction(view)
            self._views = views
            return
        self._views = views
        for key in self._rows.keys() - {view.key for view in views}:
            row = self._rows.pop(key)
            row.hide()  # now, for it is deleted only when the event loop comes round
            row.deleteLater()
        while self._column.count():
            self._column.takeAt(0)
        for group, members in groupby(views, key=lambda view: view.group):
            self._column.addWidget(self._heading(group))
            for view in members:
                self._column.addWidget(self._row(view))
        self._column.addStretch(1)
        self._sift()

    def show_value(self, key: str, value: float) -> None:
        """Show where the place stands along one direction; tells nobody."""
        self._rows[key].show_value(value)

    def show_thumbnails(self, key: str, low: Pixels, high: Pixels) -> None:
        """Pictures of both ends of a direction, (H, W, C) uint8."""
        if key in self._rows:
            self._rows[key].show_thumbnails(low, high)

    def clear_thumbnails(self) -> None:
        """Another model: its ends are not known yet."""
        for row in self._rows.values():
            row.show_thumbnails(None, None)

    def show_chosen(self, key: str) -> None:
        """Show which one is looked at more closely."""
        for other, row in self._rows.items():
            row.show_marked(other == key)

    @property
    def visible(self) -> tuple[str, ...]:
        """The directions now seen, from the top."""
        return self._visible

    def row(self, key: str) -> DirectionSlider:
        """The slider of a direction."""
        return self._rows[key]

    # inside

    def _row(self, view: DirectionView) -> DirectionSlider:
        row = self._rows.get(view.key)
        if row is None:
            row = DirectionSlider(
                view, f"{self.objectName()}_row_{view.key}", self._room, pause_ms=self._pause_ms
            )  # fmt: skip
            row.edit_started.connect(lambda: self.started.emit(view.key))
            row.edited.connect(lambda value: self.edited.emit(view.key, value))
            row.reset_asked.connect(lambda: self.reset_asked.emit(view.key))
            row.installEventFilter(self)
            self._rows[view.key] = row
        row.show_direction(view)
        return row

    def _heading(self, group: str) -> QLabel:
        if group not in self._headings:
            self._headings[group] = QLabel(HEADINGS[group], self._room)
            self._headings[group].setProperty("kind", "heading")
        return self._headings[group]

    def _sift(self) -> None:
        words = self._filter.text().lower().split()
        found = {
            view.key: all(word in f"{view.name} {view.short}".lower() for word in words) for view in self._views
        }  # fmt: skip
        for view in self._views:
            self._rows[view.key].setVisible(found[view.key])
        for group, heading in self._headings.items():
            heading.setVisible(any(view.group == group and found[view.key] for view in self._views))
        self._nothing.setText(
            "This model came without directions. Teach it one of your own."
            if not self._views
            else f"No direction matches “{self._filter.text().strip()}”. Esc clears the filter."
        )
        self._nothing.setVisible(not any(found.values()))
        self._later.start()

    def _look(self) -> None:
        """Find out which rows are in sight."""
        port = self._scroll.viewport()
        seen: list[str] = []
        for view in self._views:
            row = self._rows[view.key]
            place = QRect(row.mapTo(port, QPoint(0, 0)), row.size()) if row.isVisible() else QRect()
            if place.intersects(port.rect()):
                seen.append(view.key)
        if tuple(seen) != self._visible:
            self._visible = tuple(seen)
            self.visible_changed.emit(self._visible)

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._room and event.type() is QEvent.Type.Resize:
            self._later.start()
        elif isinstance(watched, DirectionSlider) and event.type() is QEvent.Type.FocusIn:
            self._scroll.ensureWidgetVisible(watched, 0, 8)
            self.chosen.emit(watched.direction.key)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._later.start()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._later.start()
        super().showEvent(event)
