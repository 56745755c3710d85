"""Floors against exact answers."""

import math

import numpy as np
import pytest

from trainers.kit.quality_floors import (
    binarisation_nats,
    independent_binary_nats,
    independent_levels_nats,
    principal_components,
)


def test_principal_components_are_those_of_the_covariance() -> None:
    generator = np.random.default_rng(0)
    loadings = generator.standard_normal((6, 300)) * np.array([90, 60, 40, 20, 10, 5])[:, None]
    pixels = (generator.standard_normal((500, 6)) @ loadings / 10 + 128).clip(0, 255).astype(np.uint8)
    pixels = pixels.reshape(500, 10, 10, 3)
    x = pixels.reshape(500, -1) / 255
    _, _, exact = np.linalg.svd(x - x.mean(0), full_matrices=False)
    found = principal_components(pixels, 4, seed=0)
    assert np.allclose(np.abs(found.directions @ exact[:4].T), np.eye(4), atol=1e-3)
    restored = (x - x.mean(0)) @ exact[:4].T @ exact[:4] + x.mean(0)
    assert found.squared_error(pixels, clipped=False) == pytest.approx(np.square(restored - x).mean(), rel=1e-4)
    assert found.squared_error(pixels, clipped=True) <= found.squared_error(pixels, clipped=False)


def test_more_components_than_pictures_restore_them() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 1), np.uint8)
    assert principal_components(pixels, 50, seed=0).squared_error(pixels, clipped=False) < 1e-9


def test_independent_levels_of_uniform_noise_cost_eight_bits() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40_000, 2, 2, 1), np.uint8)
    nats = independent_levels_nats(pixels[:20_000], pixels[20_000:])
    assert nats / (4 * math.log(2)) == pytest.approx(8, abs=0.02)


def test_binary_floors_of_known_greys() -> None:
    black_and_white = np.tile(np.array([0, 255], np.uint8), (10, 1)).reshape(10, 1, 2, 1)
    assert binarisation_nats(black_and_white) == 0
    grey = np.full((1_000, 1, 1, 1), 51, np.uint8)  # 0.2
    entropy = -(0.2 * math.log(0.2) + 0.8 * math.log(0.8))
    assert binarisation_nats(grey) == pytest.approx(entropy)
    assert independent_binary_nats(grey, grey) == pytest.approx(entropy, abs=1e-5)
