"""The attribute directions of the shipped faces, judged by the shipped classifier of face attributes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.archive import open_bundle
from explorer.contract.pixels import Pixels
from explorer.models.load import load_model
from explorer.models.stores import read_directions, read_encoded
from explorer.places import assets_folder
from explorer.runtime.session import Runtime

FACES = assets_folder() / "models" / "faces-vae"
CLASSIFIER = assets_folder() / "features" / "face-attribute-features"
pytestmark = pytest.mark.skipif(
    not (FACES.is_dir() and CLASSIFIER.is_dir()), reason="the faces or their classifier are not shipped here"
)

GOOD = 0.8  # balanced accuracy from which a direction claims to know its attribute
REACH = 2.0  # standard deviations to each side
SHOWN = 8  # held-out faces


class Judge:
    """Says how likely each value of each attribute is, (N, values), by attribute."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        bundle = open_bundle(folder)
        (graph,) = bundle.manifest.graphs
        self._session = runtime.open(bundle.read(graph.file), graph)
        self.values = {attribute.name: attribute.values for attribute in bundle.manifest.attributes}

    def __call__(self, faces: Pixels) -> dict[str, NDArray[np.float64]]:
        image = np.ascontiguousarray(faces.transpose(0, 3, 1, 2), np.float32) / 255
        logits = self._session.run({"image": image})["logits"].astype(np.float64)
        parts = np.split(logits, np.cumsum([len(values) for values in self.values.values()])[:-1], axis=1)
        chances = (np.exp(part - part.max(axis=1, keepdims=True)) for part in parts)
        return dict(zip(self.values, (c / c.sum(axis=1, keepdims=True) for c in chances), strict=True))


@pytest.fixture(scope="module")
def changes() -> dict[str, dict[str, float]]:
    """How much each attribute changes from one side to the other, by direction: mean total variation, in [0, 1]."""
    runtime = Runtime("cpu", threads=1)
    model = load_model(FACES, runtime)
    assert model.decodes is not None
    judge = Judge(CLASSIFIER, runtime)
    encoded, directions = read_encoded(model.bundle, "z"), read_directions(model.bundle, "z")
    assert encoded is not None and directions is not None
    codes, found = encoded.codes[:SHOWN], {}
    for vector, fact in zip(directions.vectors, directions.facts, strict=True):
        if fact.origin == "attribute" and (fact.quality or 0) >= GOOD:
            step = np.float32(REACH * (fact.deviation or 1)) * vector
            low, high = judge(model.decodes.decode(codes - step)), judge(model.decodes.decode(codes + step))
            found[fact.name] = {
                name: float(np.abs(high[name] - low[name]).sum(axis=1).mean() / 2) for name in judge.values
            }
    return found


def test_directions_change_the_attribute_they_name_more_than_any_other(changes: dict[str, dict[str, float]]):
    assert len(changes) >= 20
    wrong = {}
    for direction, changed in changes.items():
        own = direction.partition(": ")[0]
        strongest = max(changed, key=lambda name: changed[name])
        if strongest != own:
            wrong[direction] = (strongest, round(changed[own], 2), round(changed[strongest], 2))
    assert len(wrong) <= 0.1 * len(changes), wrong


def test_what_they_name_really_changes_and_the_rest_much_less(changes: dict[str, dict[str, float]]):
    own = [changed[direction.partition(": ")[0]] for direction, changed in changes.items()]
    others = [
        np.mean([value for name, value in changed.items() if name != direction.partition(": ")[0]])
        for direction, changed in changes.items()
    ]
    assert np.mean(own) > 0.7
    assert np.mean(others) < 0.5 * np.mean(own)
