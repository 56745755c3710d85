"""Where the files of a bundle lie: in memory, a folder or a zip; each is read without trust."""

import os
import stat
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from explorer.contract.errors import DamagedBundle, TooLarge, UnsafePath, short
from explorer.contract.paths import safe_path
from explorer.contract.zips import MEMBERS, TORN, zip_members

MANIFEST = "manifest.json"
FILES = MEMBERS


class Files(ABC):
    """The files of a bundle by relative path."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of every file; also refuses links."""

    @abstractmethod
    def read(self, path: str, limit: int) -> bytes:
        """At most ``limit`` + 1 bytes of a file."""

    def place(self, path: str) -> Path | None:
        """Where a file lies by itself, or None."""
        return None


class Memory(Files):
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def sizes(self) -> dict[str, int]:
        return {path: len(content) for path, content in self._files.items()}

    def read(self, path: str, limit: int) -> bytes:
        return self._files[path][: limit + 1]


class Folder(Files):
    def __init__(self, root: Path) -> None:
        self._root = root
        if not (root / MANIFEST).is_file():
            raise DamagedBundle(
                f"{short(root, 120)} holds no {MANIFEST}, so it is not a model; choose a folder made by an export."
            )

    def sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for folder, folders, names in os.walk(self._root):
            for name in (*folders, *names):
                path = Path(folder, name)
                relative = path.relative_to(self._root).as_posix()
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    raise UnsafePath(f"{short(relative)} is a link, which models may not have; copy the file itself.")
                if stat.S_ISREG(mode):
                    sizes[relative] = path.lstat().st_size
            if len(sizes) > FILES:
                raise TooLarge(
                    f"{short(self._root, 120)} holds more than {FILES} files; choose the model's own folder."
                )
        return sizes

    def place(self, path: str) -> Path | None:
        return self._root / safe_path(path)

    def read(self, path: str, limit: int) -> bytes:
        place = self._root / path
        try:
            handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            with os.fdopen(handle, "rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise unreadable(path, error) from error
        if path == MANIFEST and len(content) > limit:
            raise TooLarge(f"{MANIFEST} is larger than {limit:,} bytes; do not use this model.")
        return content


class Zip(Files):
    def __init__(self, path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                members = zip_members(archive, path.stat().st_size)
        except PermissionError:
            raise
        except TORN as error:
            raise DamagedBundle(f"{short(path.name)} is not a whole zip file; get the model again.") from error
        self._infos = _without_common_folder(members)
        self._path = path

    def sizes(self) -> dict[str, int]:
        return {path: info.file_size for path, info in self._infos.items()}

    def read(self, path: str, limit: int) -> bytes:
        info = self._infos.get(path)
        if info is None:
            raise DamagedBundle(f"The zip holds no {short(path)}, so it is not a whole model; get it again.")
        if info.file_size > limit:
            raise TooLarge(f"{short(path)} is larger than {limit:,} bytes; do not use this model.")
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(info) as member:
                return member.read(limit + 1)
        except TORN as error:
            raise DamagedBundle(f"{short(path)} is torn inside the zip; get the model again.") from error


def _without_common_folder(files: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """A zip of the folder itself holds everything one level down: look there."""
    tops = {path.split("/", 1)[0] for path in files} - {"__MACOSX"}  # what the Finder adds beside the folder
    if MANIFEST in files or len(tops) != 1:
        return files
    (top,) = tops
    return {path.removeprefix(f"{top}/"): info for path, info in files.items() if path.startswith(f"{top}/")}


def unreadable(path: str, error: OSError) -> DamagedBundle:
    """The error for a file that the system does not give."""
    return DamagedBundle(f"{short(path)} cannot be read ({error.strerror or error}); get the model again.")
