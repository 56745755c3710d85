"""Somebody's Stable Diffusion in the real window: dropped, asked in words, scrubbed, saved, and brought back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from explorer.app import App
from explorer.contract.archive import save_bundle
from explorer.contract.pixels import Pixels
from explorer.foreign.pipelines.layout import read_pipeline
from explorer.foreign.pipelines.making import pipeline_files
from explorer.headless import render
from explorer.latent.sampling import Sampling
from explorer.media.recipes import read_picture
from explorer.options import RenderOptions
from explorer.qt.widgets.answer_tile import AnswerTile
from tests.journeys.conftest import Journey
from tests.journeys.test_coming_back import drop, save
from tests.qt.legible import assert_legible

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")
pytestmark = [pytest.mark.journey, pytest.mark.torch]
Pipelines = Callable[..., Any]
PROMPT = "a red fox in the snow"


def sampling(app: App) -> Sampling:
    return app.explore.place.style.sampling


def canvas(app: App) -> Pixels:
    assert app.stage.picture is not None
    return app.trajectory.frame(app.stage.picture)


def write(journey: Journey, app: App, name: str, text: str, end: Qt.Key | None = Qt.Key.Key_Return) -> None:
    field = app.window.findChild(QPlainTextEdit, name)
    assert isinstance(field, QPlainTextEdit)
    field.setFocus()
    field.selectAll()
    journey.qtbot.keyClicks(field, text)
    if end is not None:
        journey.qtbot.keyClick(field, end)
    journey.settle(app)


@pytest.fixture
def opened(journey: Journey, pipelines: Pipelines) -> App:
    """The program with an imported pipeline in view, at the panel where it is asked."""
    facts, files = pipeline_files(read_pipeline(pipelines("sd1").folder))
    save_bundle(journey.library / "sd1", facts, files)
    app = journey.start()
    app.explore.instrument = "guidance"
    journey.settle(app)
    return app


def test_a_dropped_folder_becomes_a_model_that_is_asked_in_words(
    journey: Journey, pipelines: Pipelines, tmp_path: Path
) -> None:
    app = journey.start(session=False)
    app.deeds.open_dropped((pipelines("sd1").folder,))
    journey.until(lambda: app.imports.idle)
    dialog = app.window.imports
    assert dialog.isVisible()
    tile = dialog.findChild(AnswerTile, "import_size_0")
    journey.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    journey.until(lambda: app.imports.idle and tile.isChecked())
    journey.qtbot.mouseClick(dialog.findChild(QPushButton, "import_save"), Qt.MouseButton.LeftButton)
    journey.until(lambda: app.imports.idle and app.showing)
    journey.settle(app)
    assert (journey.library / "sd1" / "manifest.json").is_file()
    assert app.stage.picture is not None and app.stage.picture.pixels.shape == (32, 32, 3)
    assert "PNDM" in (journey.library / "sd1" / "CARD.md").read_text("utf-8")
    app.explore.instrument = "guidance"
    journey.settle(app)
    before = canvas(app)
    write(journey, app, "guidance_prompt", PROMPT)
    assert sampling(app).prompt == PROMPT and not np.array_equal(canvas(app), before)


def test_words_are_typed_counted_entered_and_undone(journey: Journey, opened: App) -> None:
    before = canvas(opened)
    panel = opened.window.guidance
    write(journey, opened, "guidance_prompt", "a red fox " * 40, end=None)
    assert "what comes after the first 75 is not read" in panel.prompt.findChildren(type(panel._help))[0].text()
    assert sampling(opened).prompt == "" and np.array_equal(canvas(opened), before)  # nothing is drawn while typing
    assert_legible(journey.qtbot, opened.window)
    write(journey, opened, "guidance_prompt", PROMPT)
    asked = canvas(opened)
    write(journey, opened, "guidance_negative_prompt", "blurry", end=Qt.Key.Key_Tab)  # leaving the field is enough
    assert sampling(opened).negative_prompt == "blurry"
    led = canvas(opened)
    assert not np.array_equal(asked, before) and not np.array_equal(led, asked)
    opened.window.picture.canvas.setFocus()
    journey.undo(opened)
    assert np.array_equal(canvas(opened), asked)
    journey.undo(opened)
    assert np.array_equal(canvas(opened), before) and panel.prompt.written == ""
    journey.redo(opened)
    assert np.array_equal(canvas(opened), asked) and panel.prompt.written == PROMPT
    assert PROMPT in opened.window.picture.caption


def test_the_step_in_view_is_developed_when_the_hand_rests(journey: Journey, opened: App) -> None:
    write(journey, opened, "guidance_prompt", PROMPT)
    opened.explore.instrument = "trajectory"
    journey.settle(opened)
    picture = opened.stage.picture
    assert picture is not None and picture.unfolding is not None
    opened.trajectory.begin()
    opened.trajectory.scrub(5)
    step = picture.unfolding.steps[5]
    assert np.array_equal(canvas(opened), picture.unfolding.decoder.to_pixels(step.clean())[0])
    assert "quick look" in opened.window.trajectory._position.text()
    journey.settle(opened)
    assert np.array_equal(canvas(opened), picture.unfolding.decoder.develop(step.clean())[0])
    assert "quick look" not in opened.window.trajectory._position.text()
    opened.guidance.weigh(1.0)  # the same step under another weight: at once, without the network
    assert not np.array_equal(canvas(opened), picture.unfolding.decoder.develop(step.clean())[0])
    journey.settle(opened)
    opened.trajectory.show("pull")
    journey.settle(opened)
    assert canvas(opened).shape == picture.pixels.shape


def test_a_saved_picture_brings_the_words_back_here_and_on_the_command_line(
    journey: Journey, opened: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(journey, opened, "guidance_prompt", PROMPT)
    write(journey, opened, "guidance_negative_prompt", "blurry")
    shown = canvas(opened)
    place = tmp_path / "fox.png"
    save(journey, opened, place, monkeypatch)
    assert read_picture(place).style.sampling.prompt == PROMPT
    write(journey, opened, "guidance_prompt", "a boat")
    drop(opened.window, place)
    journey.settle(opened)
    assert sampling(opened).prompt == PROMPT and np.array_equal(canvas(opened), shown)
    again = tmp_path / "again.png"
    render(RenderOptions(journey.library / "sd1", again, prompt=PROMPT, negative="blurry"))
    assert again.read_bytes() == place.read_bytes()


def test_a_folder_that_is_no_onnx_export_is_one_sentence(journey: Journey, tmp_path: Path) -> None:
    folder = tmp_path / "torch-pipeline"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}', "utf-8")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"0" * 100)
    app = journey.start(session=False)
    app.deeds.open_file(folder)
    journey.until(lambda: app.imports.idle)
    assert not app.window.imports.isVisible()
    assert "optimum-cli export onnx" in journey.message(app)
