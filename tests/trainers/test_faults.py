"""Faults, each with real trainers as a person starts them: killed, stopped by the system, starved, misled."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from explorer.contract import run as contract
from tests.trainers import toys
from trainers.__main__ import FAILED, main
from trainers.kit.lock import LOCK

pytestmark = pytest.mark.torch
ROOT = Path(__file__).parents[2]
LIMIT_S = 240  # a busy machine takes its time to import PyTorch
SMALL = [
    "--width", "4", "--blocks", "0", "--latent", "3", "--batch", "8", "--held-out", "8", "--accelerator", "cpu",
    "--threads", "1",
]  # fmt: skip
FOR_EVER = ["--images", "100000000", "--report", "64", "--milestone", "800"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set by prlimit")


class Trainer:
    """A trainer in a process of its own; ``run`` is its folder."""

    def __init__(self, run: Path, words: list[str], module: tuple[str, ...] = ("trainers",)) -> None:
        self.run = run
        self._output = run.with_name(f"{run.name}-{time.monotonic_ns()}.txt").open("w+", encoding="utf-8")
        command = [sys.executable, "-m", *module, *words]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=self._output, stderr=self._output, env=environment, start_new_session=True
        )

    @property
    def said(self) -> str:
        """All that it printed so far."""
        return Path(self._output.name).read_text(encoding="utf-8")

    @property
    def events(self) -> tuple[contract.Event, ...]:
        return contract.read_events(self.run).items if (self.run / contract.EVENTS).exists() else ()

    def count(self, kind: str) -> int:
        """How many events of a kind there are."""
        return sum(event.kind == kind for event in self.events)

    def until(self, condition: Callable[[], bool], step_s: float = 0.02) -> None:
        """Wait for a condition while it lives."""
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert self.process.poll() is None, f"it ended:\n{self.said}"
            assert time.monotonic() < end, f"it took too long:\n{self.said}"
            threading.Event().wait(step_s)

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        return self.process.wait(LIMIT_S)

    def clear(self) -> None:
        """Leave nothing behind."""
        for process in family(self.process.pid):
            process.kill()
        self.process.wait(LIMIT_S)
        self._output.close()


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


Start = Callable[..., Trainer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts trainers and sees to it that none outlives the test."""
    started: list[Trainer] = []

    def begin(run: Path, *words: str, module: tuple[str, ...] = ("trainers",)) -> Trainer:
        started.append(Trainer(run, list(words), module))
        return started[-1]

    yield begin
    for trainer in started:
        trainer.clear()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return toys.folder(tmp_path / "discs")


def vae(run: Path, data: Path, *more: str) -> list[str]:
    """A small training's command line."""
    return ["train", "vae", "--data", str(data), "--out", str(run), *SMALL, *more]


def numbers(run: Path) -> dict[tuple[int, str], dict[str, float]]:
    """What was reported; where a moment was reported twice, the last."""
    events = contract.read_events(run).items
    return {(e.images, e.split): e.values for e in events if isinstance(e, contract.Metric)}


def checkpoints(run: Path) -> list[Path]:
    return sorted(path for path in (run / contract.CHECKPOINTS).iterdir() if path.name.isdigit())


