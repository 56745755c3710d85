import dataclasses
from pathlib import Path

import pytest

from explorer.qt import theme
from explorer.qt.widgets.gauge import Gauge, Reading
from tests.qt.looks import looks_like

NORM = Reading("norm", "5.71 of 5.66 expected", 5.71, 0.0, 11.3, (5.0, 6.3))


@pytest.fixture
def gauge(qtbot) -> Gauge:
    gauge = Gauge("norm", "Norm of the code", "How far the point lies from the middle.")
    qtbot.addWidget(gauge)
    return gauge


@pytest.mark.parametrize(("value", "usual"), [(4.99, False), (5.0, True), (6.3, True), (6.31, False)])
def test_usual_is_inside_the_band(value, usual):
    assert dataclasses.replace(NORM, value=value).usual is usual
    assert dataclasses.replace(NORM, value=value, expected=None).usual


@pytest.mark.parametrize(("value", "share"), [(-1, 0), (0, 0), (5.65, 0.5), (11.3, 1), (99, 1)])
def test_share(value, share):
    assert NORM.share(value) == pytest.approx(share)


def test_it_can_be_heard(gauge):
    gauge.show_reading(NORM)
    assert gauge.accessibleDescription() == "norm 5.71 of 5.66 expected"
    gauge.show_reading(dataclasses.replace(NORM, value=9.8, text="9.80 of 5.66 expected"))
    assert gauge.accessibleDescription() == "norm 9.80 of 5.66 expected, unusual"
    gauge.show_reading(None)
    assert gauge.accessibleDescription() == ""


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("value", [5.71, 9.8])
def test_looks(qapp, gauge, tmp_path: Path, name: str, value: float):
    theme.apply(qapp, theme.THEMES[name])
    gauge.show_reading(dataclasses.replace(NORM, value=value, text=f"{value:.2f} of 5.66 expected"))
    looks_like(gauge, f"gauge-{'usual' if value < 6 else 'unusual'}-{name}", tmp_path, size=(200, 40))
