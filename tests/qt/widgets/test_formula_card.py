"""Formulas are typeset, each one that there is, and their cards say all their numbers."""

import xml.etree.ElementTree as ET

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from explorer.control.formulas import FORMULAS, Reading
from explorer.qt import theme
from explorer.qt.pictures import to_pixels
from explorer.qt.widgets.formula_card import FORMULA, FormulaCard, FormulaView, typeset

LATEX = sorted({f.latex for f in FORMULAS.values()} | {s.latex for f in FORMULAS.values() for s in f.symbols})


@pytest.mark.parametrize("latex", LATEX, ids=range(len(LATEX)))
def test_every_formula_can_be_typeset(latex: str):
    svg = typeset(latex, FORMULA, "#e8e8e8")
    drawn = [part for part in ET.fromstring(svg).iter() if part.tag.endswith(("path", "rect"))]
    assert drawn and b"<use" not in svg and b"#e8e8e8" in svg
    renderer = QSvgRenderer(QByteArray(svg))
    assert renderer.isValid() and renderer.defaultSize().width() > 3 and renderer.defaultSize().height() > 3


def reading(key: str) -> Reading:
    formula = FORMULAS[key]
    return Reading(formula, tuple(f"{k}.5" for k in range(len(formula.symbols))), "−7.5 nats", ("−7.5 = 1 − 8.5",))


def words(card: FormulaCard) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card))


def test_a_card_says_title_numbers_result_and_source(qtbot: QtBot):
    card = FormulaCard("card")
    qtbot.addWidget(card)
    for key in ("reconstruction", "elbo", "beta"):  # from more symbols to fewer and back
        card.show_reading(reading(key))
        text, formula = words(card), FORMULAS[key]
        assert formula.title in text and "−7.5 nats" in text and "1 − 8.5" in text and formula.source in text
        for at, symbol in enumerate(formula.symbols):
            assert f"{at}.5   {symbol.words}" in text
        shown = [view for view in card.findChildren(FormulaView) if view.isVisibleTo(card)]
        assert len(shown) == 1 + len(formula.symbols)
    assert card.accessibleName() == FORMULAS["beta"].title and "−7.5 nats" in card.accessibleDescription()


def test_a_formula_is_painted_in_the_colour_of_the_theme(qtbot: QtBot, qapp):
    view = FormulaView(FORMULA)
    qtbot.addWidget(view)
    view.show_latex(FORMULAS["kl"].latex)
    view.resize(view.sizeHint())
    view.show()
    for name in ("light", "dark"):
        theme.apply(qapp, theme.THEMES[name])
        color = theme.current().color("text")
        pixels = to_pixels(view.grab().toImage())[..., :3].astype(int)
        gap = abs(pixels - [color.red(), color.green(), color.blue()]).sum(axis=2)
        assert (gap < 60).sum() > 50


def test_a_formula_too_wide_for_its_room_is_made_smaller(qtbot: QtBot):
    view = FormulaView(FORMULA)
    qtbot.addWidget(view)
    view.show_latex(FORMULAS["elbo"].latex)
    view.setFixedWidth(100)
    view.show()
    pixels = to_pixels(view.grab().toImage())[..., :3].astype(int)
    inked = (abs(pixels - pixels[0, 0]).sum(axis=2) > 60).any(axis=0).nonzero()[0]
    assert 80 < inked.max() < 100 and inked.min() < 10
