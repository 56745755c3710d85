"""Shares of a mix: they add up, keep their proportions, and end exactly where the hand does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.latent.mixes import shares_of, with_layers, with_share, without_source
from explorer.latent.styles import Source, Style, mixed

LAYERS = 3
SOURCES = tuple(Source(name=name, code=(float(at + 1), 0.0)) for at, name in enumerate("bcd"))
DESK = Style(sources=SOURCES)


def styled(blend: tuple[tuple[float, ...], ...]) -> Style:
    return Style(sources=SOURCES, blend=blend)


def test_without_a_blend_all_is_the_points_own() -> None:
    assert shares_of(DESK, 0) == (1.0, 0.0, 0.0, 0.0)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=12))
def test_shares_always_add_up_and_the_last_one_is_what_was_asked(steps: list[tuple[int, int, float]]) -> None:
    style = DESK
    for layer, column, share in steps:
        style = styled(with_share(style, LAYERS, layer, column, share))
        assert abs(shares_of(style, layer)[column] - share) < 1e-3
    for layer in range(LAYERS):
        assert abs(sum(shares_of(style, layer)) - 1) < 1e-6


def test_the_others_keep_their_proportions() -> None:
    style = styled(with_share(styled(((0.4, 0.2, 0.0),)), LAYERS, 0, 3, 0.5))
    assert np.allclose(shares_of(style, 0), (0.2, 0.2, 0.1, 0.5))


def test_whole_is_exactly_the_source() -> None:
    style = styled(with_share(styled(((0.3, 0.3, 0.1),)), LAYERS, 0, 2, 1.0))
    assert style.blend[0] == (0.0, 1.0, 0.0)
    made = mixed(np.full((1, LAYERS, 2), 9.0, np.float32), style)
    assert made[0].tolist() == [[2.0, 0.0], [9.0, 9.0], [9.0, 9.0]]


def test_the_point_gives_to_the_first_source_and_alone_it_gives_nothing() -> None:
    assert np.allclose(shares_of(styled(with_share(DESK, LAYERS, 1, 0, 0.7)), 1), (0.7, 0.3, 0, 0))
    assert with_share(Style(), LAYERS, 1, 0, 0.7) == ()


def test_a_mix_taken_back_equals_none() -> None:
    taken = styled(with_layers(DESK, LAYERS, (0, 2), 1))
    assert taken.blend == ((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    assert with_layers(taken, LAYERS, (0, 2), 0) == ()


def test_a_source_that_goes_leaves_its_share_to_the_point() -> None:
    style = styled(((0.5, 0.25, 0.0), (0.0, 0.0, 1.0)))
    left = Style(sources=SOURCES[1:], blend=without_source(style, LAYERS, 1))
    assert shares_of(left, 0) == (0.75, 0.25, 0.0) and shares_of(left, 1) == (0.0, 0.0, 1.0)
