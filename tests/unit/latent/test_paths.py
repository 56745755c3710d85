"""Paths: ends are met, great circles keep the norm, curves go through their keyframes, an even pace is even."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.latent.paths import along, even_pace, leg_count, lerp, slerp, spline

ENDS = np.array([0.0, 1.0])
MANY = np.linspace(0, 1, 21)
FLOATS = st.floats(-8, 8, width=32)


def vectors(size: int = 5) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, size, elements=FLOATS)


@given(vectors(), vectors())
def test_straight_and_great_circle_begin_and_end_where_they_should(a: np.ndarray, b: np.ndarray) -> None:
    for path in (lerp(a, b, ENDS), slerp(a, b, ENDS)):
        np.testing.assert_allclose(path, np.stack([a, b]), atol=2e-5)


@given(vectors(), vectors())
def test_a_great_circle_keeps_the_norm(a: np.ndarray, b: np.ndarray) -> None:
    norm_a = np.linalg.norm(a.astype(np.float64))
    norm_b = np.linalg.norm(b.astype(np.float64))
    assume(norm_a > 0.01)
    assume(norm_b > 0.01)
    assume(abs(a.astype(np.float64) @ b) / (norm_a * norm_b) < 0.999)
    norms = np.linalg.norm(slerp(a, b, MANY).astype(np.float64), axis=1)
    np.testing.assert_allclose(norms, norm_a + MANY * (norm_b - norm_a), rtol=1e-5)


def test_a_great_circle_turns_evenly() -> None:
    a, b = np.array([2, 0], np.float32), np.array([0, 2], np.float32)
    angles = np.linspace(0, np.pi / 2, 21)
    np.testing.assert_allclose(slerp(a, b, MANY), 2 * np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-6)


@pytest.mark.parametrize(
    ("a", "b"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([1, 2], [-1, -2]), ([1, 2], [3, 6]), ([0, 0], [0, 0])]
)
def test_where_no_great_circle_is_the_path_is_straight(a: list[float], b: list[float]) -> None:
    start, end = np.array(a, np.float32), np.array(b, np.float32)
    np.testing.assert_array_equal(slerp(start, end, MANY), lerp(start, end, MANY))


# --- through keyframes ---------------------------------------------------------------------------------------------


@given(arrays(np.float32, st.tuples(st.integers(3, 7), st.just(3)), elements=FLOATS), st.booleans())
def test_a_curve_goes_through_its_keyframes(keyframes: np.ndarray, loop: bool) -> None:
    legs = leg_count(len(keyframes), loop=loop)
    path = spline(keyframes, np.arange(legs + 1, dtype=float), loop=loop)
    wanted = np.concatenate([keyframes, keyframes[:1]]) if loop else keyframes
    np.testing.assert_allclose(path, wanted, atol=1e-4)


@pytest.mark.parametrize("loop", [False, True])
def test_a_curve_has_no_corners(loop: bool) -> None:
    keyframes = np.random.default_rng(3).standard_normal((6, 8)).astype(np.float32)
    near = np.array([-1e-3, 0.0, 1e-3])
    for keyframe in range(1, 5):
        before, at, after = spline(keyframes, keyframe + near, loop=loop).astype(np.float64)
        into, out_of = at - before, after - at
        assert into @ out_of / (np.linalg.norm(into) * np.linalg.norm(out_of)) > 0.99


def test_a_curve_through_points_of_a_line_stays_on_it() -> None:
    keyframes = np.arange(4, dtype=np.float32)[:, None] * np.array([[1, 2]], np.float32)
    t = np.linspace(0, 3, 31)
    np.testing.assert_allclose(spline(keyframes, t, loop=False), t[:, None] * [[1, 2]], atol=1e-5)


KINDS = pytest.mark.parametrize("kind", ["linear", "spherical", "spline"])


@KINDS
@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_every_kind_of_path_goes_through_its_keyframes(kind: str, loop: bool, count: int) -> None:
    keyframes = np.random.default_rng(count).standard_normal((count, 6)).astype(np.float32)
    legs = leg_count(count, loop=loop)
    center = np.full(6, 0.5, np.float32)
    path = along(keyframes, np.arange(legs + 1, dtype=float), kind, loop=loop, center=center)  # type: ignore[arg-type]
    wanted = np.concatenate([keyframes, keyframes[:1]]) if loop else keyframes
    np.testing.assert_allclose(path, wanted, atol=1e-5)


@KINDS
def test_one_keyframe_stands_still(kind: str) -> None:
    keyframes = np.array([[1, 2]], np.float32)
    path = along(keyframes, MANY, kind, loop=True, center=np.zeros(2, np.float32))  # type: ignore[arg-type]
    np.testing.assert_array_equal(path, np.repeat(keyframes, 21, axis=0))


def test_great_circles_are_taken_around_the_centre_of_the_prior() -> None:
    keyframes, center = np.array([[3, 1], [1, 3]], np.float32), np.array([1, 1], np.float32)
    path = along(keyframes, MANY, "spherical", loop=False, center=center)
    np.testing.assert_allclose(np.linalg.norm(path - center, axis=1), 2, rtol=1e-6)


# --- an even pace --------------------------------------------------------------------------------------------------


def test_steps_are_equal_on_a_path_that_is_known() -> None:
    """A parabola's arc is walked slowly at its vertex; at an even pace every step is as long."""
    places = np.linspace(-2, 2, 2_001)
    arc = np.stack([places, places**2], axis=1)
    lengths = np.linalg.norm(np.diff(arc, axis=0), axis=1)
    found = even_pace(lengths, np.linspace(0, 1, 41))
    x = -2 + 4 * found / 2_000
    steps = np.linalg.norm(np.diff(np.stack([x, x**2], axis=1), axis=0), axis=1)
    assert steps.max() / steps.min() < 1.01
    uneven = np.linalg.norm(np.diff(arc[::50], axis=0), axis=1)
    assert uneven.max() / uneven.min() > 3


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 100)))
@example(np.array([0.0, 5e-324]))  # the shortest way there is
def test_the_way_has_both_its_ends_and_never_goes_back(lengths: np.ndarray) -> None:
    places = even_pace(lengths, np.linspace(0, 1, 17))
    assert places[0] == 0
    assert places[-1] == pytest.approx(len(lengths))
    assert (np.diff(places) >= 0).all()


def test_a_stretch_without_change_is_passed_in_no_time() -> None:
    places = even_pace(np.array([1.0, 0.0, 1.0]), np.array([0.0, 0.499999, 0.500001, 1.0]))
    np.testing.assert_allclose(places, [0, 1, 2, 3], atol=1e-4)


def test_a_path_without_any_change_is_walked_evenly() -> None:
    np.testing.assert_array_equal(even_pace(np.zeros(4), np.array([0.0, 0.25, 1.0])), [0, 1, 4])
