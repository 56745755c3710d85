"""The learning scrubber: one point of the latent space as the model grew."""

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from explorer.control.learning import LearningFrame
from explorer.qt.panels.pages import words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.picture_tile import CAPTION, PictureTile

TILES, SIDE, LARGE = 9, 60, 116  # small pictures, px, px
TICK_MS = 250


class LearningCard(QFrame):
    """The view of ``LearningController``."""

    scrubbed = Signal(int)
    play_asked = Signal(bool)
    ticked = Signal()
    open_asked = Signal()
    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learning_card")
        self.setProperty("kind", "card")
        title = QLabel("Learning scrubber", self)
        title.setProperty("kind", "title")
        self._words = words("", kind="hint")
        self._large = PictureTile("learning_now", "Snapshot in view", "Opens it in Explore.", self, side=LARGE)
        self._large.clicked.connect(lambda: self.open_asked.emit())
        self._caption = QLabel("", self)
        self._caption.setProperty("kind", "hint")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._tiles: list[PictureTile] = []
        self._last: tuple[tuple[LearningFrame, ...], int, str] = ((), -1, "")
        self._shown: tuple[int, ...] = ()
        self._room = QWidget(self)  # it may be narrower than all its tiles: then fewer are shown
        self._room.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._room.setFixedHeight(SIDE + CAPTION)
        row = QHBoxLayout(self._room)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.setSpacing(6)
        for at in range(TILES):
            tile = PictureTile(f"learning_{at}", "Snapshot", "Looks at this snapshot.", self, side=SIDE, caption=" ")
            tile.setCheckable(True)
            tile.clicked.connect(lambda _=False, at=at: self._choose(at))
            self._tiles.append(tile)
            row.addWidget(tile)
        row.addStretch(1)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setObjectName("learning_slider")
        self._slider.setAccessibleName("Snapshot")
        self._slider.setToolTip("Goes through all snapshots of this training.")
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._slider.valueChanged.connect(lambda at: self.scrubbed.emit(at))
        self._play = Button("Play", "learning_play", "Shows all snapshots one after the other.", kind="text")
        self._play.setCheckable(True)
        self._play.clicked.connect(lambda on: self.play_asked.emit(on))
        self._save = Button("Save …", "learning_save", "Saves them as a film or a sheet.", kind="text")
        self._save.clicked.connect(lambda: self.save_asked.emit())
        self._open = Button("Open in Explore", "learning_open", "Opens the snapshot in view.", kind="text")
        self._open.clicked.connect(lambda: self.open_asked.emit())
        buttons = QHBoxLayout()
        for button in (self._play, self._save, self._open):
            buttons.addWidget(button)
        buttons.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addWidget(self._room)
        right.addWidget(self._slider)
        right.addLayout(buttons)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self._large, 0, Qt.AlignmentFlag.AlignCenter)
        left.addWidget(self._caption)
        left.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left)
        both.addLayout(right, 1)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.setSpacing(8)
        inside.addWidget(title)
        inside.addWidget(self._words)
        inside.addLayout(both)
        self._ticking = QTimer(self)
        self._ticking.setInterval(TICK_MS)
        self._ticking.timeout.connect(self.ticked)
        self.show_frames((), -1, "")

    # values in

    def show_frames(self, frames: tuple[LearningFrame, ...], at: int, what: str) -> None:
        """All snapshots, and which is in view."""
        self._last = frames, at, what
        count, fit = len(frames), self._fit
        self._shown = tuple(np.unique(np.linspace(0, count - 1, min(fit, count)).round().astype(int)).tolist())
        self._words.setText(
            f"{what}, in each of {count} snapshots as the model learned."
            if count
            else "There is no snapshot yet; “Snapshot” takes one, and a training can keep some along the way."
        )
        for place, tile in enumerate(self._tiles):
            tile.setVisible(place < len(self._shown))
            if place < len(self._shown):
                frame = frames[self._shown[place]]
                tile.show_pixels(frame.pixels)
                tile.show_words(f"After {frame.images:,} images", "Looks at this snapshot.", _short(frame.images))
                tile.setChecked(self._shown[place] == at)
        for widget in (self._large, self._slider, self._play, self._save, self._open, self._caption):
            widget.setVisible(count > 0)
        if count:
            frame = frames[at]
            self._large.show_pixels(frame.pixels)
            self._caption.setText(f"{frame.images:,} images")
            self._slider.blockSignals(True)
            self._slider.setRange(0, count - 1)
            self._slider.setValue(at)
            self._slider.blockSignals(False)
            self._slider.setAccessibleDescription(f"{frame.images:,} images")

    @property
    def _fit(self) -> int:
        """So many small pictures have room."""
        return min(max((self.width() - LARGE - 64) // (SIDE + 22), 2), TILES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if len(self._shown) != min(self._fit, len(self._last[0])):
            self.show_frames(*self._last)

    def show_playing(self, playing: bool) -> None:
        """Whether it goes through them by itself."""
        self._play.setChecked(playing)
        self._play.setText("Pause" if playing else "Play")
        self._ticking.start() if playing else self._ticking.stop()

    def _choose(self, place: int) -> None:
        if place < len(self._shown):
            self.scrubbed.emit(self._shown[place])


def _short(images: int) -> str:
    return f"{images / 1e6:.3g} M" if images >= 1e6 else f"{images / 1e3:.3g} k" if images >= 1e3 else str(images)
