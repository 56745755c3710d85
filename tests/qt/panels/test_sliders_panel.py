"""The sliders and the gauge under them."""

import numpy as np
import pytest
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from explorer.control.gauges import Distance
from explorer.control.sliders import DEAD, DimensionView
from explorer.qt.panels.sliders_panel import SlidersPanel
from explorer.qt.widgets.latent_slider import LatentSlider

VIEWS = (
    DimensionView(2, "z2", "hair", 0.5, effect_share=1.0),
    DimensionView(0, "z0", "", -1.0, effect_share=0.4),
    DimensionView(1, "z1", "", 0.0, dead=True),
)


@pytest.fixture
def panel(qtbot: QtBot) -> SlidersPanel:
    panel = SlidersPanel()
    qtbot.addWidget(panel)
    panel.resize(360, 640)
    panel.show()
    panel.show_dimensions(VIEWS)
    return panel


def rows(panel: SlidersPanel) -> list[LatentSlider]:
    return [row for row in panel.findChildren(LatentSlider) if row.isVisible()]


def test_dimensions_stand_in_the_order_given(panel: SlidersPanel):
    assert [row.view.index for row in rows(panel)] == [2, 0, 1]
    assert DEAD in rows(panel)[2].accessibleName()


def test_values_and_locks_go_to_the_dimension_not_to_the_row(panel: SlidersPanel):
    panel.show_value(0, 2.5)
    panel.show_locked(2, True)
    assert [row.shown_value for row in rows(panel)] == [0.5, 2.5, 0.0]
    assert [row.view.locked for row in rows(panel)] == [True, False, False]


def test_thumbnails_of_another_model_are_forgotten(panel: SlidersPanel):
    empty = rows(panel)[1].grab().toImage()
    panel.show_thumbnails(0, np.full((4, 4, 1), 250, np.uint8), np.full((4, 4, 1), 5, np.uint8))
    assert rows(panel)[1].grab().toImage() != empty
    panel.clear_thumbnails()
    assert rows(panel)[1].grab().toImage() == empty


def test_progress_comes_and_goes_and_moves_nothing(panel: SlidersPanel):
    bar = panel.findChild(QProgressBar, "effects_progress")
    assert bar is not None
    top = panel.list.y()
    panel.show_progress(0.25)
    assert bar.isVisible() and bar.value() == 25
    assert panel.list.y() == top
    panel.show_progress(None)
    assert not bar.isVisible()


@pytest.mark.parametrize(
    "value, told",
    [(5.7, "Norm from the prior's centre 5.70 of 5.61 expected"), (9.0, "9.00 of 5.61 expected, unusual")],
)
def test_the_gauge_says_how_usual_the_point_is(panel: SlidersPanel, value: float, told: str):
    panel.show_distance(Distance(value, 5.61, 0.7, "norm"))
    assert panel.gauge.accessibleDescription().endswith(told)
    panel.show_distance(None)
    assert panel.gauge.accessibleDescription() == ""
