"""The critic's panel and its chart: what is shown, and what a hand tells."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from explorer.control.critic import PSIS, Verdict, readings
from explorer.models.critic import Judged
from explorer.qt.panels.critic_panel import NOTHING, CriticPanel
from explorer.qt.widgets.score_chart import ScoreChart

HEAT = np.zeros((8, 8), np.float32)
HEAT[3, 4] = 0.5
VIEW = Judged(np.full((8, 8, 3), 90, np.uint8), -1.25, HEAT)
REAL = Judged(np.full((8, 8, 3), 200, np.uint8), 2.0, 2 * HEAT)
CURVE = np.linspace(-3, 0, len(PSIS)).astype(np.float32)


def verdict(**fields: object) -> Verdict:
    known = {
        "psi": 0.5, "view": VIEW, "dropped": None, "name": "", "curve": CURVE, "band": (-2.0, 1.0),
        "sentence": "It looks more real than 3 of 24.", "subject": "view", "readings": readings(VIEW),
    }  # fmt: skip
    return Verdict(**(known | fields))  # type: ignore[arg-type]


@pytest.fixture
def panel(qtbot: QtBot) -> CriticPanel:
    panel = CriticPanel()
    qtbot.addWidget(panel)
    panel.resize(360, 700)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def texts(panel: CriticPanel) -> set[str]:
    return {label.text() for label in panel.findChildren(QLabel) if label.isVisible()}


def test_scores_are_read_and_the_empty_place_says_what_to_do(panel: CriticPanel):
    panel.show_verdict(verdict())
    assert {"−1.25", "22 % real", NOTHING, "It looks more real than 3 of 24.", "WHERE IT LOOKS · IN VIEW"} <= texts(
        panel
    )
    assert panel.heat.top == pytest.approx(0.5)
    panel.show_verdict(verdict(dropped=REAL, name="real.png", subject="dropped", readings=readings(REAL)))
    assert {"+2.00", "88 % real", "WHERE IT LOOKS · THE DROPPED PICTURE"} <= texts(panel)
    assert NOTHING not in texts(panel) and panel.heat.top == pytest.approx(1.0)


def test_formulas_come_when_asked_for(qtbot: QtBot, panel: CriticPanel):
    panel.show_verdict(verdict())
    assert not any(card.isVisible() for card in panel._cards)
    qtbot.mouseClick(panel._formula, Qt.MouseButton.LeftButton)
    assert all(card.isVisible() for card in panel._cards)
    panel.show_verdict(verdict(readings=readings(Judged(VIEW.pixels, 0.0))))
    assert [card.isVisible() for card in panel._cards] == [True, False]


def test_the_tiles_choose_whose_heat_map_is_shown(qtbot: QtBot, panel: CriticPanel):
    panel.show_verdict(verdict(dropped=REAL, name="real.png"))
    with qtbot.waitSignal(panel.subject_chosen) as told:
        qtbot.mouseClick(panel._other, Qt.MouseButton.LeftButton)
    assert told.args == ["dropped"]


def test_a_fault_is_told_and_goes(panel: CriticPanel):
    panel.show_fault("This is no picture.")
    assert "This is no picture." in texts(panel)
    panel.show_fault("")
    assert "This is no picture." not in texts(panel)


def test_a_hand_on_the_chart_moves_psi(qtbot: QtBot, panel: CriticPanel):
    panel.show_verdict(verdict())
    chart, told = panel.chart, []
    chart.edited.connect(told.append)
    box = chart._box
    for share in (0.0, 0.5, 1.0):
        qtbot.mouseClick(
            chart, Qt.MouseButton.LeftButton, pos=QPoint(round(box.left() + share * box.width()), chart.height() // 2)
        )
    assert told == pytest.approx([-1.0, 0.5, 2.0], abs=0.02)
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert told[-2:] == [1.0, 0.95]
    told.clear()
    panel.show_verdict(verdict(psi=1.5))
    assert told == [] and chart.value() == 150
    panel.show_verdict(verdict(psi=None))
    assert not chart.isEnabled()


def test_the_axis_holds_everything_and_zero(qtbot: QtBot):
    chart = ScoreChart("c", "Chart", "A chart.")
    qtbot.addWidget(chart)
    chart.show_point(1.0, 5.0)
    assert chart._reach == (0.0, 5.0)
    chart.show_rest((np.array(PSIS), CURVE.astype(np.float64)), (-2.0, 1.0), 7.0)
    assert chart._reach == (-3.0, 7.0)
    chart.show_rest(None, None, None)
    chart.show_point(1.0, 0.0)
    assert chart._reach == (-0.5, 0.5), "a flat curve looks flat"
    assert chart.accessibleDescription() == "score +0.00 at ψ = 1.00"
