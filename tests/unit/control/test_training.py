"""Runs looked at, steered and queued; sample sheets cut into their pictures."""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract import run as contract
from explorer.control.training import WATCHED, Seen, TrainingController, TrainingView, cells
from explorer.training import trainer
from tests.unit.control.stand import HandLane, Immediate
from tests.unit.training.runs import make, metric, sheet, started

HERE = {"pid": os.getpid(), "at": 10.0**10}  # this test's own process: a trainer that works


@dataclass
class Desk:
    folder: Path
    view: TrainingView
    control: TrainingController
    chore: HandLane
    told: list[tuple[str, bool]] = field(default_factory=list)
    begun: list[trainer.Order] = field(default_factory=list)
    binned: list[Path] = field(default_factory=list)

    def asked(self, run: Path) -> list[tuple[str, str, float]]:
        return [(command.ask, command.name, command.value) for command in contract.read_commands(run).items]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    view, chore = create_autospec(TrainingView, instance=True), HandLane()
    made = Desk(tmp_path, view, None, chore)  # type: ignore[arg-type] - made below
    made.control = TrainingController(
        tmp_path / "runs", tmp_path / "models", Immediate(), chore, view,
        lambda words, error: made.told.append((words, error)),
        lambda path: made.binned.append(path) or True,
        lambda: None,
        lambda: "python",
    )  # fmt: skip

    def begin(_: str, folder: Path, order: trainer.Order) -> trainer.Order:
        made.begun.append(order)
        started_order = order.model_copy(update={"pid": os.getpid(), "time_s": 10.0**10})
        trainer.write_order(folder, started_order)
        return started_order

    monkeypatch.setattr(trainer, "begin", begin)
    return made


def test_a_run_that_works_is_steered_by_commands(desk: Desk) -> None:
    run = make(desk.folder / "runs" / "vae", started(**HERE), metric(100, loss=2.0))
    desk.control.choose(run)
    desk.control.pause()
    desk.control.snapshot()
    desk.control.set("beta", 2.0)
    desk.control.stop()
    assert desk.asked(run) == [("pause", "", 0.0), ("snapshot", "", 0.0), ("set", "beta", 2.0), ("stop", "", 0.0)]
    contract.append_event(run, contract.Paused(images=100))
    desk.control.look()
    desk.control.pause()
    assert desk.asked(run)[-1] == ("resume", "", 0.0)
    assert desk.control.live


def test_a_second_training_waits_for_the_first(desk: Desk) -> None:
    first = make(desk.folder / "runs" / "first", started(**HERE))
    desk.control.look()
    second = desk.folder / "runs" / "second"
    desk.control.begin(second, ("train", "vae"))
    assert desk.begun == []
    assert "starts when the run before it has ended" in desk.told[-1][0]
    assert [run.status for run in desk.control.seen.runs if run.folder == second] == ["waiting"]
    contract.append_event(first, contract.Finished(images=1000))
    desk.control.look()
    assert [order.words for order in desk.begun] == [("train", "vae")]


def test_a_killed_run_goes_on_from_its_checkpoint_and_without_one_says_so(desk: Desk) -> None:
    gone = 2**22 - 7
    run = make(desk.folder / "runs" / "vae", started(pid=gone), contract.Checkpoint(images=64, path="checkpoints/64"))
    desk.control.choose(run)
    assert desk.control.seen.chosen is not None and desk.control.seen.chosen.status == "killed"
    desk.control.pause()
    assert [(order.words, order.again) for order in desk.begun] == [(("resume", str(run)), True)]
    empty = make(desk.folder / "runs" / "young", started(pid=gone))
    desk.control.choose(empty)
    desk.control.resume()
    assert "no checkpoint yet" in desk.told[-1][0]


def test_what_ends_becomes_a_model_by_itself(desk: Desk) -> None:
    run = make(desk.folder / "runs" / "vae", started(**HERE), contract.Checkpoint(images=64, path="checkpoints/64"))
    desk.control.choose(run)
    contract.append_event(run, contract.Finished(images=1000, why="stopped"))
    desk.control.look()
    assert desk.chore.asked == 1
    desk.view.show_chore.assert_called_with("Making a model of vae …")


