"""Files that are too large to hold: proved, copied and mapped in pieces; no link is followed, no pipe is opened."""

import hashlib
import os
import shutil
import stat
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import DamagedBundle, UnsafePath, short

PIECE = 1 << 20  # bytes that are held at a time
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_BINARY", "O_NONBLOCK"))  # not every system has all
_KNOWN = 1_000  # files whose hash is remembered

# What was read once in this process need not be read again to be proved: five gigabytes take ten seconds.
_hashes: dict[tuple[str, int, int, int, int], str] = {}


def opened(place: Path) -> BufferedReader:
    """A plain file, to be read; later reads may raise ``OSError``.

    Raises:
        UnsafePath: it is a link or no file. DamagedBundle: it cannot be opened.
    """
    try:
        linked = stat.S_ISLNK(place.lstat().st_mode)
        file = None if linked else os.fdopen(os.open(place, os.O_RDONLY | _FLAGS), "rb")
    except OSError as error:
        raise DamagedBundle(
            f"{short(place.name)} cannot be read ({error.strerror or error}); get the model again."
        ) from error
    if file is None:
        raise UnsafePath(f"{short(place.name)} is a link, which models may not have; copy the file itself.")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UnsafePath(f"{short(place.name)} is no plain file, which models may not have; copy a file there.")
    return file


def size_of(file: BufferedReader) -> int:
    """Bytes of an opened file."""
    return os.fstat(file.fileno()).st_size


def sha256_of(file: BufferedReader, place: Path, *, anew: bool = False) -> str:
    """The hash of a file that ``opened`` gave for ``place``.

    One that was hashed before, and has its size and times still, is not read again unless ``anew``.
    """
    found = os.fstat(file.fileno())
    key = (str(place.absolute()), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if anew or key not in _hashes:
        file.seek(0)
        if len(_hashes) >= _KNOWN:
            _hashes.clear()
        _hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _hashes[key]


def copy(file: BufferedReader, to: IO[bytes]) -> None:
    """All of an opened file, a piece at a time."""
    file.seek(0)
    shutil.copyfileobj(file, to, PIECE)


def mapped(file: BufferedReader) -> NDArray[np.uint8]:
    """The bytes of an opened file where they lie, read-only: the system brings in what is used, and may let it go."""
    if not size_of(file):  # which cannot be mapped
        return np.zeros(0, np.uint8)
    return np.memmap(file, dtype=np.uint8, mode="r")
