"""The marked pictures of one kind; a click takes a mark back."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.control.picks import Marked
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.picture_tile import PictureTile

SIDE = 36  # px


class PickStrip(QWidget):
    """A heading with the count over small pictures, the newest first."""

    remove_asked = Signal(int)  # the index among the picks

    def __init__(self, name: str, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._side = side
        self.setAccessibleName(f"Pictures marked “{side}”")
        self._title = QLabel(self)
        self._title.setProperty("kind", "heading")
        room = QWidget()
        self._flow = FlowLayout(room, spacing=4)
        self._tiles: dict[int, PictureTile] = {}
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(SIDE + 4)
        scroll.setWidget(room)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._title)
        layout.addWidget(scroll, 1)
        self.show_marked(())

    def show_marked(self, marked: tuple[Marked, ...]) -> None:
        """Show these pictures, given oldest first."""
        self._title.setText(f"{self._side.upper()} · {len(marked)}")
        indices = [one.index for one in marked]
        if indices != list(self._tiles):
            self._lay_out(indices)
        for one in marked:
            self._tiles[one.index].show_pixels(one.pixels)

    @property
    def tiles(self) -> tuple[PictureTile, ...]:
        """The pictures, oldest first."""
        return tuple(self._tiles.values())

    def _lay_out(self, indices: list[int]) -> None:
        for tile in self._tiles.values():
            self._flow.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self._tiles = {index: self._make(index) for index in indices}
        for tile in reversed(self._tiles.values()):
            self._flow.addWidget(tile)
            tile.show()

    def _make(self, index: int) -> PictureTile:
        tile = PictureTile(
            f"{self.objectName()}_{index}",
            f"Marked “{self._side}”",
            "A click takes this mark back.",
            self,
            side=SIDE,
            removable=True,
        )
        for signal in (tile.clicked, tile.remove_asked):
            signal.connect(lambda *_: self.remove_asked.emit(index))
        return tile
