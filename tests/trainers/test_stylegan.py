"""The layers of a style GAN against explicit forms, its published layout, its learning and its graphs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from explorer.contract import manifest as m
from tests.trainers.toys import PLAN, discs
from trainers.gans.augment import MOST, Augment
from trainers.gans.config import StyleArchitecture, StyleGanConfig
from trainers.gans.directions import sefa
from trainers.gans.generator import Generator, Sides, UnevenSize
from trainers.gans.graphs import StyleGraphs, style_graphs
from trainers.gans.layers import filtered, fold, phases, resample_filter, upsampled
from trainers.gans.learner import StyleGanLearner
from trainers.kit.export import export_graph
from trainers.kit.likeness import frechet
from trainers.kit.loop import Material, train
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Share

TINY = StyleArchitecture(latent=6, style=6, mapping=2, width=128, widest=8)
CONFIG = StyleGanConfig(architecture=TINY, r1_every=2, path_length=1.0, path_every=2, plan=replace(PLAN, images=64))


def fir(x: torch.Tensor, gain: float, pad: tuple[int, int, int, int]) -> torch.Tensor:
    """The filter [1, 3, 3, 1] on every channel, as a convolution of its own."""
    channels = x.shape[1]
    taps = (resample_filter() * gain)[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(F.pad(x, pad), taps, groups=channels)


def learner(config: StyleGanConfig = CONFIG) -> StyleGanLearner:
    images = discs(40, size=32, channels=3)
    pictures = Pictures("discs", "train", images, None, (), (), "CC0", "Drawn here", "memory")
    return StyleGanLearner(config, pictures, Fabric(accelerator="cpu", devices=1))


def test_resampling_is_zero_insertion_and_the_filter() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 3, 5, 5), torch.randn(4, 3, 3, 3)
    wanted = fir(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 4, (1, 1, 1, 1))
    got = F.pixel_shuffle(F.conv2d(x, phases(weight, resample_filter()), padding=1), 2)
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=0)
    spaced = torch.zeros(2, 3, 10, 10)
    spaced[:, :, ::2, ::2] = x
    torch.testing.assert_close(upsampled(x), fir(spaced, 4, (2, 1, 2, 1)), atol=1e-6, rtol=0)
    y = torch.randn(2, 3, 8, 8)
    wanted = F.conv2d(fir(y, 1, (2, 2, 2, 2)), weight, stride=2)
    got = F.conv2d(y, filtered(weight, resample_filter()), stride=2, padding=2)
    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=0)


def test_the_modulated_convolution_is_one_with_a_kernel_for_each_picture() -> None:
    torch.manual_seed(0)
    layer = Generator(TINY, 32, 3).synthesis.b8.conv1
    x, w, noise = torch.randn(3, 8, 8, 8), torch.randn(3, 6), torch.zeros(3, 1, 8, 8)
    style = layer.affine(w)
    kernels = layer.weight[None] * style[:, None, :, None, None]
    kernels = kernels * (kernels.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    each = [F.conv2d(x[i : i + 1], kernels[i], padding=1) for i in range(3)]
    wanted = F.leaky_relu(torch.cat(each), 0.2) * 2**0.5
    torch.testing.assert_close(layer(x, w, noise), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "styles"), [(32, 8), (64, 10), (256, 14), (1024, 18)])
def test_the_layout_is_the_published_one(size: int, styles: int) -> None:
    generator = Generator(TINY, size, 3)
    names = set(generator.state_dict())
    assert generator.num_ws == styles == len(generator.resolutions)
    assert len(generator.noise_shapes) == styles - 1
    assert {"mapping.fc0.weight", "mapping.w_avg", "synthesis.b4.const", "synthesis.b4.conv1.affine.bias"} <= names
    last = f"synthesis.b{size}"
    assert {f"{last}.conv0.noise_strength", f"{last}.conv1.noise_const", f"{last}.torgb.weight"} <= names


def test_other_sizes_are_refused() -> None:
    with pytest.raises(UnevenSize, match="not 48"):
        Sides(48)


def test_folding_changes_no_answer_and_every_parameter_learns() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY, 32, 3)
    z, noises = torch.randn(2, 6), [torch.randn(2, *shape) for shape in generator.noise_shapes]
    before = generator(z, noises)
    before.square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in generator.parameters())
    fold(generator)
    torch.testing.assert_close(generator(z, noises), before, atol=1e-5, rtol=1e-5)


def test_it_trains_through_both_phases_and_the_same_every_time() -> None:
    def run() -> StyleGanLearner:
        made = learner()
        reports = list(train(made, Material(discs(40, size=32, channels=3)), CONFIG.plan, Share(), torch.device("cpu")))
        assert {"critic loss", "generator loss", "R1"} <= set(reports[0].numbers)
        assert "encoder loss" in reports[-1].numbers
        return made

    first, second = run(), run()
    for one, other in zip(first.averaged.parameters(), second.averaged.parameters(), strict=True):
        assert torch.equal(one, other)
    assert first.samples().shape == (64, 32, 32, 3)


def test_augmentation_follows_how_far_the_critic_is_ahead() -> None:
    augment = Augment(0.6, 100, mirror=False)
    augment.adapt(torch.tensor(0.9), 50)
    assert float(augment.p) == pytest.approx(0.5)
    augment.adapt(torch.tensor(0.1), 20)
    assert float(augment.p) == pytest.approx(0.3)
    augment.adapt(torch.tensor(0.9), 1000)
    assert float(augment.p) == pytest.approx(MOST)


def test_sefa_is_an_svd_done_another_way() -> None:
    weights = np.random.default_rng(0).standard_normal((30, 6))
    directions, values = sefa(weights, 6)
    _, singular, rows = np.linalg.svd(weights)
    np.testing.assert_allclose(directions @ directions.T, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(values, singular**2, rtol=1e-6)
    np.testing.assert_allclose(np.abs((directions * rows).sum(1)), 1, atol=1e-5)


def test_the_distance_of_gaussians_is_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((200_000, 2)) * [1.0, 2.0]
    b = rng.standard_normal((200_000, 2)) * [3.0, 1.0] + [1.0, 0.0]
    assert frechet(a, b) == pytest.approx(1 + 4 + 1, rel=0.03)
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_the_graphs_compute_what_the_networks_do() -> None:
    made = learner()
    real = torch.rand(8, 3, 32, 32) * 2 - 1
    graphs = style_graphs(made.averaged, made.averaged_critic, made.averaged_encoder, real, 3)
    assert [graph.graph.role for graph in graphs.all] == [
        "mapping", "synthesis", "critic", "encoder", "inverter", "critic_gradient",
    ]  # fmt: skip
    w = graphs.map(np.random.default_rng(0).standard_normal((3, 6)))
    pictures = graphs.draw(w, np.random.default_rng(1))
    assert pictures.shape == (3, 32, 32, 3) and graphs.encode(pictures).shape == (3, 8, 6)
    assert [port.name for port in graphs.synthesis.graph.outputs] == ["image", "rgb_4", "rgb_8", "rgb_16"]


def test_a_conditional_mapping_is_asked_for_every_kind() -> None:
    torch.manual_seed(0)
    mapping = Generator(TINY, 32, 3, labels=5).mapping
    ports = (
        m.Port(name="z", shape=(None, 6), meaning=m.LatentMeaning(space="z")),
        m.Port(name="label", shape=(None, 5), meaning=m.LabelMeaning(encoding="multi_hot")),
    )
    out = m.Port(name="w", shape=(None, 6), meaning=m.LatentMeaning(space="w"))
    exported = export_graph(mapping, "mapping", ports, (out,))
    graphs = StyleGraphs(*[exported] * 6, noise_shapes=(), num_ws=8, values=(2, 3))
    z = np.tile(np.random.default_rng(0).standard_normal((1, 6)).astype(np.float32), (30, 1))
    kinds = [np.concatenate([np.eye(2)[a], np.eye(3)[b]]) for a in range(2) for b in range(3)]
    with torch.no_grad():
        every = mapping(torch.tensor(z[:6]), torch.tensor(np.array(kinds), dtype=torch.float32)).numpy()
    found = np.unique(graphs.map(z).round(4), axis=0)
    assert len(found) == 6
    np.testing.assert_allclose(found, np.unique(every.round(4), axis=0), atol=2e-4)
    np.testing.assert_array_equal(graphs.map(z), graphs.map(z))
