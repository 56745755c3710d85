"""What a training writes into its folder, and how it obeys."""

import math
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from PIL import Image

from explorer.contract import run as contract
from explorer.contract.errors import CannotWrite, DiskFull, ExplorerError
from tests.trainers import toys
from trainers.kit import checkpoint
from trainers.kit import training as training_module
from trainers.kit.checkpoint import Standing
from trainers.kit.loop import Batch, Diverged, Learner
from trainers.kit.training import Training

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_module, "LISTEN_S", 0.0)
    monkeypatch.setattr(training_module, "ROOM_S", 0.0)
    monkeypatch.setattr("trainers.kit.pace.TOLD_S", 0.0)


def make(run: Path, *commands: contract.Command) -> Training:
    """A small training in ``run`` that was told ``commands`` right after it began to listen."""

    contract.write_config(run, {})
    fabric = Fabric(accelerator="cpu", devices=1)
    learner = toys.learner(toys.variational())
    made = Training(run, "vae", "discs", learner, toys.PLAN, fabric, toys.Instant(), lambda _: None)
    for command in commands:
        contract.send(run, command)
    return made


def kinds(run: Path) -> list[str]:
    return [event.kind for event in contract.read_events(run).items]


def go(made: Training) -> None:
    made.go(toys.material(), toys.material(8, seed=1))


def test_a_run_tells_its_story(tmp_path: Path) -> None:
    go(make(tmp_path))
    events = contract.read_events(tmp_path).items
    assert (events[0].kind, events[-1].kind) == ("started", "finished")
    assert {"progress", "metric", "sample", "checkpoint"} <= set(kinds(tmp_path))
    train = [e.images for e in events if isinstance(e, contract.Metric) and e.split == "train"]
    held_out = [e.images for e in events if isinstance(e, contract.Metric) and e.split == "held-out"]
    assert (train, held_out) == ([16, 32, 48, 64, 80, 96], [32, 64, 96])
    for sample in (e for e in events if isinstance(e, contract.Sample)):
        with Image.open(tmp_path / sample.path) as picture:
            assert picture.width == 16 * 30 - 2  # sixteen pictures of 28 px with gaps of 2


