"""The tray under the sum: what there is to calculate with, and the making of groups."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.control.arithmetic import HERE, Choice
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.state.notebook import LONGEST_NAME

PICTURES = Chip("pictures", "Pictures", "Pictures of the data that the model came with.")
GROUPS = Chip("groups", "Groups", "Means of many pictures that have something in common.")
ALL_PICTURES = "all pictures"
CHOOSE = "what they share …"


class TakeTray(QWidget):
    """Tells what is taken, by its key."""

    taken = Signal(str)
    offer_asked = Signal(str)  # a label, empty: all
    group_asked = Signal(str, str)  # label or marks, name
    group_removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("take_tray")
        self._here = Button("+ This picture", "take_here", "Takes the picture in view.", kind="text")
        self.pages = ChipBar("take_pages", "What to take from", (PICTURES, GROUPS), self)
        self._labels = ChoiceBox("take_labels", "Only pictures with", "Offers only pictures with this label.", self)
        self._others = Button("Others", "take_others", "Offers other pictures of the data.", kind="text")
        self._members = ChoiceBox(
            "group_members",
            "What the pictures of the group share",
            "All pictures with this label, or that you marked, become one group.",
            self,
        )
        self._name = QLineEdit(self)
        self._name.setObjectName("group_name")
        self._name.setAccessibleName("Name of the group")
        self._name.setPlaceholderText("its name")
        self._name.setToolTip("Your name for the group; without one it is called after what they share.")
        self._name.setMaxLength(LONGEST_NAME)
        self._make = Button("Make", "group_make", "Makes the group: the mean of all these pictures.", kind="text")
        self._stack = QStackedWidget(self)
        self._pictures, self._groups = _Tiles("picture"), _Tiles("group", removable=True)
        self._nothing = QLabel("No group yet: choose what its pictures share, then Make.", self)
        self._nothing.setProperty("kind", "secondary")
        self._nothing.setWordWrap(True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.addWidget(self.pages, 1)
        first.addWidget(self._here)
        for tiles, head in (
            (self._pictures, (self._labels, self._others)),
            (self._groups, (self._members, self._name, self._make)),
        ):
            page, row = QWidget(self), QHBoxLayout()
            inside = QVBoxLayout(page)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(8)
            for widget in head:
                row.addWidget(widget, 0 if isinstance(widget, Button) else 1)
            inside.addLayout(row)
            if tiles is self._groups:
                inside.addWidget(self._nothing)
            inside.addWidget(tiles, 1)
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.pages.chosen.connect(self.show_page)
        self._here.clicked.connect(lambda: self.taken.emit(HERE))
        self._labels.activated.connect(lambda _: self._offer())
        self._others.clicked.connect(self._offer)
        self._make.clicked.connect(self._make_group)
        self._name.returnPressed.connect(self._make_group)
        self._pictures.chosen.connect(self.taken)
        self._groups.chosen.connect(self.taken)
        self._groups.removed.connect(lambda key: self.group_removed.emit(key.partition(":")[2]))

    # values in

    def show_page(self, key: str) -> None:
        """Bring ``pictures`` or ``groups`` to the front."""
        self.pages.show_chosen(key)
        self._stack.setCurrentIndex((PICTURES.key, GROUPS.key).index(key))

    def show_groups(self, groups: tuple[Choice, ...]) -> None:
        """Show these groups."""
        self._nothing.setVisible(not groups)
        self._groups.show_choices(groups)

    def show_pictures(self, pictures: tuple[Choice, ...]) -> None:
        """Offer these pictures."""
        self._pictures.show_choices(pictures)

    def show_filters(self, labels: tuple[str, ...], marks: tuple[str, ...]) -> None:
        """What pictures can have in common."""
        self._labels.show_items((ALL_PICTURES, *labels))
        self._members.show_items((CHOOSE, *marks, *labels))

    def _offer(self) -> None:
        self.offer_asked.emit(self._labels.currentText() if self._labels.currentIndex() > 0 else "")

    def _make_group(self) -> None:
        self.group_asked.emit(self._members.currentText(), self._name.text())
        self._name.clear()


class _Tiles(QScrollArea):
    """Small pictures with names; a click takes one."""

    chosen = Signal(str)
    removed = Signal(str)

    def __init__(self, kind: str, *, removable: bool = False) -> None:
        super().__init__()
        self._kind, self._removable = kind, removable
        self._tiles: dict[str, PictureTile] = {}
        self.setObjectName(f"take_{kind}s")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room = QWidget()
        self._flow = FlowLayout(room, spacing=4)
        self.setWidget(room)

    def show_choices(self, choices: tuple[Choice, ...]) -> None:
        """Show these."""
        if [choice.key for choice in choices] != list(self._tiles):
            for tile in self._tiles.values():
                self._flow.removeWidget(tile)
                tile.hide()
                tile.deleteLater()
            self._tiles = {choice.key: self._make(at, choice) for at, choice in enumerate(choices)}
        for choice in choices:
            if not self._tiles[choice.key].has_picture:
                self._tiles[choice.key].show_pixels(choice.pixels)

    def _make(self, at: int, choice: Choice) -> PictureTile:
        more = f", the mean of {choice.count:,} pictures" if choice.count > 1 else ""
        more += ": a click takes it" + (", Delete forgets it." if self._removable else ".")
        tile = PictureTile(
            f"take_{self._kind}_{at}", choice.name, f"{choice.name}{more}", self.widget(),
            side=48, caption=choice.name, removable=self._removable,
        )  # fmt: skip
        tile.clicked.connect(lambda: self.chosen.emit(choice.key))
        tile.remove_asked.connect(lambda: self.removed.emit(choice.key))
        self._flow.addWidget(tile)
        tile.show()
        return tile
