"""The fonts, the icon and the small data set are what the program expects."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QFontMetricsF, QImage, QRawFont
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

ASSETS = Path(__file__).resolve().parents[2] / "assets"
WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
SIGNS = "σψβμ·→½‖−²Δ×≤≥…–π√ε∞"


@pytest.mark.parametrize(("name", "weight"), WEIGHTS.items())
def test_font_loads_with_its_weight_and_signs(qtbot: QtBot, name: str, weight: int) -> None:
    path = ASSETS / "fonts" / f"LatentInter-{name}.ttf"
    assert QFontDatabase.addApplicationFont(str(path)) >= 0
    font = QFont("Latent Inter")
    font.setWeight(QFont.Weight(weight))
    assert (QFontInfo(font).family(), QFontInfo(font).weight()) == ("Latent Inter", weight)
    raw = QRawFont(str(path), 13)
    assert not [sign for sign in SIGNS if not raw.supportsCharacter(ord(sign))]


def test_figures_can_stand_in_columns(qtbot: QtBot) -> None:
    QFontDatabase.addApplicationFont(str(ASSETS / "fonts" / "LatentInter-Regular.ttf"))
    font = QFont("Latent Inter")
    font.setPixelSize(13)
    font.setFeature(QFont.Tag("tnum"), 1)
    widths = {QFontMetricsF(font).horizontalAdvance(digit) for digit in "0123456789"}
    assert len(widths) == 1


def test_icon_draws(qtbot: QtBot) -> None:
    assert QSvgRenderer(str(ASSETS / "icons" / "latent-explorer.svg")).isValid()
    assert QImage(str(ASSETS / "icons" / "latent-explorer-256.png")).width() == 256


def test_small_fashion_is_balanced_and_does_not_share_pictures() -> None:
    with np.load(ASSETS / "data" / "fashion-mnist-small.npz") as data:
        train, test = data["train_images"], data["test_images"]
        assert train.shape == (10_000, 28, 28)
        assert test.shape == (2_000, 28, 28)
        assert set(np.bincount(data["train_labels"])) == {1_000}
        assert set(np.bincount(data["test_labels"])) == {200}
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}
