"""Directions against answers that are known: planted ones, another way to compute them, and labels without meaning."""

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.latent.directions import (
    combined,
    cosines,
    cross_validated,
    fit_direction,
    logistic,
    orthogonalised,
    principal_axes,
    where_it_acts,
)

F32 = NDArray[np.float32]


def picks(count: int, size: int, seed: int = 0, gap: float = 0.0) -> tuple[F32, NDArray[np.bool_], F32]:
    """Points told apart by a planted unit vector: codes, sides, the vector; ``gap`` empties the space between."""
    rng = np.random.default_rng(seed)
    vector = rng.standard_normal(size)
    vector /= np.linalg.norm(vector)
    codes = rng.standard_normal((count, size))
    side = codes @ vector > 0
    codes += np.where(side, gap, -gap)[:, None] * vector
    return codes.astype(np.float32), side, vector.astype(np.float32)


def ones(size: int) -> F32:
    return np.ones(size, np.float32)


# --- principal axes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "size"), [(200, 6), (5, 12)])
def test_principal_axes_equal_those_of_a_singular_value_decomposition(count: int, size: int) -> None:
    rng = np.random.default_rng(1)
    codes = (rng.standard_normal((count, size)) * np.linspace(4, 0.5, size) + 3).astype(np.float32)
    axes, deviations = principal_axes(codes)
    _, values, rows = np.linalg.svd(codes.astype(np.float64) - codes.mean(axis=0, dtype=np.float64))
    kept = min(count - 1, size)
    assert axes.shape == (kept, size)
    np.testing.assert_allclose(deviations, values[:kept] / np.sqrt(count - 1), rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(axes * rows[:kept], axis=1)), 1, atol=1e-3)


# --- fitting to picks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 16, 512])
def test_separable_picks_are_separated(size: int) -> None:
    codes, more, _ = picks(40, size, gap=1.0)
    fit = fit_direction(codes, more, ones(size))
    along = codes @ fit.vector
    assert along[more].min() > along[~more].max()
    assert np.linalg.norm(fit.vector) == pytest.approx(1, abs=1e-5)
    assert (fit.more, fit.less) == (int(more.sum()), int((~more).sum()))


def test_the_planted_direction_is_found_again() -> None:
    codes, more, vector = picks(400, 16)
    fit = fit_direction(codes, more, ones(16))
    assert fit.vector @ vector > 0.95
    assert fit.accuracy > 0.9


def test_it_points_from_less_to_more() -> None:
    codes, more, vector = picks(60, 8)
    assert fit_direction(codes, ~more, ones(8)).vector @ vector < -0.8


def test_more_picks_make_it_better() -> None:
    found = []
    for count in (12, 50, 400):
        fits = [(picks(count, 24, seed), seed) for seed in range(8)]
        found.append(np.mean([fit_direction(c, m, ones(24)).vector @ v for (c, m, v), _ in fits]))
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("size", [4, 64])
def test_labels_without_meaning_score_about_a_half(size: int) -> None:
    rng = np.random.default_rng(0)
    scores = []
    for seed in range(40):
        codes, more, _ = picks(40, size, seed, gap=1.0)
        scores.append(fit_direction(codes, rng.permutation(more), ones(size)).accuracy)
    assert np.mean(scores) == pytest.approx(0.5, abs=0.05)


def test_unequal_sides_do_not_flatter() -> None:
    rng = np.random.default_rng(2)
    more = np.arange(60) < 54  # saying "more" always would be right in 90 %
    scores = [fit_direction(rng.standard_normal((60, 8)).astype(np.float32), more, ones(8)).accuracy for _ in range(20)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.1)


def test_accuracy_is_that_of_picks_it_was_not_fitted_to() -> None:
    rng = np.random.default_rng(3)
    x, more = rng.standard_normal((20, 19)), np.arange(20) % 2 == 0
    weights = logistic(x, more)
    fitted = ((x @ weights[:-1] + weights[-1] > 0) == more).mean()
    assert fitted > 0.95  # as many dimensions as picks: any labels can be fitted
    assert cross_validated(x, more) < 0.85


