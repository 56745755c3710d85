"""Every shipped model: sound, described, and decoding to the pictures it had when it was accepted.

``GOLDEN=accept pytest tests/runtime/test_shipped_bundles.py`` renews ``tests/golden/bundles``.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import Bundle, open_bundle
from explorer.contract.pixels import Pixels
from explorer.control.walk import seed_code
from explorer.models.load import check_bundle, load_model
from explorer.places import assets_folder
from explorer.runtime.session import Runtime
from explorer.state.library import find_bundles

GOLDEN = Path(__file__).parents[1] / "golden" / "bundles"
SEEDS = range(8)
THUMBNAIL = 8  # px
LEVELS = 1.0  # of 255, by which another processor's rounding may move a mean; a wrong graph moves it by tens
FILE_BYTES = 16 << 20

BUNDLES = find_bundles((assets_folder() / "models",))
DATA_WORDS = {"fashion-mnist": "Fashion-MNIST", "faces": "ToonHead by Johan Melin"}  # what a card must name or credit


@pytest.fixture(params=BUNDLES, ids=lambda path: path.name)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return open_bundle(request.param)


def test_nothing_is_wrong_with_its_files_and_graphs(bundle: Bundle) -> None:
    assert check_bundle(bundle.path, Runtime("cpu", threads=1)) == []
    assert bundle.unlisted() == []
    assert bundle.manifest.name == bundle.path.name
    assert max(entry.size for entry in bundle.manifest.files) <= FILE_BYTES


def test_it_decodes_to_the_pictures_it_was_accepted_with(bundle: Bundle) -> None:
    model = load_model(bundle.path, Runtime("cpu", threads=1))
    assert model.decodes is not None
    pictures = [model.decodes.decode(seed_code(model.decodes.prior, seed)[None])[0] for seed in SEEDS]
    got = [_statistics(picture) for picture in pictures]
    place = GOLDEN / f"{bundle.path.name}.json"
    if os.environ.get("GOLDEN") == "accept":
        place.parent.mkdir(exist_ok=True)
        place.write_text("[\n" + ",\n".join(json.dumps(one) for one in got) + "\n]\n", encoding="utf-8")
        return
    wanted = json.loads(place.read_text(encoding="utf-8"))
    assert len(wanted) == len(got)
    for seed, have, want in zip(SEEDS, got, wanted, strict=True):
        for name, value in have.items():
            gap = float(np.abs(np.subtract(value, want[name])).max())
            assert gap <= LEVELS, f"seed {seed}: the {name} is off by {gap:.1f} of 255"


def test_seeds_give_different_pictures(bundle: Bundle) -> None:
    model = load_model(bundle.path, Runtime("cpu", threads=1))
    assert model.decodes is not None
    codes = np.concatenate([seed_code(model.decodes.prior, seed)[None] for seed in SEEDS])
    pictures = model.decodes.decode(codes).astype(np.float32)
    apart = np.abs(pictures[:, None] - pictures[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(len(SEEDS), dtype=bool)].min() > 1.0  # of 255: none is another one again


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


def test_no_statistics_are_left_of_what_no_longer_ships() -> None:
    assert {place.stem for place in GOLDEN.iterdir()} == {path.name for path in BUNDLES}


def _statistics(picture: Pixels) -> dict[str, object]:
    """Mean, standard deviation and thumbnail (8, 8, C) of a picture (H, W, C), in levels of 255."""
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    small = np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)).reshape(THUMBNAIL, THUMBNAIL, -1)
    return {
        "mean": round(float(picture.mean()), 2),
        "deviation": round(float(picture.std()), 2),
        "thumbnail": small.tolist(),
    }
