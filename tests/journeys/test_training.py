"""A first training, from the form to the library: real processes, the real window."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.app import App
from explorer.contract.run import read_events
from explorer.places import runs_folder
from explorer.qt.train.train_page import TrainPage
from explorer.qt.widgets.latent_slider import LatentSlider
from explorer.training import trainer
from tests.journeys.conftest import Journey
from tests.trainers import toys

pytestmark = [pytest.mark.journey, pytest.mark.torch]

TRAINER_MS = 120_000  # other processes load PyTorch and write graphs; a busy machine takes its time
SMALL = {"latent": "3", "width": "4", "blocks": "0", "batch": "8", "held_out": "8", "beta_warmup": "0"}


@pytest.fixture(autouse=True)
def no_trainer_is_left(stocked: Journey) -> Iterator[None]:
    """A training outlives the window, and so a test that failed."""
    stocked.patience_ms = TRAINER_MS
    yield
    for run in trainer.find_runs((runs_folder(),)):
        order = trainer.read_order(run)
        if order is not None:
            trainer.end(order.pid, order.time_s)


def page_of(person: Journey, app: App) -> TrainPage:
    """Click on Train and wait until the form is there."""
    app.window.header.pages.button("train").click()
    page = app.window.train
    person.until(lambda: page.new.findChild(object, "form_latent") is not None)
    return page


def fill(app: App, data: Path, **values: str) -> None:
    """What a person types into the form."""
    app.room.new.choose_family("vae", "defaults")
    for name, text in {"data": str(data), **SMALL, **values}.items():
        app.room.new.set(name, text)


def status(app: App) -> str:
    run = app.room.training.seen.chosen
    return "" if run is None else run.status


def start(person: Journey, app: App, **values: str) -> Path:
    """Start a training of discs that goes on until it is stopped; its folder."""
    data = runs_folder().parent / "discs"
    if not data.exists():
        toys.folder(data)
    page = page_of(person, app)
    fill(app, data, **{"images": "10,000,000", "report": "64", "milestone": "2000", "snapshots": "0", **values})
    page.new._start.click()
    person.until(lambda: status(app) == "running" and app.room.training.seen.chosen.images > 64)
    return app.room.training.seen.chosen.folder


@pytest.mark.slow
def test_train_step_in_follow_scrub_stop_and_find_it_after_a_restart(stocked: Journey) -> None:
    app = stocked.start()
    run = start(stocked, app)
    page = app.window.train
    page.run._buttons["step_in"].click()
    stocked.until(lambda: app.window.page == "explore" and run in Path(app.explore.place.bundle).parents)
    stocked.until(lambda: app.showing)
    first = app.explore.place
    sliders = app.window.sliders.list
    stocked.until(lambda: any(row.view.index == 1 for row in sliders.findChildren(LatentSlider) if row.isVisible()))
    stocked.pull(app, 1, 0.75)
    moved = app.explore.place.code
    assert moved != first.code
    assert not app.window.follow.isHidden()
    stocked.until(lambda: app.explore.place.bundle != first.bundle)  # a later snapshot, of itself
    stocked.until(lambda: app.showing)
    assert app.explore.place.code == moved
    assert [item.title for item in app.library.items if "snapshots" in item.path] == []

    app.window.show_page("train")
    app.show_page("train")
    stocked.until(lambda: len(app.room.training.seen.chosen.snapshots) >= 2)
    app.room.learning.scrub(0)
    assert page.run.learning._large.has_picture
    page.run._buttons["stop"].click()
    stocked.until(lambda: status(app) == "stopped")
    bundle = stocked.library / run.name
    stocked.until(lambda: any(Path(item.path) == bundle.resolve() for item in app.library.items))
    app.window.close()

    again = stocked.start(bundle)
    assert again.stage.model is not None and again.stage.model.manifest.family == "vae"
    page_of(stocked, again)
    stocked.until(lambda: [seen.status for seen in again.room.training.seen.runs] == ["stopped"])
    again.room.training.choose(run)
    stocked.until(lambda: again.room.training.seen.chosen is not None)
    assert again.room.training.seen.chosen.snapshots
    assert again.room.training.seen.chosen.curve("train", "reconstruction") is not None


@pytest.mark.slow
def test_the_app_goes_and_the_training_stays_until_it_is_found_again(stocked: Journey) -> None:
    app = stocked.start()
    run = start(stocked, app)
    pid = app.room.training.seen.chosen.pid
    app.window.close()  # nothing is said to the trainer
    before = len(read_events(run).items)
    stocked.until(lambda: any(event.kind == "checkpoint" for event in read_events(run).items))
    assert len(read_events(run).items) > before

    again = stocked.start()
    stocked.until(lambda: not again.window.header._training.isHidden())
    page_of(stocked, again)
    again.room.training.choose(run)
    stocked.until(lambda: status(again) == "running")
    assert again.room.training.seen.chosen.pid == pid

    os.kill(pid, signal.SIGKILL)
    stocked.until(lambda: status(again) == "killed")
    seen = again.window.train.run
    assert "Resume" in seen._facts.text()
    checkpoint = again.room.training.seen.chosen.checkpoint
    assert checkpoint is not None
    seen._buttons["pause"].click()
    stocked.until(lambda: status(again) == "running")
    assert again.room.training.seen.chosen.images >= checkpoint.images
    seen._buttons["stop"].click()
    stocked.until(lambda: status(again) == "stopped")
    stocked.settle(again)


def test_a_configuration_that_cannot_work_is_said_before_it_starts(stocked: Journey) -> None:
    app = stocked.start()
    page = page_of(stocked, app)
    data = toys.folder(runs_folder().parent / "discs")
    fill(app, data, batch="100000")
    assert "Batch: a whole number from 1 to 65,536" in page.new._faults.text()
    page.new._start.click()
    assert not any(path.is_dir() for path in runs_folder().iterdir())
    fill(app, data, batch="64")
    app.room.new.measure()
    stocked.until(lambda: "fewer than a batch of 64" in page.new._faults.text())
    assert "on this machine" in page.new._estimate.text()
