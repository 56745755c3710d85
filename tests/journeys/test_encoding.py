"""A dropped picture is encoded and the place goes there; one with a recipe brings its point back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel

from explorer.app import App
from explorer.qt.pictures import to_image
from tests.graphs import tiny_bundle
from tests.journeys.conftest import FIRST, Journey, assert_shows, code_of, oracle
from tests.journeys.test_coming_back import drop, save

pytestmark = pytest.mark.journey

CODE = (0.6, -0.4, 0.9, -0.2)


def said(app: App) -> str:
    """Every sentence of the encode panel in sight."""
    return "\n".join(label.text() for label in app.window.encode.findChildren(QLabel) if label.isVisible())


def test_a_dropped_picture_is_encoded_and_the_place_goes_there(stocked: Journey, tmp_path: Path):
    app = stocked.start()
    before = app.explore.place
    path = tmp_path / "mine.png"
    Image.fromarray(oracle(FIRST, CODE)[..., 0]).save(path)
    drop(app.window.picture.canvas.window(), path)
    stocked.settle(app)
    encoding = app.encode.encoding
    assert encoding is not None and app.window.encode.isVisible()
    np.testing.assert_allclose(code_of(app), CODE, atol=0.1)
    np.testing.assert_array_equal(np.array(code_of(app), np.float32), encoding.mean)
    assert_shows(app, FIRST)
    assert "Mean squared error" in said(app)
    stocked.undo(app)
    assert app.explore.place == before


def test_a_dropped_picture_with_a_recipe_still_restores_its_point(
    stocked: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = stocked.start()
    stocked.drag(app, 1, 1.1)
    place = app.explore.place
    save(stocked, app, tmp_path / "point.png", monkeypatch)
    stocked.drag(app, 1, -1.0)
    drop(app.window.picture.canvas.window(), tmp_path / "point.png")
    stocked.settle(app)
    assert app.explore.place.code == place.code
    assert app.encode.encoding is None and not app.window.encode.isVisible()


def test_a_model_without_encoder_says_so(journey: Journey, tmp_path: Path):
    tiny_bundle(journey.library / "blind", name="blind", encoder=False)
    app = journey.start()
    before = app.explore.place
    path = tmp_path / "mine.png"
    Image.new("RGB", (9, 9)).save(path)
    drop(app.window.picture.canvas.window(), path)
    journey.settle(app)
    assert "no encoder" in journey.message(app) and app.explore.place == before
    assert app.explore.instrument != "encode"  # which is not there for such a model


def test_a_file_that_is_no_picture_is_told_where_one_looks(stocked: Journey, tmp_path: Path):
    app = stocked.start()
    before = app.explore.place
    path = tmp_path / "mine.jpg"
    path.write_bytes(b"not a picture at all")
    drop(app.window.picture.canvas.window(), path)
    stocked.settle(app)
    assert "mine.jpg is not a picture" in said(app) and app.explore.place == before


def test_a_picture_is_pasted_and_cropped_by_keys(stocked: Journey):
    app = stocked.start()
    QGuiApplication.clipboard().setImage(to_image(np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)))
    app.window.asked.emit("paste_picture")
    stocked.settle(app)
    first = app.encode.encoding
    assert first is not None and app.window.encode.isVisible()
    place = app.explore.place
    crop = app.window.encode.findChild(object, "encode_crop")
    stocked.qtbot.keyClick(crop, Qt.Key.Key_Plus)
    stocked.settle(app)
    assert app.encode.encoding is not None and not np.array_equal(app.encode.encoding.picture, first.picture)
    assert app.explore.place == place
    go = app.window.encode.findChild(QAbstractButton, "encode_go")
    assert go is not None
    stocked.qtbot.mouseClick(go, Qt.MouseButton.LeftButton)
    stocked.settle(app)
    np.testing.assert_array_equal(np.array(code_of(app), np.float32), app.encode.encoding.mean)
    assert_shows(app, FIRST)
