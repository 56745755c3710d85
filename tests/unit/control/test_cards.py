"""Formula cards: as many numbers as symbols, and what is written out adds up as a reader would add it."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from explorer.control.cards import readings
from explorer.control.encode import Encoding, Weights
from explorer.control.formulas import FORMULAS, Reading
from explorer.control.likelihood import StatedLikelihood
from explorer.latent.bounds import Likelihood, kl_per_dimension, log_likelihood, log_normal, reparameterised

MODEL: Any = SimpleNamespace()
MEAN, LOG_VARIANCE = np.array([0.4, -1.3, 0.0], np.float32), np.array([-2.1, -3.3, 0.0], np.float32)


def encoding(kind: Likelihood = "gaussian", scale: float = 0.1, seed: int = 0) -> Encoding:
    """A picture that a posterior of three dimensions, one of them dead, restores with small errors."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (8, 8, 1), np.uint8)
    restored = np.clip(picture.astype(int) + rng.integers(-9, 10, picture.shape), 0, 255).astype(np.uint8)
    noise = rng.standard_normal((64, 3), dtype=np.float32)
    z = reparameterised(MEAN, LOG_VARIANCE, noise)
    x = picture.reshape(-1) / 255
    seen = np.clip(restored.reshape(-1) / 255 + rng.normal(0, 0.02, (64, x.size)), 0, 1)
    zero = np.zeros_like(MEAN)
    weights = Weights(
        StatedLikelihood(kind, scale, False),
        log_likelihood(x, seen, kind, scale),
        log_normal(z, zero, zero),
        log_normal(z, MEAN, LOG_VARIANCE),
    )
    kl = kl_per_dimension(MEAN, LOG_VARIANCE)
    error = np.zeros((8, 8), np.float32)
    empty = np.zeros((0, 8, 8, 1), np.uint8)
    return Encoding(
        "a", MODEL, picture, restored, error, 0.01, MEAN, LOG_VARIANCE, kl, empty, (), None, noise[:8], weights
    )


def by_key(cards: tuple[Reading, ...]) -> dict[str, Reading]:
    return {card.formula.key: card for card in cards}


def numbers(text: str) -> list[float]:
    """``-1,234.5 = 1.0 − 2`` -> [-1234.5, 1, 2]."""
    return [float(found.replace(",", "")) for found in re.findall(r"-?\d[\d,]*\.?\d*", text)]


@pytest.mark.parametrize("kind", ["gaussian", "laplace", "bernoulli"])
def test_each_symbol_has_its_number(kind: Likelihood):
    cards = readings(encoding(kind))
    assert len(cards) == 6
    for card in cards:
        assert len(card.values) == len(card.formula.symbols), card.formula.key
        assert all(value.strip() and "nan" not in value for value in card.values)
        assert card.result and "nan" not in card.result


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_is_the_difference_of_the_numbers_in_sight(seed: int):
    cards = by_key(readings(encoding(seed=seed)))
    bound, first, second = numbers(cards["elbo"].more[0])
    assert bound == pytest.approx(first - second, abs=1e-9)
    assert [first, second] == [numbers(value)[0] for value in cards["elbo"].values]
    assert numbers(cards["elbo"].result)[0] == bound
    assert numbers(cards["kl"].result)[0] == second
    first_card = cards["reconstruction"]
    assert numbers(first_card.result)[0] == first


@pytest.mark.parametrize("seed", range(20))
def test_the_weighed_loss_adds_up(seed: int):
    cards = by_key(readings(encoding(seed=seed), beta=4.0))
    loss, first, beta, second, *_, plain = numbers(cards["beta"].more[0])
    assert beta == 4.0 and loss == pytest.approx(first + beta * second, abs=1e-9)
    assert plain == pytest.approx(first + second, abs=1e-9) == -numbers(cards["elbo"].result)[0]


def test_the_sum_of_squares_in_sight_gives_the_reconstruction_in_sight():
    card = by_key(readings(encoding()))["reconstruction"]
    squares, scale, n = (numbers(value)[0] for value in card.values)
    wanted = -squares / (2 * scale**2) - n * math.log(scale * math.sqrt(2 * math.pi))
    assert numbers(card.result)[0] == pytest.approx(wanted, abs=0.3)  # three digits of the squares


def test_a_laplace_and_a_bernoulli_decoder_get_formulas_of_their_own():
    card = by_key(readings(encoding("laplace")))["reconstruction_laplace"]
    misfit, scale, n = (numbers(value)[0] for value in card.values)
    assert numbers(card.result)[0] == pytest.approx(-misfit / scale - n * math.log(2 * scale), abs=0.3)
    assert "reconstruction_bernoulli" in by_key(readings(encoding("bernoulli")))


def test_the_importance_bound_is_tighter_than_the_mean_of_the_logarithms():
    card = by_key(readings(encoding()))["iwae"]
    looser, by = numbers(card.more[0])
    assert by >= 0 and numbers(card.result)[0] == pytest.approx(looser + by, abs=0.11)


def test_a_sample_is_written_out_for_the_dimension_that_says_most():
    card = by_key(readings(encoding()))["reparameterisation"]
    assert card.result.startswith("z1 = ")
    z, mean, deviation, noise = numbers(card.more[0].replace("z1", ""))
    assert z == pytest.approx(mean + deviation * noise, abs=0.011)


def test_without_a_likelihood_only_what_needs_none_is_shown():
    cards = readings(replace(encoding(), weights=None))
    assert [card.formula.key for card in cards] == ["reparameterisation", "kl"]


def test_a_plain_autoencoder_has_no_cards():
    assert readings(replace(encoding(), log_variance=None, kl_nats=None, weights=None)) == ()


def test_every_formula_says_where_it_comes_from_and_what_its_symbols_mean():
    for key, formula in FORMULAS.items():
        assert formula.key == key and formula.title and formula.source and callable(formula.compute)
        assert formula.symbols and all(symbol.words for symbol in formula.symbols)
