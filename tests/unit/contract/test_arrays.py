"""Arrays in ``.npz`` files come back exactly, and a header that lies costs nothing."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from explorer.contract.arrays import array_keys, pack_arrays, read_array
from explorer.contract.errors import BundleError, DamagedBundle, TooLarge
from explorer.contract.manifest import Array
from tests.graphs import vast_arrays
from tests.unit.contract.sentences import assert_plain

DTYPES = ("<f4", "<f8", "<f2", "<i8", "<i4", "<i2", "|i1", "|u1", "<u2", "<u4", "<u8", "|b1")
arrays = hnp.arrays(
    st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4), elements=None
)


def _read(content: bytes, key: str = "a") -> NDArray[np.generic]:
    return read_array(content, Array(file="arrays.npz", key=key))


def _refusal(content: bytes) -> BundleError:
    with pytest.raises(BundleError) as caught:
        _read(content)
    assert_plain(caught.value)
    return caught.value


def _npz(member: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.npy", member)
    return packed.getvalue()


def _npy(header: bytes, content: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
    return _npz(magic + len(header).to_bytes(2, "little") + header + content)


@settings(max_examples=150, deadline=None)
@given(arrays)
def test_what_is_packed_comes_back(array: NDArray[np.generic]) -> None:
    read = _read(pack_arrays({"a": array}))
    assert read.dtype == array.dtype and read.shape == array.shape and read.tobytes() == array.tobytes()
    assert read.flags.writeable and read.flags.owndata


@settings(max_examples=60, deadline=None)
@given(arrays, st.booleans(), st.booleans())
def test_what_numpy_saves_is_read(array: NDArray[np.generic], fortran: bool, compressed: bool) -> None:
    packed = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(packed, a=np.asarray(array, order="F" if fortran else "C"))
    read = _read(packed.getvalue())
    assert read.dtype == array.dtype and read.shape == array.shape and read.tobytes() == array.tobytes()


def test_several_arrays_have_their_names() -> None:
    content = pack_arrays({"codes": np.zeros(3, "f4"), "labels": np.arange(2)})
    assert array_keys(content, "x.npz") == ["codes", "labels"]
    np.testing.assert_array_equal(_read(content, "labels"), [0, 1])
    assert content == pack_arrays({"codes": np.zeros(3, "f4"), "labels": np.arange(2)})


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array([b"bytes"]),
        np.array([1 + 2j]),
        np.zeros(2, ">f4"),
        np.zeros(2, [("x", "<f4")]),
        np.array(["2020-01-01"], "M8[D]"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_what_could_not_be_read_is_not_packed(array: NDArray[np.generic]) -> None:
    with pytest.raises(TypeError, match="a: only"):
        pack_arrays({"a": array})
    packed = io.BytesIO()
    np.savez(packed, a=array)
    assert isinstance(_refusal(packed.getvalue()), DamagedBundle)


@pytest.mark.parametrize("key", ["b", "../a", "", "a.npy", "x" * 200, "line\nbreak"])
def test_a_missing_key(key: str) -> None:
    with pytest.raises(DamagedBundle) as caught:
        read_array(pack_arrays({"a": np.zeros(3)}), Array.model_construct(file="arrays.npz", key=key))
    assert_plain(caught.value)


def test_a_header_of_a_hundred_gigabytes() -> None:
    error = _refusal(vast_arrays("a"))
    assert isinstance(error, TooLarge) and "100,000,000,000" in str(error)


HEADER = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"(" * 5_000,
        b"-" * 900 + b"1",
        b"{[]: 1}",
        b"__import__('os').system('true')",
        HEADER[:-10],
        HEADER.replace(b"<f4", b"|O"),
        HEADER.replace(b"<f4", b"<f16"),
        HEADER.replace(b"'<f4'", b"()"),
        HEADER.replace(b"'<f4'", b"[('x', '<f4')]"),
        HEADER.replace(b"'<f4'", b"('<f4', (1000000000,))"),
        HEADER.replace(b"<f4", b"|V99999999999"),
        HEADER.replace(b"(2,)", b"(-2,)"),
        HEADER.replace(b"(2,)", b"(2.0,)"),
        HEADER.replace(b"(2,)", b"(2"),
        HEADER.replace(b"(2,)", b"(" + b"1, " * 40 + b"2)"),
        HEADER.replace(b"(2,)", b"(" + b"9" * 500 + b",)"),
        HEADER.replace(b"False", b"None"),
        HEADER + b" " * 60_000,
    ],
)
def test_a_header_that_is_none(header: bytes) -> None:
    assert isinstance(_refusal(_npy(header, bytes(8))), DamagedBundle)


@pytest.mark.parametrize("shape", [b"(0, 999999999999)", b"(999999999999, 999999999999, 999999999999, 0)"])
def test_an_empty_array_of_vast_shape(shape: bytes) -> None:
    """Nothing in it, so nothing is too large; numpy itself refuses some, and then it is damaged."""
    content = _npy(HEADER.replace(b"(2,)", shape))
    try:
        assert _read(content).size == 0
    except DamagedBundle as error:
        assert_plain(error)


@pytest.mark.parametrize("magic", [b"\x93NUMPY\x03\x00", b"\x93NUMPX\x01\x00", bytes(8)])
def test_another_magic(magic: bytes) -> None:
    assert isinstance(_refusal(_npy(HEADER, bytes(8), magic)), DamagedBundle)


@pytest.mark.parametrize("count", [0, 7, 9, 800])
def test_content_that_does_not_fill_the_shape(count: int) -> None:
    assert isinstance(_refusal(_npy(HEADER, bytes(count))), DamagedBundle | TooLarge)


def test_a_torn_array() -> None:
    content = bytearray(pack_arrays({"a": np.arange(1_000, dtype="<i8")}))
    content[300] ^= 0xFF
    assert isinstance(_refusal(bytes(content)), DamagedBundle)
    stored = bytearray(_npy(HEADER, bytes(8)))
    stored[stored.index(HEADER) + len(HEADER) + 3] ^= 1  # only the zip's checksum can tell
    assert isinstance(_refusal(bytes(stored)), DamagedBundle)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120) | st.text("{}()[]',: <f48descrfortan_shpeFalsT0123456789-", max_size=90).map(str.encode))
def test_no_header_makes_another_exception(header: bytes) -> None:
    assert isinstance(_refusal(_npy(header, bytes(8))), BundleError)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_another_exception(content: bytes) -> None:
    _refusal(content)
    _refusal(_npz(content))
    with pytest.raises(DamagedBundle) as caught:
        array_keys(content, "arrays.npz")
    assert_plain(caught.value)
