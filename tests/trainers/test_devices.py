"""Devices: two processes compute what one would, and what is not there is said."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from explorer.contract.run import Metric, read_events
from tests.trainers import toys
from trainers.__main__ import DONE, FAILED, main
from trainers.kit import device
from trainers.kit.device import Machine, WrongMachine, as_started, be_considerate, device_words, make_fabric

pytestmark = pytest.mark.torch
ROOT = Path(__file__).parents[2]
STEPS = 3
WORDS = f"--max-steps {STEPS} --batch 8 --report 8 --width 4 --blocks 0 --latent 3 --held-out 8".split()


def words(data: Path, run: Path, *more: str) -> list[str]:
    """A small training's command line."""
    return ["train", "vae", "--data", str(data), "--out", str(run), "--accelerator", "cpu", *WORDS, *more]


def in_processes_of_its_own(call: list[str]) -> subprocess.CompletedProcess[str]:
    """Started as a person does it."""
    command = [sys.executable, "-m", "trainers", *call]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=environment)


def numbers(run: Path) -> list[dict[str, float]]:
    """What was reported of every step."""
    return [e.values for e in read_events(run).items if isinstance(e, Metric) and e.split == "train"]


@pytest.fixture(autouse=True)
def stay_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.__main__.be_considerate", lambda: None)  # it lowers the whole test run's priority


def test_two_processes_train_as_one_with_the_whole_batch(tmp_path: Path) -> None:
    """Adam hides the size of a gradient, so the gradient's norm is compared as well as the weights."""
    data = toys.folder(tmp_path / "discs", count=40)
    done = in_processes_of_its_own(words(data, tmp_path / "two", "--devices", "2", "--threads", "1"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Finished after 24 images.") == 1
    assert main(words(data, tmp_path / "one", "--threads", "1")) == DONE
    started = read_events(tmp_path / "two").items[0]
    assert started.device.startswith("2 x CPU")
    one, two = numbers(tmp_path / "one"), numbers(tmp_path / "two")
    assert len(one) == STEPS
    for mine, theirs in zip(two, one, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4)
        assert mine["gradient norm"] > 0
    name = "checkpoints/0000000024/state.safetensors"
    weights, wanted = load_file(tmp_path / "two" / name), load_file(tmp_path / "one" / name)
    assert weights.keys() == wanted.keys()
    for key, value in wanted.items():
        torch.testing.assert_close(weights[key], value, rtol=1e-3, atol=1e-5)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(tmp_path, tmp_path / "run", "--devices", "2", "--batch", "7")) == FAILED
    assert capsys.readouterr().err == "A batch of 7 cannot be shared by 2 processes; choose a multiple.\n"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said() -> None:
    with pytest.raises(WrongMachine, match="No cuda device was found here: choose --accelerator cpu or auto"):
        make_fabric(Machine(accelerator="cuda"), "32-true")


@pytest.mark.parametrize(
    "environment",
    [
        {"TORCHELASTIC_RUN_ID": "1", "LOCAL_WORLD_SIZE": "8", "WORLD_SIZE": "16"},
        {"SLURM_JOB_NAME": "faces", "SLURM_NTASKS": "16", "SLURM_NNODES": "2"},
    ],
)
def test_who_started_the_processes_says_how_many_there_are(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_started(Machine(devices=1, threads=3)) == Machine(devices=1, threads=3)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert as_started(Machine(devices=1, threads=3)) == Machine(devices=8, nodes=2, threads=3)


def test_the_threads_asked_for_are_used_and_told() -> None:
    fabric = make_fabric(Machine(accelerator="cpu", threads=1), "32-true")
    assert torch.get_num_threads() == 1
    assert device_words(fabric).startswith("CPU, 1 thread (")


def test_a_trainer_gives_way_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def nice(step: int) -> int:
        asked.append(step)
        return sum(asked)

    monkeypatch.setattr(device.os, "nice", nice, raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    be_considerate()
    assert sum(asked) == device.NICENESS
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    be_considerate()
    assert sum(asked) == device.NICENESS


def test_bfloat16_trains_and_reports_finite_numbers(tmp_path: Path) -> None:
    data = toys.folder(tmp_path / "discs", count=40)
    assert main(words(data, tmp_path / "run", "--precision", "bf16-mixed")) == DONE
    assert json.loads((tmp_path / "run/config.json").read_text())["config"]["plan"]["precision"] == "bf16-mixed"
    assert len(numbers(tmp_path / "run")) == STEPS
