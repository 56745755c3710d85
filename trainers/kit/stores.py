"""What a bundle carries beside its graphs: encoded pictures, directions, labels with their names."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays
from trainers.kit.pictures import Pictures
from trainers.kit.probes import Grouping, Question, attribute_directions, pca_directions

ENCODED = "encoded.npz"
DIRECTIONS = "directions.npz"
THUMBNAIL_PX = 32


@dataclass
class Parts:
    """Fields of the manifest and files that belong together, gathered while a bundle is put together."""

    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def store(self, store: m.Store, file: str, arrays: dict[str, np.ndarray]) -> None:
        """Add one store and its arrays."""
        self.facts["stores"] = (*self.facts.get("stores", ()), store)
        self.files[file] = pack_arrays(arrays)


def label_facts(pictures: Pictures) -> dict[str, Any]:
    """The manifest's ``classes`` and ``attributes``."""
    attributes = tuple(m.Attribute(name=a.name, values=a.values) for a in pictures.attributes)
    return {"classes": pictures.classes, "attributes": attributes}


def add_encoded(
    parts: Parts, space: str, pictures: Pictures, codes: np.ndarray, log_variances: np.ndarray | None
) -> None:
    """The encoded store: codes (N, D) of ``pictures``, their labels and small pictures of them."""
    arrays = {"codes": codes.astype(np.float32), "thumbnails": thumbnails(pictures.images)}
    if log_variances is not None:
        arrays["log_variances"] = log_variances.astype(np.float32)
    if pictures.labels is not None:
        arrays["labels"] = pictures.labels
    named: dict[str, Any] = {key: m.Array(file=ENCODED, key=key) for key in arrays}
    store = m.EncodedStore(space=space, data=pictures.name, split=pictures.split, **named)
    parts.store(store, ENCODED, arrays)


def add_directions(
    parts: Parts,
    space: str,
    train: Pictures,
    train_codes: np.ndarray,
    test: Pictures,
    test_codes: np.ndarray,
    log_variances: np.ndarray | None = None,
) -> None:
    """The directions store: principal axes of the codes and what labels can be read off along a line.

    ``log_variances`` (N, D) are those of the training codes, where the codes are means of posteriors.
    """
    axes, axis_facts = pca_directions(train_codes)
    spread = None if log_variances is None else np.exp(log_variances.astype(np.float64)).mean(0)
    lines, line_facts = attribute_directions(train_codes, test_codes, questions(train, test), spread)
    vectors = m.Array(file=DIRECTIONS, key="vectors")
    store = m.DirectionsStore(space=space, vectors=vectors, directions=(*axis_facts, *line_facts))
    parts.store(store, DIRECTIONS, {"vectors": np.concatenate([axes, lines])})


def questions(train: Pictures, test: Pictures) -> list[Question]:
    """Every class, or every value of every attribute, as a yes-no question."""
    return [
        Question(f"{grouping.name}: {value}" if train.attributes else value, grouping.train == i, grouping.test == i)
        for grouping, values in _columns(train, test)
        for i, value in enumerate(values)
    ]


def groupings(train: Pictures, test: Pictures) -> list[Grouping]:
    """What a single dimension could mean: an attribute, or being of one class."""
    if train.attributes:
        return [grouping for grouping, _ in _columns(train, test)]
    return [Grouping(q.name, q.train.astype(np.int64), q.test.astype(np.int64)) for q in questions(train, test)]


def thumbnails(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> at most ``THUMBNAIL_PX`` a side."""
    if images.shape[1] <= THUMBNAIL_PX:
        return images
    small = np.empty((len(images), THUMBNAIL_PX, THUMBNAIL_PX, images.shape[3]), np.uint8)
    for image, target in zip(images, small, strict=True):
        picture = Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image)
        shrunk = picture.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
        target[:] = np.asarray(shrunk).reshape(target.shape)
    return small


def _columns(train: Pictures, test: Pictures) -> list[tuple[Grouping, tuple[str, ...]]]:
    if train.labels is None or test.labels is None:
        return []
    if train.attributes:
        return [
            (Grouping(attribute.name, train.labels[:, i], test.labels[:, i]), attribute.values)
            for i, attribute in enumerate(train.attributes)
        ]
    return [(Grouping("class", train.labels, test.labels), train.classes)]
