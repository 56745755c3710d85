"""Neighbours against brute force, distances of the data against known Gaussians."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.latent.neighbours import Neighbours, PointIndex, data_cloud, label_shares


def codes(count: int, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)


@pytest.mark.parametrize("count, size", [(500, 2), (300, 40), (5, 3)])
def test_the_nearest_are_those_of_brute_force(count: int, size: int):
    data, queries = codes(count, size) + 100, codes(7, size, seed=1) + 100
    rows, distances = Neighbours(data).nearest(queries, 10)
    all_distances = np.linalg.norm(data[None] - queries[:, None], axis=2)
    kept = min(10, count)
    assert rows.shape == (7, kept)
    assert np.array_equal(rows, np.argsort(all_distances, axis=1)[:, :kept])
    assert np.allclose(distances, np.sort(all_distances, axis=1)[:, :kept], atol=1e-6)


def test_a_code_of_the_data_is_at_no_distance_however_far_out():
    data = codes(1_000, 8) * 50 + 1_000
    rows, distances = Neighbours(data).nearest(data[17][None], 1)
    assert rows[0, 0] == 17 and distances[0, 0] == 0.0


def test_nobody_is_their_own_neighbour():
    data = codes(60, 4)
    rows, distances = Neighbours(data).others(np.arange(60), 5)
    assert rows.shape == (60, 5) and not (rows == np.arange(60)[:, None]).any()
    gaps = np.linalg.norm(data[None] - data[:, None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    assert np.allclose(distances, np.sort(gaps, axis=1)[:, :5], atol=1e-6)


def test_many_equal_codes_have_as_many_neighbours_as_others():
    rows, distances = Neighbours(np.ones((40, 3), np.float32)).others(np.arange(40), 3)
    assert rows.shape == (40, 3) and (distances == 0).all()


def test_distances_of_gaussian_data_follow_the_chi_distribution():
    spread = np.diag([1.0, 5.0, 0.2]).astype(np.float32)
    cloud = data_cloud(codes(20_000, 3) @ spread + 7, None, np.random.default_rng(0))
    assert cloud.quantile(0.5) == pytest.approx(1.538, rel=0.02)  # median of chi with 3 degrees of freedom
    assert cloud.share_nearer(2.795) == pytest.approx(0.95, abs=0.01)
    assert cloud.share_nearer(0.0) == 0.0 and cloud.share_nearer(100.0) == 1.0
    assert cloud.gaussian.distance(np.array([7, 7 + 10, 7], np.float32)) == pytest.approx(2.0, rel=0.05)


def test_a_dimension_that_the_model_does_not_use_has_the_room_of_its_posterior():
    means, log_variances = codes(5_000, 2), np.zeros((5_000, 2), np.float32)
    means[:, 1] *= 1e-3  # dead: the mean says nothing, the posterior is the prior
    log_variances[:, 0] = -6
    off = np.array([0.0, 2.0], np.float32)
    with_posteriors = data_cloud(means, log_variances, np.random.default_rng(0))
    assert with_posteriors.gaussian.distance(off) == pytest.approx(2.0, rel=0.05)
    assert data_cloud(means, None, np.random.default_rng(0)).gaussian.distance(off) > 1_000


def test_an_endless_posterior_breaks_nothing():
    cloud = data_cloud(codes(50, 2), np.full((50, 2), 500, np.float32), np.random.default_rng(0))
    assert np.isfinite(cloud.distances).all()


def test_shares_of_labels_are_their_counts():
    assert label_shares(np.array([2, 2, 0, 2]), 4).tolist() == [0.25, 0, 0.75, 0]


@given(st.integers(1, 80), st.integers(0, 1_000), st.floats(0.01, 3))
def test_the_point_index_finds_what_brute_force_finds(count: int, seed: int, reach: float):
    points = codes(count, 2, seed)
    x, y = np.random.default_rng(seed + 1).standard_normal(2).tolist()
    distances = np.hypot(points[:, 0] - np.float32(x), points[:, 1] - np.float32(y))
    found = PointIndex(points).nearest(x, y, reach)
    best = float(distances.min())
    if abs(best - reach) > 1e-5:  # at the very edge rounding decides
        assert (found is None) == (best > reach)
    if found is not None:
        assert distances[found] == pytest.approx(best, abs=1e-5)


def test_an_index_of_nothing_finds_nothing():
    assert PointIndex(np.zeros((0, 2), np.float32)).nearest(0.0, 0.0, 10.0) is None
