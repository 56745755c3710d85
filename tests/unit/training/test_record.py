"""A run folder read on: curves, snapshots, how it stands, what is forgotten after a crash."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.contract import run as contract
from explorer.training import trainer
from explorer.training.record import SHOWN_POINTS, Kept, Record
from tests.unit.training.runs import make, metric, started

GONE = 2**22 - 7  # no process has this number


def view_of(folder: Path):
    record = Record(folder)
    record.read()
    return record.view()


def test_a_finished_run_is_read_whole(tmp_path: Path) -> None:
    run = make(
        tmp_path / "vae", started(), metric(100, loss=3.0), metric(200, loss=2.0, gradient_norm=0.5),
        metric(200, "held-out", loss=2.5), contract.Sample(images=200, path="samples/a.png", of="samples"),
        contract.Snapshot(images=200, path="snapshots/200"), contract.Checkpoint(images=200, path="checkpoints/200"),
        contract.Changed(images=150, name="beta", value=2.0), contract.Finished(images=200),
    )  # fmt: skip
    view = view_of(run)
    assert (view.status, view.images, view.total, view.family) == ("finished", 200, 1000, "vae")
    curve = view.curve("train", "loss")
    assert curve is not None and curve.images.tolist() == [100, 200] and curve.values.tolist() == [3.0, 2.0]
    assert view.curve("held-out", "loss").last == 2.5
    assert view.snapshots == (Kept(200, run / "snapshots/200"),)
    assert view.checkpoint == Kept(200, run / "checkpoints/200")
    assert view.settings == {"beta": 2.0}
    assert view.values == {"data": "discs", "beta": 1.0, "latent": 4, "width": 8, "images": 1000}
    assert view.progress == 0.2


def test_what_is_added_is_read_on_and_a_torn_line_waits(tmp_path: Path) -> None:
    run = make(tmp_path / "run", started(pid=os.getpid(), at=10**10))
    record = Record(run)
    assert record.read()
    assert not record.read()
    with (run / contract.EVENTS).open("ab") as journal:
        journal.write(b'{"time_s":1,"images":64,"kind":"progress","images')
    assert not record.read()
    with (run / contract.EVENTS).open("ab") as journal:
        journal.write(b'_per_s":5.0,"remaining_s":3.0}\n')
    assert record.read()
    view = record.view()
    assert (view.status, view.images, view.images_per_s, view.left_s) == ("running", 64, 5.0, 3.0)


@pytest.mark.parametrize("piece", [1, 64, 150, 1_000])
def test_a_journal_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    run = make(tmp_path / "run", started(), *(metric(at, loss=1.0 / at) for at in range(1, 30)))
    with (run / contract.EVENTS).open("ab") as journal:
        journal.write(b'{"time_s":1,"images":64,"ki')
    monkeypatch.setattr("explorer.training.record.PIECE", piece)
    curve = view_of(run).curve("train", "loss")
    assert curve is not None and curve.images.tolist() == list(range(1, 30))


def test_a_killed_trainer_is_known_and_what_it_did_after_its_checkpoint_is_forgotten(tmp_path: Path) -> None:
    run = make(
        tmp_path / "run", started(pid=GONE), metric(100, loss=3.0), contract.Checkpoint(images=100, path="c/100"),
        metric(200, loss=2.0), contract.Changed(images=180, name="beta", value=9.0),
    )  # fmt: skip
    record = Record(run)
    record.read()
    assert record.view().status == "killed"
    assert "Resume" in record.view().sentence
    contract.append_event(run, contract.Resumed(images=100, pid=os.getpid(), time_s=10**10))
    record.read()
    view = record.view()
    assert (view.status, view.images) == ("running", 100)
    assert view.curve("train", "loss").images.tolist() == [100]
    assert view.settings == {}


def test_a_number_that_another_process_has_now_is_not_the_trainer(tmp_path: Path) -> None:
    # this test's own process, said to have begun at the start of time: it is another one
    assert not trainer.is_alive(os.getpid(), since_s=1000.0)
    assert trainer.is_alive(os.getpid(), since_s=10**10)
    assert not trainer.is_alive(os.getpid(), since_s=10**10, host="another-machine")


def test_a_run_of_another_machine_lives_as_long_as_it_is_heard_of(tmp_path: Path) -> None:
    run = make(tmp_path / "run", started(at=5000.0, host="another-machine"))
    clock = [5010.0]
    record = Record(run, now=lambda: clock[0])
    record.read()
    assert record.view().status == "running"
    assert not record.view().here
    clock[0] = 5500.0
    assert record.view().status == "killed"


def test_an_order_waits_and_one_whose_trainer_fell_at_once_says_its_last_words(tmp_path: Path) -> None:
    waiting, fallen = tmp_path / "waiting", tmp_path / "fallen"
    trainer.write_order(waiting, trainer.Order(words=("train", "vae")))
    assert view_of(waiting).status == "waiting"
    trainer.write_order(fallen, trainer.Order(words=("train", "vae"), pid=GONE, time_s=1.0))
    (fallen / trainer.LOG).write_text("loading\nThere is no data set 'x': choose one of these.\n", "utf-8")
    view = view_of(fallen)
    assert (view.status, view.sentence) == ("failed", "There is no data set 'x': choose one of these.")
    assert set(trainer.find_runs((tmp_path, tmp_path / "not-there"))) == {waiting, fallen}


def test_a_long_curve_is_thinned_and_keeps_its_ends(tmp_path: Path) -> None:
    run = make(tmp_path / "run", started(), *(metric(at, loss=float(at)) for at in range(1, 4000)))
    curve = view_of(run).curve("train", "loss")
    assert len(curve) == SHOWN_POINTS
    assert (curve.images[0], curve.images[-1]) == (1, 3999)
    assert np.array_equal(curve.images, curve.values)


def test_a_command_that_fails_gives_its_last_sentence_and_one_that_is_stopped_ends() -> None:
    with pytest.raises(trainer.TrainingFault, match="this is why"):
        trainer.run([sys.executable, "-c", "import sys; print('a'); sys.exit('this is why')"], lambda _: None, print)
    stops = []
    with pytest.raises(trainer.TrainingFault):
        code = "import threading; print('up', flush=True); threading.Event().wait(60)"
        trainer.run([sys.executable, "-c", code], stops.append, lambda _: stops[0]())
    with pytest.raises(trainer.TrainingFault, match="cannot be started"):
        trainer.run(["/no/such/program"], lambda _: None, print)


def test_an_orphan_that_is_ended_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait(60)"])
    assert trainer.is_alive(child.pid, since_s=10**10)
    trainer.end(child.pid, since_s=10**10)
    child.wait(timeout=20)
    assert not trainer.is_alive(child.pid, since_s=10**10)
