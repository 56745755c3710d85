"""Noise between four seeds is as much noise as that of a seed."""

import numpy as np
import pytest

from explorer.latent.seedplane import blended_noise


@pytest.mark.parametrize("right, down", [(0.5, 0.5), (0.2, 0.9), (0.0, 0.5)])
def test_the_variance_is_that_of_a_draw(right: float, down: float):
    codes = np.random.default_rng(0).standard_normal((4, 200_000), dtype=np.float32)
    assert blended_noise(codes, right, down).std() == pytest.approx(1.0, rel=0.01)


def test_at_a_corner_it_is_the_seed_itself():
    codes = np.random.default_rng(1).standard_normal((4, 9), dtype=np.float32)
    for at, (right, down) in enumerate(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))):
        np.testing.assert_array_equal(blended_noise(codes, right, down), codes[at])
