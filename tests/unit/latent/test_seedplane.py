"""The plane of seeds: lattice points are seeds, and what lies between is bilinear."""

import numpy as np
import pytest

from explorer.latent.seedplane import ACROSS, bilinear, corners, place_of, seed_at


@pytest.mark.parametrize("seed", [0, 99, 100, 12_345, 2**31 - 2])
def test_every_seed_has_a_place(seed: int) -> None:
    assert seed_at(*place_of(seed)) == seed


def test_the_four_around_a_point() -> None:
    assert corners(3.25, 2.5) == ((203, 204, 303, 304), 0.25, 0.5)
    assert seed_at(ACROSS, 0) == seed_at(0, 1), "the last neighbour of a row begins the next"


def test_it_is_exact_at_the_corners_and_linear_between() -> None:
    codes = np.array([[0.1, 7], [0.3, -2], [0.7, 5], [9, 4]], np.float32)
    for at, (right, down) in enumerate(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))):
        assert np.array_equal(bilinear(codes, right, down), codes[at])
    assert np.allclose(bilinear(codes, 0.5, 0.5), codes.mean(axis=0))
