"""What goes wrong around a training: a full disk, no memory, two trainers on one run, a killed one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.contract.errors import CannotWrite
from explorer.contract.run import Command, read_events, send
from tests.trainers import toys
from trainers.__main__ import DONE, FAILED, main
from trainers.kit import checkpoint, training
from trainers.kit.lock import LOCK, held

pytestmark = pytest.mark.torch
SMALL = ["--width", "4", "--blocks", "0", "--latent", "3", "--batch", "8", "--held-out", "8", "--beta-warmup", "0"]


@pytest.fixture(autouse=True)
def stay_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.__main__.be_considerate", lambda: None)


def train(data: Path, run: Path, *more: str) -> int:
    return main(["train", "vae", "--data", str(data), "--out", str(run), "--max-steps", "6", *SMALL, *more])


def test_a_full_disk_lets_the_training_wait_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, full, save = toys.folder(tmp_path / "discs"), [2], checkpoint.save

    def once_there_is_room(*arguments: object) -> Path:
        if full[0]:
            full[0] -= 1
            raise CannotWrite("No space left on the disk; make room.")
        return save(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "save", once_there_is_room)
    monkeypatch.setattr(training, "ROOM_S", 0.01)
    assert train(data, tmp_path / "run") == DONE
    events = read_events(tmp_path / "run").items
    warned = [event.sentence for event in events if event.kind == "warning"]
    assert warned == [
        "No space left on the disk; make room. The training waits until there is room; the checkpoint before is whole.",
        "There is room again: the training goes on.",
    ]
    assert [event.kind for event in events][-1] == "finished"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_too_little_memory_proposes_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def too_large(*_: object) -> None:
        raise error

    monkeypatch.setattr("trainers.autoencoders.learner.AutoencoderLearner.update", too_large)
    assert train(toys.folder(tmp_path / "discs"), tmp_path / "run") == FAILED
    assert "A batch of 8 does not fit into memory; choose 4" in capsys.readouterr().err
    last = read_events(tmp_path / "run").items[-1]
    assert last.kind == "failed" and "choose 4" in last.sentence


def test_another_error_is_not_taken_for_one_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr("trainers.autoencoders.learner.AutoencoderLearner.update", wrong)
    assert train(toys.folder(tmp_path / "discs"), tmp_path / "run") == FAILED


def test_a_second_trainer_of_a_run_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    run = tmp_path / "run"
    data = toys.folder(tmp_path / "discs")
    program = [sys.executable, "-m", "trainers"]
    words = [*program, "train", "vae", "--data", str(data), "--out", str(run), *SMALL]
    endless = [*words, "--images", "100000000", "--milestone", "800"]
    with subprocess.Popen(endless, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            lines = (line for line in first.stdout if "held-out" in line)
            next(lines), next(lines)  # at the second milestone the first one's checkpoint is whole
            assert main(["resume", str(run)]) == FAILED
        finally:
            os.kill(first.pid, signal.SIGKILL)
    assert json.loads((run / LOCK).read_bytes())["pid"] == first.pid  # left behind, and of nobody
    before = max(event.images for event in read_events(run).items if event.kind == "checkpoint")
    with subprocess.Popen([*program, "resume", str(run)], stdout=subprocess.PIPE, text=True) as second:
        try:
            assert second.stdout is not None
            going_on = next(line for line in second.stdout if "Going on after" in line)
            assert f"{before:,}" in going_on
            send(run, Command(ask="stop"))
            second.communicate(timeout=60)
        finally:
            second.kill()
    assert second.returncode == 0
    assert not (run / LOCK).exists()


def test_a_lock_of_another_program_with_the_same_number_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(json.dumps({"pid": 1, "began": 5.0, "host": "another"}), "utf-8")
    with held(tmp_path, writes=True):
        assert json.loads((tmp_path / LOCK).read_bytes())["pid"] == os.getpid()
    (tmp_path / LOCK).write_text("nonsense", "utf-8")
    with held(tmp_path, writes=True):
        pass
    assert not (tmp_path / LOCK).exists()


def test_pictures_that_are_gone_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, run = toys.folder(tmp_path / "discs"), tmp_path / "run"
    assert train(data, run) == DONE
    data.rename(tmp_path / "elsewhere")
    assert main(["resume", str(run)]) != DONE
    assert "discs" in capsys.readouterr().err
