"""A person drops graphs that somebody made: the dialog, an answer, the library; and a file that is none."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from explorer.qt.widgets.answer_tile import AnswerTile
from tests.foreign_graphs import decoder, inverter
from tests.graphs import Toy
from tests.journeys.conftest import Journey

pytestmark = pytest.mark.journey


def drop(journey: Journey, tmp_path: Path, content: bytes, name: str = "net.onnx"):
    app = journey.start(session=False)
    path = tmp_path / name
    path.write_bytes(content)
    app.deeds.open_dropped((path,))
    journey.until(lambda: app.imports.idle)
    return app


def test_a_graph_becomes_a_model_of_the_library(journey: Journey, tmp_path: Path) -> None:
    app = drop(journey, tmp_path, decoder(Toy(size=12), numbers="-1..1"))
    dialog = app.window.imports
    assert dialog.isVisible()
    tiles = dialog.findChildren(AnswerTile)
    assert tiles and sum(tile.isChecked() for tile in tiles) == 2  # one answer of each question
    other = dialog.findChild(AnswerTile, "import_range_0")
    journey.qtbot.mouseClick(other, Qt.MouseButton.LeftButton)
    journey.until(lambda: app.imports.idle and other.isChecked())
    journey.qtbot.mouseClick(dialog.findChild(QPushButton, "import_save"), Qt.MouseButton.LeftButton)
    journey.until(lambda: app.imports.idle and app.showing)
    assert not dialog.isVisible() and (journey.library / "net" / "manifest.json").is_file()
    assert app.stage.model is not None and app.stage.model.manifest.family == "imported"
    card = app.window.card._text.toPlainText()
    assert "Imported from net.onnx" in card and "process of its own" in card


def test_a_dropped_picture_is_translated(journey: Journey, tmp_path: Path) -> None:
    app = drop(journey, tmp_path, inverter())
    app.imports.control.save()
    journey.until(lambda: app.imports.idle and app.showing)
    app.encode.take(np.full((20, 20, 3), 40, np.uint8), "a picture")
    journey.settle(app)
    assert app.stage.picture is not None and np.all(app.stage.picture.pixels == 215)
    assert app.window.chips.chosen_key in ("encode", "layers", "card")


def test_a_file_that_is_no_graph_is_one_sentence(journey: Journey, tmp_path: Path) -> None:
    app = drop(journey, tmp_path, b"version https://git-lfs.github.com/spec/v1\n")
    assert not app.window.imports.isVisible()
    assert "Git LFS" in journey.message(app)


def test_escape_stops_and_saves_nothing(journey: Journey, tmp_path: Path) -> None:
    app = drop(journey, tmp_path, decoder(Toy(size=12)))
    journey.qtbot.keyClick(app.window.imports, Qt.Key.Key_Escape)
    journey.until(lambda: app.imports.idle and not app.window.imports.isVisible())
    assert not list(journey.library.iterdir())
