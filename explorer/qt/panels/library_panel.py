"""The left of the window: models to open, and where to drop one."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.drop_zone import DropZone
from explorer.qt.widgets.library_list import LibraryEntry, LibraryList
from explorer.state.library import Item


class LibraryPanel(QWidget):
    """Lists the library; tells what is chosen, dropped or asked for."""

    chosen = Signal(str)
    remove_asked = Signal(str)
    open_asked = Signal()
    import_asked = Signal()
    dropped = Signal(tuple)  # of Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("library_panel")
        title = QLabel("LIBRARY", self)
        title.setProperty("kind", "heading")
        self._open = Button(
            "+ Open", "open_model", "Opens a model folder, a zip or a saved picture (Ctrl+O).", kind="text"
        )
        self._import = Button(
            "Import",
            "import_model",
            "Makes a model of what others made: ONNX graphs or a pipeline (Ctrl+I).",
            kind="text",
        )
        self.list = LibraryList("library", "Library of models", self)
        self.list.setToolTip("A click opens a model; Delete takes it out of this list.")
        self.zone = DropZone(
            "Drop a model or\na saved picture here", "drop_zone", "Drop a model or a saved picture", self
        )
        self._previews: dict[bytes, Pixels | None] = {}
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 4)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._import)
        head.addWidget(self._open)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.addWidget(self.zone)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        rows = QHBoxLayout()
        rows.setContentsMargins(8, 0, 8, 0)
        rows.addWidget(self.list)
        layout.addLayout(rows, 1)
        layout.addLayout(foot)
        self._import.clicked.connect(self.import_asked)
        self._open.clicked.connect(self.open_asked)
        self.zone.clicked.connect(self.open_asked)
        self.zone.dropped.connect(self.dropped)
        self.list.chosen.connect(self.chosen)
        self.list.remove_asked.connect(self.remove_asked)

    def show_items(self, items: Sequence[Item], current: str) -> None:
        """Show these models; ``current`` is the path of the open one."""
        self.list.show_entries(
            tuple(
                LibraryEntry(
                    key=item.path,
                    title=item.title,
                    subtitle=item.subtitle,
                    preview=self._preview(item.preview_png),
                    error=item.fault or None,
                )
                for item in items
            )
        )
        self.list.show_chosen(current)

    def _preview(self, content: bytes | None) -> Pixels | None:
        if content is None:
            return None
        if content not in self._previews:
            image = QImage.fromData(content)
            self._previews[content] = None if image.isNull() else to_pixels(image)
        return self._previews[content]
