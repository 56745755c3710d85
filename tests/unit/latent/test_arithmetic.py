"""Calculating with codes, against sums done by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.latent.arithmetic import analogy, group_mean, weighted_sum

ZERO = np.zeros(2, np.float32)
CODES = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
points = arrays(np.float32, 3, elements=st.floats(-100, 100, width=32))


def test_a_sum_counts_each_code_by_its_weight() -> None:
    weights = np.array([1, -1, 0.5], np.float32)
    np.testing.assert_allclose(weighted_sum(CODES, weights, ZERO), [0.5, 1])


def test_with_weights_that_add_up_to_one_the_centre_does_not_matter() -> None:
    weights = np.array([1, -1, 1], np.float32)
    for center in (ZERO, np.array([7, -3], np.float32)):
        np.testing.assert_allclose(weighted_sum(CODES, weights, center), [3, 4], atol=1e-5)


def test_other_sums_are_measured_from_the_centre() -> None:
    center = np.array([1, 1], np.float32)
    np.testing.assert_allclose(weighted_sum(CODES[:1], np.array([2], np.float32), center), [1, 3])


def test_a_sum_of_nothing_is_the_centre() -> None:
    center = np.array([4, 5], np.float32)
    np.testing.assert_array_equal(weighted_sum(CODES[:0], np.zeros(0, np.float32), center), center)


@given(points, points, points)
def test_an_analogy_is_a_parallelogram(a, b, c) -> None:
    fourth = analogy(a, b, c)
    np.testing.assert_allclose(fourth - c, b - a, atol=1e-3)
    np.testing.assert_allclose(analogy(a, b, a), b, atol=1e-3)


def test_the_mean_of_a_group_by_mask_and_by_indices() -> None:
    np.testing.assert_allclose(group_mean(CODES, np.array([True, False, True])), [3, 4])
    np.testing.assert_allclose(group_mean(CODES, np.array([0, 1])), [2, 3])


@pytest.mark.parametrize("members", [np.zeros(3, bool), np.zeros(0, np.int64)])
def test_an_empty_group_has_no_mean(members) -> None:
    with pytest.raises(ValueError, match="empty"):
        group_mean(CODES, members)
