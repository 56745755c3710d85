"""What a bundle carries beside its graphs, as arrays: encoded data with labels and small pictures, and directions."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.errors import DamagedBundle
from explorer.contract.manifest import Array, Attribute, Direction, DirectionsStore, EncodedStore, RowsPrior
from explorer.contract.pixels import Pixels

LIFTED_BYTES = 32 << 20  # of codes that are repeated for every layer
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

    def column(self, name: str) -> int | None:
        """The number of the label column of that name, else of the first; None without labels."""
        names = [column.name for column in self.columns]
        return names.index(name) if name in names else 0 if names else None


@dataclass(frozen=True, eq=False)
class Directions:
    """Unit vectors (K, D) of a latent space, row k described by ``facts[k]``.

    Where points have one style a layer, (L, D), the vectors are of one style.
    """

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
    count = codes.shape[0] if codes.ndim else 0
    if labels is None:
        labels = np.zeros((count, 0), np.int64)
    elif labels.ndim == 1:
        labels = labels[:, None]
    described = bundle.manifest.space(space)
    fits = (
        described is not None
        and codes.shape == (count, *described.shape)
        and labels.shape == (count, len(columns))
        and all(labels[:, i].min(initial=0) >= 0 for i in range(len(columns)))
        and all(labels[:, i].max(initial=0) < len(column.values) for i, column in enumerate(columns))
        and (spreads is None or spreads.shape == codes.shape)
        and (thumbnails is None or _are_pictures(thumbnails, count))
    )
    if not fits or not _finite(codes) or not (spreads is None or _finite(spreads)):
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


def read_lifted(bundle: Bundle, space: str) -> Encoded | None:
    """Of a space with one style a layer, (L, D): the data of the space of its styles, codes (N, L * D); else None.

    At most ``LIFTED_BYTES`` of them.

    Raises:
        DamagedBundle: as ``read_encoded``.
    """
    described = bundle.manifest.space(space)
    if described is None or not isinstance(described.prior, RowsPrior):
        return None
    found = read_encoded(bundle, described.prior.rows)
    if found is None:
        return None
    layers = described.shape[0]
    kept = slice(max(LIFTED_BYTES // (4 * math.prod(described.shape)), 1))
    return replace(
        found,
        codes=np.tile(found.codes[kept], (1, layers)),
        log_variances=None,
        labels=found.labels[kept],
        thumbnails=None if found.thumbnails is None else found.thumbnails[kept],
    )


def read_directions(bundle: Bundle, space: str) -> Directions | None:
    """The stored directions of a latent space, or of its styles where it has one a layer; None: there are none.

    Raises:
        DamagedBundle: the vectors do not fit the space or their descriptions, or are not of unit length.
    """
    for store in bundle.manifest.stores:
        if isinstance(store, DirectionsStore) and store.space == space:
            vectors = bundle.array(store.vectors)
            described = bundle.manifest.space(space)
            fits = described is not None and vectors.shape == (len(store.directions), *described.shape)
            if not fits or not _finite(vectors) or not np.allclose((vectors**2).sum(-1), 1.0, atol=1e-3):
                raise DamagedBundle("The model's directions do not fit its latent space; export the model again.")
            return Directions(vectors.astype(np.float32), store.directions)
    described = bundle.manifest.space(space)
    if described is None or not isinstance(described.prior, RowsPrior) or described.prior.rows == space:
        return None
    return read_directions(bundle, described.prior.rows)


def _columns(bundle: Bundle, labels: NDArray[Any] | None) -> tuple[Attribute, ...]:
    if labels is None:
        return ()
    if labels.ndim == 1 and bundle.manifest.classes:
        return (Attribute(name=CLASS, values=bundle.manifest.classes),)
    return bundle.manifest.attributes


def _are_pictures(array: NDArray[np.generic], count: int) -> bool:
    return array.ndim == 4 and len(array) == count and array.shape[3] in (1, 3, 4) and array.dtype == np.uint8


def _finite(array: NDArray[np.generic]) -> bool:
    return bool(np.isfinite(array).all())


def _optional(bundle: Bundle, array: Array | None) -> NDArray[Any] | None:
    return None if array is None else bundle.array(array)
