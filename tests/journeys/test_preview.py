"""A slow style generator in the real window: an early picture while the hand moves, the whole one at rest."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from PySide6.QtCore import Qt

from explorer.contract.archive import open_bundle
from explorer.models import load, styles
from explorer.models.load import load_model
from explorer.places import assets_folder
from explorer.runtime.session import Runtime
from explorer.runtime.tap import cut, work_of
from tests.journeys.conftest import Journey
from tests.style_graphs import style_bundle

pytestmark = pytest.mark.journey
MODEL = assets_folder() / "models" / "fashion-stylegan"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every style generator counts as slow, and may take for a preview what a quarter of its work takes."""
    monkeypatch.setattr(load, "SLOW_MS", -1.0)
    monkeypatch.setattr(styles, "SLOW_MS", -1.0)


def test_an_early_picture_is_cut_out_and_is_what_the_whole_graph_gives() -> None:
    bundle = open_bundle(MODEL)
    graph = bundle.manifest.graph("synthesis")
    assert graph is not None
    content = bundle.read(graph.file)
    work = work_of(content, ("rgb_4", "rgb_8", "rgb_16", "image"))
    assert 0 < work["rgb_4"] < work["rgb_8"] < work["rgb_16"] < work["image"] == 1.0
    small, inputs = cut(content, "rgb_8")
    assert {"w", "noise_0", "noise_1", "noise_2"} <= inputs < {port.name for port in graph.inputs}
    assert len(small) < 0.8 * len(content)
    onnx.checker.check_model(onnx.load_from_string(small), full_check=True)
    rng = np.random.default_rng(0)
    feeds = {
        port.name: rng.standard_normal((2, *(axis or 1 for axis in port.shape[1:]))).astype(np.float32)
        for port in graph.inputs
    }
    runtime = Runtime("cpu", threads=1)
    whole = runtime._create(content, ["CPUExecutionProvider"], {}).run(["rgb_8"], feeds)[0]
    early = runtime._create(small, ["CPUExecutionProvider"], {}).run(None, {name: feeds[name] for name in inputs})[0]
    np.testing.assert_allclose(early, whole, atol=1e-5)
    runtime.close()


def test_a_slow_model_shows_an_early_picture_and_then_the_whole(
    journey: Journey, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = journey.start(MODEL)
    model = app.stage.model
    assert model is not None and model.preview is not None and model.styles is not None
    assert all(view.preview is not None for view in model.views.values())
    assert model.styles.small is not model.styles
    sides: list[int] = []
    show = app.window.picture.show_picture
    monkeypatch.setattr(app.pictures._view, "show_picture", lambda p, t: (sides.append(p.shape[0]), show(p, t)))
    journey.keys(app, Qt.Key.Key_Space)
    early = model.preview.decode(np.array([app.explore.place.code], np.float32))[0]
    assert sides == [early.shape[0], 32] and early.shape[0] < 32
    assert app.stage.picture is not None and model.decodes is not None
    wanted = model.decodes.decode(np.array([app.explore.place.code], np.float32))[0]
    np.testing.assert_array_equal(app.stage.picture.pixels, wanted)
    sides.clear()
    app.walk.begin()
    for sigma in (0.5, 1.0, 1.5):
        count = len(sides)
        app.walk.to_sigma(0, sigma)
        journey.until(lambda count=count: len(sides) > count)
    journey.settle(app)
    assert sides[-1] == 32 and sides[0] == early.shape[0]
    journey.qtbot.mouseClick(app.window.chips.button("mixing"), Qt.MouseButton.LeftButton)
    app.mixing.add_seed("3")
    journey.settle(app)
    assert journey.message(app) == ""


def test_a_quick_model_has_no_preview(tmp_path: Path) -> None:
    with_runtime = Runtime("cpu", threads=1)
    model = load_model(style_bundle(tmp_path / "quick").path, with_runtime)
    assert model.preview is None and model.small is model.decodes
    assert model.styles is not None and model.styles.small is model.styles
    with_runtime.close()
