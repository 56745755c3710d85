"""One process without Lightning Fabric and without PyTorch's compiler: the same numbers, sooner."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from tests.trainers import toys
from trainers.autoencoders.learner import AutoencoderLearner
from trainers.autoencoders.networks import PictureShape
from trainers.kit.alone import Adam, Alone
from trainers.kit.device import Machine, make_fabric
from trainers.kit.loop import Report, train
from trainers.kit.randomness import Share

pytestmark = pytest.mark.torch


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2))


def steps(module: nn.Module, optimizer: torch.optim.Optimizer, first: int, count: int) -> list[float]:
    """The loss of each of some steps on random numbers that depend on the step alone."""
    losses: list[float] = []
    for at in range(first, first + count):
        x = torch.randn(16, 5, generator=torch.Generator().manual_seed(at))
        loss = (module(x) - x[:, :2]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_adam_takes_the_very_steps_of_pytorch_and_goes_on_from_its_state(weight_decay: float) -> None:
    ours, theirs = network(), network()
    options = {"lr": 1e-2, "betas": (0.5, 0.9), "weight_decay": weight_decay}
    mine, other = Adam(ours.parameters(), **options), torch.optim.Adam(theirs.parameters(), **options)
    assert steps(ours, mine, 0, 6) == steps(theirs, other, 0, 6)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)
    swapped = network(), network()
    for module, source in zip(swapped, (theirs, ours), strict=True):
        module.load_state_dict(source.state_dict())
    again = Adam(swapped[0].parameters(), **options), torch.optim.Adam(swapped[1].parameters(), **options)
    again[0].load_state_dict(deepcopy(other.state_dict()))
    again[1].load_state_dict(deepcopy(mine.state_dict()))
    assert steps(swapped[0], again[0], 6, 4) == steps(swapped[1], again[1], 6, 4) == steps(ours, mine, 6, 4)


def test_alone_trains_as_fabric_does() -> None:
    found: list[list[Report]] = []
    for engine in (Alone(), Fabric(accelerator="cpu", devices=1)):
        learner = AutoencoderLearner(toys.variational(), PictureShape(28, 1), engine)
        found.append(list(train(learner, toys.material(), toys.PLAN, Share(), engine.device, 0)))
    assert found[0] == found[1] and len(found[0]) > 2


def test_only_one_process_on_a_cpu_in_full_precision_does_without_fabric() -> None:
    cpu = Machine(accelerator="cpu", threads=1)
    assert isinstance(make_fabric(cpu, "32-true"), Alone)
    assert isinstance(make_fabric(cpu, "bf16-mixed"), Fabric)
    assert isinstance(make_fabric(Machine(accelerator="cpu", threads=1, devices=2), "32-true"), Fabric)


def test_a_training_imports_neither_fabric_nor_the_compiler(tmp_path: Path) -> None:
    toys.folder(tmp_path / "discs")
    words = ["train", "vae", "--data", str(tmp_path / "discs"), "--out", str(tmp_path / "run"), "--max-steps", "2"]
    words += ["--batch", "8", "--report", "8", "--held-out", "8", "--width", "4", "--latent", "3", "--blocks", "0"]
    code = (
        "import sys; from trainers.__main__ import main; assert main(sys.argv[1:]) == 0;"
        "print(sorted({'torch._dynamo', 'lightning_fabric', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['torch']"
