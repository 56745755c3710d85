"""The adapter of style generators against a linear one that is known, and its views on three spaces."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from explorer.contract.errors import PortMismatch
from explorer.contract.pixels import to_pixels
from explorer.latent.styles import Source, Style, noise_of
from explorer.models.capabilities import Model
from explorer.models.load import check_bundle, load_model
from explorer.models.styles import ONE_STYLE, StyleDecoder, converted
from explorer.runtime.session import Runtime
from tests.style_graphs import LAYERS, NOISES, RESOLUTIONS, SIZE, StyleToy, W, Z, style_bundle, style_facts

QUIET = Style(noise="off")


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with closing(Runtime("cpu")) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> Model:
    path = style_bundle(tmp_path_factory.mktemp("styled") / "styled").path
    assert check_bundle(path, runtime) == []
    return load_model(path, runtime)


@pytest.fixture
def toy() -> StyleToy:
    return StyleToy()


def decoder(model: Model, space: str = "") -> StyleDecoder:
    decodes = model.within(space).decodes
    assert isinstance(decodes, StyleDecoder)
    return decodes


def pixels(pictures: np.ndarray) -> np.ndarray:
    return to_pixels(pictures, style_facts()["graphs"][1].outputs[0].meaning)


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal but for the rounding of half grey levels."""
    return a.shape == b.shape and int(np.abs(a.astype(int) - b.astype(int)).max()) <= 1


def test_it_is_met_in_w_and_has_three_views(model: Model) -> None:
    assert model.space == "" and decoder(model).space.name == "w"
    assert [decoder(model, space).space.name for space in ("z", "w+")] == ["z", "w+"]
    assert model.within("w+").encodes is not None and model.encodes is None and model.within("z").encodes is None
    assert model.flat and model.within("z").flat and not model.within("w+").flat
    assert model.styles is not None and model.styles.resolutions == RESOLUTIONS
    assert all(view.views[""] is model and view.views[view.space] is view for view in model.views.values())


def test_every_view_draws_the_same_point(model: Model, toy: StyleToy) -> None:
    z = toy.codes(3)
    w = toy.map(z)
    rows = np.repeat(w[:, None], LAYERS, axis=1)
    wanted = pixels(toy.draw(rows))
    for space, codes in (("z", z), ("", w), ("w+", rows.reshape(3, -1))):
        assert near(decoder(model, space).under(QUIET).decode(codes), wanted)


def test_noise_is_added_where_the_layer_is(model: Model, toy: StyleToy) -> None:
    w = toy.map(toy.codes(2))
    style = Style(noise_seed=5, noise_strength=2.0)
    noises = tuple(np.stack([noise_of(style, (1, size, size), k)] * 2) for k, size in enumerate(NOISES))
    wanted = pixels(toy.draw(np.repeat(w[:, None], LAYERS, axis=1), noises))
    assert near(decoder(model).under(style).decode(w), wanted)
    assert not near(decoder(model).under(QUIET).decode(w), wanted)


def test_all_layers_from_b_give_exactly_b(model: Model, toy: StyleToy) -> None:
    a, b = toy.map(toy.codes(2))
    source = Source(name="B", code=tuple(b.tolist()))
    style = Style(sources=(source,), blend=((1.0,),) * LAYERS)
    assert np.array_equal(decoder(model).under(style).decode(a[None]), decoder(model).decode(b[None]))


def test_psi_0_is_the_mean_picture_whatever_the_point(model: Model, toy: StyleToy) -> None:
    drawn = decoder(model).under(Style(psi=0.0)).decode(toy.map(toy.codes(2)))
    mean = decoder(model).decode(np.zeros((1, W), np.float32))
    assert np.array_equal(drawn, np.concatenate([mean, mean]))


def test_an_equal_style_is_the_same_decoder(model: Model) -> None:
    plain = decoder(model)
    assert plain.under(None) is plain and plain.under(Style()) is plain
    assert plain.under(Style(psi=0.5)) is plain.under(Style(psi=0.5))


def test_seeds_are_z_mapped_to_w(model: Model, toy: StyleToy) -> None:
    z = decoder(model, "z").prior.sample(np.random.default_rng(7), 2)
    assert z.shape == (2, Z)
    w = decoder(model).prior.sample(np.random.default_rng(7), 2)
    assert np.allclose(w, toy.map(z), atol=1e-6)
    rows = decoder(model, "w+").prior.sample(np.random.default_rng(7), 2)
    assert np.array_equal(rows.reshape(2, LAYERS, W), np.repeat(w[:, None], LAYERS, axis=1))


def test_points_move_between_the_spaces(model: Model, toy: StyleToy) -> None:
    z = toy.codes(1)[0]
    w, lost = converted(model.within("z"), model, z)
    assert w is not None and np.allclose(w, toy.map(z[None])[0], atol=1e-6) and lost == ""
    rows, lost = converted(model, model.within("w+"), w)
    assert rows is not None and np.array_equal(rows.reshape(LAYERS, W), np.tile(w, (LAYERS, 1))) and lost == ""
    back, lost = converted(model.within("w+"), model, rows)
    assert back is not None and np.array_equal(back, w) and lost == ""
    rows[:W] += 1
    mean, lost = converted(model.within("w+"), model, rows)
    assert mean is not None and np.allclose(mean, w + 1 / LAYERS, atol=1e-6) and lost == ONE_STYLE
    assert converted(model, model.within("z"), w) == (None, "")


def test_the_encoder_finds_one_style_a_layer(model: Model, toy: StyleToy) -> None:
    encodes = model.within("w+").encodes
    assert encodes is not None
    styles = 0.3 * np.random.default_rng(3).standard_normal((1, LAYERS, W)).astype(np.float32)
    picture = decoder(model, "w+").under(QUIET).decode(styles.reshape(1, -1))
    again = decoder(model, "w+").under(QUIET).decode(encodes.encode(picture).mean)
    assert picture.shape == (1, SIZE, SIZE, 3)
    assert np.abs(again.astype(int) - picture.astype(int)).max() <= 2


def test_a_code_or_source_of_another_length_is_one_sentence(model: Model) -> None:
    with pytest.raises(PortMismatch, match="a code has 5 numbers"):
        decoder(model).decode(np.zeros((1, 4), np.float32))
    style = Style(sources=(Source(name="B", code=(1.0, 2.0)),), blend=((1.0,),))
    with pytest.raises(PortMismatch, match="A source of the mix does not fit"):
        decoder(model).under(style).decode(np.zeros((1, W), np.float32))


def test_many_pictures_are_made_in_pieces(model: Model, toy: StyleToy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.models.styles.CHUNK_PIXELS", 2 * SIZE * SIZE)
    w = toy.map(toy.codes(5))
    assert near(decoder(model).under(QUIET).decode(w), pixels(toy.draw(np.repeat(w[:, None], LAYERS, axis=1))))


def test_spaces_that_do_not_belong_together_are_refused(tmp_path: Path, runtime: Runtime) -> None:
    bundle = style_bundle(tmp_path / "styled")
    manifest = bundle.path / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"rows": "w"', '"rows": "z"'), encoding="utf-8")
    with pytest.raises(PortMismatch, match="one style a layer"):
        load_model(bundle.path, runtime)
