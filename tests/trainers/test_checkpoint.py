"""Checkpoints: a broken run goes on as if nothing had happened, and a failed write harms nothing."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from explorer.contract import run as contract
from explorer.contract.errors import CannotWrite, RunError
from tests.trainers import toys
from trainers.autoencoders.learner import AutoencoderLearner
from trainers.kit import checkpoint
from trainers.kit.checkpoint import Standing
from trainers.kit.loop import Diverged, Material, Report, Window
from trainers.kit.training import Training

pytestmark = pytest.mark.torch


def training(run: Path, said: list[str] | None = None) -> tuple[Training, AutoencoderLearner]:
    """A small VAE's training in ``run``."""
    learner = toys.learner(toys.variational())
    fabric = Fabric(accelerator="cpu", devices=1)
    contract.write_config(run, {})
    say = (said if said is not None else []).append
    return Training(run, "vae", "discs", learner, toys.PLAN, fabric, toys.Instant(), say), learner


def finish(run: Path) -> AutoencoderLearner:
    """Train in ``run`` to the end."""
    whole, learner = training(run)
    whole.go(toys.material(), toys.material(8, seed=1))
    return learner


def metrics(run: Path) -> dict[tuple[int, str], dict[str, float]]:
    """The numbers of a run; where a moment was reported twice, the last."""
    events = contract.read_events(run).items
    return {(e.images, e.split): e.values for e in events if isinstance(e, contract.Metric)}


class Killed(BaseException):
    """Stands for a power cut."""


@pytest.mark.parametrize("at", [40, 48, 72])
def test_a_killed_run_ends_with_exactly_the_numbers_of_an_unbroken_one(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = finish(tmp_path / "unbroken")
    broken, _ = training(tmp_path / "broken")
    note = broken._note

    def cut(report: Report, *material: Material) -> None:
        note(report, *material)
        if report.images == at:
            raise Killed

    monkeypatch.setattr(broken, "_note", cut)
    with pytest.raises(Killed):
        broken.go(toys.material(), toys.material(8, seed=1))
    resumed = finish(tmp_path / "broken")

    for mine, theirs in zip(resumed.averaged.parameters(), unbroken.averaged.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    for name, module in resumed.modules.items():
        for mine, theirs in zip(module.parameters(), unbroken.modules[name].parameters(), strict=True):
            assert torch.equal(mine, theirs)
    assert metrics(tmp_path / "broken") == metrics(tmp_path / "unbroken")


def test_a_run_stopped_between_two_reports_resumes_its_averages(tmp_path: Path) -> None:
    finish(tmp_path / "unbroken")
    stopped, _ = training(tmp_path / "stopped")
    contract.send(tmp_path / "stopped", contract.Command(ask="stop"))  # after the trainer began to listen
    stopped.go(toys.material(), toys.material(8, seed=1))
    assert contract.read_events(tmp_path / "stopped").items[-1].why == "stopped"
    finish(tmp_path / "stopped")
    assert metrics(tmp_path / "stopped") == metrics(tmp_path / "unbroken")


def test_the_last_two_are_kept_and_the_best(tmp_path: Path) -> None:
    finish(tmp_path)
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == ["0000000064", "0000000096", "best"]


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    learner = finish(tmp_path)
    (tmp_path / "checkpoints" / "0000000096" / checkpoint.TENSORS).write_bytes(b"torn")
    standing = checkpoint.load_last(tmp_path, learner)
    assert standing is not None
    assert standing.images == 64


def test_settings_changed_by_hand_survive(tmp_path: Path) -> None:
    learner = toys.learner(toys.variational())
    checkpoint.save(tmp_path, learner, Standing(step=1, images=8, settings={"beta": 7.0}, window=Window({"a": 0.1}, 1)))
    fresh = toys.learner(toys.variational())
    standing = checkpoint.load_last(tmp_path, fresh)
    assert standing is not None
    assert fresh.settings["beta"] == 7.0
    assert standing.window == Window({"a": 0.1}, 1)


def test_a_full_disk_is_one_sentence_and_the_old_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = toys.learner(toys.variational())
    checkpoint.save(tmp_path, learner, Standing(step=1, images=8))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(CannotWrite, match=r"disk is full.*free some space"):
        checkpoint.save(tmp_path, learner, Standing(step=2, images=16))
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["0000000008"]
    assert json.loads((tmp_path / "checkpoints/0000000008/state.json").read_text())["standing"]["images"] == 8


def test_weights_that_are_no_numbers_do_not_take_the_place_of_good_ones(tmp_path: Path) -> None:
    learner = toys.learner(toys.variational())
    checkpoint.save(tmp_path, learner, Standing(step=1, images=8))
    with torch.no_grad():
        next(learner.modules["autoencoder"].parameters()).fill_(float("nan"))
    with pytest.raises(Diverged, match=r"after 16 images: in step 2, modules\.autoencoder\..* is not finite"):
        checkpoint.save(tmp_path, learner, Standing(step=2, images=16))
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["0000000008"]


def test_a_run_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no checkpoint yet"):
        checkpoint.load_weights(tmp_path, toys.learner(toys.variational()))


def test_the_best_weights_are_those_with_the_least_objective(tmp_path: Path) -> None:
    learner = finish(tmp_path)
    standing = checkpoint.load_weights(tmp_path, learner)
    held_out = {key[0]: values["objective"] for key, values in metrics(tmp_path).items() if key[1] == "held-out"}
    assert standing.images == min(held_out, key=lambda images: held_out[images])
    assert learner.evaluate(toys.material(8, seed=1))["objective"] == pytest.approx(min(held_out.values()), rel=1e-6)
    assert np.isfinite(standing.wall_time_s)
