"""The end: whatever is under way, it ends at once, and nothing is left."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QWidget

from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.qt.window import Window
from tests.graphs import tiny_bundle
from tests.journeys.conftest import FIRST, Journey, assert_shows

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]


def test_closing_in_the_middle_of_work(journey: Journey):
    tiny_bundle(journey.library / "many", name="many", dims=512, stores=False)
    app = journey.start()
    for _ in range(20):
        journey.qtbot.keyClick(app.window.picture.canvas, Qt.Key.Key_Space)
    assert not app.idle
    app.window.close()
    assert not app.window.isVisible()
    app.close()  # once is enough, twice does no harm


def test_closing_while_a_slider_is_held(stocked: Journey):
    app = stocked.start()
    row = app.window.sliders.list.findChildren(QWidget, "sliders_row_0")[0]
    stocked.qtbot.mousePress(row, Qt.MouseButton.LeftButton, pos=row.rect().center())
    stocked.qtbot.mouseMove(row, row.rect().center())
    app.window.close()
    again = stocked.start()
    assert_shows(again, FIRST)


def test_nothing_is_left_of_programs_that_were_closed(stocked: Journey, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stocked.qtbot, "addWidget", lambda widget: None)  # it would keep the window
    for _ in range(5):
        app = stocked.start()
        app.window.close()
        app.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    stocked.made.clear()
    assert [widget for widget in stocked.qapp.allWidgets() if isinstance(widget, Window | LatentSlider)] == []


def test_a_panel_that_is_not_there_ends_the_command_with_a_sentence():
    command = [sys.executable, "-m", "explorer.cli", "--panel", "telescope"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert ended.returncode == 1
    assert ended.stderr.startswith("latent-explorer: There is no panel 'telescope'; there are: sliders, ")
    assert ended.stderr.count("\n") == 1
