"""How many steps are enough: the first count from which on a way stays near, in words; what draws noise has no end."""

import numpy as np

from explorer.control.enough import Curve, distance, enough_words, reference
from explorer.latent.sampling import Sampling

COUNTS = (1, 2, 4, 8)


def test_the_first_count_from_which_on_it_stays_near():
    curves = (
        Curve("calm", (50.0, 3.9, 2.0, 0.0)), Curve("odd", (3.0, 9.0, 2.0, 1.0)), Curve("far", (90.0, 50.0, 20.0, 5.0)),
        Curve("waiting", (90.0, None, None, None)),
    )  # fmt: skip
    words = enough_words(COUNTS, curves, ("noisy",))
    assert words.startswith("Within 4 grey values of 200 steps: calm from 2, odd from 4, far not yet.")
    assert "noisy draws fresh noise" in words and "waiting" not in words


def test_ways_without_fresh_noise_have_one_reference_and_those_with_it_none():
    ways = [Sampling.model_validate({"sampler": name, "steps": 8}) for name in ("ddim", "euler", "heun", "dpm")]
    assert len({reference(way) for way in ways}) == 1
    assert reference(ways[0]).steps == 200  # type: ignore[union-attr]
    assert reference(Sampling(sampler="ddpm")) is None and reference(Sampling(sampler="ddim", eta=0.5)) is None


def test_the_distance_is_in_grey_values():
    a, b = np.zeros((2, 2, 1), np.uint8), np.full((2, 2, 1), 3, np.uint8)
    assert distance(a, b) == 3.0
