"""The learning scrubber and stepping in: one point in every snapshot, and going along while it learns."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract import run as contract
from explorer.control.learning import FOLLOW_S, LearningController, LearningView
from explorer.control.training import Seen
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.state.place import Explore, Place
from explorer.training.record import Record
from tests.graphs import Toy, tiny_bundle
from tests.unit.control.stand import Immediate
from tests.unit.training.runs import make, started

HERE = {"pid": os.getpid(), "at": 10.0**10}


@dataclass
class Desk:
    run: Path
    explore: Explore
    view: LearningView
    control: LearningController
    opened: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    clock: list[float] = field(default_factory=lambda: [100.0])

    def snapshot(self, images: int) -> Path:
        path = self.run / "snapshots" / f"{images:010d}"
        tiny_bundle(path, seed=images, stores=False)
        contract.append_event(self.run, contract.Snapshot(images=images, path=f"snapshots/{images:010d}"))
        return path

    def look(self) -> None:
        record = Record(self.run)
        record.read()
        view = record.view()
        self.control.take(Seen((view,), {}, view))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    run = make(tmp_path / "runs" / "vae", started(**HERE))
    explore, view = Explore(), create_autospec(LearningView, instance=True)
    made = Desk(run, explore, view, None)  # type: ignore[arg-type] - made below
    made.control = LearningController(
        explore, Immediate(), Runtime("cpu", threads=1), view, made.opened.append, made.renewed.append,
        made.following.append, lambda words, error: made.told.append(words), load_model, lambda: made.clock[0],
    )  # fmt: skip
    return made


def asked(run: Path) -> list[str]:
    return [command.ask for command in contract.read_commands(run).items]


def test_the_same_point_is_drawn_in_every_snapshot(desk: Desk) -> None:
    for images in (100, 400, 900):
        desk.snapshot(images)
    desk.look()
    frames, at, words = desk.view.show_frames.call_args.args
    assert [frame.images for frame in frames] == [100, 400, 900]
    assert at == 2 and words == "The point of seed 42"
    pictures = [frame.pixels for frame in frames]
    assert all(pixels is not None for pixels in pictures)
    assert not np.array_equal(pictures[0], pictures[2])


def test_the_point_that_is_explored_is_drawn_where_it_is_in_this_run(desk: Desk) -> None:
    first = desk.snapshot(100)
    desk.look()
    seed = desk.view.show_frames.call_args.args[0][0].pixels
    dims = Toy().dims
    desk.explore.place = Place(bundle=str(first), code=(0.5,) * dims)
    frames, _, words = desk.view.show_frames.call_args.args
    assert words == "The point that you explore"
    assert frames[0].pixels is not None and not np.array_equal(frames[0].pixels, seed)


def test_stepping_in_asks_for_a_snapshot_opens_it_and_goes_along(desk: Desk) -> None:
    desk.snapshot(100)
    desk.look()
    desk.control.step_in()
    assert asked(desk.run) == ["snapshot"]
    desk.look()
    assert desk.opened == []  # the one of before is not what was asked for
    second = desk.snapshot(200)
    desk.look()
    assert desk.opened == [str(second)]
    assert desk.following[-1] == "Following vae: 200 images"
    desk.explore.place = Place(bundle=str(second), code=(0.0,) * Toy().dims)

    desk.look()
    assert asked(desk.run) == ["snapshot"]  # not at once
    desk.clock[0] += FOLLOW_S + 1
    desk.look()
    assert asked(desk.run) == ["snapshot", "snapshot"]
    third = desk.snapshot(300)
    desk.look()
    assert desk.renewed == [str(third)]

    desk.control.leave()
    desk.snapshot(400)
    desk.look()
    assert desk.renewed == [str(third)]
    assert desk.following[-1] == ""


def test_opening_another_model_ends_the_following(desk: Desk, tmp_path: Path) -> None:
    desk.look()
    desk.control.step_in()
    newest = desk.snapshot(200)
    desk.look()
    desk.explore.place = Place(bundle=str(newest))
    assert desk.control.following == desk.run
    tiny_bundle(tmp_path / "another", stores=False)
    desk.explore.place = Place(bundle=str(tmp_path / "another"))
    assert desk.control.following is None


def test_a_run_that_has_ended_opens_its_last_snapshot(desk: Desk) -> None:
    last = desk.snapshot(100)
    contract.append_event(desk.run, contract.Finished(images=1000))
    desk.look()
    desk.control.step_in()
    assert desk.opened == [str(last)]
    assert asked(desk.run) == []


def test_scrubbing_playing_and_opening_one(desk: Desk) -> None:
    paths = [desk.snapshot(images) for images in (100, 200, 300)]
    desk.look()
    desk.control.scrub(0)
    assert desk.view.show_frames.call_args.args[1] == 0
    desk.control.play(True)
    desk.control.tick()
    assert desk.view.show_frames.call_args.args[1] == 1
    desk.control.open_one()
    assert desk.opened == [str(paths[1])]
    desk.control.tick()
    desk.control.tick()
    desk.view.show_playing.assert_called_with(False)


def test_the_learning_is_saved_as_a_film(desk: Desk, tmp_path: Path) -> None:
    for images in (100, 200):
        desk.snapshot(images)
    desk.look()
    target = tmp_path / "learning.gif"
    desk.control.save(lambda name: str(target))
    assert target.read_bytes()[:6] == b"GIF89a"
    assert "2 snapshots" in desk.told[-1]


def test_a_snapshot_that_cannot_be_opened_stays_empty(desk: Desk) -> None:
    desk.snapshot(100)
    (desk.run / "snapshots" / "0000000100" / "manifest.json").write_text("{}", "utf-8")
    desk.look()
    frames = desk.view.show_frames.call_args.args[0]
    assert frames[0].pixels is not None and frames[0].pixels.shape == (1, 1, 1)
