"""Under the picture: keyframes, how to go from one to the next, and playing the path."""

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar, ToggleChip
from explorer.qt.widgets.keyframe_row import KeyframeRow
from explorer.state.journey import Journey

FRAME_MS = 33  # between two frames while it plays
KINDS = (
    Chip("linear", "Straight", "Straight lines between the keyframes."),
    Chip("spherical", "Spherical", "Great circles, which keep the norm that a normal prior expects."),
    Chip("spline", "Smooth", "One smooth curve through all keyframes."),
)
EMPTY = "Keep the picture in view as a keyframe, move on, keep the next one: the path between them can be played."


class StripPanel(QWidget):
    """The view of ``StripController``; ``ticked`` comes with the seconds that passed while it plays."""

    add_asked = Signal()
    random_asked = Signal()
    clear_asked = Signal()
    play_asked = Signal()
    pause_asked = Signal()
    export_asked = Signal()
    changed = Signal(str, object)  # how it is walked: the name of a field of ``Journey``, and its value
    ticked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip_panel")
        self.row = KeyframeRow("keyframes", "Keyframes", self)
        self._playing = False
        self._usable = False
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._on_frame)
        self._clock = QElapsedTimer()
        self._build()
        self.show_journey(Journey())

    def _build(self) -> None:
        title = QLabel("STRIP", self)
        title.setProperty("kind", "heading")
        self._kinds = ChipBar("path_kinds", "Kind of path", KINDS, self)
        self._even = ToggleChip("Even pace", "even_pace", "Every moment changes the picture by as much as any other.")
        self._loop = ToggleChip("Loop", "loop_path", "Goes on from the last keyframe to the first.")
        self._leg = QDoubleSpinBox(self)
        self._leg.setObjectName("leg_seconds")
        self._leg.setAccessibleName("Seconds from one keyframe to the next")
        self._leg.setToolTip("Seconds from one keyframe to the next.")
        self._leg.lineEdit().setObjectName("leg_seconds_field")
        self._leg.lineEdit().setAccessibleName("Seconds from one keyframe to the next")
        self._leg.lineEdit().setToolTip("Seconds from one keyframe to the next.")
        self._leg.setRange(0.1, 60.0)
        self._leg.setSingleStep(0.5)
        self._leg.setDecimals(1)
        self._leg.setSuffix(" s")
        self._leg.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._leg.setFixedSize(72, self._loop.sizeHint().height())
        self._leg.setKeyboardTracking(False)
        self._add = Button(
            "+ Keyframe", "add_keyframe", "Keeps the picture in view as the next keyframe (K).", kind="text"
        )
        self._random = Button(
            "To random", "random_keyframe", "A path from the picture in view to a random one.", kind="text"
        )
        self._clear = Button("Clear", "clear_keyframes", "Removes all keyframes.", kind="text")
        self._play = Button("Play", "play_path", "Plays the path (P).", kind="text")
        self._export = Button("Film …", "export_film", "Saves the path as a film, or its keyframes.", kind="text")
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 0)
        head.setSpacing(8)
        head.addWidget(title)
        head.addStretch(1)
        for button in (self._add, self._random, self._clear, self._play, self._export):
            head.addWidget(button)
        manner = QHBoxLayout()
        manner.setContentsMargins(16, 0, 16, 0)
        manner.setSpacing(8)
        manner.addWidget(self._kinds, 1)
        for widget in (self._even, self._loop, self._leg):
            manner.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._help = QLabel(EMPTY, self)
        self._help.setProperty("kind", "secondary")
        self._help.setWordWrap(True)
        self._help.setContentsMargins(16, 0, 16, 8)
        self._help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.row)
        self._scroll.setFixedHeight(self.row.sizeHint().height() + 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._help)
        layout.addLayout(manner)
        layout.addWidget(self._scroll)
        self._connect()

    def _connect(self) -> None:
        self._kinds.chosen.connect(lambda key: self.changed.emit("kind", key))
        self._even.switched.connect(lambda on: self.changed.emit("even", on))
        self._loop.switched.connect(lambda on: self.changed.emit("loop", on))
        self._leg.valueChanged.connect(lambda seconds: self.changed.emit("leg_s", seconds))
        self._add.clicked.connect(self.add_asked)
        self._random.clicked.connect(self.random_asked)
        self._clear.clicked.connect(self.clear_asked)
        self._export.clicked.connect(self.export_asked)
        self._play.clicked.connect(self.toggle_play)

    # values in

    def show_journey(self, journey: Journey) -> None:
        """Show how many keyframes there are and how they are walked; their pictures come one by one."""
        count = len(journey.keyframes)
        self.row.show_keyframes(count, loop=journey.loop)
        self._kinds.show_chosen(journey.kind)
        self._even.show_on(journey.even)
        self._loop.show_on(journey.loop)
        self._leg.blockSignals(True)
        self._leg.setValue(journey.leg_s)
        self._leg.blockSignals(False)
        self._help.setVisible(count == 0)
        self._scroll.setVisible(count > 0)
        for widget in (self._kinds, self._even, self._loop, self._leg, self._clear):
            widget.setVisible(count > 0)
        for button in (self._play, self._export):
            button.setVisible(count > 0)
        self._play.setEnabled(journey.legs > 0)

    def show_times(self, shares: tuple[float, ...]) -> None:
        """At which share of the way each keyframe is reached."""
        self.row.show_times(shares)

    def clear_pictures(self) -> None:
        """Other keyframes, or another way between them."""
        self.row.clear_pictures()

    def show_keyframe(self, index: int, pixels: Pixels) -> None:
        """The picture of a keyframe."""
        self.row.show_keyframe(index, pixels)

    def show_between(self, leg: int, index: int, pixels: Pixels) -> None:
        """A small picture on a leg."""
        self.row.show_between(leg, index, pixels)

    def show_position(self, share: float) -> None:
        """Where on the way the picture in view is."""
        self.row.show_share(share)

    def show_playing(self, playing: bool) -> None:
        """Whether it plays; while it does, ``ticked`` comes with every frame."""
        self._playing = playing
        self._play.setText("Pause" if playing else "Play")
        self._play.setAccessibleName(self._play.text())
        if playing:
            self._clock.start()
            self._timer.start()
        else:
            self._timer.stop()

    def show_usable(self, usable: bool) -> None:
        """Whether there is a model to make keyframes of."""
        for button in (self._add, self._random):
            button.setEnabled(usable)

    def toggle_play(self) -> None:
        """Ask for the other of play and pause."""
        (self.pause_asked if self._playing else self.play_asked).emit()

    def _on_frame(self) -> None:
        self.ticked.emit(self._clock.restart() / 1_000)
