"""Noise: off, on or drawn again, how strong, and where it changes the picture."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.control.noise import DRAWS, NoiseMap
from explorer.latent.styles import STRONGEST_NOISE
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.heat_map import HeatMap, changes
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.plain_slider import PlainSlider

HELP = "Each layer adds noise of its own, which decides what the style leaves open, such as where a hair lies."
SIDE = 96  # px of a picture


class NoisePage(QWidget):
    """The view of ``NoiseController``."""

    switched = Signal(bool)
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noise_page")
        self._help = _words(HELP)
        self._modes = ChipBar(
            "noise_modes",
            "Noise",
            (
                Chip("off", "Off", "No noise in any layer."),
                Chip("on", "Constant", "The same noise for every picture, so that only the style moves it."),
            ),
            self,
        )
        self._again = Button("Again", "noise_again", "Draws other noise, and switches it on.", kind="chip")
        self._seed = QLabel()
        self._seed.setProperty("kind", "secondary")
        self.slider = PlainSlider(
            "noise_strength", "Strength of the noise", "How much noise; Home or a double click is 1.",
            STRONGEST_NOISE, 1.0,
        )  # fmt: skip
        self._strength = QLabel()
        self._tiles = tuple(
            PictureTile(f"noise_{key}", name, tip, side=SIDE)
            for key, name, tip in (
                ("without", "Without noise", "The picture without any noise: click to switch it off."),
                ("with", "With noise", "The picture with its noise: click to switch it on."),
            )
        )
        self._heat = HeatMap(
            "noise_map", "Where noise changes the picture", "The spread of each pixel over several draws of the noise.",
            told=changes(f"the spread over {DRAWS} draws of the noise"),
        )  # fmt: skip
        self._inside = QWidget()
        self._lay_out()
        self._modes.chosen.connect(lambda key: self.switched.emit(key == "on"))
        self._again.clicked.connect(lambda: self.again_asked.emit())
        for on, tile in enumerate(self._tiles):
            tile.clicked.connect(lambda _=False, on=bool(on): self.switched.emit(on))
        self.show_noise(True, 0, 1.0)

    def _lay_out(self) -> None:
        modes = QHBoxLayout()
        modes.setSpacing(8)
        modes.addWidget(self._modes)
        modes.addWidget(self._again)
        modes.addWidget(self._seed, 1)
        strength = QHBoxLayout()
        strength.setSpacing(12)
        strength.addWidget(self._strength)
        strength.addWidget(self.slider, 1)
        pair = QHBoxLayout()
        pair.setSpacing(12)
        for words, tile in zip(("without", "with noise"), self._tiles, strict=True):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(tile)
            label = QLabel(words)
            label.setProperty("kind", "hint")
            column.addWidget(label)
            pair.addLayout(column)
        pair.addStretch(1)
        title = QLabel("WHERE NOISE CHANGES THE PICTURE")
        title.setProperty("kind", "heading")
        page = QVBoxLayout(self._inside)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(8)
        for part in (modes, strength, pair):
            page.addLayout(part)
        page.addWidget(title)
        page.addWidget(self._heat)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addWidget(self._inside)

    # values in

    def show_message(self, sentence: str) -> None:
        """Why there is no noise; empty: there is."""
        self._help.setText(sentence or HELP)
        self._inside.setVisible(not sentence)

    def show_noise(self, on: bool, seed: int, strength: float) -> None:
        """Whether there is noise, which, and how much of it."""
        self._modes.show_chosen("on" if on else "off")
        self._seed.setText(f"seed {seed}")
        self.slider.show_number(strength)
        self._strength.setText(f"Strength {strength:.2f}")

    def show_map(self, found: NoiseMap) -> None:
        """The pictures that are there by now."""
        for tile, pixels in zip(self._tiles, (found.without, found.with_noise), strict=True):
            tile.show_pixels(pixels)
        if found.spread is None or found.without is None:
            self._heat.clear()
        else:
            self._heat.show_heat(found.without, found.spread)


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", "secondary")
    return label
