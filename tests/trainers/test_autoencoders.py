"""Autoencoders: the bound's parts against closed forms, gradients everywhere, a batch that can be learned by heart."""

import math
from dataclasses import replace

import pytest
import torch
from torch.distributions import Bernoulli, Independent, Laplace, MultivariateNormal, Normal, kl_divergence

from tests.trainers import toys
from trainers.autoencoders.config import Architecture
from trainers.autoencoders.likelihoods import binarise, make_likelihood
from trainers.autoencoders.model import Autoencoder
from trainers.autoencoders.networks import PictureShape
from trainers.autoencoders.objective import (
    active_units,
    beta_at,
    importance_weighted_bound,
    kl_nats,
    log_weights,
    reparameterise,
)
from trainers.kit.loop import to_batch, train
from trainers.kit.randomness import Draw, Share

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


def random_posterior(rows: int, dimensions: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    return (
        torch.randn(rows, dimensions, generator=generator),
        torch.randn(rows, dimensions, generator=generator) - 1,
    )


def test_the_kl_of_the_prior_is_zero() -> None:
    assert kl_nats(torch.zeros(2, 3), torch.zeros(2, 3)).abs().max() == 0


def test_the_kl_is_the_closed_form_of_torch() -> None:
    mean, log_variance = random_posterior(4, 3)
    wanted = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_nats(mean, log_variance), wanted)


def test_the_kl_is_what_samples_say() -> None:
    mean, log_variance = random_posterior(1, 2)
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(1))
    z = reparameterise(mean.expand_as(noise), log_variance.expand_as(noise), noise)
    q = Normal(mean, (0.5 * log_variance).exp())
    estimate = (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1).mean()
    assert float(kl_nats(mean, log_variance).sum()) == pytest.approx(float(estimate), rel=0.01)


def test_the_bound_is_exact_with_the_true_posterior() -> None:
    """x = z + noise of variance s: p(x) = N(0, 1 + s), p(z | x) = N(x / (1 + s), s / (1 + s))."""
    s, x = 0.3, torch.tensor([[0.7, -1.2]])
    mean, log_variance = x / (1 + s), torch.full_like(x, math.log(s / (1 + s)))
    noise = torch.randn(7, 1, 2, generator=torch.Generator().manual_seed(0))
    z = reparameterise(mean.expand_as(noise), log_variance.expand_as(noise), noise)
    likelihood = Normal(z, math.sqrt(s)).log_prob(x).sum(-1)
    bound = importance_weighted_bound(log_weights(likelihood, z, mean, log_variance))
    wanted = MultivariateNormal(torch.zeros(2), (1 + s) * torch.eye(2)).log_prob(x)
    torch.testing.assert_close(bound, wanted)


def test_more_importance_samples_never_loosen_the_bound() -> None:
    weights = torch.randn(64, 500, generator=torch.Generator().manual_seed(3))
    one = importance_weighted_bound(weights[:1]).mean()
    assert one < importance_weighted_bound(weights[:8]).mean() < importance_weighted_bound(weights).mean()


def test_likelihoods_are_those_of_torch() -> None:
    x, raw = torch.rand(2, 1, 5, 5), torch.randn(2, 1, 5, 5) * 0.3
    for kind, distribution in (
        ("gaussian", Normal(raw + 0.5, 0.2)),
        ("laplace", Laplace(raw + 0.5, 0.2)),
    ):
        got = make_likelihood(kind, 0.2).log_prob(x, raw)
        torch.testing.assert_close(got, Independent(distribution, 3).log_prob(x))
    ones = binarise(x, torch.rand_like(x))
    got = make_likelihood("bernoulli", 0.0).log_prob(ones, raw)
    torch.testing.assert_close(got, Independent(Bernoulli(logits=raw), 3).log_prob(ones))


def test_binarised_pixels_are_one_as_often_as_they_are_bright() -> None:
    grey = torch.tensor([0.0, 0.25, 1.0]).expand(20_000, 3)
    share = binarise(grey, torch.rand(grey.shape, generator=torch.Generator().manual_seed(0))).mean(0)
    assert share[0] == 0
    assert share[1] == pytest.approx(0.25, abs=0.01)
    assert share[2] == 1


