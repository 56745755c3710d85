"""Stores that do not fit their model, though every file is whole: told by ``check``, never shown."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.archive import Bundle, pack_arrays
from explorer.contract.errors import BundleError
from explorer.contract.manifest import Array, Attribute, EncodedStore
from explorer.models.load import check_bundle
from explorer.models.stores import read_directions, read_encoded
from explorer.runtime.session import Runtime
from tests.graphs import CLASSES, SPACE, Toy, tiny_bundle
from tests.unit.contract.sentences import assert_plain

D, N = 3, 5
_tiny = partial(tiny_bundle, dims=D, size=4)
Arrays = dict[str, NDArray[Any]]


def _good() -> Arrays:
    rng = np.random.default_rng(0)
    return {
        "codes": rng.standard_normal((N, D)).astype(np.float32),
        "log_variances": np.zeros((N, D), np.float32),
        "labels": np.arange(N) % len(CLASSES),
        "thumbnails": np.zeros((N, 4, 4, 1), np.uint8),
    }


def _with(path: Path, changes: Mapping[str, NDArray[Any]]) -> Bundle:
    return _tiny(path, files={"encoded.npz": pack_arrays(_good() | dict(changes))})


def _assert_told(bundle: Bundle) -> None:
    runtime = Runtime("cpu", threads=1)
    try:
        (fault,) = check_bundle(bundle.path, runtime)
    finally:
        runtime.close()
    assert isinstance(fault, BundleError)
    assert_plain(fault)


def _nan(array: NDArray[Any]) -> NDArray[Any]:
    spoilt = array.copy()
    spoilt.flat[1] = np.nan
    return spoilt


def test_what_fits_is_read(tmp_path: Path) -> None:
    encoded = read_encoded(_with(tmp_path / "model", {}), SPACE)
    assert encoded is not None and len(encoded) == N
    for key, array in _good().items():
        np.testing.assert_array_equal(np.squeeze(getattr(encoded, key)), np.squeeze(array))
    assert [column.values for column in encoded.columns] == [CLASSES]
    directions = read_directions(_tiny(tmp_path / "other"), SPACE)
    assert directions is not None and directions.vectors.shape == (D, D) and directions.facts[0].name == "PCA 1"
    runtime = Runtime("cpu", threads=1)
    assert check_bundle(tmp_path / "model", runtime) == []
    runtime.close()


def test_no_store_is_none(tmp_path: Path) -> None:
    bundle = _tiny(tmp_path / "model", stores=False)
    assert read_encoded(bundle, SPACE) is None and read_directions(bundle, SPACE) is None


def test_an_empty_store_is_read(tmp_path: Path) -> None:
    encoded = read_encoded(_with(tmp_path / "model", {key: array[:0] for key, array in _good().items()}), SPACE)
    assert encoded is not None and len(encoded) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": np.zeros((N, D + 1), np.float32)},
        {"codes": np.zeros((N + 1, D), np.float32)},
        {"codes": np.zeros(N, np.float32)},
        {"codes": np.float32(1.0)},
        {"codes": np.zeros((N, D, 1), np.float32)},
        {"codes": _nan(_good()["codes"])},
        {"log_variances": np.zeros((N, D + 1), np.float32)},
        {"log_variances": np.full((N, D), np.inf, np.float32)},
        {"labels": np.zeros(N - 1, np.int64)},
        {"labels": np.int64(3)},
        {"labels": np.zeros((N, 2), np.int64)},
        {"labels": np.zeros((N, 1, 1), np.int64)},
        {"labels": np.full(N, len(CLASSES))},
        {"labels": np.full(N, -1)},
        {"thumbnails": np.zeros((N, 4, 4), np.uint8)},
        {"thumbnails": np.zeros((N - 1, 4, 4, 1), np.uint8)},
        {"thumbnails": np.zeros((N, 4, 4, 2), np.uint8)},
        {"thumbnails": np.zeros((N, 4, 4, 1), np.float32)},
    ],
    ids=lambda changes: " ".join(f"{key} {array.dtype}{list(array.shape)}" for key, array in changes.items()),
)
def test_encoded_data_that_does_not_fit(tmp_path: Path, changes: Arrays) -> None:
    bundle = _with(tmp_path / "model", changes)
    with pytest.raises(BundleError) as caught:
        read_encoded(bundle, SPACE)
    assert_plain(caught.value)
    _assert_told(bundle)


def test_columns_of_attributes_are_matched(tmp_path: Path) -> None:
    attributes = (Attribute(name="hair", values=("none", "long")), Attribute(name="eyes", values=("a", "b", "c")))
    facts = {"attributes": attributes, "classes": ()}
    fine = {**_good(), "labels": np.tile([1, 2], (N, 1))}
    encoded = read_encoded(_tiny(tmp_path / "a", facts=facts, files={"encoded.npz": pack_arrays(fine)}), SPACE)
    assert encoded is not None and encoded.columns == attributes
    swapped = {**_good(), "labels": np.tile([2, 1], (N, 1))}
    _assert_told(_tiny(tmp_path / "b", facts=facts, files={"encoded.npz": pack_arrays(swapped)}))


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    store = EncodedStore(space=SPACE, data="toy", split="test", codes=Array(file="encoded.npz", key="absent"))
    _assert_told(_tiny(tmp_path / "model", facts={"stores": (store,)}))


@pytest.mark.parametrize(
    "vectors",
    [
        np.eye(D, D + 1, dtype=np.float32),
        np.eye(D - 1, D, dtype=np.float32),
        np.eye(D, dtype=np.float32).ravel(),
        np.float32(1.0),
        np.zeros((D, D), np.float32),
        2 * np.eye(D, dtype=np.float32),
        _nan(np.eye(D, dtype=np.float32)),
    ],
    ids=["wide", "few", "flat", "scalar", "zero", "long", "not numbers"],
)
def test_directions_that_do_not_fit(tmp_path: Path, vectors: NDArray[Any]) -> None:
    bundle = _tiny(tmp_path / "model", files={"directions.npz": pack_arrays({"pca": vectors})})
    with pytest.raises(BundleError) as caught:
        read_directions(bundle, SPACE)
    assert_plain(caught.value)
    _assert_told(bundle)


def test_the_toy_of_the_tests_is_itself_fine(tmp_path: Path) -> None:
    """Others rely on it."""
    bundle = tiny_bundle(tmp_path / "toy", dims=512, size=8, channels=3, dead=(5,))
    runtime = Runtime("cpu", threads=1)
    assert check_bundle(bundle.path, runtime) == []
    runtime.close()
    encoded = read_encoded(bundle, SPACE)
    assert encoded is not None
    np.testing.assert_array_equal(encoded.codes, Toy(512, 8, 3, dead=(5,)).codes())
