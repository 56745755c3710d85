"""The models that ship, in the real window: they open, move, and every instrument of theirs can be read."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from explorer.control.instruments import answered
from explorer.places import assets_folder
from explorer.qt.widgets.latent_slider import LatentSlider
from tests.journeys.conftest import Journey, shown
from tests.qt.legible import assert_legible

pytestmark = pytest.mark.journey

SHIPPED = sorted(path.parent for path in (assets_folder() / "models").glob("*/manifest.json"))
SIZES = ((880, 560), (1440, 900))
FIRST = {"faces-vae", "fashion-stylegan", "fashion-diffusion"}  # one of each kind; the others take their time


@pytest.mark.parametrize(
    "bundle",
    [pytest.param(path, marks=() if path.name in FIRST else pytest.mark.slow, id=path.name) for path in SHIPPED],
)
def test_it_opens_moves_and_can_be_read(journey: Journey, bundle: Path):
    app = journey.start(bundle)
    assert journey.message(app) == ""
    first = shown(app)
    assert first.std() > 5  # it is a picture of something
    strongest = next((row for row in app.window.findChildren(LatentSlider) if row.isVisible()), None)
    if strongest is None:  # its code is noise, which has no dimensions to drag
        journey.keys(app, Qt.Key.Key_Space)
    else:
        journey.drag(app, strongest.view.index, -2.0 if strongest.shown_value > 0 else 2.0)
    assert np.abs(shown(app).astype(int) - first).mean() > 2
    journey.undo(app)
    assert (shown(app) == first).all()
    for size in SIZES:
        app.window.resize(*size)
        for instrument in (key for key in app.window.instruments if key in answered(app.stage.model)):
            journey.qtbot.mouseClick(app.window.chips.button(instrument), Qt.MouseButton.LeftButton)
            if strongest is not None:  # else its pictures take minutes, and come one after the other
                journey.settle(app)
            assert app.explore.instrument == instrument
            assert_legible(journey.qtbot, app.window)
    assert journey.message(app) == ""
