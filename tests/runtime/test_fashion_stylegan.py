"""The shipped style generator of clothes, by a classifier that it never saw and on samples held out of its making."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import open_bundle
from explorer.contract.pixels import Pixels, from_pixels
from explorer.latent.styles import Source, Style
from explorer.models.autoencoder import image_meaning
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.models.stores import read_directions
from explorer.models.styles import StyleDecoder
from explorer.places import assets_folder
from explorer.runtime.session import Runtime

STYLED, CLOTHES = "models/fashion-stylegan", "features/clothes-features"
SEED = 77  # no sample of the bundle was drawn with it
STEP = 2.0  # deviations
COUNT = 200
QUIET = Style(noise="off")


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with closing(Runtime("cpu", threads=1)) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def model(runtime: Runtime) -> Model:
    return load_model(assets_folder() / STYLED, runtime)


@pytest.fixture(scope="module")
def samples(model: Model) -> np.ndarray:
    """w (N, D) that nothing was fitted on."""
    assert model.decodes is not None
    return model.decodes.prior.sample(np.random.default_rng(SEED), COUNT)


def decoder(model: Model, space: str = "") -> StyleDecoder:
    decodes = model.within(space).decodes
    assert isinstance(decodes, StyleDecoder)
    return decodes


def classes(runtime: Runtime, pixels: Pixels) -> np.ndarray:
    """What the shipped classifier takes each picture for, (N,)."""
    bundle = open_bundle(Path(assets_folder() / CLOTHES))
    graph = bundle.manifest.graph("classifier")
    assert graph is not None
    port = graph.inputs[0]
    meaning = image_meaning(port)
    size = meaning.width, meaning.height
    small = [Image.fromarray(one[..., 0]).resize(size, Image.Resampling.LANCZOS) for one in pixels]  # type: ignore[arg-type]
    fed = from_pixels(np.stack([np.asarray(one) for one in small])[..., None], meaning)
    answer = runtime.open(bundle.read(graph.file), graph).run({port.name: fed})
    logits = next(answer[output.name] for output in graph.outputs if answer[output.name].shape[1:] == (10,))
    return logits.argmax(1)


def test_a_step_towards_a_class_makes_more_of_it_than_of_any_other(
    runtime: Runtime, model: Model, samples: np.ndarray
) -> None:
    found = read_directions(model.bundle, "w")
    assert found is not None
    names = model.manifest.classes
    towards = {f.name: (v, f.deviation) for v, f in zip(found.vectors, found.facts, strict=True) if f.name in names}
    assert set(towards) == set(names)
    before = np.bincount(classes(runtime, decoder(model).under(QUIET).decode(samples)), minlength=len(names))
    right, gained = 0, []
    for kind, name in enumerate(names):
        vector, deviation = towards[name]
        moved = (samples + np.float32(STEP * (deviation or 1.0)) * vector).astype(np.float32)
        after = np.bincount(classes(runtime, decoder(model).under(QUIET).decode(moved)), minlength=len(names))
        gains = (after - before) / COUNT
        right += int(gains.argmax() == kind)
        gained.append(float(gains[kind]))
    assert right >= 9, f"{right} of {len(names)} classes grow most along their own direction"
    assert min(gained) > 0 and np.mean(gained) > 0.12


def test_the_encoder_finds_the_styles_that_a_picture_was_drawn_with(model: Model, samples: np.ndarray) -> None:
    styled = decoder(model)
    pixels = styled.under(QUIET).decode(samples)
    encodes = model.within("w+").encodes
    assert encodes is not None
    layers = styled.generator.layers
    found = encodes.encode(np.repeat(pixels, 3, axis=3)).mean.reshape(COUNT, layers, -1)
    meant = np.repeat(samples[:, None], layers, axis=1)
    error = np.square(found - meant).mean(axis=(1, 2))
    spread = np.square(samples - samples.mean(0)).mean()
    others = np.square(found - meant[np.roll(np.arange(COUNT), 1)]).mean(axis=(1, 2))
    assert np.median(error) < 0.7 * spread, "nearer than the mean w is"
    assert (error < others).mean() > 0.9, "and nearer to its own than to another's"
    again = decoder(model, "w+").under(QUIET).decode(found.reshape(COUNT, -1)).astype(np.float32)
    restored = np.square(again - pixels).mean(axis=(1, 2, 3))
    mean = np.square(pixels.astype(np.float32).mean(0) - pixels).mean(axis=(1, 2, 3))
    assert np.median(restored) < 0.25 * np.median(mean)


def test_all_layers_of_another_are_the_other_and_psi_goes_from_the_mean_to_the_point(
    model: Model, samples: np.ndarray
) -> None:
    styled, a, b = decoder(model), samples[:1], samples[1]
    layers = styled.generator.layers
    mixed = Style(sources=(Source(name="B", code=tuple(b.tolist())),), blend=((1.0,),) * layers)
    np.testing.assert_array_equal(styled.under(mixed).decode(a), styled.under(Style()).decode(b[None]))
    mean = styled.under(Style()).decode(styled.generator.mean[None])
    np.testing.assert_array_equal(styled.under(Style(psi=0.0)).decode(a), mean)
    np.testing.assert_array_equal(styled.under(Style(psi=1.0)).decode(a), styled.under(Style()).decode(a))
