"""Files that PyTorch and the published StyleGANs write, read without either: a zip, an older stream, or bare opcodes.

Every size that a file states is held against the bytes that are there before anything is made of it.
"""

import io
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch

from explorer.contract.errors import short
from explorer.contract.zips import TORN
from trainers.foreign.errors import CannotImport, UnsafeFile
from trainers.foreign.opcodes import Make, Named, Torn, damaged, read_opcodes
from trainers.foreign.values import DTYPES, Storage, allowed

MAGIC = 0x1950A86A20F9469CFC6C  # the number that PyTorch's older stream begins with
PROTOCOL = 1001
LINE = 1 << 20  # bytes of a word in a file; more is an attack
PARTS = 100_000  # files in a zip


def read_weights(path: Path) -> Any:
    """What lies in the file: plain containers, numbers, ``values.Weights`` and ``values.Record``.

    Raises:
        UnsafeFile: it asks for code to be run. CannotImport: it is damaged, or too old a form.
    """
    name = short(path.name)
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            return _of_zip(path, name)
        file.seek(0)
        whole = _Bounded(file, path.stat().st_size)
        first = read_opcodes(whole, name, _names(name))
        return _of_stream(whole, name) if first == MAGIC and type(first) is int else first


class _Bounded:
    """A file of which no more is asked for than is left: a promise of 100 GB reserves nothing."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size = file, size

    @property
    def left(self) -> int:
        """Bytes behind the current place."""
        return self._size - self._file.tell()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""
        return self._file.read(min(size, max(0, self.left)))

    def readline(self) -> bytes:
        """Up to the end of a line, at most ``LINE`` bytes."""
        return self._file.readline(LINE)

    def tell(self) -> int:
        """The current place."""
        return self._file.tell()


def _names(name: str) -> Mapping[str, Make | None]:
    """What names stand for; a storage inside a file is a stream of its own."""

    def storage(content: Any) -> Storage:
        if not isinstance(content, bytes):
            raise Torn
        inside = _Bounded(io.BytesIO(content), len(content))
        nothing = allowed(_refuse)
        if read_opcodes(inside, name, nothing) != MAGIC:
            raise Torn
        found = _of_stream(inside, name)
        if not isinstance(found, Storage):
            raise Torn
        return found

    return allowed(storage)


def _refuse(*_: Any) -> Any:
    """A stream does not hold another one: each inside the next would have no end."""
    raise Torn


def _of_stream(file: _Bounded, name: str) -> Any:
    """What comes after ``MAGIC``: version, machine, the value, the keys of its storages, and these one by one."""
    names = allowed(_refuse)
    if read_opcodes(file, name, names) != PROTOCOL:
        raise damaged(name)
    read_opcodes(file, name, names)  # the machine it was written on
    storages: dict[str, Storage] = {}

    def stored(what: Any) -> Storage:
        if not isinstance(what, tuple) or len(what) != 6 or what[0] != "storage" or what[5] is not None:
            raise Torn
        dtype, count = _stated(what)
        return storages.setdefault(str(what[2]), Storage(dtype, count))

    value = read_opcodes(file, name, names, stored)
    keys = read_opcodes(file, name, names)
    if not isinstance(keys, list) or not set(storages) <= {str(key) for key in keys}:
        raise damaged(name)
    for key in keys:
        head = file.read(8)
        storage = storages.get(str(key))
        if len(head) != 8 or storage is None or struct.unpack("<q", head)[0] != storage.count:
            raise damaged(name)
        if storage.nbytes > file.left:
            raise _promises(name)
        storage.content = file.read(storage.nbytes)
    return value


def _of_zip(path: Path, name: str) -> Any:
    """``NAME/data.pkl`` and a file ``NAME/data/KEY`` for each storage, none of them compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = {info.filename: info for info in archive.infolist()[:PARTS]}
            if sum(info.file_size for info in infos.values()) > path.stat().st_size:
                raise _promises(name)
            root = next((entry[: -len("data.pkl")] for entry in infos if entry.endswith("data.pkl")), None)
            if root is None:
                raise damaged(name)
            order = archive.read(f"{root}byteorder").decode() if f"{root}byteorder" in infos else sys.byteorder
            if order != "little":
                raise CannotImport(f"{name} was written on a big-endian machine; save it again on another.")
            storages: dict[str, Storage] = {}

            def stored(what: Any) -> Storage:
                if not isinstance(what, tuple) or len(what) != 5 or what[0] != "storage":
                    raise Torn
                key = str(what[2])
                if key not in storages:
                    dtype, count = _stated(what)
                    entry = infos[f"{root}data/{key}"]
                    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != count * dtype.itemsize:
                        raise _promises(name)
                    storages[key] = Storage(dtype, count, archive.read(entry))
                return storages[key]

            content = archive.read(f"{root}data.pkl")
            return read_opcodes(_Bounded(io.BytesIO(content), len(content)), name, allowed(_refuse), stored)
    except CannotImport:
        raise
    except (*TORN, KeyError) as error:
        raise damaged(name) from error


def _stated(what: tuple[Any, ...]) -> tuple[torch.dtype, int]:
    """Type and number of numbers of a storage that lies elsewhere in the file."""
    kind, count = what[1], what[4]
    if not isinstance(kind, Named) or type(count) is not int or count < 0:
        raise Torn
    if kind.name == "torch.storage.UntypedStorage":
        return torch.uint8, count
    dtype = DTYPES.get(kind.name.removeprefix("torch."))
    if dtype is None:
        raise Torn
    return dtype, count


def _promises(name: str) -> UnsafeFile:
    return UnsafeFile(f"{name} promises more numbers than it holds: it is damaged or made to do harm; do not use it.")
