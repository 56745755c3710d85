"""What a training writes into its folder, and how it obeys."""

import threading
from pathlib import Path

import pytest
from lightning_fabric import Fabric
from PIL import Image

from explorer.contract import run as contract
from explorer.contract.errors import CannotWrite, ExplorerError
from tests.trainers import toys
from trainers.kit import training as training_module
from trainers.kit.loop import Diverged, Learner
from trainers.kit.training import Training

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_module, "LISTEN_S", 0.0)
    monkeypatch.setattr(training_module, "PROGRESS_S", 0.0)


def make(run: Path, *commands: contract.Command) -> Training:
    """A small training in ``run`` that was told ``commands`` right after it began to listen."""

    def snapshot(_: Learner, target: Path) -> None:
        target.mkdir(parents=True)

    contract.write_config(run, {})
    fabric = Fabric(accelerator="cpu", devices=1)
    learner = toys.learner(toys.variational())
    made = Training(run, "vae", "discs", learner, toys.PLAN, fabric, snapshot, lambda _: None)
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
    go(make(tmp_path, change, contract.Command(ask="set", name="bta", value=1)))
    events = contract.read_events(tmp_path).items
    (changed,) = [e for e in events if isinstance(e, contract.Changed)]
    (warned,) = [e for e in events if isinstance(e, contract.Warned)]
    assert (changed.name, changed.value, changed.images) == ("beta", 2.5, 8)
    assert "choose one of rate, beta" in warned.sentence
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
    made = make(tmp_path, contract.Command(ask="set", name="rate", value=float("nan")))
    with pytest.raises(Diverged) as caught:
        go(made)
    last = contract.read_events(tmp_path).items[-1]
    assert last.kind == "failed"
    assert last.sentence == str(caught.value)


def test_a_full_disk_ends_the_run_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    made = make(tmp_path)
    made._say = said.append

    def full(*_: object) -> None:
        raise CannotWrite("The disk is full, so it was not written; free some space and try again.")

    monkeypatch.setattr(contract, "append_event", full)
    with pytest.raises(ExplorerError, match="disk is full"):
        go(made)
    assert any("journal" in line for line in said)
