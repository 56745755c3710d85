"""From noise to the picture: each step small, curves over all, and the formulas of the one in view."""

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.control.formulas import Reading
from explorer.control.trajectory import Curves, Frame
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.frame_strip import FrameStrip
from explorer.qt.widgets.step_curve import StepCurve

FRAME_MS = 33  # between two frames while it plays
HELP = "A picture comes out of noise step by step. Drag over the frames: the large picture follows."
KINDS = (
    Chip("clean", "Clean estimate", "What the model takes the picture to be, at every step."),
    Chip("noisy", "Noisy", "What comes in at every step, as it is."),
    Chip("noise", "Noise", "What the model takes for noise, three deviations from black to white."),
    Chip("change", "Change", "How the clean estimate differs from that of the step before; grey: not at all."),
    Chip("pull", "Pull", "What the condition, a label or words, adds to the clean estimate; grey: nothing."),
)


class TrajectoryPanel(QWidget):
    """The view of ``TrajectoryController``; ``ticked`` comes with the seconds that passed while it plays."""

    kind_chosen = Signal(str)
    play_asked = Signal(bool)
    ticked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trajectory_panel")
        self._help = words(HELP)
        self._kinds = ChipBar("frame_kinds", "What is shown of each step", KINDS, self)
        self.strip = FrameStrip("frames", "Steps", "Click or drag to look at a step; arrow keys go on and back.", self)
        self._position = words("")
        self._play = Button("Play", "play_steps", "Lets the steps pass.", kind="text")
        tip = "Saves all steps as they are shown: a film (.gif, .webp) or a sheet (.png)."
        self.save = Button("Save …", "save_steps", tip, kind="text")
        self._timer = QTimer(self, interval=FRAME_MS)
        self._clock = QElapsedTimer()
        self._playing = False
        self._curves = (
            StepCurve("curve_snr", "Signal to noise, log10", "Falls to the left, where there is only noise."),
            StepCurve(
                "curve_pull",
                "What the condition adds",
                "How far the label or the words move the clean estimate, per value.",
            ),
            StepCurve("curve_change", "Change per step", "How far the clean estimate moved since the step before."),
        )
        self._cards: list[FormulaCard] = []
        self._cards_layout = QVBoxLayout()
        self._cards_layout.setSpacing(12)
        self._inside = self._build()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addWidget(self._inside, 1)
        self._kinds.chosen.connect(self.kind_chosen)
        self._play.clicked.connect(lambda: self.play_asked.emit(not self._playing))
        self._timer.timeout.connect(lambda: self.ticked.emit(self._clock.restart() / 1_000))

    def _build(self) -> QWidget:
        head = QHBoxLayout()
        head.addWidget(self._position, 1)
        head.addWidget(self._play)
        head.addWidget(self.save)
        title = QLabel("FORMULAS OF THIS STEP")
        title.setProperty("kind", "heading")
        return scrolled(self._kinds, self.strip, head, *self._curves, title, self._cards_layout)

    # values in

    def show_message(self, sentence: str) -> None:
        """Why there is no trajectory; empty: there is one."""
        self._help.setText(sentence or HELP)
        self._inside.setVisible(not sentence)

    def show_kind(self, kind: str, pulls: bool) -> None:
        """What of each step is shown, and whether there is a pull."""
        self._kinds.show_chosen(kind)
        self._kinds.button("pull").setEnabled(pulls)

    def show_frames(self, frames: tuple[Frame, ...]) -> None:
        """The small pictures."""
        self.strip.show_frames(frames)

    def show_position(self, frame: int, steps: int, sentence: str) -> None:
        """Which frame is in view, and what is known of it."""
        self.strip.show_frame(frame, steps)
        self._position.setText(sentence)
        for curve in self._curves:
            curve.show_at(min(frame, steps - 1))

    def show_curves(self, curves: Curves) -> None:
        """What changes over the steps."""
        for view, values in zip(self._curves, (curves.snr, curves.pull, curves.change), strict=True):
            view.show_values(values)

    def show_readings(self, readings: tuple[Reading, ...]) -> None:
        """The formulas with the numbers of the step in view."""
        while len(self._cards) < len(readings):
            card = FormulaCard(f"step_card_{len(self._cards)}", self)
            self._cards.append(card)
            self._cards_layout.addWidget(card)
        for at, card in enumerate(self._cards):
            card.setVisible(at < len(readings))
            if at < len(readings):
                card.show_reading(readings[at])

    def show_playing(self, playing: bool) -> None:
        """Whether the steps pass by themselves."""
        self._playing = playing
        self._play.setText("Pause" if playing else "Play")
        self._play.setAccessibleName(self._play.text())
        if playing:
            self._clock.start()
            self._timer.start()
        else:
            self._timer.stop()
