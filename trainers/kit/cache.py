"""Prepared pictures kept on disk: written whole or not at all, checked by sha256, never made twice."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import platformdirs

from explorer.contract.archive import saying_why, write_file

Arrays = dict[str, np.ndarray]

APP_NAME = "latent-explorer"
CHUNK_BYTES = 1 << 20


def cache_folder() -> Path:
    """Where prepared data lies: ``data`` in the user's cache folder for this application."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "data"


def write(path: Path, arrays: Arrays) -> None:
    """Write ``arrays`` as a compressed npz at ``path`` and its checksum beside it, each in one step.

    Raises:
        CannotWrite: no space, no right; what was there before is whole.
    """
    with saying_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            draft = Path(file.name)
            try:
                np.savez_compressed(file, allow_pickle=False, **arrays)
                file.close()
                digest = sha256(draft)
                draft.replace(path)
            except BaseException:
                file.close()
                draft.unlink(missing_ok=True)
                raise
    write_file(checksum_path(path), f"{digest}  {path.name}\n".encode())


def read(path: Path) -> Arrays | None:
    """The arrays at ``path``; None if they are not there, or if file and checksum do not belong together."""
    if not is_whole(path):
        return None
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def is_whole(path: Path) -> bool:
    """Whether the file at ``path`` is the one its checksum was taken of."""
    if not path.is_file() or not checksum_path(path).is_file():
        return False
    return checksum_path(path).read_text().split()[:1] == [sha256(path)] and zipfile.is_zipfile(path)


def remember(path: Path, make: Callable[[], Arrays]) -> Arrays:
    """What lies at ``path``; made with ``make`` and kept there if it does not."""
    arrays = read(path)
    if arrays is None:
        arrays = make()
        write(path, arrays)
    return arrays


def checksum_path(path: Path) -> Path:
    """The file that holds the sha256 of ``path``."""
    return path.with_name(path.name + ".sha256")


def sha256(path: Path) -> str:
    """The file's sha256 in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
