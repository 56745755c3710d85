"""Bundles on disk, a folder or one zip of it: read without trust, written whole or not at all."""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray
from pydantic import ValidationError

from explorer.contract.arrays import array_keys, read_array
from explorer.contract.arrays import pack_arrays as pack_arrays
from explorer.contract.errors import (
    BundleError,
    BundleNotFound,
    CannotWrite,
    DamagedBundle,
    DiskFull,
    TooLarge,
    UnsafePath,
    WrongHash,
    short,
)
from explorer.contract.manifest import Array, FileEntry, Manifest, invalid, parse_manifest
from explorer.contract.paths import safe_path
from explorer.contract.zips import MEMBER_BYTES, MEMBERS, TORN, zip_members, zip_of

MANIFEST = "manifest.json"
MANIFEST_BYTES = 8 << 20  # a manifest is a few kilobytes
FILE_BYTES = MEMBER_BYTES
BUNDLE_BYTES = 8 << 30
FILES = MEMBERS
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of the disk, or of what a person may have of it
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers leave in any folder


class Bundle:
    """An opened bundle: its manifest is valid, its files exist with their sizes; content is proved when it is read."""

    def __init__(self, path: Path, files: "_Files", manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._files = files

    def read(self, path: str) -> bytes:
        """The content of one listed file.

        Raises:
            DamagedBundle: it is not listed or cannot be read.
            WrongHash: it is not the file that the manifest describes.
        """
        entry = self.manifest.file(path)
        if entry is None:
            raise DamagedBundle(f"The model has no file {short(path)!r}; export it again.")
        content = self._files.read(path, entry.size)
        if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise WrongHash(
                f"{short(path)} was changed or damaged after the export (its checksum differs); get the model again."
            )
        return content

    def array(self, array: Array) -> NDArray[Any]:
        """One array of an ``.npz`` file; never unpickles.

        Raises:
            DamagedBundle: the file or key is missing or torn. TooLarge: its header promises too much.
        """
        return read_array(self.read(array.file), array)

    def verify(self) -> list[BundleError]:
        """Every fault of every listed file, as errors; empty when all is well."""
        faults: list[BundleError] = []
        for entry in self.manifest.files:
            try:
                content = self.read(entry.path)
                if entry.path.endswith(".npz"):
                    for key in array_keys(content, entry.path):
                        read_array(content, Array(file=entry.path, key=key))
            except BundleError as error:
                faults.append(error)
        return faults

    def unlisted(self) -> list[str]:
        """Files that lie in the folder or zip and are no part of the bundle."""
        listed = {MANIFEST, *(entry.path for entry in self.manifest.files)}
        return sorted(
            path for path in self._files.sizes() if path not in listed and path.rsplit("/", 1)[-1] not in _LITTER
        )

    def identity(self) -> str:
        """A sha256 over the names and hashes of all files: the same for a folder and a zip of it."""
        lines = sorted(f"{entry.sha256}  {entry.path}" for entry in self.manifest.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def open_bundle(path: Path) -> Bundle:
    """Open a bundle folder or zip and prove everything that can be proved without reading the large files.

    Raises:
        BundleNotFound, DamagedBundle, ManifestInvalid, NewerFormat, UnsafePath, TooLarge: as their sentences say.
    """
    try:
        if path.is_dir():
            files: _Files = _Folder(path)
        elif path.is_file():
            files = _Zip(path)
        else:
            raise BundleNotFound(f"There is no model at {short(path, 120)}; check the path.")
        manifest = parse_manifest(files.read(MANIFEST, MANIFEST_BYTES))
        _check_files(manifest, files.sizes())
    except OSError as error:
        raise DamagedBundle(
            f"{short(path, 120)} cannot be read ({error.strerror or error}); check the disk and the rights."
        ) from error
    return Bundle(path, files, manifest)


def save_bundle(target: Path, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle whole or not at all; a ``target`` that ends in ``.zip`` becomes one file, else a folder.

    Args:
        target: replaced when it exists and is a bundle.
        facts: the fields of ``Manifest`` but ``format`` and ``files``, which are added here.
        files: relative path -> content.

    Raises:
        ManifestInvalid, UnsafePath, TooLarge: ``open_bundle`` would refuse the result; nothing was written.
        CannotWrite: no space, no right, or something other than a bundle is in the way.
    """
    manifest = _manifest_of(facts, files)
    # names of files, as in a configuration, need not be text
    everything = {MANIFEST: manifest.to_json().encode(errors="replace"), **files}
    with saying_why(target):
        _check_replaceable(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix.lower() == ".zip":
            write_file(target, zip_of(everything))
        else:
            _write_folder(target, everything)
    return open_bundle(target)


def bundle_in_memory(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """The bundle that ``save_bundle`` would write, without writing it.

    Raises:
        ManifestInvalid, UnsafePath, TooLarge: ``open_bundle`` would refuse it.
    """
    return Bundle(Path("memory"), _Memory(files), _manifest_of(facts, files))


def _manifest_of(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Manifest:
    entries = tuple(
        FileEntry(path=safe_path(path), sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        for path, content in sorted(files.items())
    )
    try:
        manifest = Manifest(**dict(facts), files=entries)
    except ValidationError as error:
        raise invalid(error) from error
    _check_files(manifest, {path: len(content) for path, content in files.items()})
    return manifest


def facts_of(manifest: Manifest) -> dict[str, Any]:
    """The fields that ``save_bundle`` takes, to write a changed bundle."""
    return {name: getattr(manifest, name) for name in Manifest.model_fields if name not in ("format", "files")}


def write_file(target: Path, content: bytes) -> None:
    """Write a file whole or not at all: a new file beside it takes its place.

    Raises:
        CannotWrite: with the reason.
    """
    with saying_why(target):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                _write_through(file, content)
            Path(name).chmod(0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def saying_why(target: Path) -> Generator[None]:
    """Turn an ``OSError`` while writing ``target`` into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        place = short(target, 120)
        if error.errno in NO_SPACE:
            raise DiskFull(f"The disk is full, so {place} was not written; free some space and try again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise CannotWrite(f"There is no right to write {place}; choose another folder.") from error
        raise CannotWrite(f"{place} cannot be written ({error.strerror or error}); choose another folder.") from error


# --- where the files lie -----------------------------------------------------------------------------------------


class _Files(ABC):
    """The files of a bundle by relative path."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of every file; also refuses links."""

    @abstractmethod
    def read(self, path: str, limit: int) -> bytes:
        """At most ``limit`` + 1 bytes of a file."""


class _Memory(_Files):
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def sizes(self) -> dict[str, int]:
        return {path: len(content) for path, content in self._files.items()}

    def read(self, path: str, limit: int) -> bytes:
        return self._files[path][: limit + 1]


class _Folder(_Files):
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

    def read(self, path: str, limit: int) -> bytes:
        place = self._root / path
        try:
            handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            with os.fdopen(handle, "rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise DamagedBundle(
                f"{short(path)} cannot be read ({error.strerror or error}); get the model again."
            ) from error
        if path == MANIFEST and len(content) > limit:
            raise TooLarge(f"{MANIFEST} is larger than {limit:,} bytes; do not use this model.")
        return content


class _Zip(_Files):
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


def _check_files(manifest: Manifest, sizes: Mapping[str, int]) -> None:
    if sum(entry.size for entry in manifest.files) > BUNDLE_BYTES:
        raise TooLarge(f"The model's files add up to more than {BUNDLE_BYTES >> 30} GiB; do not use this model.")
    for entry in manifest.files:
        place = short(safe_path(entry.path))
        if entry.size > FILE_BYTES:
            raise TooLarge(
                f"{place} says it is {short(entry.size)} bytes, more than is allowed; do not use this model."
            )
        if entry.path not in sizes:
            raise DamagedBundle(f"The model's file {place} is missing; get the model again.")
        if sizes[entry.path] != entry.size:
            raise DamagedBundle(
                f"{place} has {sizes[entry.path]:,} bytes instead of {entry.size:,}: it is truncated or changed; "
                "get the model again."
            )


# --- writing -----------------------------------------------------------------------------------------------------


def _check_replaceable(target: Path) -> None:
    """Only a whole bundle and nothing else may be replaced, so that no export ever deletes a person's own files."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    try:
        bundle = open_bundle(target)
    except BundleError as error:
        raise CannotWrite(
            f"{short(target, 120)} exists and is not a whole model; name a new place for the model."
        ) from error
    extra = bundle.unlisted()
    if extra:
        raise CannotWrite(
            f"{short(target, 120)} also holds {short(extra[0])}, which is no part of the model; name a new place."
        )


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, content in files.items():
            place = fresh / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                _write_through(file, content)
        fresh.chmod(0o755)
        if target.exists():
            _exchange(target, fresh)
        else:
            fresh.replace(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _exchange(target: Path, fresh: Path) -> None:
    """Put one folder in the place of another, which is kept beside it until the new one stands."""
    shelter = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    old = shelter / target.name
    try:
        target.replace(old)
        fresh.replace(target)
    except BaseException:
        if old.exists():
            old.replace(target)
        shelter.rmdir()
        raise
    shutil.rmtree(shelter, ignore_errors=True)


def _write_through(file: IO[bytes], content: bytes) -> None:
    """To the disk itself: a rename may otherwise outlive the content when the power fails."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
