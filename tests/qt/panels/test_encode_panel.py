"""The encode panel: asks by mouse and keyboard, and says in words and numbers what an encoding holds."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from explorer.control.encode import Encoding, Weights
from explorer.control.likelihood import StatedLikelihood
from explorer.latent.bounds import kl_per_dimension
from explorer.latent.priors import Prior
from explorer.qt.panels.encode_panel import EncodePanel
from explorer.qt.widgets.formula_card import FormulaCard
from explorer.qt.widgets.gauge import Gauge
from explorer.qt.widgets.picture_tile import PictureTile
from explorer.qt.widgets.posterior_bars import PosteriorBars

MEAN, LOG_VARIANCE = np.array([0.4, -1.3, 0.0], np.float32), np.array([-2.1, -3.3, 0.0], np.float32)
PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
THUMBNAILS = np.zeros((20, 4, 4, 1), np.uint8)
PRIOR = Prior(np.zeros(3, np.float32), np.ones(3, np.float32))
MODEL: Any = SimpleNamespace(decodes=SimpleNamespace(prior=PRIOR))
WEIGHTS = Weights(StatedLikelihood("gaussian", 0.1, False), np.array([50.0, 52.0]), np.zeros(2), np.zeros(2))
VAE = Encoding(
    "cat.png", MODEL, PICTURE, 255 - PICTURE, np.full((8, 8), 0.25, np.float32), 0.0625, MEAN, LOG_VARIANCE,
    kl_per_dimension(MEAN, LOG_VARIANCE), np.stack([PICTURE] * 8), ((7, 0.5), (3, 1.25)), 0.01,
    np.zeros((8, 3), np.float32), WEIGHTS,
)  # fmt: skip
PLAIN = replace(VAE, log_variance=None, kl_nats=None, weights=None, samples=np.zeros((0, 8, 8, 1), np.uint8))


@pytest.fixture
def panel(qtbot: QtBot) -> EncodePanel:
    panel = EncodePanel()
    qtbot.addWidget(panel)
    panel.resize(352, 800)
    panel.show()
    panel.show_ready(True, "")
    panel.show_stored(True)
    return panel


def button(panel: EncodePanel, name: str) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def words(panel: EncodePanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize(
    "name, signal",
    [
        ("encode_open", "open_asked"),
        ("encode_paste", "paste_asked"),
        ("encode_view", "view_asked"),
        ("encode_stored", "stored_asked"),
        ("encode_go", "go_asked"),
        ("encode_renew", "renew_asked"),
    ],
)
@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_every_button_asks_for_its_own(panel: EncodePanel, qtbot: QtBot, name: str, signal: str, by: str):
    panel.show_encoding(VAE, THUMBNAILS)
    panel.show_page("posterior" if name == "encode_renew" else "picture")
    with qtbot.waitSignal(getattr(panel, signal)):
        if by == "mouse":
            qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
        else:
            qtbot.keyClick(button(panel, name), Qt.Key.Key_Space)


def test_without_a_picture_only_the_ways_to_one_are_in_sight(panel: EncodePanel):
    assert "Drop a picture" in words(panel)
    assert not panel.pages.isVisible() and not button(panel, "encode_go").isVisible()


def test_a_model_without_encoder_says_so_and_takes_nothing(panel: EncodePanel):
    panel.show_ready(False, "This model has no encoder.")
    assert "This model has no encoder." in words(panel)
    names = ("encode_open", "encode_paste", "encode_view", "encode_stored")
    assert not any(button(panel, name).isEnabled() for name in names)
    panel.show_ready(True, "")
    assert all(button(panel, name).isEnabled() for name in names)


def test_a_fault_stays_until_the_next_picture(panel: EncodePanel):
    panel.show_fault("It is no picture; try another.")
    assert "It is no picture" in words(panel)
    panel.show_source(np.zeros((4, 4, 3), np.uint8), (0, 0, 4), "a")
    assert "It is no picture" not in words(panel)


def test_numbers_and_neighbours_of_a_picture(panel: EncodePanel, qtbot: QtBot):
    panel.show_encoding(VAE, THUMBNAILS)
    assert "Mean squared error 0.062" in words(panel) and "25 %" in words(panel)
    near = [tile for tile in panel.findChildren(PictureTile) if tile.objectName().startswith("encode_near")]
    assert [tile.isVisible() for tile in near] == [True, True, False, False, False]
    assert near[1].accessibleName() == "Data picture 3"
    with qtbot.waitSignal(panel.near_chosen) as told:
        qtbot.mouseClick(near[1], Qt.MouseButton.LeftButton)
    assert told.args == [3]
    panel.show_encoding(VAE, None)
    assert not near[0].isVisible()


@pytest.mark.parametrize("share, sentence", [(0.3, "about as well"), (0.99, "nothing like the data")])
def test_the_error_is_placed_among_those_of_the_data(panel: EncodePanel, share: float, sentence: str):
    panel.show_encoding(VAE, THUMBNAILS)
    panel.show_rank(share, 300)
    gauge = panel.findChild(Gauge, "encode_rank")
    assert gauge is not None and f"{share:.0%}".replace("%", " %") in gauge.accessibleDescription()
    assert sentence in words(panel)
    panel.show_rank(None, 0)
    assert not gauge.isVisible() and sentence not in words(panel)


def test_the_posterior_shows_first_what_says_most(panel: EncodePanel):
    panel.show_encoding(VAE, THUMBNAILS)
    panel.show_page("posterior")
    bars = panel.findChild(PosteriorBars)
    assert bars is not None and bars.isVisible()
    said = bars.accessibleDescription().split("; ")
    assert [row.split(":")[0] for row in said] == ["z1", "z0", "z2"]
    assert said[0].startswith("z1: -1.30 ± 0.19, costs ") and said[2].endswith("costs 0.00 nats")
    tiles = [tile for tile in panel.findChildren(PictureTile) if tile.objectName().startswith("posterior_sample")]
    assert len(tiles) == 8 and all(tile.isVisible() and tile.has_picture for tile in tiles)
    panel.grab()


def test_a_click_on_a_sample_goes_there(panel: EncodePanel, qtbot: QtBot):
    panel.show_encoding(VAE, THUMBNAILS)
    panel.show_page("posterior")
    with qtbot.waitSignal(panel.sample_chosen) as told:
        qtbot.mouseClick(button(panel, "posterior_sample_3"), Qt.MouseButton.LeftButton)
    assert told.args == [3]


def test_a_plain_autoencoder_gives_one_point(panel: EncodePanel):
    panel.show_encoding(PLAIN, THUMBNAILS)
    panel.show_page("posterior")
    assert "one point and no spread" in words(panel) and not button(panel, "encode_renew").isVisible()
    bars = panel.findChild(PosteriorBars)
    assert bars is not None and "nats" not in bars.accessibleDescription()
    panel.show_page("formulas")
    assert "nothing to write out" in words(panel)
    panel.grab()


def test_formulas_are_written_out_when_they_are_looked_at(panel: EncodePanel):
    panel.show_encoding(VAE, THUMBNAILS)
    assert panel.findChildren(FormulaCard) == []
    panel.show_page("formulas")
    cards = panel.findChildren(FormulaCard)
    assert len(cards) == 6 and all(card.isVisible() for card in cards)
    assert "reconstruction" in words(panel) and "51.0" in words(panel)
    panel.show_encoding(PLAIN, THUMBNAILS)
    assert not any(card.isVisible() for card in cards)


def test_pages_are_turned_by_hand(panel: EncodePanel, qtbot: QtBot):
    panel.show_encoding(VAE, THUMBNAILS)
    chip = next(b for b in panel.pages.findChildren(QAbstractButton) if b.text() == "Posterior")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    bars = panel.findChild(PosteriorBars)
    assert bars is not None and bars.isVisible()