def test_units_change_what_is_near_and_a_dimension_without_any_is_left_out() -> None:
    codes, more, _ = picks(60, 6)
    units = ones(6)
    units[[1, 4]] = np.inf
    vector = fit_direction(codes, more, units).vector
    assert (vector[[1, 4]] == 0).all()
    assert (np.abs(vector[[0, 2, 3, 5]]) > 0).all()


@pytest.mark.parametrize("more", [True, False])
def test_picks_of_one_side_are_refused(more: bool) -> None:
    with pytest.raises(ValueError, match="both"):
        fit_direction(np.eye(4, dtype=np.float32), np.full(4, more), ones(4))


def test_the_same_pictures_on_both_sides_are_refused() -> None:
    codes = np.tile(np.ones((1, 4), np.float32), (10, 1))
    with pytest.raises(ValueError, match="nothing"):
        fit_direction(codes, np.arange(10) % 2 == 0, ones(4))


def test_contradicting_picks_score_about_a_half() -> None:
    codes, more, _ = picks(20, 4, gap=1.0)
    both = np.concatenate([codes, codes + 1e-3])
    fit = fit_direction(both, np.concatenate([more, ~more]), ones(4))
    assert fit.accuracy <= 0.6


# --- calculating with directions -----------------------------------------------------------------------------------


def test_orthogonalised_is_at_a_right_angle_to_all_and_keeps_the_rest() -> None:
    rng = np.random.default_rng(4)
    vector, others = rng.standard_normal(8).astype(np.float32), rng.standard_normal((3, 8)).astype(np.float32)
    left = orthogonalised(vector, others)
    np.testing.assert_allclose(cosines(left, others), 0, atol=1e-5)
    wanted = vector - others.T @ np.linalg.lstsq(others.T, vector, rcond=None)[0]
    np.testing.assert_allclose(left, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_dependent_others_count_once() -> None:
    vector = np.array([1, 1, 0], np.float32)
    others = np.array([[1, 0, 0], [2, 0, 0], [-1, 0, 0]], np.float32)
    np.testing.assert_allclose(orthogonalised(vector, others), [0, 1, 0], atol=1e-6)


def test_nothing_left_is_refused() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    with pytest.raises(ValueError, match="nothing is left"):
        orthogonalised(vector, -vector[None])
    with pytest.raises(ValueError, match="nothing is left"):
        combined(np.stack([vector, vector]), np.array([1, -1], np.float32))


def test_a_sum_lies_half_way_and_a_difference_at_a_right_angle_to_it() -> None:
    two = np.array([[1, 0], [0, 1]], np.float32)
    half = 0.5**0.5
    np.testing.assert_allclose(combined(two, np.array([1, 1], np.float32)), [half, half], atol=1e-6)
    np.testing.assert_allclose(combined(two, np.array([1, -1], np.float32)), [half, -half], atol=1e-6)


def test_cosines_do_not_depend_on_length() -> None:
    others = np.array([[2, 0], [0, 5], [-3, 0], [0, 0]], np.float32)
    np.testing.assert_allclose(cosines(np.array([7, 0], np.float32), others), [1, 0, -1, 0], atol=1e-6)


# --- where it acts -------------------------------------------------------------------------------------------------


def test_a_pixel_that_follows_the_direction_changes_and_the_others_stay() -> None:
    def decode(codes: F32) -> NDArray[np.uint8]:
        pictures = np.full((len(codes), 2, 3, 3), 100, np.uint8)
        pictures[:, 1, 2, 0] = np.rint(100 + 10 * codes[:, 0])  # one channel of one pixel
        return pictures

    heat = where_it_acts(decode, np.array([1, 5], np.float32), np.array([1, 0], np.float32), 0.5)
    assert heat.shape == (2, 3)
    assert heat[1, 2] == pytest.approx(20 / 3 / 255)  # from -1 to +1 around it: 2 sigma of 0.5 to each side
    assert heat.sum() == pytest.approx(heat[1, 2])
