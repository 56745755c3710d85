"""Looking inside a network in the real window: its layers, their channels, and that the graph computes just these."""

import numpy as np
import onnx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from explorer.models.insides import View, feature_maps, layers
from explorer.places import assets_folder
from explorer.runtime.session import Runtime
from explorer.runtime.tap import tapped
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.journey
MODEL = assets_folder() / "models" / "fashion-vae-2d"


def test_the_layers_of_a_decoder_are_looked_through(journey: Journey) -> None:
    app = journey.start(MODEL)
    journey.qtbot.mouseClick(app.window.chips.button("layers"), Qt.MouseButton.LeftButton)
    journey.settle(app)
    panel = app.window.layers
    journey.until(lambda: panel.cells.filled > 4)
    first = panel._maps
    assert first is not None
    assert any("that vary most" in label.text() for label in panel.findChildren(QLabel))
    panel.layer_chosen.emit(0)
    journey.settle(app)
    assert panel._maps is not None and panel._maps.layer != first.layer
    panel.graph_chosen.emit("encoder")
    journey.settle(app)
    assert app.explore.layers.role == "encoder" and panel._maps.layer.shape[1] > 1
    before = panel._maps.values
    journey.keys(app, Qt.Key.Key_Space)  # another picture: other answers
    assert np.abs(panel._maps.values - before).max() > 1e-3
    journey.undo(app)
    np.testing.assert_array_equal(panel._maps.values, before)
    assert journey.message(app) == ""


def test_a_tapped_layer_is_what_the_whole_graph_computes_there(journey: Journey) -> None:
    app = journey.start(MODEL)
    model, picture = app.stage.model, app.stage.picture
    assert model is not None and picture is not None
    graph = model.manifest.graph("decoder")
    assert graph is not None
    found = layers(model, "decoder")
    assert len(found) > 3
    content = model.bundle.read(graph.file)
    layer = found[2]
    whole = onnx.load_from_string(content)
    whole.graph.output.append(
        onnx.helper.make_tensor_value_info(layer.tensor, onnx.TensorProto.FLOAT, ("batch", *layer.shape))
    )
    session = Runtime("cpu", threads=1)._create(whole.SerializeToString(), ["CPUExecutionProvider"], {})
    (wanted,) = session.run([layer.tensor], {graph.inputs[0].name: picture.code[None]})
    got = feature_maps(model, "decoder", layer, View(picture.pixels, picture.code, picture.style))
    np.testing.assert_allclose(got, wanted[0], atol=1e-5)
    assert len(tapped(content, layer)) < len(content)
