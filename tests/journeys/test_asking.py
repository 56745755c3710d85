"""A style generator that can be asked for something, in the real window: seeds, spaces, undo, sessions and recipes."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from explorer.contract.pixels import to_pixels
from explorer.control.walk import seed_code
from explorer.headless import render
from explorer.options import RenderOptions
from tests.journeys.conftest import Journey
from tests.style_graphs import LAYERS, StyleToy, style_bundle
from tests.unit.models.test_labels import MEANING

pytestmark = pytest.mark.journey
TOY = StyleToy()


def wanted(z: np.ndarray, kind: int) -> np.ndarray:
    """The toy's picture of z, without noise."""
    return to_pixels(TOY.draw(np.repeat(TOY.map(z[None], kind)[:, None], LAYERS, axis=1)), MEANING)[0]


def test_a_kind_is_asked_for(journey: Journey, tmp_path: Path) -> None:
    path = style_bundle(tmp_path / "asked", asks="multi_hot").path
    app = journey.start(path)
    app.noise.switch(False)
    app.window.chips.button("seeds").click()
    app.seeds.go("7")
    journey.settle(app)
    model = app.stage.model
    assert model is not None
    z = seed_code(model.within("z").decodes.prior, 7)  # type: ignore[union-attr]

    def shown() -> np.ndarray:
        assert app.stage.picture is not None
        return app.stage.picture.pixels.astype(int)

    assert np.abs(shown() - wanted(z, 0)).max() <= 1
    chips = app.window.seeds._label._chips
    assert chips is not None and app.window.seeds._label.isVisible() and chips.chosen_key == "0"
    journey.qtbot.mouseClick(chips.button("1"), Qt.MouseButton.LeftButton)
    journey.settle(app)
    assert np.abs(shown() - wanted(z, 1)).max() <= 1
    assert app.explore.place.seed == 7 and chips.chosen_key == "1"
    app.seeds.step(1)
    journey.settle(app)
    assert np.abs(shown() - wanted(seed_code(model.within("z").decodes.prior, 8), 1)).max() <= 1  # type: ignore[union-attr]

    # z and w+ are of the kind too, and undo goes back through it all
    app.deeds.to_space("z")
    journey.settle(app)
    assert app.stage.model is not None and app.stage.model.label == (1,)
    before = shown()
    app.seeds.ask(0, 0)
    journey.settle(app)
    assert np.abs(shown() - before).max() > 5
    for _ in range(4):  # ask, z, step, ask
        journey.undo(app)
    assert np.abs(shown() - wanted(z, 0)).max() <= 1 and chips.chosen_key == "0"

    # a point made by hand stays, and that is said
    app.seeds.ask(0, 1)
    journey.settle(app)
    app.walk.begin()
    app.walk.to_sigma(0, 1.0)
    journey.settle(app)
    before = shown()
    app.seeds.ask(0, 0)
    journey.settle(app)
    np.testing.assert_array_equal(shown(), before)
    assert "made by hand" in journey.message(app)


def test_render_asks_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    path = style_bundle(tmp_path / "asked", asks="index").path
    found = []
    for name in ("short", "long"):
        out = tmp_path / f"{name}.png"
        assert render(RenderOptions(target=path, out=out, device="cpu", seed=3, asked=(name,))) == 0
        found.append(np.asarray(Image.open(out)).astype(int))
    assert np.abs(found[0] - found[1]).max() > 5
