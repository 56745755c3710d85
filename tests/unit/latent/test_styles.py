"""Mixing and truncation against their definitions, and noise that is the same everywhere."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from explorer.latent.styles import Source, Style, band_of, mixed, noise_of, rows_of, truncated

F32 = NDArray[np.float32]
LAYERS, WIDTH = 4, 3


@pytest.fixture
def styles() -> F32:
    return np.random.default_rng(0).standard_normal((2, LAYERS, WIDTH)).astype(np.float32)


def source(values: F32, name: str = "B") -> Source:
    return Source(name=name, code=tuple(values.reshape(-1).tolist()))


def test_one_style_serves_every_layer_and_one_a_layer_stays(styles: F32) -> None:
    one = rows_of(styles[:, 0], LAYERS, WIDTH)
    assert one.shape == styles.shape
    assert all(np.array_equal(one[:, layer], styles[:, 0]) for layer in range(LAYERS))
    assert np.array_equal(rows_of(styles.reshape(2, -1), LAYERS, WIDTH), styles)
    with pytest.raises(ValueError, match="12 for all layers, got 5"):
        rows_of(np.zeros((1, 5), np.float32), LAYERS, WIDTH)


def test_all_layers_from_another_is_exactly_the_other(styles: F32) -> None:
    other = np.random.default_rng(1).standard_normal((LAYERS, WIDTH)).astype(np.float32)
    taken = mixed(styles, Style(sources=(source(other),), blend=((1.0,),) * LAYERS))
    assert np.array_equal(taken, np.stack([other, other]))
    assert mixed(styles, Style(sources=(source(other),))) is styles


def test_a_layer_takes_from_whom_it_is_told_and_the_rest_stays(styles: F32) -> None:
    b, c = np.full(WIDTH, 5, np.float32), np.full((LAYERS, WIDTH), -7, np.float32)
    style = Style(sources=(source(b), source(c, "C")), blend=((0.0, 0.0), (1.0,), (0.0, 1.0)))
    taken = mixed(styles, style)
    assert np.array_equal(taken[:, 0], styles[:, 0]) and np.array_equal(taken[:, 3], styles[:, 3])
    assert (taken[:, 1] == 5).all() and (taken[:, 2] == -7).all()


def test_shares_are_a_weighted_mean(styles: F32) -> None:
    b, c = np.ones(WIDTH, np.float32), 3 * np.ones(WIDTH, np.float32)
    some = mixed(styles, Style(sources=(source(b), source(c, "C")), blend=((0.25, 0.5),)))
    assert np.allclose(some[:, 0], 0.25 * styles[:, 0] + 0.25 * 1 + 0.5 * 3, atol=1e-6)
    much = mixed(styles, Style(sources=(source(b), source(c, "C")), blend=((0.9, 0.9),)))
    assert np.allclose(much[:, 0], 2.0, atol=1e-6), "shares of more than the whole are scaled to it"


@pytest.mark.parametrize("psi", [-1.0, 0.0, 0.5, 2.0])
def test_truncation_pulls_to_the_mean(styles: F32, psi: float) -> None:
    mean = np.array([1.0, -2.0, 0.5], np.float32)
    result = truncated(styles, mean, Style(psi=psi))
    assert np.allclose(result, mean + psi * (styles - mean), atol=1e-6)
    if psi == 0.0:
        assert np.array_equal(result, np.broadcast_to(mean, styles.shape))


def test_psi_1_changes_nothing_and_the_cutoff_spares_fine_layers(styles: F32) -> None:
    mean = np.zeros(WIDTH, np.float32)
    assert truncated(styles, mean, Style(psi=1.0)) is styles
    cut = truncated(styles, mean, Style(psi=0.0, cutoff=2))
    assert (cut[:, :2] == 0).all() and np.array_equal(cut[:, 2:], styles[:, 2:])


def test_noise_follows_seed_layer_and_strength() -> None:
    shape = (1, 4, 4)
    noise = noise_of(Style(noise_seed=3), shape, 1)
    assert np.array_equal(noise, noise_of(Style(noise_seed=3), shape, 1))
    assert not np.array_equal(noise, noise_of(Style(noise_seed=4), shape, 1))
    assert not np.array_equal(noise, noise_of(Style(noise_seed=3), shape, 2))
    assert np.allclose(noise_of(Style(noise_seed=3, noise_strength=0.5), shape, 1), 0.5 * noise)
    assert not noise_of(Style(noise="off"), shape, 1).any()


def test_what_cannot_be_meant_is_refused() -> None:
    for wrong in ({"psi": 2.5}, {"psi": float("nan")}, {"noise_strength": -1.0}, {"blend": ((1.5,),)}, {"cutoff": -1}):
        with pytest.raises(ValidationError):
            Style(**wrong)


def test_layers_have_the_names_of_the_paper() -> None:
    assert [band_of(size) for size in (4, 8, 16, 32, 64, 1024)] == ["coarse"] * 2 + ["middle"] * 2 + ["fine"] * 2
