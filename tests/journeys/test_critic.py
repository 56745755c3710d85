"""The critic in the real window: scores follow the hand, psi is dragged on the chart, a real picture is dropped."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt

from explorer.models.critic import scores
from explorer.places import assets_folder
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.journey
MODEL = assets_folder() / "models" / "fashion-stylegan"
CLOTHES = assets_folder() / "data" / "fashion-mnist-small.npz"


def test_pictures_are_judged(journey: Journey, tmp_path: Path) -> None:
    app = journey.start(MODEL)
    journey.qtbot.mouseClick(app.window.chips.button("critic"), Qt.MouseButton.LeftButton)
    journey.settle(app)
    chart, control = app.window.critic.chart, app.critic
    model = app.stage.model
    assert model is not None and control._judged is not None and chart._curve is not None

    def agree() -> None:
        picture = app.stage.picture
        assert picture is not None and chart._score is not None
        assert chart._score == pytest.approx(float(scores(model, picture.pixels[None])[0]), abs=1e-4)

    agree()
    journey.keys(app, Qt.Key.Key_Space)
    agree()
    box = chart._box
    at = QPoint(round(box.left() + 0.5 * box.width()), chart.height() // 2)
    journey.qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at)
    journey.settle(app)
    agree()
    assert app.explore.place.style.psi == pytest.approx(0.5, abs=0.03)
    journey.undo(app)
    assert app.explore.place.style.psi == 1.0
    file = tmp_path / "real.png"
    Image.fromarray(np.load(CLOTHES)["test_images"][23]).save(file)
    app.window.critic.dropped.emit(file)
    journey.settle(app)
    assert chart._other is not None and app.explore.critic.subject == "dropped"
    assert journey.message(app) == ""
