"""A picture from outside, seen through the model: restored, placed, weighed, with the formulas and their numbers."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from explorer.contract.pixels import Pixels
from explorer.control.cards import readings
from explorer.control.encode import NEAREST, SAMPLES, Encoding, Refinement
from explorer.qt.panels.pages import scrolled, words
from explorer.qt.widgets.buttons import Button
from explorer.qt.widgets.chips import Chip, ChipBar
from explorer.qt.widgets.crop_view import CropView
from explorer.qt.widgets.flow_layout import FlowLayout
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.gauge import Gauge, Reading
from explorer.qt.widgets.heat_map import glowing, percent
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.posterior_bars import PosteriorBars, PosteriorRow

HELP = "Drop a picture anywhere in this window, or paste one: where does it lie, and what comes back?"
PICTURE = Chip("picture", "Picture", "The picture, what the model restores of it, and how unusual that is.")
POSTERIOR = Chip("posterior", "Posterior", "What the encoder says of each dimension, and samples of it.")
FORMULAS = Chip("formulas", "Formulas", "Every number of this picture with its formula written out.")
ROWS = 16  # dimensions of the posterior shown, those that say most
RESTORED = ("restored", "What the decoder makes of the code.", "restored")
MADE = ("result", "What the model makes of the picture.", "result")
ODD = 0.95  # of the test pictures are restored better: the picture is probably nothing like the data


class EncodePanel(QWidget):
    """The view of ``EncodeController``."""

    open_asked = Signal()
    paste_asked = Signal()
    view_asked = Signal()
    stored_asked = Signal()
    go_asked = Signal()
    refine_asked = Signal()
    stop_asked = Signal()
    refined_chosen = Signal()
    renew_asked = Signal()
    near_chosen = Signal(int)  # a row of the encoded data
    sample_chosen = Signal(int)
    cropped = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("encode_panel")
        self._encoding: Encoding | None = None
        self._near: tuple[int, ...] = ()
        self._help = words(HELP)
        self._fault = words("", kind="warning")
        self.pages = ChipBar(
            "encode_pages", "Pages of the encoded picture", (PICTURE, POSTERIOR, FORMULAS), self, kind="tab"
        )
        self._stack = QStackedWidget(self)
        self._shown = {
            PICTURE.key: self._picture_page(),
            POSTERIOR.key: self._posterior_page(),
            FORMULAS.key: self._formula_page(),
        }
        for page in self._shown.values():
            self._stack.addWidget(page)
        sources = FlowLayout(spacing=8)
        self._open = Button("Open …", "encode_open", "Chooses a picture file.", kind="text")
        self._paste = Button("Paste", "encode_paste", "Takes the picture on the clipboard (Ctrl+V).", kind="text")
        self._view = Button("In view", "encode_view", "Encodes the picture in view.", kind="text")
        self._stored = Button(
            "From the data", "encode_stored", "A random picture of the data that came along.", kind="text"
        )
        for button in (self._open, self._paste, self._view, self._stored):
            sources.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._help)
        layout.addLayout(sources)
        layout.addWidget(self._fault)
        layout.addWidget(self.pages)
        layout.addWidget(self._stack, 1)
        self._rest = QWidget(self)  # takes the room while there is no picture
        layout.addWidget(self._rest, 1)
        self.pages.chosen.connect(self.show_page)
        for button, signal in (
            (self._open, self.open_asked),
            (self._paste, self.paste_asked),
            (self._view, self.view_asked),
            (self._stored, self.stored_asked),
            (self._go, self.go_asked),
            (self._renew, self.renew_asked),
            (self._refine, self.refine_asked),
            (self._stop, self.stop_asked),
            (self._to_refined, self.refined_chosen),
        ):
            button.clicked.connect(signal)
        self._crop.cropped.connect(self.cropped)
        self.show_fault("")
        self.show_encoding(None, None)
        self.show_refinement(None, False)

    # pages

    def _picture_page(self) -> QWidget:
        self._crop = CropView("encode_crop", "Picture to encode", self)
        self._tiles = {
            key: PictureTile(f"encode_{key}", name, tip, self, side=84, caption=name)
            for key, name, tip in (
                ("seen", "what it sees", "The cut-out square at the model's size."),
                ("restored", *RESTORED[:2]),
                ("error", "difference", "Glows where picture and restored picture differ."),
            )
        }
        self._numbers = words("", kind="")
        self._rank = Gauge(
            "encode_rank", "How unusual the error is", "Held against how well the model restores test pictures.", self
        )
        self._rank_words = words("")
        self._go = Button("Go there", "encode_go", "Moves to the mean of the posterior.", kind="text")
        self._refine = Button(
            "Refine", "encode_refine", "Comes nearer to the picture by gradient descent on the styles.", kind="chip"
        )
        self._stop = Button("Stop", "encode_stop", "Ends the descent where it is.", kind="chip")
        self._to_refined = Button("Go to refined", "encode_go_refined", "Moves to what the descent found.", kind="text")
        self._refined_words = words("")
        self._refined_tile = PictureTile(
            "encode_refined", "refined", "What the refined styles draw.", self, side=84, caption="refined"
        )
        self._refined_tile.setEnabled(False)  # only to be looked at
        self._refined_tile.unsetCursor()
        refining = QHBoxLayout()
        refining.setSpacing(8)
        refining.addWidget(self._refined_tile)
        buttons = QVBoxLayout()
        buttons.addWidget(self._refined_words)
        pair = QHBoxLayout()
        for button in (self._refine, self._stop, self._to_refined):
            pair.addWidget(button)
        pair.addStretch(1)
        buttons.addLayout(pair)
        refining.addLayout(buttons, 1)
        self._near_title = words("Nearest pictures of the data")
        near = QHBoxLayout()
        near.setSpacing(4)
        self._near_tiles: list[PictureTile] = []
        for at in range(NEAREST):
            tile = PictureTile(f"encode_near_{at}", "Near picture", "Goes to this picture.", self, side=44, caption=" ")
            tile.clicked.connect(lambda _=False, at=at: self._on_near(at))
            near.addWidget(tile)
            self._near_tiles.append(tile)
        near.addStretch(1)
        three = QHBoxLayout()
        three.setSpacing(4)
        for tile in self._tiles.values():
            tile.setEnabled(False)  # only to be looked at
            tile.unsetCursor()
            three.addWidget(tile)
        three.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self._numbers, 1)
        row.addWidget(self._go)
        return scrolled(self._crop, three, row, refining, self._rank, self._rank_words, self._near_title, near)

    def _posterior_page(self) -> QWidget:
        self._spread_words = words("")
        self._bars = PosteriorBars("posterior_bars", "Posterior of each dimension", self)
        self._renew = Button("New noise", "encode_renew", "Draws other samples of the posterior.", kind="text")
        head = QHBoxLayout()
        self._samples_title = words("Samples of the posterior")
        head.addWidget(self._samples_title, 1)
        head.addWidget(self._renew)
        grid = QGridLayout()
        grid.setSpacing(8)
        self._sample_tiles: list[PictureTile] = []
        for at in range(SAMPLES):
            tile = PictureTile(
                f"posterior_sample_{at}", f"Sample {at + 1}", "Goes to this sample of the posterior.", self, side=72
            )
            tile.clicked.connect(lambda _=False, at=at: self.sample_chosen.emit(at))
            grid.addWidget(tile, at // 4, at % 4)
            self._sample_tiles.append(tile)
        grid.setColumnStretch(4, 1)
        return scrolled(head, grid, self._spread_words, self._bars)

    def _formula_page(self) -> QWidget:
        self._formula_words = words("")
        self._cards: list[FormulaCard] = []
        self._cards_layout = QVBoxLayout()
        self._cards_layout.setSpacing(12)
        return scrolled(self._formula_words, self._cards_layout)

    # values in

    def show_page(self, key: str) -> None:
        """Bring a page to the front; formulas are typeset when they are first looked at."""
        if key in self._shown:
            self.pages.show_chosen(key)
            self._stack.setCurrentWidget(self._shown[key])
            self._show_cards()

    def show_ready(self, ready: bool, sentence: str) -> None:
        """Whether the model can encode; else the sentence says why not."""
        for button in (self._open, self._paste, self._view, self._stored):
            button.setEnabled(ready)
        self._help.setText(HELP if ready else sentence)

    def show_stored(self, possible: bool) -> None:
        """Whether pictures of the data are at hand at the model's size."""
        self._stored.setVisible(possible)

    def show_source(self, pixels: Pixels | None, box: tuple[int, int, int], name: str) -> None:
        """The picture and the square that is encoded."""
        self.show_fault("")
        self._crop.show_picture(pixels, box)
        self._crop.setAccessibleDescription(name)

    def show_fault(self, sentence: str) -> None:
        """Why a picture could not be taken; empty: all is well."""
        self._fault.setText(sentence)
        self._fault.setVisible(bool(sentence))

    def show_encoding(self, encoding: Encoding | None, thumbnails: Pixels | None) -> None:
        """Show what the model makes of the picture; ``thumbnails`` (N, H, W, C) are those of the data."""
        self._encoding = encoding
        self.pages.setVisible(encoding is not None)
        self._stack.setVisible(encoding is not None)
        self._rest.setVisible(encoding is None)
        if encoding is None:
            return
        self._tiles["seen"].show_pixels(encoding.picture)
        self._tiles["restored"].show_pixels(encoding.restored)
        self._tiles["error"].show_pixels(glowing(encoding.picture, encoding.error))
        largest = percent(float(encoding.error.max()))
        numbers = f"Mean squared error {encoding.squared_error:.2g}; the largest difference is {largest}."
        made = encoding.translates
        self._tiles["restored"].show_words(*(MADE if made else RESTORED))
        self._numbers.setText(f"{encoding.restored.shape[1]} × {encoding.restored.shape[0]} px" if made else numbers)
        self._near = tuple(row for row, _ in encoding.nearest) if thumbnails is not None else ()
        self._near_title.setVisible(bool(self._near))
        for at, tile in enumerate(self._near_tiles):
            tile.setVisible(at < len(self._near))
            if thumbnails is not None and at < len(self._near):
                row, distance = encoding.nearest[at]
                tile.show_pixels(thumbnails[row])
                tile.show_words(f"Data picture {row}", "Goes to this picture.", f"{distance:.2f}")
        self._show_posterior(encoding)
        self._show_cards()

    def show_refinement(self, refinement: Refinement | None, possible: bool) -> None:
        """How far the descent on the styles came; None: it was not begun. Not possible: the model has none."""
        running = refinement is not None and refinement.running
        self._refine.setVisible(possible)
        self._refine.setEnabled(not running)
        self._stop.setVisible(running)
        self._to_refined.setVisible(refinement is not None)
        self._refined_tile.setVisible(refinement is not None)
        self._refined_words.setVisible(refinement is not None)
        if refinement is not None:
            self._refined_tile.show_pixels(refinement.pixels)
            share = refinement.error / max(refinement.before, 1e-12)
            self._refined_words.setText(
                f"{refinement.step} steps: squared error {refinement.error:.2g}, {share:.0%} of the encoder's."
            )

    def show_rank(self, share_below: float | None, count: int) -> None:
        """Which share of ``count`` test pictures is restored better than this one."""
        self._rank.setVisible(share_below is not None)
        self._rank_words.setVisible(share_below is not None)
        if share_below is None:
            return
        worse = round(100 * share_below)
        self._rank.show_reading(
            Reading("Worse than", f"{worse} % of {count} test pictures", share_below, 0.0, 1.0, (0.0, ODD))
        )
        self._rank_words.setText(
            "The model restores it about as well as what it knows."
            if share_below < ODD
            else "The model restores it badly: it is probably nothing like the data."
        )

    def _show_posterior(self, encoding: Encoding) -> None:
        prior = None if encoding.model.decodes is None else encoding.model.decodes.prior
        if prior is None:
            return
        means = prior.in_sigmas(encoding.mean)
        plain = encoding.log_variance is None or encoding.kl_nats is None
        deviations = np.zeros_like(means) if plain else np.exp(0.5 * encoding.log_variance) / prior.deviation  # type: ignore[operator]
        order = np.argsort(-(np.abs(means) if plain else encoding.kl_nats))[:ROWS].tolist()  # type: ignore[operator]
        self._bars.show_rows(
            tuple(
                PosteriorRow(
                    f"z{j}",
                    float(means[j]),
                    float(deviations[j]),
                    None if encoding.kl_nats is None else float(encoding.kl_nats[j]),
                )
                for j in order
            )
        )
        shown = f"the {len(order)} of {len(means)} dimensions that say most"
        self._spread_words.setText(
            f"A plain autoencoder gives one point and no spread; {shown}."
            if plain
            else f"Mean and spread of {shown}; the pale band is the prior."
        )
        self._samples_title.setVisible(not plain)
        self._renew.setVisible(not plain)
        for at, tile in enumerate(self._sample_tiles):
            tile.setVisible(at < len(encoding.samples))
            if at < len(encoding.samples):
                tile.show_pixels(encoding.samples[at])

    def _show_cards(self) -> None:
        if self._encoding is None or self._stack.currentWidget() is not self._shown[FORMULAS.key]:
            return
        found = readings(self._encoding)
        self._formula_words.setText(
            "The formulas of a VAE with the numbers of this picture."
            if found
            else "A plain autoencoder has no posterior and no likelihood, so there is nothing to write out."
        )
        while len(self._cards) < len(found):
            card = FormulaCard(f"formula_card_{len(self._cards)}", self)
            self._cards.append(card)
            self._cards_layout.addWidget(card)
        for at, card in enumerate(self._cards):
            card.setVisible(at < len(found))
            if at < len(found):
                card.show_reading(found[at])

    def _on_near(self, at: int) -> None:
        if at < len(self._near):
            self.near_chosen.emit(self._near[at])
