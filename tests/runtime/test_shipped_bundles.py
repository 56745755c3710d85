"""Every shipped model: sound, described, measured, and decoding to the pictures it had when it was accepted.

``GOLDEN=accept pytest tests/runtime/test_shipped_bundles.py`` renews ``tests/golden/bundles``.
"""

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import Bundle, open_bundle
from explorer.contract.manifest import Measurement
from explorer.contract.pixels import Pixels
from explorer.control.walk import seed_code
from explorer.models.load import check_bundle, load_model
from explorer.places import assets_folder
from explorer.runtime.session import Runtime
from explorer.state.library import find_bundles

GOLDEN = Path(__file__).parents[1] / "golden" / "bundles"
SEEDS = range(8)
FEWER_SEEDS = {"faces-diffusion": 2}  # a picture takes seconds
THUMBNAIL = 8  # px
LEVELS = 1.0  # of 255, by which another processor's rounding may move a mean; a wrong graph moves it by tens
FILE_BYTES = 16 << 20
SAMPLES = 10_000
FEWER = {"faces-diffusion": 500}  # so many on a CPU take an hour; the card says how many it were

BUNDLES = find_bundles((assets_folder() / "models",))
SHIPPED = {
    *("fashion-ae", "fashion-vae", "fashion-vae-2d", "faces-vae"),
    *("fashion-stylegan", "fashion-diffusion", "faces-diffusion"),
}
DATA_WORDS = {"fashion-mnist": "Fashion-MNIST", "faces": "ToonHead by Johan Melin"}  # what a card must name or credit

RESTORED = (  # of models with an encoder
    "mean squared error of reconstructions per value in [0, 1]",
    "Fréchet distance of reconstructions (FID)",
)
ASKED = ("share of guided pictures recognised as what was asked for",)  # of models that are asked for something
MEASURED = (
    "Fréchet distance of samples (FID)",
    "kernel distance of samples (KID)",
    "inception score of samples",
    "precision of samples, 3 nearest neighbours",
    "recall of samples, 3 nearest neighbours",
)
MEASURED_OF_VAES = ("negative evidence lower bound (ELBO)", "negative importance-weighted bound")


@pytest.fixture(params=BUNDLES, ids=lambda path: path.name)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return open_bundle(request.param)


def test_nothing_is_wrong_with_its_files_and_graphs(bundle: Bundle) -> None:
    assert check_bundle(bundle.path, Runtime("cpu", threads=1)) == []
    assert bundle.unlisted() == []
    assert bundle.manifest.name == bundle.path.name
    assert max(entry.size for entry in bundle.manifest.files) <= FILE_BYTES


def test_it_decodes_to_the_pictures_it_was_accepted_with(bundle: Bundle) -> None:
    got = [_statistics(picture) for picture in _pictures(bundle.path)]
    place = GOLDEN / f"{bundle.path.name}.json"
    if os.environ.get("GOLDEN") == "accept":
        place.parent.mkdir(exist_ok=True)
        place.write_text("[\n" + ",\n".join(json.dumps(one) for one in got) + "\n]\n", encoding="utf-8")
        return
    wanted = json.loads(place.read_text(encoding="utf-8"))
    assert len(wanted) == len(got)
    for seed, (have, want) in enumerate(zip(got, wanted, strict=True)):
        for name, value in have.items():
            gap = float(np.abs(np.subtract(value, want[name])).max())
            assert gap <= LEVELS, f"seed {seed}: the {name} is off by {gap:.1f} of 255"


def test_seeds_give_different_pictures(bundle: Bundle) -> None:
    pictures = np.stack(_pictures(bundle.path)).astype(np.float32)
    apart = np.abs(pictures[:, None] - pictures[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(len(pictures), dtype=bool)].min() > 1.0  # of 255: none is another one again


def test_its_licences_and_its_card_are_there(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert manifest.licence == "Apache-2.0"
    assert manifest.data_licence
    assert manifest.credit
    assert manifest.data_licence in bundle.read("LICENSE").decode()
    card = bundle.read("CARD.md").decode()
    assert manifest.name in card
    assert DATA_WORDS[manifest.provenance.config["data"]] in card
    with Image.open(bundle.path / "preview.png") as preview:
        assert preview.format == "PNG"


def test_it_is_measured_by_full_names(bundle: Bundle) -> None:
    found = {measured.metric: measured for measured in bundle.manifest.quality}
    wanted = MEASURED + (MEASURED_OF_VAES if bundle.manifest.family == "vae" else ())
    wanted += RESTORED if bundle.manifest.graph("denoiser") is None else ASKED
    missing = [name for name in wanted if not any(metric.startswith(name) for metric in found)]
    assert not missing
    for measured in found.values():
        _is_readable(measured, FEWER.get(bundle.manifest.name, SAMPLES))


def test_its_card_shows_what_was_measured(bundle: Bundle) -> None:
    card = bundle.read("CARD.md").decode()
    assert bundle.manifest.quality
    assert all(measured.metric in card for measured in bundle.manifest.quality)


def test_every_model_that_should_ship_does() -> None:
    assert {path.name for path in BUNDLES} >= SHIPPED


def test_no_statistics_are_left_of_what_no_longer_ships() -> None:
    assert {place.stem for place in GOLDEN.iterdir()} == {path.name for path in BUNDLES}


def _is_readable(measured: Measurement, samples: int) -> None:
    """A number with everything needed to read it: on what, by what, against what."""
    assert np.isfinite(measured.value)
    assert measured.split == "test"
    assert measured.references, f"{measured.metric}: nothing stands beside it"
    if "of samples" in measured.metric:
        assert measured.samples >= samples
    if "distance" in measured.metric or "of samples" in measured.metric:
        assert measured.features, f"{measured.metric}: in which features?"


@cache
def _pictures(path: Path) -> list[Pixels]:
    """The pictures of the first seeds."""
    model = load_model(path, Runtime("cpu", threads=1))
    assert model.decodes is not None
    seeds = range(FEWER_SEEDS.get(path.name, len(SEEDS)))
    return [model.decodes.decode(seed_code(model.decodes.prior, seed)[None])[0] for seed in seeds]


def _statistics(picture: Pixels) -> dict[str, object]:
    """Mean, standard deviation and thumbnail (8, 8, C) of a picture (H, W, C), in levels of 255."""
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    small = np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)).reshape(THUMBNAIL, THUMBNAIL, -1)
    return {
        "mean": round(float(picture.mean()), 2),
        "deviation": round(float(picture.std()), 2),
        "thumbnail": small.tolist(),
    }
