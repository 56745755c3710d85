"""What a bundle carries beside its graphs, as arrays: encoded data with labels and small pictures, and directions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.errors import DamagedBundle
from explorer.contract.manifest import Array, Attribute, Direction, DirectionsStore, EncodedStore
from explorer.contract.pixels import Pixels

CLASS = "class"  # the name of the only label column of a data set with classes


@dataclass(frozen=True, eq=False)
class Encoded:
    """Pictures of a data set as the model encodes them.

    ``codes`` (N, D) posterior means, ``log_variances`` (N, D) or None, ``labels`` (N, A) one value index per column of
    ``columns`` (A = 0 without labels), ``thumbnails`` (N, H, W, C) or None.
    """

    data: str
    split: str
    codes: NDArray[np.float32]
    log_variances: NDArray[np.float32] | None
    labels: NDArray[np.int64]
    columns: tuple[Attribute, ...]
    thumbnails: Pixels | None

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False)
class Directions:
    """Unit vectors (K, D) of a latent space, row k described by ``facts[k]``."""

    vectors: NDArray[np.float32]
    facts: tuple[Direction, ...]


def read_encoded(bundle: Bundle, space: str) -> Encoded | None:
    """The encoded data of a latent space, or None.

    Raises:
        DamagedBundle: the arrays do not fit each other or the manifest.
    """
    store = next(
        (found for found in bundle.manifest.stores if isinstance(found, EncodedStore) and found.space == space), None
    )
    if store is None:
        return None
    codes = bundle.array(store.codes)
    labels = _optional(bundle, store.labels)
    spreads = _optional(bundle, store.log_variances)
    thumbnails = _optional(bundle, store.thumbnails)
    columns = _columns(bundle, labels)
    labels = np.zeros((len(codes), 0)) if labels is None else labels.reshape(len(labels), -1)
    described = bundle.manifest.space(space)
    size = None if described is None else described.shape[0]
    fits = (
        codes.ndim == 2
        and codes.shape[1] == size
        and all(array is None or len(array) == len(codes) for array in (labels, spreads, thumbnails))
        and labels.shape[1] == len(columns)
        and all(labels[:, i].min(initial=0) >= 0 for i in range(len(columns)))
        and all(labels[:, i].max(initial=0) < len(column.values) for i, column in enumerate(columns))
        and (spreads is None or spreads.shape == codes.shape)
        and (thumbnails is None or (thumbnails.ndim == 4 and thumbnails.dtype == np.uint8))
    )
    if not fits or not np.isfinite(codes).all():
        raise DamagedBundle("The model's encoded pictures do not fit together; export the model again.")
    return Encoded(
        store.data,
        store.split,
        codes.astype(np.float32),
        None if spreads is None else spreads.astype(np.float32),
        labels.astype(np.int64),
        columns,
        thumbnails,
    )


def read_directions(bundle: Bundle, space: str) -> Directions | None:
    """The stored directions of a latent space, or None.

    Raises:
        DamagedBundle: the vectors do not fit the space or their descriptions.
    """
    for store in bundle.manifest.stores:
        if isinstance(store, DirectionsStore) and store.space == space:
            vectors = bundle.array(store.vectors)
            described = bundle.manifest.space(space)
            if described is None or vectors.shape != (len(store.directions), described.shape[0]):
                raise DamagedBundle("The model's directions do not fit its latent space; export the model again.")
            return Directions(vectors.astype(np.float32), store.directions)
    return None


def _columns(bundle: Bundle, labels: NDArray[Any] | None) -> tuple[Attribute, ...]:
    if labels is None:
        return ()
    if labels.ndim == 1 and bundle.manifest.classes:
        return (Attribute(name=CLASS, values=bundle.manifest.classes),)
    return bundle.manifest.attributes


def _optional(bundle: Bundle, array: Array | None) -> NDArray[Any] | None:
    return None if array is None else bundle.array(array)
