"""How much each dimension changes the picture, on a model whose answer is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.pixels import to_pixels
from explorer.latent.effects import BASES, DECODES, REACH, effects, ends, steps
from explorer.latent.priors import Prior, gaussian
from tests.graphs import Toy


def standard(size: int) -> Prior:
    return Prior(np.zeros(size, np.float32), np.ones(size, np.float32))


class Decoder:
    """The toy in numpy; counts its calls."""

    def __init__(self, toy: Toy) -> None:
        self._toy, self.sizes = toy, list[int]()

    def __call__(self, codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        self.sizes.append(len(codes))
        return to_pixels(self._toy.decode(codes), self._toy.image_meaning)


def final(toy: Toy, seed: int = 0) -> NDArray[np.float32]:
    return list(effects(Decoder(toy), standard(toy.dims), np.random.default_rng(seed)))[-1]


# --- ends ----------------------------------------------------------------------------------------------------------


def test_ends_change_one_number_and_leave_the_rest() -> None:
    code = np.array([0.1, 0.2, 0.3], np.float32)
    low, high = ends(standard(3), code, 1)
    np.testing.assert_allclose(low, [0.1, -REACH, 0.3])
    np.testing.assert_allclose(high, [0.1, REACH, 0.3])
    np.testing.assert_array_equal(code, np.array([0.1, 0.2, 0.3], np.float32))


def test_ends_are_in_the_priors_own_sigmas() -> None:
    prior = gaussian(np.array([5, 7], np.float32), np.diag([4.0, 9.0]).astype(np.float32), 2)
    low, high = ends(prior, prior.center, 1, reach=3.0)
    np.testing.assert_allclose([low, high], [[5, -2], [5, 16]], rtol=1e-6)


# --- effects -------------------------------------------------------------------------------------------------------


def test_the_effect_is_the_mean_change_of_a_pixel() -> None:
    """A picture of one pixel whose grey is the first number in steps of 10 around 100: from -2 to +2 that is 40."""

    def decode(codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        grey = np.clip(100 + 10 * codes[:, 0], 0, 255)
        return np.rint(grey).astype(np.uint8).reshape(-1, 1, 1, 1)

    found = list(effects(decode, standard(2), np.random.default_rng(0)))[-1]
    np.testing.assert_allclose(found, [40 / 255, 0], atol=1e-6)


def test_dead_dimensions_have_no_effect_and_live_ones_have() -> None:
    found = final(Toy(dims=6, dead=(1, 4)))
    assert (found[[1, 4]] == 0).all()
    assert (found[[0, 2, 3, 5]] > 0.05).all()


def test_the_order_is_that_of_the_weights() -> None:
    toy = Toy(dims=6, size=16, channels=3)
    norms = np.linalg.norm(toy.weights, axis=1)
    np.testing.assert_array_equal(np.argsort(-final(toy)), np.argsort(-norms))


def test_effects_are_shares_of_the_full_range() -> None:
    found = final(Toy(dims=3))
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_every_pair_of_decodes_is_one_step() -> None:
    toy = Toy(dims=5)
    decode = Decoder(toy)
    estimates = list(effects(decode, standard(5), np.random.default_rng(0)))
    assert len(estimates) == steps(5) == 5 * BASES
    assert decode.sizes == [2] * len(estimates)


@pytest.mark.parametrize("size", [2, 64, 512, 10_000])
def test_large_models_are_tried_from_fewer_points(size: int) -> None:
    assert steps(size) % size == 0
    assert steps(size) == size or 2 * steps(size) <= DECODES
    assert steps(size) <= size * BASES


def test_what_was_not_visited_yet_is_unknown() -> None:
    estimates = effects(Decoder(Toy(dims=3)), standard(3), np.random.default_rng(0))
    known = [np.isfinite(next(estimates)).tolist() for _ in range(4)]
    assert known == [[True, False, False], [True, True, False], [True, True, True], [True, True, True]]


def test_an_estimate_is_kept_when_a_later_one_comes() -> None:
    estimates = effects(Decoder(Toy(dims=3)), standard(3), np.random.default_rng(0))
    first = next(estimates)
    next(estimates)
    assert np.isnan(first[1])


def test_the_estimate_improves_with_more_points() -> None:
    toy = Toy(dims=4)
    many = np.stack([final(toy, seed) for seed in range(30)])
    truth = many.mean(axis=0)
    one_point = np.stack(
        [
            list(effects(Decoder(toy), standard(4), np.random.default_rng(seed)))[3]  # after the first point
            for seed in range(30)
        ]
    )
    assert np.abs(many - truth).mean() < 0.6 * np.abs(one_point - truth).mean()  # 1/sqrt(6) is 0.41


def test_the_same_seed_gives_the_same_effects() -> None:
    np.testing.assert_array_equal(final(Toy(), 3), final(Toy(), 3))
