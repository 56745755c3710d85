"""The card of a model."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QTextBrowser
from pytestqt.qtbot import QtBot

from explorer.contract.manifest import Measurement, Reference
from explorer.qt import theme
from explorer.qt.panels.card_panel import CardPanel
from tests.graphs import tiny_bundle

MEASURED = Measurement(
    metric="mean squared error of reconstructions",
    value=0.0123456,
    unit="grey levels²",
    data="fashion-mnist",
    split="test",
    samples=10_000,
    references=(Reference(name="PCA with as many numbers", value=0.02),),
)


@pytest.fixture
def panel(qtbot: QtBot) -> CardPanel:
    panel = CardPanel()
    qtbot.addWidget(panel)
    panel.resize(360, 640)
    panel.show()
    return panel


def words(panel: CardPanel) -> str:
    browser = panel.findChild(QTextBrowser)
    assert browser is not None
    return browser.toPlainText()


def test_without_a_model_it_says_what_to_do(panel: CardPanel):
    panel.show_manifest(None)
    assert words(panel) == "Open a model to read its card."


def test_it_tells_what_was_measured_beside_what_to_compare_it_with(panel: CardPanel, tmp_path: Path):
    bundle = tiny_bundle(tmp_path / "tiny", facts={"quality": (MEASURED,)})
    panel.show_manifest(bundle.manifest)
    text = words(panel)
    assert "A linear autoencoder for tests." in text
    assert "0.01235 grey levels²" in text and "fashion-mnist, test, 10,000 samples" in text
    assert "PCA with as many numbers: 0.02" in text
    assert "Licence Apache-2.0" in text


def test_it_says_how_to_measure_what_was_not(panel: CardPanel, tmp_path: Path):
    panel.show_manifest(tiny_bundle(tmp_path / "tiny", facts={"quality": ()}).manifest)
    assert "python -m trainers evaluate" in words(panel)


def test_markup_from_a_manifest_stays_text(panel: CardPanel, tmp_path: Path):
    sly = "<img src='x'> <b>bold</b> & more"
    panel.show_manifest(tiny_bundle(tmp_path / "tiny", facts={"description": sly, "credit": sly}).manifest)
    assert words(panel).count(sly) == 2


def test_it_follows_the_theme(qapp: QApplication, panel: CardPanel, tmp_path: Path):
    panel.show_manifest(tiny_bundle(tmp_path / "tiny").manifest)
    browser = panel.findChild(QTextBrowser)
    assert browser is not None
    theme.apply(qapp, theme.LIGHT)
    panel.renew()
    assert theme.LIGHT.secondary in browser.toHtml()
    theme.apply(qapp, theme.DARK)
    panel.renew()
    assert theme.DARK.secondary in browser.toHtml()
