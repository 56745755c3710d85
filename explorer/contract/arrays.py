"""Arrays in ``.npz`` files: plain numbers only, checked before memory is asked for, never unpickled."""

import io
import math
import re
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from explorer.contract.errors import DamagedBundle, TooLarge, short
from explorer.contract.manifest import Array
from explorer.contract.zips import TORN, zip_members, zip_of

ARRAY_BYTES = 1 << 30  # unpacked, one array
_HEADER_BYTES = 1_000
_MAGIC = {b"\x93NUMPY\x01\x00": 2, b"\x93NUMPY\x02\x00": 4}  # -> bytes of the header's length
# the header is a Python literal; only the one spelling that numpy writes for plain numbers is read
_PLAIN = re.compile(r"[<|](?:b1|[iu][1248]|f[248])")
_HEADER = re.compile(
    rb"\{'descr': '(" + _PLAIN.pattern.encode() + rb")', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,12}(?:,|, \d{1,12}){0,15})?)\), \} *\n"
)


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An ``.npz`` in memory, compressed; the same arrays give the same bytes."""
    files: dict[str, bytes] = {}
    for key, array in arrays.items():
        if not _PLAIN.fullmatch(array.dtype.str):
            raise TypeError(f"{key}: only little-endian numbers and booleans can be stored, got {array.dtype}")
        content = io.BytesIO()
        npy.write_array(content, np.asarray(array, order="C"), allow_pickle=False)
        files[f"{key}.npy"] = content.getvalue()
    return zip_of(files)


def array_keys(content: bytes, path: str) -> list[str]:
    """The names of the arrays of an ``.npz`` given as bytes; ``path`` is for the sentence."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = zip_members(archive, len(content))
    except TORN as error:
        raise DamagedBundle(f"{path} is not a whole array file; get the model again.") from error
    return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]


def read_array(content: bytes, array: Array) -> NDArray[Any]:
    """One array of an ``.npz`` given as bytes; its header is checked before memory is asked for.

    Raises:
        DamagedBundle: the key is missing, torn, or not plain numbers. TooLarge: its header promises too much.
    """
    torn = DamagedBundle(f"{_place(array)} cannot be read; get the model again.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = zip_members(archive, len(content)).get(f"{array.key}.npy")
            if member is None:
                raise torn
            with archive.open(member) as file:
                shape, fortran, dtype = _header(file, array)
                size = math.prod(shape) * dtype.itemsize
                if size > min(ARRAY_BYTES, member.file_size):
                    raise TooLarge(
                        f"{_place(array)} says it is {size:,} bytes, more than it holds or than is allowed; "
                        "do not use this model."
                    )
                if size != member.file_size - file.tell():
                    raise torn
                values = np.frombuffer(file.read(size), dtype=dtype, count=math.prod(shape))
        return values.reshape(shape, order="F" if fortran else "C").copy()
    except TORN as error:
        raise torn from error


def _header(file: IO[bytes], array: Array) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, Fortran order and dtype; see ``numpy.lib.format`` for the layout."""
    width = _MAGIC.get(file.read(8), 0)
    length = int.from_bytes(file.read(width), "little")
    found = _HEADER.fullmatch(file.read(length)) if width and length <= _HEADER_BYTES else None
    if found is None:
        raise DamagedBundle(f"{_place(array)} does not hold plain numbers; do not use this model.")
    descr, fortran, shape = found.groups()
    return tuple(int(size) for size in shape.split(b",") if size), fortran == b"True", np.dtype(descr.decode())


def _place(array: Array) -> str:
    return f"The array {short(array.key)!r} of {short(array.file)}"