def test_a_dimension_is_active_when_its_mean_moves() -> None:
    means = torch.tensor([[0.0, 1.0], [0.001, -1.0], [0.0, 0.5]])
    assert active_units(means).tolist() == [False, True]


@pytest.mark.parametrize(
    ("images", "start", "wanted"), [(0, 0.0, 0.0), (50, 0.0, 2.0), (100, 0.0, 4.0), (900, 0.0, 4.0), (50, 8.0, 6.0)]
)
def test_beta_moves_from_its_start_and_stays(images: int, start: float, wanted: float) -> None:
    assert beta_at(images, start, 4.0, 100) == pytest.approx(wanted)
    assert beta_at(images, start, 4.0, 0) == 4.0


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [
        (toys.SMALL, PictureShape(28, 1)),
        (toys.SMALL, PictureShape(45, 3)),
        (replace(toys.SMALL, likelihood="laplace"), PictureShape(64, 3)),
        (replace(toys.SMALL, blocks=0), PictureShape(128, 1)),
        (Architecture(network="mlp", latent=3, width=6, likelihood="bernoulli"), PictureShape(28, 1)),
    ],
)
def test_every_parameter_gets_a_finite_gradient(architecture: Architecture, shape: PictureShape) -> None:
    torch.manual_seed(0)
    model = Autoencoder(shape, architecture)
    x = torch.rand(2, shape.channels, shape.size, shape.size)
    terms = model(x, torch.randn(2, architecture.latent))
    assert terms.picture.shape == x.shape
    assert terms.kl.shape == terms.mean.shape == (2, architecture.latent)
    (terms.kl.sum(1) - terms.log_likelihood).mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert bool(torch.isfinite(parameter.grad).all()), name
    assert sum(float(parameter.grad.abs().sum()) > 0 for parameter in model.parameters()) > 4


def test_without_noise_the_mean_is_decoded() -> None:
    torch.manual_seed(0)
    model = Autoencoder(PictureShape(28, 1), toys.SMALL)
    x = torch.rand(2, 1, 28, 28)
    mean, _ = model.encoder(x)
    torch.testing.assert_close(model(x, None).picture, model.likelihood.picture(model.decoder(mean)))


@pytest.mark.parametrize("config", [toys.plain(), toys.variational()], ids=["ae", "vae"])
def test_one_batch_can_be_learned_by_heart(config: object) -> None:
    plan = replace(toys.PLAN, images=8 * 250, batch=8, rate=1e-2)
    learner = toys.learner(replace(config, plan=plan, architecture=replace(toys.SMALL, width=8, scale=0.1)))
    errors = [float(report.numbers["squared error"]) for report in train(learner, toys.material(8), plan, Share(), CPU)]
    assert errors[-1] < 0.1 * errors[0]


def test_held_out_numbers_are_the_same_every_time() -> None:
    learner = toys.learner(toys.variational())
    first, second = learner.evaluate(toys.material()), learner.evaluate(toys.material())
    assert first == second
    assert first["ELBO"] == pytest.approx(-first["reconstruction"] - first["KL"])
    assert sum(first[f"KL of z{i}"] for i in range(3)) == pytest.approx(first["KL"])


def test_a_plain_autoencoder_knows_no_kl() -> None:
    assert set(toys.learner(toys.plain()).evaluate(toys.material())) == {"reconstruction", "squared error"}


def test_samples_and_reconstructions_are_pictures() -> None:
    learner = toys.learner(toys.variational(), size=32, channels=3)
    assert learner.samples().shape == (64, 32, 32, 3)
    shown = toys.discs(4, size=32, channels=3)
    assert learner.reconstructions(shown).shape == shown.shape


def test_a_changed_beta_counts_at_once() -> None:
    learner = toys.learner(toys.variational())
    learner.settings["beta"] = 3.0
    numbers = learner.update(to_batch(toys.material(8), CPU), Draw(0, 0, Share(), CPU), 8)
    assert float(numbers["beta"]) == 3.0
