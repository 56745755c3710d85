"""What becomes of a path, and how: asked before the place on the disk is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar, ToggleChip
from explorer.state.filmchoice import FilmChoice

WIDTH = 600  # px; all choices in one row
FILMS = ("gif", "webp", "png", "mp4")
KINDS = (
    Chip("gif", "GIF", "Plays everywhere; 256 colours a frame."),
    Chip("webp", "WebP", "Plays in every browser; all colours, smaller files."),
    Chip("png", "PNG sequence", "A folder with one picture for each frame."),
    Chip("mp4", "MP4", "A video for slides and players."),
    Chip("sheet", "Sheet", "All keyframes on one PNG, numbered."),
    Chip("npz", "NPZ", "The keyframes' numbers for numpy."),
    Chip("csv", "CSV", "The keyframes' numbers as a table."),
)
FILTERS = {
    "gif": "GIF film (*.gif)",
    "webp": "WebP film (*.webp)",
    "png": "Folder of PNG pictures (*)",
    "mp4": "MP4 film (*.mp4)",
    "sheet": "PNG picture (*.png)",
    "npz": "numpy arrays (*.npz)",
    "csv": "Table (*.csv)",
}


class FilmDialog(QDialog):
    """Kind, frames a second, size and loop; begins with what was chosen last."""

    def __init__(
        self,
        choice: FilmChoice,
        frames: Callable[[int], int],
        side: tuple[int, int],
        no_mp4: str,
        parent: QWidget | None = None,
    ) -> None:
        """Build it.

        Args:
            choice: what to begin with.
            frames: how many frames a film has at so many a second; 0 where there is no path but a single keyframe.
            side: width and height of the model's pictures.
            no_mp4: why there is no MP4 and what to do; empty when there is.
            parent: the window it belongs to.
        """
        super().__init__(parent)
        self.setObjectName("film_dialog")
        self.setWindowTitle("Save the path")
        self.setMinimumWidth(WIDTH)
        self._frames, self._side, self._no_mp4, self._first = frames, side, no_mp4, choice
        path = frames(1) > 0
        kinds = tuple(Chip(chip.key, chip.text, chip.tip, path or chip.key not in FILMS) for chip in KINDS)
        self._kinds = ChipBar("film_kinds", "What to save", kinds, self)
        self._kinds.show_chosen(choice.kind if path or choice.kind not in FILMS else "sheet")
        self._fps = _spin("film_fps", "Frames per second", "How many pictures are shown in a second.", 50, choice.fps)
        self._scale = _spin("film_scale", "Size", "How many times as large as the model's pictures.", 16, choice.scale)
        self._scale.setSuffix(" ×")
        self._smooth = ToggleChip("Smooth", "film_smooth", "Blends pixels instead of showing each as a square.")
        self._smooth.show_on(choice.smooth)
        self._loop = ToggleChip("Play again and again", "film_loop", "The film begins anew when it ends.")
        self._loop.show_on(choice.loop)
        self._words = QLabel(self)
        self._words.setObjectName("film_words")
        self._words.setProperty("kind", "secondary")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing())  # so that the dialog keeps its size
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._save = Button("Save …", "film_save", "Choose where it goes.", self, kind="primary")
        self._save.setDefault(True)
        self._lay_out()
        for changed in (self._kinds.chosen, self._fps.valueChanged, self._scale.valueChanged):
            changed.connect(self._renew)
        self._renew()

    @classmethod
    def ask(cls, *facts: Any) -> FilmChoice | None:
        """Let a person choose; None when they do not. Takes what the dialog is built with."""
        dialog = cls(*facts)
        choice = dialog.choice if dialog.exec() == QDialog.DialogCode.Accepted else None
        dialog.deleteLater()
        return choice

    @classmethod
    def ask_where(cls, choice: FilmChoice, name: str, parent: QWidget) -> Path | None:
        """Let a person choose the place; None when they do not."""
        start = str(Path(choice.folder) / name) if choice.folder else name
        found = QFileDialog.getSaveFileName(parent, "Save the path", start, FILTERS[choice.kind])[0]
        return Path(found) if found else None

    @property
    def choice(self) -> FilmChoice:
        """What is chosen now."""
        return FilmChoice(
            kind=self._kinds.chosen_key,  # type: ignore[arg-type]
            fps=self._fps.value(),
            scale=self._scale.value(),
            smooth=self._smooth.isChecked(),
            loop=self._loop.isChecked(),
            folder=self._first.folder,
        )

    def _lay_out(self) -> None:
        self._fps_label, self._scale_label = QLabel("Frames per second", self), QLabel("Size", self)
        self._fps_label.setBuddy(self._fps)
        self._scale_label.setBuddy(self._scale)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self._fps_label, 0, 0)
        grid.addWidget(self._fps, 0, 1)
        grid.addWidget(self._loop, 0, 2, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self._scale_label, 1, 0)
        grid.addWidget(self._scale, 1, 1)
        grid.addWidget(self._smooth, 1, 2, Qt.AlignmentFlag.AlignLeft)
        cancel = Button("Cancel", "film_cancel", "Saves nothing (Esc).", self)
        cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(self._kinds)
        layout.addLayout(grid)
        layout.addWidget(self._words)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _renew(self) -> None:
        kind = self._kinds.chosen_key
        film, drawn = kind in FILMS, kind not in ("npz", "csv")
        for widget in (self._fps_label, self._fps):
            widget.setEnabled(film)
        for widget in (self._scale_label, self._scale, self._smooth):
            widget.setEnabled(drawn)
        self._loop.setEnabled(kind in ("gif", "webp"))
        self._save.setEnabled(not (kind == "mp4" and self._no_mp4))
        self._words.setProperty("kind", "secondary" if self._save.isEnabled() else "warning")
        self._words.style().polish(self._words)
        self._words.setText(self._sentence(kind))

    def _sentence(self, kind: str) -> str:
        if kind == "mp4" and self._no_mp4:
            return self._no_mp4
        if kind not in FILMS:
            return next(chip.tip for chip in KINDS if chip.key == kind)
        count, (width, height) = self._frames(self._fps.value()), self._side
        scale = self._scale.value()
        seconds = count / self._fps.value()
        return f"{count:,} frames of {width * scale} × {height * scale} pixels, {seconds:.1f} s."


def _spin(name: str, accessible_name: str, tip: str, top: int, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setObjectName(name)
    spin.setAccessibleName(accessible_name)
    spin.setToolTip(tip)
    spin.setRange(1, top)
    spin.setValue(value)
    spin.setAlignment(Qt.AlignmentFlag.AlignCenter)
    spin.setFixedWidth(72)
    return spin
