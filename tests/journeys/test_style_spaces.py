"""In z, in w and in w+: keyframes, sums and own directions are the same tools, and give the pictures they should."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from explorer.places import assets_folder
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.journey
MODEL = assets_folder() / "models" / "fashion-stylegan"


@pytest.mark.parametrize("space", [pytest.param("z", marks=pytest.mark.slow), "", "w+"])
def test_keyframes_sums_and_own_directions_work(journey: Journey, space: str) -> None:
    app = journey.start(MODEL)
    app.deeds.to_space(space)
    journey.settle(app)
    app.walk._rng = np.random.default_rng(5)
    model = app.stage.model
    assert model is not None and model.decodes is not None and model.space == space
    size = model.decodes.prior.size

    def here() -> np.ndarray:
        assert app.stage.picture is not None
        return app.stage.picture.code

    # keyframes, and the way between
    points = []
    for _ in range(2):
        journey.keys(app, Qt.Key.Key_Space)
        journey.keys(app, Qt.Key.Key_K)
        points.append(here())
    app.strip.set(kind="linear")
    app.strip.begin()
    app.strip.scrub(0.5)
    journey.settle(app)
    np.testing.assert_allclose(here(), (points[0] + points[1]) / 2, atol=1e-5)
    app.strip.go(0)
    journey.settle(app)
    np.testing.assert_array_equal(here(), points[0])

    # a sum: this picture with what bags have and T-shirts have not
    journey.qtbot.mouseClick(app.window.chips.button("arithmetic"), Qt.MouseButton.LeftButton)
    journey.settle(app)
    data = app.stage.offered
    assert data is not None and data.codes.shape[1] == size
    for label in ("bag", "T-shirt"):
        app.arithmetic.make_group(label)
        app.arithmetic.take(f"group:{label}")
    app.arithmetic.turn(1)
    app.arithmetic.take("here")
    journey.settle(app)
    app.arithmetic.go()
    journey.settle(app)
    bags, shirts = (data.codes[data.labels[:, 0] == value].mean(0) for value in (8, 0))
    np.testing.assert_allclose(here(), points[0] + bags - shirts, atol=1e-3)

    # a direction of one's own, from marks: bright or dark
    journey.qtbot.mouseClick(app.window.chips.button("directions"), Qt.MouseButton.LeftButton)
    app.picks.ask("bright")
    for _ in range(24):
        picture = app.stage.picture
        assert picture is not None
        app.picks.mark(bool(picture.pixels.mean() > 70))
        journey.settle(app)
    own = next(axis for key, axis in app.directions._axes.items() if key == "taught:bright")
    assert own.vector.shape == (size,)
    start = model.decodes.prior.sample(np.random.default_rng(1), 40)
    low, high = (
        model.decodes.decode(start + np.float32(sigmas * own.deviation) * own.vector).mean() for sigmas in (-2, 2)
    )
    assert high > low + 5
    app.directions.begin(own.key)
    app.directions.move(own.key, 2.0)
    journey.settle(app)
    assert app.directions._frame is not None
    assert app.directions._frame.value(own, here()) == pytest.approx(2.0, abs=1e-3)
    assert journey.message(app) == ""
