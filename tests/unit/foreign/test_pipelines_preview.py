"""The quick preview: exact where colours are linear in the latents, honest where they are not."""

from collections.abc import Iterator

import numpy as np
import pytest

from explorer.foreign.pipelines.previewing import Array, fitted_preview, preview_pairs, smooth_noise

FACTOR, SIDE = 4, 32
SHAPE = (4, SIDE // FACTOR, SIDE // FACTOR)
SCALE, SHIFT = 0.2, 0.5


@pytest.fixture
def colours() -> Array:
    """(C + 1, 3): colours that stay within [0, 1] for latents of a few standard deviations."""
    rng = np.random.default_rng(3)
    return np.vstack([rng.uniform(-0.02, 0.02, (4, 3)), np.full((1, 3), 0.5)]).astype(np.float32)


def pictures_of(colours: Array, x: Array, texture: float = 0.1) -> Array:
    """Squares of these colours with a pattern in them that has no mean: (N, 3, H, W) in [0, 1]."""
    linear = np.einsum("nchw,ck->nkhw", x, colours[:-1]) + colours[-1][:, None, None]
    squares = np.repeat(np.repeat(linear, FACTOR, axis=2), FACTOR, axis=3)
    pattern = np.indices(squares.shape[2:]).sum(axis=0) % 2 * 2 - 1
    return (squares + texture * pattern).astype(np.float32)


def test_a_linear_decoder_is_found_exactly(colours: Array) -> None:
    def decode(code: Array) -> Array:
        return pictures_of(colours, (code - SHIFT) * SCALE) * 2 - 1

    found = fitted_preview(preview_pairs(decode, SHAPE, SIDE, SCALE, SHIFT))
    assert found is not None and found.colours.dtype == np.float32
    np.testing.assert_allclose(found.colours, colours, atol=1e-5)
    assert found.explained == pytest.approx(1, abs=1e-6)


def test_with_an_encoder_pictures_are_taken(colours: Array) -> None:
    seen: list[Array] = []

    def encode(pictures: Array) -> Array:
        seen.append(pictures)
        small = pictures.reshape(1, 3, SHAPE[1], FACTOR, SHAPE[2], FACTOR).mean(axis=(3, 5))
        return np.concatenate([small, small[:, :1] * small[:, 1:2]], axis=1).astype(np.float16)

    def decode(code: Array) -> Array:
        assert code.dtype == np.float32
        return pictures_of(colours, (code - SHIFT) * SCALE) * 2 - 1

    own = np.full((10, 20, 3), 255, np.uint8)
    found = fitted_preview(preview_pairs(decode, SHAPE, SIDE, SCALE, SHIFT, encode, [own], count=4))
    assert found is not None and len(seen) == 4
    assert seen[0].shape == (1, 3, SIDE, SIDE) and (seen[0] == 1).all() and -1 <= min(one.min() for one in seen) < 0
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.3, 0.1, (50, 4)).astype(np.float32)
    given = np.hstack([x, np.ones((50, 1), np.float32)])
    np.testing.assert_allclose(given @ found.colours, given @ colours, atol=1e-2)


def test_the_share_that_is_explained(colours: Array) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, *SHAPE)).astype(np.float32)
    clean = pictures_of(colours, x)
    spread = np.var(clean[:, :, ::FACTOR, ::FACTOR] + 0.1, axis=(0, 2, 3)).sum()
    noise = rng.standard_normal((8, 3, SHAPE[1], SHAPE[2])).astype(np.float32) * np.float32(np.sqrt(spread / 3))
    noisy = clean + np.repeat(np.repeat(noise, FACTOR, axis=2), FACTOR, axis=3)
    found = fitted_preview([(x, noisy)])
    assert found is not None and found.explained == pytest.approx(0.5, abs=0.05)


def test_what_is_not_finite_is_passed_over(colours: Array) -> None:
    x = np.random.default_rng(0).standard_normal((2, *SHAPE)).astype(np.float32)
    pictures = pictures_of(colours, x)
    pictures[0, 0, 5, 5] = np.nan
    found = fitted_preview([(x, pictures)])
    assert found is not None
    np.testing.assert_allclose(found.colours, colours, atol=1e-5)
    assert fitted_preview([(x, np.full_like(pictures, np.nan))]) is None
    assert fitted_preview([]) is None


def test_one_colour_everywhere() -> None:
    x = np.random.default_rng(0).standard_normal((1, *SHAPE)).astype(np.float32)
    found = fitted_preview([(x, np.full((1, 3, SIDE, SIDE), 0.25, np.float32))])
    assert found is not None
    np.testing.assert_allclose(found.colours[-1], 0.25, atol=1e-6)


def test_pairs_come_one_at_a_time() -> None:
    asked: list[int] = []

    def decode(code: Array) -> Array:
        asked.append(len(code))
        return np.zeros((1, 3, SIDE, SIDE), np.float32)

    pairs = preview_pairs(decode, SHAPE, SIDE)
    assert isinstance(pairs, Iterator) and not asked
    x, picture = next(pairs)
    assert asked == [1] and x.shape == (1, *SHAPE) and (picture == 0.5).all()


@pytest.mark.parametrize("grid", [1, 2, 5, 16])
def test_smooth_noise(grid: int) -> None:
    found = smooth_noise(np.random.default_rng(0), (4, 8, 8), grid)
    assert found.shape == (4, 8, 8) and found.dtype == np.float32 and found.std() == pytest.approx(1, abs=1e-3)
    if grid == 2:  # linear along each axis
        np.testing.assert_allclose(np.diff(found, n=2, axis=1), 0, atol=1e-5)