def test_a_run_is_exported_where_a_person_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(trainer, "ask", lambda _, words, *__: asked.append(words) or "")
    run = make(desk.folder / "runs" / "vae", started(), contract.Finished(images=1000))
    desk.control.choose(run)
    desk.control.export(desk.folder / "mine.zip")
    assert desk.told == [("vae has no checkpoint yet; wait for the first one.", True)]
    contract.append_event(run, contract.Checkpoint(images=64, path="checkpoints/64"))
    desk.control.look()
    desk.control.export(desk.folder / "mine.zip")
    desk.chore.run()
    assert asked == [("export", str(run), "-o", str(desk.folder / "mine.zip"))]
    assert desk.told[-1] == (f"vae was exported as {desk.folder / 'mine.zip'}.", False)


def test_a_trainer_that_falls_is_told_about_once(desk: Desk) -> None:
    run = make(desk.folder / "runs" / "vae", started(**HERE), metric(100, loss=2.0))
    desk.control.choose(run)
    contract.append_event(run, contract.Failed(images=100, sentence="There was not enough memory."))
    desk.control.look()
    desk.control.look()
    assert desk.told == [("vae: There was not enough memory.", True)]


def test_a_run_is_tagged_compared_and_put_into_the_bin(desk: Desk) -> None:
    run = make(desk.folder / "runs" / "vae", started(), contract.Finished(images=1000))
    other = make(desk.folder / "runs" / "other", started(), contract.Finished(images=1000))
    desk.control.choose(run)
    desk.control.tag("  the wide one ")
    desk.control.compare(other)
    seen: Seen = desk.control.seen
    assert seen.tags[run] == "the wide one"
    assert seen.other is not None and seen.other.folder == other
    desk.control.delete()
    assert desk.binned == [run]
    desk.view.show_new.assert_called()


def test_a_run_that_works_is_not_deleted(desk: Desk) -> None:
    run = make(desk.folder / "runs" / "vae", started(**HERE))
    desk.control.choose(run)
    desk.control.delete()
    assert desk.binned == []
    assert "stop it first" in desk.told[-1][0]


def test_a_sheet_is_cut_into_its_pictures(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 250, (20, 6, 6)).astype(np.uint8)
    sheet(tmp_path / "sheet.png", pictures)
    assert np.array_equal(cells(tmp_path / "sheet.png")[..., 0], pictures)
    (tmp_path / "torn.png").write_bytes(b"no picture")
    assert len(cells(tmp_path / "torn.png")) == 0


def test_samples_that_are_all_alike_are_noticed(desk: Desk) -> None:
    run = desk.folder / "runs" / "gan"
    rng = np.random.default_rng(0)
    same = np.repeat(rng.integers(0, 250, (1, 6, 6)), 32, axis=0).astype(np.uint8)
    sheet(run / "samples" / "s.png", same)
    sheet(run / "samples" / "r.png", rng.integers(0, 250, (32, 6, 6)).astype(np.uint8))
    make(
        run, started(**HERE), metric(900, loss=1.0), contract.Sample(images=900, path="samples/s.png", of="samples"),
        contract.Sample(images=900, path="samples/r.png", of="reconstructions"),
    )  # fmt: skip
    desk.control.choose(run)
    assert desk.control.seen.findings[0].sentence.startswith("Mode collapse: samples differ 0%")


def test_where_another_program_steers_runs_are_only_watched(desk: Desk, tmp_path: Path) -> None:
    run = make(desk.folder / "runs" / "vae", started(**HERE), metric(100, loss=2.0))
    waiting = desk.folder / "runs" / "next"
    trainer.write_order(waiting, trainer.Order(words=("train", "vae")))
    steers = [False]
    control = TrainingController(
        tmp_path / "runs", tmp_path / "models", Immediate(), desk.chore, desk.view,
        lambda words, error: desk.told.append((words, error)), lambda path: desk.binned.append(path) or True,
        lambda: None, lambda: "python", lambda: steers[0],
    )  # fmt: skip
    control.choose(run)
    assert control.seen.watched == WATCHED
    for ask in (control.pause, control.snapshot, control.stop, control.delete, partial(control.set, "beta", 2.0)):
        ask()
    control.begin(tmp_path / "runs" / "third", ("train", "vae"))
    contract.append_event(run, contract.Finished(images=100, why="stopped"))
    control.look()
    control.resume()
    assert desk.asked(run) == [] and desk.begun == [] and desk.binned == []
    assert set(desk.told) == {(WATCHED, True)}  # and nothing was kept: the other one does that
    steers[0] = True  # the other one was closed
    control.look()
    assert control.seen.watched == "" and [order.words for order in desk.begun] == [("train", "vae")]