def test_samples_of_the_same_weights_are_the_same_pictures(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    go(make(first))
    go(make(second))
    for path in sorted(p.name for p in (first / "samples").iterdir()):
        assert (first / "samples" / path).read_bytes() == (second / "samples" / path).read_bytes()


def test_a_torn_line_of_a_killed_trainer_harms_no_other(tmp_path: Path) -> None:
    contract.write_config(tmp_path, {})
    (tmp_path / contract.EVENTS).write_bytes(b'{"kind": "progress", "images": 8, "ima')
    go(make(tmp_path))
    tail = contract.read_events(tmp_path)
    assert tail.skipped == 1
    assert tail.items[0].kind == "started"
    assert tail.items[-1].kind == "finished"


def test_stop_ends_with_a_checkpoint(tmp_path: Path) -> None:
    go(make(tmp_path, contract.Command(ask="stop")))
    assert kinds(tmp_path)[-2:] == ["checkpoint", "finished"]
    assert contract.read_events(tmp_path).items[-1].images == 8


def test_commands_from_before_are_not_obeyed(tmp_path: Path) -> None:
    contract.write_config(tmp_path, {})
    contract.send(tmp_path, contract.Command(ask="stop"))
    go(make(tmp_path))
    assert contract.read_events(tmp_path).items[-1].why == "done"


def test_a_snapshot_is_taken_and_told(tmp_path: Path) -> None:
    go(make(tmp_path, contract.Command(ask="snapshot")))
    (snapshot,) = [e for e in contract.read_events(tmp_path).items if isinstance(e, contract.Snapshot)]
    assert (tmp_path / snapshot.path).is_dir()
    assert snapshot.path == "snapshots/0000000008"


def test_a_changed_setting_is_journaled_and_an_unknown_one_is_a_warning(tmp_path: Path) -> None:
    change = contract.Command(ask="set", name="beta", value=2.5)
    wrong = (contract.Command(ask="set", name=name, value=value) for name, value in (("bta", 1), ("rate", math.nan)))
    go(make(tmp_path, change, *wrong))
    events = contract.read_events(tmp_path).items
    (changed,) = [e for e in events if isinstance(e, contract.Changed)]
    unknown, impossible = [e for e in events if isinstance(e, contract.Warned)]
    assert (changed.name, changed.value, changed.images) == ("beta", 2.5, 8)
    assert "choose one of rate, beta" in unknown.sentence
    assert impossible.sentence == "rate cannot be nan; choose a number from 0 on. It stays 0.001."
    metrics = [e.values for e in events if isinstance(e, contract.Metric) and e.split == "train"]
    assert metrics[-1]["beta"] == 2.5


def test_pause_keeps_still_until_resume(tmp_path: Path) -> None:
    made = make(tmp_path, contract.Command(ask="pause"))
    paused = threading.Event()
    write = made._journal.write

    def watched(event: contract.Event) -> None:
        write(event)
        if event.kind == "paused":
            paused.set()

    made._journal.write = watched
    worker = threading.Thread(target=go, args=(made,), daemon=True)
    worker.start()
    assert paused.wait(30)
    seen = len(kinds(tmp_path))
    assert kinds(tmp_path)[-1] == "paused"
    contract.send(tmp_path, contract.Command(ask="resume"))
    worker.join(30)
    assert not worker.is_alive()
    assert kinds(tmp_path)[seen] == "resumed"
    assert kinds(tmp_path)[-1] == "finished"


def test_a_paused_run_can_be_stopped(tmp_path: Path) -> None:
    go(make(tmp_path, contract.Command(ask="pause"), contract.Command(ask="stop")))
    assert kinds(tmp_path)[-1] == "finished"


def test_a_failure_is_told_in_the_journal_with_the_same_sentence(tmp_path: Path) -> None:
    made = make(tmp_path, contract.Command(ask="set", name="rate", value=1e30))
    with pytest.raises(Diverged) as caught:
        go(made)
    last = contract.read_events(tmp_path).items[-1]
    assert last.kind == "failed"
    assert last.sentence == str(caught.value)


def test_where_the_folder_cannot_be_written_the_run_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    made = make(tmp_path)
    made._say = said.append

    def refused(*_: object) -> None:
        raise CannotWrite("There is no right to write it; choose another folder.")

    monkeypatch.setattr(contract, "append_event", refused)
    with pytest.raises(ExplorerError, match="no right to write"):
        go(made)
    assert any("journal" in line for line in said)


def test_events_wait_in_memory_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append, calls = contract.append_event, iter(range(1_000))

    def at_first_full(run: Path, event: contract.Event) -> None:
        if next(calls) < 5:
            raise DiskFull("The disk is full.")
        append(run, event)

    monkeypatch.setattr(contract, "append_event", at_first_full)
    go(make(tmp_path))
    assert kinds(tmp_path)[0] == "started"
    train = [e.images for e in contract.read_events(tmp_path).items if isinstance(e, contract.Metric)]
    assert train == [16, 32, 32, 48, 64, 64, 80, 96, 96]


class Full:
    """A disk that has no room for checkpoints, until ``room`` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.tried = threading.Event(), threading.Semaphore(0)
        self._save = checkpoint.save
        monkeypatch.setattr(checkpoint, "save", self.save)

    def save(self, run: Path, learner: Learner, standing: Standing) -> Path:
        self.tried.release()
        if standing.images == 64 and not self.room.is_set():
            raise DiskFull("The disk is full, so it was not written; free some space and try again.")
        return self._save(run, learner, standing)


def test_a_training_waits_until_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Full(monkeypatch)
    worker = threading.Thread(target=go, args=(make(tmp_path),), daemon=True)
    worker.start()
    for _ in range(4):  # after 32 images, then three times in vain
        assert full.tried.acquire(timeout=30)
    full.room.set()
    worker.join(30)
    assert not worker.is_alive()
    told = kinds(tmp_path)
    at = told.index("warning")
    assert told[at : at + 4] == ["warning", "paused", "checkpoint", "resumed"]
    assert told.count("warning") == 1
    assert told[-1] == "finished"
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == ["0000000064", "0000000096", "best"]


def test_a_training_that_waits_for_room_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Full(monkeypatch)
    made = make(tmp_path)
    worker = threading.Thread(target=go, args=(made,), daemon=True)
    worker.start()
    for _ in range(3):
        assert full.tried.acquire(timeout=30)
    made.stop()
    worker.join(30)
    assert not worker.is_alive()
    assert contract.read_events(tmp_path).items[-1].why == "stopped"
    assert [p.name for p in (tmp_path / "checkpoints").iterdir() if p.name.isdigit()] == ["0000000032"]


class Greedy:
    """A learner whose step has memory for eight pictures at most."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    def __getattr__(self, name: str) -> object:
        return getattr(self._learner, name)

    def update(self, batch: Batch, *rest: object) -> dict[str, torch.Tensor]:
        if len(batch.pictures) > 8:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return self._learner.update(batch, *rest)


def test_too_large_a_batch_is_told_with_one_that_fits(tmp_path: Path) -> None:
    made = make(tmp_path)
    made._learner, made._plan = Greedy(made._learner), replace(toys.PLAN, batch=48)
    with pytest.raises(ExplorerError, match="for a batch of 48, but for 8; start again with --batch 8"):
        go(made)
    assert kinds(tmp_path)[-1] == "failed"


def test_an_error_of_the_program_is_journaled_and_not_taken_for_one_of_memory(tmp_path: Path) -> None:
    made = make(tmp_path)

    def wrong(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    made._learner.update = wrong
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        go(made)
    assert contract.read_events(tmp_path).items[-1].sentence == "Unexpected: RuntimeError: shapes do not fit"
