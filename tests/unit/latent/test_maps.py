"""Maps: there and back, the plane against an SVD, t-SNE on clusters that nobody could miss."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.latent.maps import MapsMissing, inside, own_plane, principal_plane, tsne


def stretched(count: int, size: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((size, size)))[0]
    return (rng.standard_normal((count, size)) * np.linspace(4, 0.5, size) @ turn + 3).astype(np.float32)


@given(st.integers(2, 20), st.integers(0, 100))
def test_a_place_of_the_map_is_where_its_code_lies(size: int, seed: int):
    plane = principal_plane(stretched(60, size, seed))
    rng = np.random.default_rng(seed)
    places, rest = rng.standard_normal((5, 2)).astype(np.float32), rng.standard_normal(size).astype(np.float32)
    codes = plane.lift(places, rest)
    assert np.allclose(plane.project(codes), places, atol=1e-4)
    across = codes - codes[0]
    assert np.allclose(across, across @ plane.axes.T @ plane.axes, atol=1e-4)  # nothing else moved
    off = rest - plane.origin - plane.project(rest[None]) @ plane.axes
    off_plane = codes - plane.origin - plane.project(codes) @ plane.axes
    assert np.allclose(off_plane, off, atol=1e-4)


def test_the_principal_plane_is_that_of_an_svd():
    codes = stretched(500, 6)
    _, strengths, rows = np.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    plane = principal_plane(codes)
    assert np.allclose(np.abs(plane.axes @ rows[:2].T), np.eye(2), atol=1e-3)
    assert plane.share == pytest.approx((strengths[:2] ** 2).sum() / (strengths**2).sum(), rel=1e-4)
    assert np.allclose(plane.project(codes).mean(axis=0), 0, atol=1e-4)


def test_two_dimensions_are_their_own_map():
    codes = stretched(10, 2)
    assert np.array_equal(own_plane().project(codes), codes)
    assert np.allclose(own_plane().lift(codes, np.zeros(2, np.float32)), codes)


@pytest.mark.parametrize("shape", [(2, 5), (100, 1)])
def test_too_little_spans_no_plane(shape: tuple[int, int]):
    with pytest.raises(ValueError, match="span no plane"):
        principal_plane(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def test_codes_without_spread_have_a_plane_of_one_point():
    plane = principal_plane(np.ones((5, 3), np.float32))
    assert plane.share == 1.0 and not plane.project(np.ones((5, 3), np.float32)).any()


def test_tsne_keeps_clusters_together_and_tells_how_far_it_is():
    pytest.importorskip("openTSNE", reason="needs the maps extra")
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(3), 30)
    codes = (rng.standard_normal((90, 10)) + 20 * np.eye(10)[group]).astype(np.float32)
    told = list(tsne(codes, principal_plane(codes).project(codes), seed=0))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    places = told[-1][1]
    gaps = np.linalg.norm(places[None] - places[:, None], axis=2) + np.where(np.eye(90), np.inf, 0)
    nearest = np.argsort(gaps, axis=1)[:, :5]
    assert (group[nearest] == group[:, None]).mean() > 0.99


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    codes = stretched(20, 3)
    with pytest.raises(MapsMissing, match=r'pip install "latent-explorer\[maps\]"'):
        next(tsne(codes, codes[:, :2], seed=0))


def test_an_outline_holds_what_a_ray_says():
    outline = np.array([[0, 0], [4, 0], [4, 3], [2, 1], [0, 3]], np.float32)  # a notch from above
    places = np.array([[1, 1], [3, 1], [2, 2], [2, 0.5], [5, 1], [-1, 1], [2, -1]], np.float32)
    assert inside(places, outline).tolist() == [True, True, False, True, False, False, False]
    assert inside(places, outline[::-1].copy()).tolist() == inside(places, outline).tolist()


@given(st.integers(3, 20), st.integers(0, 1000))
def test_a_round_outline_is_a_circle(corners: int, seed: int):
    angles = np.linspace(0, 2 * np.pi, 60 * corners, endpoint=False)
    outline = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    places = np.random.default_rng(seed).uniform(-1.5, 1.5, (50, 2)).astype(np.float32)
    radius = np.linalg.norm(places, axis=1)
    clear = np.abs(radius - 1) > 0.01
    assert (inside(places, outline)[clear] == (radius < 1)[clear]).all()


def test_a_line_holds_nothing():
    assert not inside(np.zeros((3, 2), np.float32), np.array([[0, 0], [1, 1]], np.float32)).any()
