"""The diffusion trainer: schedules and targets in closed form, the network, its learning, graph and resume."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from explorer.contract import manifest as m
from explorer.latent.sampling import Sampling
from explorer.samplers.diffusion import Schedule as NumpySchedule
from explorer.samplers.diffusion import sample
from tests.trainers import toys
from trainers.diffusion.config import DiffusionConfig, UNetArchitecture
from trainers.diffusion.learner import DiffusionLearner
from trainers.diffusion.schedule import Schedule, alphas_bar
from trainers.diffusion.unet import NULL, UNet, UnevenSize, sines
from trainers.gans.config import StyleArchitecture, StyleGanConfig
from trainers.gans.learner import StyleGanLearner
from trainers.kit import checkpoint
from trainers.kit.checkpoint import Standing
from trainers.kit.export import export_graph
from trainers.kit.loop import Material, train
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Draw, Share
from trainers.kit.sampling import denoised

pytestmark = pytest.mark.torch

TINY = UNetArchitecture(width=8, widest=16, halvings=2, blocks=1, attention=8)
CONFIG = DiffusionConfig(architecture=TINY, steps=50, plan=replace(toys.PLAN, images=64))
CPU = torch.device("cpu")


def learner(config: DiffusionConfig = CONFIG, **kind: int) -> DiffusionLearner:
    return DiffusionLearner(config, toys.pictures(40, **kind), Fabric(accelerator="cpu", devices=1))


def material(count: int = 40) -> Material:
    found = toys.pictures(count)
    return Material(found.images, found.labels)


def gan_learner() -> StyleGanLearner:
    tiny = StyleArchitecture(latent=6, style=6, mapping=2, width=128, widest=8)
    config = StyleGanConfig(
        architecture=tiny, r1_every=2, path_length=1.0, path_every=2, encoder=0.5, plan=replace(toys.PLAN, images=64)
    )
    images = toys.discs(40, size=32)
    pictures = Pictures("discs", "train", images, None, (), (), "CC0", "Drawn here", "memory")
    return StyleGanLearner(config, pictures, Fabric(accelerator="cpu", devices=1))


@pytest.mark.parametrize("kind", ["linear", "cosine"])
@pytest.mark.parametrize("steps", [50, 1_000])
def test_the_schedule_falls_from_picture_to_noise(kind: Any, steps: int) -> None:
    levels = alphas_bar(kind, steps)
    assert levels.shape == (steps,) and (np.diff(levels) < 0).all()
    assert 0.99 < levels[0] < 1 and 0 < levels[-1] < 1e-3


def test_the_published_linear_schedule_ends_where_it_should() -> None:
    assert alphas_bar("linear", 1_000)[-1] == pytest.approx(4.04e-5, rel=0.01)  # the product of 1 - beta, by hand


def test_a_prediction_is_the_picture_it_amounts_to() -> None:
    torch.manual_seed(0)
    schedule = Schedule(alphas_bar("linear", 100), CPU)
    x0, eps = torch.randn(2, 5, 1, 4, 4)
    step = torch.tensor([0, 10, 50, 80, 99])
    x = schedule.noised(x0, eps, step)
    for what in ("eps", "v", "x0"):
        found = schedule.clean(x, schedule.target(x0, eps, step, what), step, what)
        torch.testing.assert_close(found, x0, atol=2e-3, rtol=0)


def test_min_snr_weighs_the_same_error_alike_whatever_is_predicted() -> None:
    schedule = Schedule(alphas_bar("cosine", 100), CPU)
    step = torch.arange(1, 99)
    level = schedule.alphas_bar[step].double()
    snr = level / (1 - level)
    # of an error e of x0: eps is off by sqrt(snr) e, v by e / sqrt(1 - abar)
    as_x0 = schedule.weight(step, "min-snr", 5.0, "x0").double()
    as_eps = schedule.weight(step, "min-snr", 5.0, "eps").double() * snr
    as_v = schedule.weight(step, "min-snr", 5.0, "v").double() / (1 - level)
    torch.testing.assert_close(as_eps, as_x0, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(as_v, as_x0, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(as_x0, snr.clamp(max=5.0), rtol=1e-4, atol=1e-6)
    assert (schedule.weight(step, "simple", 5.0, "eps") == 1).all()


def test_every_parameter_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = UNet(TINY, 28, 1, (2, 3))
    for layer in network.modules():  # branches that begin at zero pass nothing back before the first step
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.normal_(layer.weight, std=0.1)
    label = torch.tensor([[0, 2], [NULL, 1], [1, NULL]])
    network(torch.randn(3, 1, 28, 28), torch.tensor([0.0, 10.0, 49.0]), label).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum()] == []


def test_the_network_is_told_step_and_label() -> None:
    network = learner().averaged
    torch.nn.init.normal_(network.last.weight)
    for block in network.down:
        if hasattr(block, "conv2"):
            torch.nn.init.normal_(block.conv2.weight, std=0.1)
    x = torch.randn(1, 1, 28, 28)
    with torch.no_grad():
        told = (3.0, 0), (30.0, 0), (3.0, NULL)
        answers = [network(x, torch.tensor([step]), torch.tensor([[label]])) for step, label in told]
    assert (answers[0] - answers[1]).abs().max() > 1e-3
    assert (answers[0] - answers[2]).abs().max() > 1e-3


def test_steps_between_whole_ones_lie_between() -> None:
    found = sines(torch.tensor([3.0, 3.5, 4.0]), 8)
    assert found.shape == (3, 8)
    assert ((found[1] - found[0]).abs() < (found[2] - found[0]).abs() + 1e-6).all()


def test_a_size_that_cannot_be_halved_is_refused() -> None:
    with pytest.raises(UnevenSize, match="divisible by 8"):
        UNet(replace(TINY, halvings=3), 28, 1, ())


@pytest.mark.slow
def test_it_learns_and_shows_what_it_sees() -> None:
    here = learner(replace(CONFIG, plan=replace(CONFIG.plan, images=1_600, batch=16, rate=3e-3, rate_warmup=0)))
    before = here.evaluate(material(8))
    reports = [dict(report.numbers) for report in train(here, material(), here.config.plan, Share(), CPU)]
    after = here.evaluate(material(8))
    assert after["loss"] < 0.7 * before["loss"]
    assert {"loss", "squared error", "gradient norm"} == set(reports[-1])
    assert here.samples().shape == (60, 28, 28, 1)
    assert here.reconstructions(toys.discs(3)).shape == (3, 28, 28, 1)
    np.testing.assert_array_equal(here.samples(), here.samples())


def test_labels_are_left_out_as_often_as_was_said() -> None:
    here = learner(replace(CONFIG, unconditional=0.25))
    draw = Draw(0, 0, Share(), CPU)
    told = here._told(torch.zeros(4_000, dtype=torch.int64), draw)
    assert told is not None and told.shape == (4_000, 1)
    assert float((told == NULL).float().mean()) == pytest.approx(0.25, abs=0.03)


def test_data_without_labels_is_learned_without() -> None:
    images = toys.discs(24)
    pictures = Pictures("discs", "train", images, None, (), (), "CC0", "Drawn here", "memory")
    here = DiffusionLearner(CONFIG, pictures, Fabric(accelerator="cpu", devices=1))
    assert here.values == ()
    next(iter(train(here, Material(images), CONFIG.plan, Share(), CPU)))
    assert here.samples().shape == (60, 28, 28, 1)


def test_the_graph_computes_what_the_module_does_at_two_batch_sizes() -> None:
    network = learner().averaged
    torch.nn.init.normal_(network.last.weight, std=0.1)
    picture = m.ImageMeaning(channels=1, height=28, width=28, value_range=(-1.0, 1.0))
    shape = (None, 1, 28, 28)
    exported = export_graph(  # raises where they differ
        network,
        "denoiser",
        (
            m.Port(name="x", shape=shape, meaning=picture),
            m.Port(name="step", shape=(None,), meaning=m.TimestepMeaning()),
            m.Port(name="label", dtype="int64", shape=(None, 1), meaning=m.LabelMeaning()),
        ),
        (m.Port(name="predicted", shape=shape, meaning=m.NumberMeaning(of="v")),),
    )
    assert exported.graph.role == "denoiser"


def test_the_sampler_of_the_trainers_is_that_of_the_explorer() -> None:
    levels = alphas_bar("linear", 200)
    noise = np.random.default_rng(0).standard_normal((2, 1, 4, 4)).astype(np.float32)

    def predict(x: Any, step: float) -> Any:
        a, s = np.sqrt(levels[round(step)]), np.sqrt(1 - levels[round(step)])
        return (s * (x - a * 0.2) / ((a * 0.3) ** 2 + s**2)).astype(np.float32)

    mine = denoised(noise, predict, levels, "eps", 20)
    theirs = _end(
        sample(
            lambda x, t: (predict(x, t), None),
            noise,
            NumpySchedule(levels),
            "eps",
            Sampling(steps=20, spacing="uniform"),
            clip=True,
        )
    )
    np.testing.assert_allclose(mine, theirs.clip(-1, 1), atol=1e-4)


def _end(walk: Any) -> Any:
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("make", [learner, gan_learner])
def test_a_broken_run_goes_on_with_the_same_numbers(tmp_path: Path, make: Callable[[], Any]) -> None:
    """For the GAN the break is where critic and generator still learn; its second half is the encoder's."""
    unbroken, broken = make(), make()
    pictures = Material(toys.discs(40, size=unbroken._shape[1] if make is learner else 32), material().labels)
    plan = unbroken.config.plan
    wanted = [dict(report.numbers) for report in train(unbroken, pictures, plan, Share(), CPU)]
    walk = train(broken, pictures, plan, Share(), CPU)
    for _ in range(3):
        report = next(walk)
    checkpoint.save(tmp_path, broken, Standing(step=3, images=report.images))
    resumed = make()
    standing = checkpoint.load_last(tmp_path, resumed)
    assert standing is not None and standing.step == 3
    rest = [dict(report.numbers) for report in train(resumed, pictures, plan, Share(), CPU, first_step=3)]
    for mine, theirs in zip(rest, wanted[3:], strict=True):
        assert {name: float(value) for name, value in mine.items()} == {
            name: float(value) for name, value in theirs.items()
        }
    for name, module in resumed.modules.items():
        for mine, theirs in zip(module.parameters(), unbroken.modules[name].parameters(), strict=True):
            assert torch.equal(mine, theirs)
