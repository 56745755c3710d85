"""Points as pictures, counted pixel by pixel; views there and back; colours that every eye tells apart."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.latent.neighbours import PointIndex
from explorer.qt.widgets.scatter_palette import GREYS, HUES, value_color, value_colors
from explorer.qt.widgets.scatter_raster import CELL, density, dots
from explorer.qt.widgets.scatter_view import CLOSEST, View

COLORS = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
VIEW = View(0, 0, 10, 40, 30)  # x in [-2, 2], y in [-1.5, 1.5]


def at(*places: tuple[float, float]) -> np.ndarray:
    return np.array(places, np.float32).reshape(-1, 2)


def values(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_a_dot_is_where_its_point_is_in_its_colour():
    picture = dots(at((1.02, 0.52)), values(1), COLORS, VIEW, 2.0)
    assert picture.shape == (30, 40)
    assert picture[9, 30] == 0xFF0000FF  # x: (1.02 + 2) * 10, y from the top: (1.5 - 0.52) * 10
    rows, columns = np.nonzero(picture)
    assert rows.min() == 9 - 2 and rows.max() == 9 + 2 and columns.min() == 30 - 2 and columns.max() == 30 + 2


def test_a_dot_covers_the_area_of_its_circle():
    picture = dots(at((0, 0)), values(0), COLORS, VIEW, 3.5)
    assert (picture >> 24).sum() / 255 == pytest.approx(np.pi * 3.5**2, rel=0.05)


def test_the_rim_of_one_dot_never_cuts_into_another():
    both = dots(at((0, 0), (0.4, 0)), values(0, 0), COLORS, VIEW, 2.5)
    alone = dots(at((0, 0)), values(0), COLORS, VIEW, 2.5)
    assert ((both >> 24) >= (alone >> 24)).all()


def test_points_out_of_sight_leave_no_mark_and_those_at_the_edge_are_cut():
    far = at((-900, 0), (900, 0), (0, 1e30), (0, -1e30), (-2.5, 0), (2.5, 0))
    assert not dots(far, values(*[0] * 6), COLORS, VIEW, 2.0).any()
    cut = dots(at((-2.05, 0.0)), values(0), COLORS, VIEW, 2.0)
    assert cut[:, :3].any() and not cut[:, 3:].any()


def test_a_density_counts_and_mixes():
    places = at(*[(0.05, 0.05)] * 3, (0.05, 0.05), (1.05, 0.05))
    cells = density(PointIndex(places), values(0, 0, 0, 1, 1), COLORS, VIEW)
    assert cells.shape == (30 // CELL, 40 // CELL) and (cells > 0).sum() == 2
    crowd, single = cells[7, 10], cells[7, 15]
    assert crowd >> 24 == 255 and crowd >> 16 & 255 == 191 and crowd & 255 == 64
    assert 0 < single >> 24 < 128 and single >> 16 & 255 == 0


def test_a_density_leaves_out_what_is_not_in_view():
    far = PointIndex(at((-2.01, 0), (0, 9e9), (0, -9), (2.01, 0)))
    assert not density(far, values(0, 0, 1, 1), COLORS, VIEW).any()


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 500), st.floats(0, 300), st.floats(0, 200))
def test_a_view_leads_there_and_back(x: float, y: float, scale: float, right: float, down: float):
    view = View(x, y, scale, 300, 200)
    place_x, place_y = view.at(right, down)
    assert view.x(place_x) == pytest.approx(right, abs=1e-6) and view.y(place_y) == pytest.approx(down, abs=1e-6)


def test_what_was_fitted_is_in_view_and_not_distorted():
    view = View(width=300, height=200).fitted((-1, -4), (3, 4))
    assert view.x(-1.0) > 0 and view.x(3.0) < 300 and view.y(4.0) >= 0.05 * 200 and view.y(-4.0) <= 0.95 * 200
    assert view.x(1.0) - view.x(0.0) == pytest.approx(view.y(0.0) - view.y(1.0))


def test_a_single_point_can_be_fitted():
    view = View(width=300, height=200).fitted((2, 2), (2, 2))
    assert np.isfinite(view.scale) and view.at(150, 100) == (2, 2)


def test_zooming_keeps_what_is_under_the_mouse_and_ends_somewhere():
    view = View(1, 2, 10, 300, 200)
    closer = view.zoomed(3, 40, 50, fitting=10)
    assert closer.scale == 30 and closer.at(40, 50) == pytest.approx(view.at(40, 50))
    assert view.zoomed(1e9, 0, 0, fitting=10).scale == 10 * CLOSEST


def test_panning_moves_what_is_seen_with_the_hand():
    view = View(1, 2, 10, 300, 200)
    assert view.panned(15, -5).at(40 + 15, 50 - 5) == pytest.approx(view.at(40, 50))


def test_device_pixels_show_the_same_part():
    view = View(1, 2, 10, 300, 200)
    assert view.device(1.5).at(45, 60) == pytest.approx(view.at(30, 40))


def test_twenty_hues_then_greys():
    assert len({*HUES, *GREYS}) == 24
    assert value_color(19) == HUES[19] and value_color(20) == GREYS[0] and value_color(24) == GREYS[0]
    assert value_colors(2).tolist() == [[0, 175, 175], [112, 72, 255]] and value_colors(0).shape == (0, 3)


@pytest.mark.parametrize(
    "vision",
    [
        np.eye(3),
        # Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
        np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
        np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
    ],
    ids=["normal", "protan", "deutan"],
)
def test_ten_colours_are_told_apart_by_every_eye(vision: np.ndarray):
    lab = oklab(np.clip(linear(value_colors(10) / 255) @ vision.T, 0, None))
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)) > 0.08  # one just sees about 0.02


def linear(colors: np.ndarray) -> np.ndarray:
    return np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)


def oklab(colors: np.ndarray) -> np.ndarray:
    """Ottosson (2020)."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(colors @ to_cones.T) @ to_lab.T