def test_a_killed_trainer_resumes_with_the_very_same_numbers_and_is_alone_in_its_folder(
    tmp_path: Path, data: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = ["--images", "6400", "--report", "64", "--milestone", "640"]
    broken = start(tmp_path / "broken", *vae(tmp_path / "broken", data, *plan))
    broken.until(lambda: broken.count("checkpoint") >= 2)
    assert main(["resume", str(broken.run)]) == FAILED
    assert f"Another trainer works in {broken.run} (process {broken.process.pid} on " in capsys.readouterr().err
    broken.process.kill()
    assert broken.ended() == -signal.SIGKILL
    assert broken.events[-1].kind not in ("finished", "failed")

    resumed = start(broken.run, "resume", str(broken.run))
    unbroken = start(tmp_path / "unbroken", *vae(tmp_path / "unbroken", data, *plan))
    assert (resumed.ended(), unbroken.ended()) == (0, 0), resumed.said + unbroken.said
    assert numbers(broken.run) == numbers(unbroken.run)
    mine, wanted = (load_file(checkpoints(run)[-1] / "state.safetensors") for run in (broken.run, unbroken.run))
    assert mine.keys() == wanted.keys()
    assert all(torch.equal(mine[name], value) for name, value in wanted.items())


def test_what_the_system_asks_to_end_stops_with_a_checkpoint_and_needs_its_data_no_more(
    tmp_path: Path, data: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = start(tmp_path / "run", *vae(tmp_path / "run", data, *FOR_EVER))
    trainer.until(lambda: trainer.count("checkpoint") >= 1)
    shutil.rmtree(data)
    before = trainer.count("checkpoint")
    trainer.until(lambda: trainer.count("checkpoint") > before)
    trainer.process.terminate()
    assert trainer.ended() == 0, trainer.said
    last = trainer.events[-1]
    assert (last.kind, last.images) == ("finished", int(checkpoints(trainer.run)[-1].name))
    assert last.why == "stopped"
    assert main(["resume", str(trainer.run)]) != 0
    assert capsys.readouterr().err == f"There is no folder {data}: give one that holds pictures.\n"


@linux
def test_a_trainer_waits_while_there_is_no_room_for_a_checkpoint(tmp_path: Path, data: Path, start: Start) -> None:
    """The limit of a file's size stands for a disk that has room for the journal but not for weights."""
    import resource

    trainer = start(tmp_path / "run", *vae(tmp_path / "run", data, *FOR_EVER))
    trainer.until(lambda: trainer.count("checkpoint") >= 1)
    size = (checkpoints(trainer.run)[-1] / "state.safetensors").stat().st_size
    unlimited = resource.prlimit(trainer.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(trainer.process.pid, resource.RLIMIT_FSIZE, (size // 2, unlimited[1]))
    trainer.until(lambda: trainer.count("paused") >= 1)
    (warning,) = [event for event in trainer.events if isinstance(event, contract.Warned)]
    assert "The training waits until there is room." in warning.sentence
    good = checkpoints(trainer.run)
    assert all(load_file(path / "state.safetensors") for path in good)
    assert good[-1].name < f"{warning.images:010d}"

    resource.prlimit(trainer.process.pid, resource.RLIMIT_FSIZE, unlimited)
    trainer.until(lambda: trainer.count("resumed") >= 1)
    assert f"{warning.images:010d}" in [path.name for path in checkpoints(trainer.run)]
    contract.send(trainer.run, contract.Command(ask="stop"))
    assert trainer.ended() == 0, trainer.said


def test_numbers_that_explode_end_the_run_before_they_spoil_a_checkpoint_and_a_smaller_rate_goes_on(
    tmp_path: Path, data: Path, start: Start
) -> None:
    trainer = start(tmp_path / "run", *vae(tmp_path / "run", data, *FOR_EVER))
    trainer.until(lambda: trainer.count("checkpoint") >= 1)
    contract.send(trainer.run, contract.Command(ask="set", name="rate", value=1e30))
    assert trainer.ended() == FAILED
    failed = trainer.events[-1]
    assert isinstance(failed, contract.Failed)
    assert "The training diverged after" in failed.sentence
    assert f"in step {failed.images // 8 + 1:,}, " in failed.sentence
    assert trainer.said.rstrip().endswith(failed.sentence)
    for path in checkpoints(trainer.run):
        assert all(tensor.isfinite().all() for tensor in load_file(path / "state.safetensors").values())

    again = start(trainer.run, "resume", str(trainer.run), "--rate", "1e-4")
    before = again.count("checkpoint")
    again.until(lambda: again.count("checkpoint") > before)
    changed = [event for event in again.events if isinstance(event, contract.Changed)]
    assert (changed[-1].name, changed[-1].value) == ("rate", 1e-4)


@linux
def test_where_memory_ends_a_batch_that_fits_is_proposed(tmp_path: Path, data: Path, start: Start) -> None:
    import resource

    run = tmp_path / "run"
    trainer = start(run, *vae(run, data, "--batch", "16384", "--images", "1000000"))
    trainer.until(lambda: trainer.count("started") == 1, 0.002)
    trainer.process.send_signal(signal.SIGSTOP)
    room = psutil.Process(trainer.process.pid).memory_info().vms + (100 << 20)
    resource.prlimit(trainer.process.pid, resource.RLIMIT_AS, (room, room))
    trainer.process.send_signal(signal.SIGCONT)
    assert trainer.ended() == FAILED
    sentence = trainer.said.splitlines()[-1]
    assert "not enough memory for a batch of 16384, but for " in sentence
    assert 8 <= int(sentence.rsplit("--batch ", 1)[1].split(",")[0]) <= 8192
    assert trainer.events[-1].sentence == sentence


def test_a_configuration_that_cannot_work_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, data: Path, start: Start
) -> None:
    run = tmp_path / "run"
    trainer = start(run, "train", "stylegan", "--data", str(data), "--size", "48", "--out", str(run))
    assert trainer.ended() == FAILED
    assert trainer.said == (
        "A style GAN draws pictures of 32, 64, 128, 256, 512 or 1024 pixels, not 48: choose one of these with --size.\n"
    )
    assert not run.exists()


@pytest.mark.slow
def test_a_killed_worker_ends_the_run_cleanly_and_it_resumes_on_fewer(tmp_path: Path, data: Path, start: Start) -> None:
    trainer = start(tmp_path / "run", *vae(tmp_path / "run", data, *FOR_EVER, "--devices", "2"))
    trainer.until(lambda: trainer.count("checkpoint") >= 1)
    everybody = family(trainer.process.pid)
    first, worker = everybody[0], everybody[1]
    worker.kill()
    assert trainer.ended() in (FAILED, -signal.SIGKILL), trainer.said
    _, alive = psutil.wait_procs([first, worker], timeout=30)
    assert not alive
    saved = int(checkpoints(trainer.run)[-1].name)

    again = start(trainer.run, "resume", str(trainer.run), "--devices", "1")
    again.until(lambda: int(checkpoints(again.run)[-1].name) > saved)
    assert any(event.kind == "resumed" and event.images == saved for event in again.events)


@pytest.mark.slow
def test_workers_end_with_the_first_process(tmp_path: Path, data: Path, start: Start) -> None:
    trainer = start(tmp_path / "run", *vae(tmp_path / "run", data, *FOR_EVER, "--devices", "2"))
    trainer.until(lambda: trainer.count("progress") >= 1)
    workers = family(trainer.process.pid)[1:]
    assert workers
    trainer.process.kill()
    trainer.ended()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive


@pytest.mark.slow
def test_torchrun_says_how_many_they_are(tmp_path: Path, data: Path, start: Start) -> None:
    run = tmp_path / "run"
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "trainers")
    words = vae(run, data, "--images", "640", "--report", "64", "--milestone", "640")
    trainer = start(run, *words, module=torchrun)
    assert trainer.ended() == 0, trainer.said
    assert trainer.events[0].device.startswith("2 x CPU")
    assert json.loads((run / contract.CONFIG).read_text())["machine"]["devices"] == 2
    assert trainer.events[-1].kind == "finished"
    assert trainer.said.count("Finished after 640 images.") == 1
    assert "process" in (run / LOCK).read_text()
