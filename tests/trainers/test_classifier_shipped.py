"""The shipped classifiers are small, say how good they are, and are as good as they say."""

from pathlib import Path

import numpy as np
import pytest

from explorer.contract.archive import open_bundle
from trainers.kit.data import SMALL_FASHION
from trainers.kit.face_style import face_style
from trainers.kit.faces import draw_face
from trainers.kit.quality_features import heads_of
from trainers.kit.quality_model import Model
from trainers.kit.shipped import FEATURES_FOR, SHIPPED
from trainers.recipes import RECIPES

BARS = {"clothes-features": 0.92, "face-attribute-features": 0.97}
LARGEST_BYTES = 3_000_000
FACES = 100


def place(name: str) -> Path:
    return next(folder / name for folder in SHIPPED if (folder / name).is_dir())


@pytest.mark.parametrize("name", FEATURES_FOR.values())
def test_accuracy_is_stated_and_high_enough(name: str) -> None:
    bundle = open_bundle(place(name))
    (accuracy,) = bundle.manifest.quality
    assert not bundle.verify() and accuracy.value > BARS[name]
    assert accuracy.split == "test" and accuracy.samples == 10_000
    assert sum(entry.size for entry in bundle.manifest.files) < LARGEST_BYTES
    assert bundle.manifest.provenance.config["plan"]["images"] == RECIPES[name].config.plan.images


def test_clothes_are_told_apart() -> None:
    small = next(path for path in SMALL_FASHION if path.is_file())
    with np.load(small, allow_pickle=False) as archive:
        images, labels = archive["test_images"][..., None], archive["test_labels"]
    logits, features = Model(open_bundle(place("clothes-features"))).classify(images)
    assert abs((logits.argmax(1) == labels).mean() - 0.932) < 0.015 and features.shape == (len(images), 128)


def test_attributes_of_new_faces_are_named() -> None:
    style = face_style("toon-head")
    drawn = [draw_face(style, "test", index) for index in range(FACES)]
    images = np.stack([style.render(labels, seed, 64) for labels, seed in drawn])
    bundle = open_bundle(place("face-attribute-features"))
    heads = heads_of(bundle.manifest)
    assert [a.values for a in bundle.manifest.attributes] == [a.values for a in style.attributes]
    logits, _ = Model(bundle).classify(images)
    named = np.stack([part.argmax(1) for part in np.split(logits, np.cumsum(heads)[:-1], axis=1)], 1)
    assert (named == np.stack([labels for labels, _ in drawn])).mean() > 0.99
