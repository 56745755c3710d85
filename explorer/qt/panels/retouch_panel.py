"""A picture to begin with, how much of it is left, and a brush for what the model fills."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.latent.retouch import MOST_ROUNDS, Retouch
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.paint_view import PaintView
from explorer.qt.widgets.plain_slider import PlainSlider
from explorer.state.retouchlook import THINNEST, WIDEST

HELP = "Begin with a picture under some noise instead of noise alone. Paint over it, and only that is filled."
USUAL, USUAL_BRUSH, ROUND = 0.6, 0.08, 0.01  # of a round on its slider
TOOLS = (
    Chip("brush", "Brush", "Paints where the model may fill."),
    Chip("eraser", "Eraser", "Takes the paint away again."),
)


class RetouchPanel(QWidget):
    """The view of ``RetouchController``."""

    open_asked = Signal()
    paste_asked = Signal()
    view_asked = Signal()
    drop_asked = Signal()
    clear_asked = Signal()
    invert_asked = Signal()
    erasing = Signal(bool)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("retouch_panel")
        self._side = 1.0
        self._brush_share = USUAL_BRUSH
        sources = FlowLayout(spacing=8)
        self._drop = Button("Take out", "retouch_drop", "Begins with noise alone again.", kind="text")
        buttons = {
            Button("Open …", "retouch_open", "Chooses a picture file to begin with.", kind="text"): self.open_asked,
            Button(
                "Paste", "retouch_paste", "Begins with the picture on the clipboard.", kind="text"
            ): self.paste_asked,
            Button("In view", "retouch_view", "Begins with the picture in view.", kind="text"): self.view_asked,
            self._drop: self.drop_asked,
        }
        for button in buttons:
            sources.addWidget(button)
        self.picture = PaintView("retouch_picture", "Picture to begin with", "Drag to paint what the model fills.")
        self._tools = ChipBar("retouch_tools", "What the mouse does", TOOLS, self)
        self.brush = PlainSlider(
            "retouch_brush", "Size of the brush", "How wide the brush is.", WIDEST, USUAL_BRUSH, low=THINNEST
        )
        clear = Button("Clear", "retouch_clear", "Takes all paint away.", kind="text")
        invert = Button("Invert", "retouch_invert", "Paints what is not painted, and the other way round.", kind="text")
        buttons |= {clear: self.clear_asked, invert: self.invert_asked}
        self.strength = PlainSlider(
            "retouch_strength",
            "Strength",
            "How much noise lies over the picture: at 1 nothing of it is left.",
            1.0,
            USUAL,
        )
        self.rounds = PlainSlider(
            "retouch_rounds", "Rounds", "How often each step is walked, so that the fill fits what is around it.",
            MOST_ROUNDS * ROUND, ROUND, low=ROUND,
        )  # fmt: skip
        for slider in (self.brush, self.rounds):
            slider.setSingleStep(1)
            slider.setPageStep(3)
        self._strength, self._rounds, self._sentence = QLabel(), QLabel(), words("")
        self._painting = QWidget()
        painting = QVBoxLayout(self._painting)
        painting.setContentsMargins(0, 0, 0, 0)
        painting.setSpacing(8)
        self._above = QWidget()
        tools = QHBoxLayout(self._above)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(8)
        tools.addWidget(self._tools)
        tools.addStretch(1)
        tools.addWidget(clear)
        tools.addWidget(invert)
        for label, slider in (
            (QLabel("Size"), self.brush),
            (self._strength, self.strength),
            (self._rounds, self.rounds),
        ):
            row = QHBoxLayout()
            row.setSpacing(12)
            label.setMinimumWidth(88)
            row.addWidget(label)
            row.addWidget(slider, 1)
            painting.addLayout(row)
        painting.addWidget(self._sentence)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(words(HELP))
        layout.addLayout(sources)
        layout.addWidget(scrolled(self._above, self.picture, self._painting), 1)
        for button, signal in buttons.items():
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        self._tools.chosen.connect(lambda key: self.erasing.emit(key == "eraser"))
        self.show_retouch(None, "")
        self.show_brush(USUAL_BRUSH, False)

    # values in

    def show_retouch(self, retouch: Retouch | None, sentence: str) -> None:
        """Show what is begun with; None: noise alone."""
        for part in (self._above, self._painting):
            part.setVisible(retouch is not None)
        self._drop.setEnabled(retouch is not None)
        if retouch is None:
            self.picture.show_picture(None, None)
            return
        self.picture.show_picture(retouch.picture.pixels, retouch.free)
        self._side = min(retouch.picture.height, retouch.picture.width)
        self.picture.show_radius(self._brush_share * self._side)
        self.strength.show_number(retouch.strength)
        self._strength.setText(f"Strength {retouch.strength:.2f}")
        self.rounds.show_number(retouch.rounds * ROUND)
        self._rounds.setText(f"Rounds {retouch.rounds}")
        self.rounds.setEnabled(retouch.mask is not None)
        self._sentence.setText(sentence)

    def show_brush(self, radius: float, erase: bool) -> None:
        """The brush: its radius as a share of the side, and whether it takes away."""
        self._brush_share = radius
        self._tools.show_chosen("eraser" if erase else "brush")
        self.brush.show_number(radius)
        self.picture.show_radius(radius * self._side)

    def tell(self, sentence: str) -> None:
        """A message for the window."""
        self.told.emit(sentence)
