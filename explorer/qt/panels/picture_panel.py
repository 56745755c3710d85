"""The middle of the window: the picture, and what can be done with it."""

import time

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.qt import theme
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.canvas import Canvas
from explorer.qt.widgets.chips import ToggleChip
from explorer.qt.widgets.choice_box import ChoiceBox
from explorer.qt.widgets.flow_layout import FlowLayout


class PicturePanel(QWidget):
    """A canvas under a row of switches; the view of ``PictureController``."""

    copy_asked = Signal()
    save_asked = Signal()
    smooth_asked = Signal(bool)
    pictured = Signal(object)  # pixels (H, W, C), for who shows them elsewhere too
    captioned = Signal(str)
    beside_chosen = Signal(str)  # the path of a model, or nothing
    link_asked = Signal(bool)
    space_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_panel")
        self.canvas = Canvas("canvas", "Picture", self)
        self.paint_ms: float | None = None  # from the last answer to its painted picture
        self.waiting = False  # a picture is to be painted
        self.shown: Pixels | None = None  # the picture in view
        self.caption = ""
        self.smooth = True
        self._shown_s = 0.0
        self._empty = True  # there is no picture, so that words stand in its place
        self._crisp = ToggleChip("Crisp", "crisp", "Shows every pixel as a square instead of blending them (C).")
        self._before = ToggleChip("Hold B for before", "before", "Shows the picture before the last change while held.")
        self._copy = Button("Copy", "copy_picture", "Copies the picture (Ctrl+C).", kind="text")
        self._save = Button("Save …", "save_picture", "Saves the picture with its recipe (Ctrl+S).", kind="text")
        self._beside = ChoiceBox("beside", "Model beside", "Puts a second model beside, at the same point.", self)
        self._linked = ToggleChip("Together", "linked", "The second model walks along; off: it stays where it is.")
        self._paths: tuple[str, ...] = ("",)
        self._space = ChoiceBox("space", "Space to move in", "The latent space in which points are moved.", self)
        self._space.setMinimumContentsLength(4)
        self._spaces: tuple[str, ...] = ()
        self.second = Canvas("second_canvas", "Picture of the model beside", self)
        self.second.hide()
        row = FlowLayout(spacing=8)
        row.setContentsMargins(16, 12, 16, 0)
        row.addWidget(self._crisp)
        row.addWidget(self._before)
        row.addWidget(self._space)
        row.addStretch()
        for widget in (self._linked, self._beside, self._copy, self._save):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self.canvas, 1)
        both.addWidget(self.second, 1)
        layout.addLayout(both, 1)
        self._beside.activated.connect(lambda at: self.beside_chosen.emit(self._paths[at]))
        self._linked.switched.connect(self.link_asked)
        self._space.activated.connect(lambda at: self.space_chosen.emit(self._spaces[at]))
        self.show_spaces((), "")
        self.show_choices((), "")
        self.show_beside(None, "")
        self._crisp.switched.connect(lambda on: self.smooth_asked.emit(not on))
        self._before.pressed.connect(lambda: self.hold_before(True))
        self._before.released.connect(lambda: self.hold_before(False))
        self._copy.clicked.connect(self.copy_asked)
        self._save.clicked.connect(self.save_asked)
        self.canvas.painted.connect(self._on_painted)
        self.canvas.copy_asked.connect(self.copy_asked)
        self.canvas.save_asked.connect(self.save_asked)
        self.canvas.crisp_asked.connect(lambda crisp: self.smooth_asked.emit(not crisp))
        self._set_usable(False)

    def show_picture(self, pixels: Pixels, token: int) -> None:
        """Show (H, W, C) uint8; the canvas tells when it is painted."""
        self._set_usable(True)
        self._empty = False
        self._shown_s, self.waiting = time.perf_counter(), True
        self.shown = pixels
        self.canvas.show_picture(pixels, token)
        self.pictured.emit(pixels)

    def show_choices(self, choices: tuple[tuple[str, str], ...], chosen: str) -> None:
        """Which models can be put beside, as path and name; ``chosen`` is the path of the one that is."""
        self._paths = ("", *(path for path, _ in choices))
        self._beside.show_items(("Beside: none", *(name for _, name in choices)))
        self._beside.setCurrentIndex(self._paths.index(chosen) if chosen in self._paths else 0)
        self._beside.setEnabled(bool(choices))

    def show_spaces(self, spaces: tuple[tuple[str, str], ...], chosen: str) -> None:
        """In which spaces a person can move, as key and name; fewer than two: there is nothing to choose."""
        self._spaces = tuple(key for key, _ in spaces)
        self._space.show_items(tuple(f"in {name}" for _, name in spaces))
        self._space.setCurrentIndex(self._spaces.index(chosen) if chosen in self._spaces else -1)
        self._space.setVisible(len(spaces) > 1)

    def show_linked(self, linked: bool) -> None:
        """Whether the second model walks along."""
        self._linked.show_on(linked)

    def show_beside(self, pixels: Pixels | None, caption: str) -> None:
        """Show the second model's picture (H, W, C); None: there is no second model."""
        self.second.setVisible(pixels is not None)
        self._linked.setVisible(pixels is not None)
        if pixels is not None:
            self.second.show_picture(pixels)
            self.second.set_caption(caption)

    def show_beside_fault(self, sentence: str) -> None:
        """Why there is no second picture."""
        self.second.show()
        self.second.show_error(sentence)

    def show_before(self, pixels: Pixels | None) -> None:
        """Keep what 'before' shows."""
        self._before.setEnabled(pixels is not None)
        self.canvas.show_before(pixels)

    def show_busy(self, sentence: str) -> None:
        """Something takes a moment; a picture in view stays."""
        if self._empty:
            self.canvas.show_message(sentence, "This takes a moment.")
        else:
            self.canvas.set_caption(sentence)

    def show_caption(self, sentence: str) -> None:
        """The line under the picture."""
        self.caption = sentence
        self.canvas.set_caption(sentence)
        self.captioned.emit(sentence)

    def show_empty(self) -> None:
        """No model is open: say what to do next."""
        self._set_usable(False)
        self._empty = True
        self.canvas.set_caption("")
        self.canvas.show_message(
            "No model is open", "Choose one in the library, or drop a model anywhere in this window."
        )

    def show_error(self, sentence: str) -> None:
        """Say what went wrong and what to do."""
        self._set_usable(False)
        self._empty = self.waiting = False  # the picture that came before it is not painted any more
        self.canvas.set_caption("")
        self.canvas.show_error(sentence)

    def show_smooth(self, smooth: bool) -> None:
        """How small pictures are enlarged."""
        self.smooth = smooth
        self._crisp.show_on(not smooth)
        self.canvas.set_crisp(not smooth)
        self.second.set_crisp(not smooth)

    def hold_before(self, holding: bool) -> None:
        """Show the picture before for as long as ``holding``."""
        self._before.show_on(holding)
        self.canvas.set_before(holding)

    def _on_painted(self, _token: int) -> None:
        self.paint_ms, self.waiting = (time.perf_counter() - self._shown_s) * 1_000, False

    def _set_usable(self, usable: bool) -> None:
        for button in (self._copy, self._save):
            button.setEnabled(usable)
        if not usable:
            self._before.setEnabled(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().color("ground"))
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
        super().changeEvent(event)
