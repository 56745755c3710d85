"""Bundles on disk, a folder or one zip of it: read without trust, written whole or not at all."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import numpy as np
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
    WrongHash,
    short,
)
from explorer.contract.holders import MANIFEST as MANIFEST
from explorer.contract.holders import Files, Folder, Memory, Zip, unreadable
from explorer.contract.manifest import Array, FileEntry, Manifest, invalid, parse_manifest
from explorer.contract.paths import safe_path
from explorer.contract.streams import copy, mapped, opened, sha256_of, size_of
from explorer.contract.zips import MEMBER_BYTES, zip_of

ZIPPED = (".lexp", ".zip")  # how a bundle in one file ends; the first is its own, which a system can open by
MANIFEST_BYTES = 8 << 20  # a manifest is a few kilobytes
FILE_BYTES = MEMBER_BYTES  # one that is no weights
BUNDLE_BYTES = 8 << 30  # all files but weights
WEIGHTS_BYTES = 16 << 30  # one file of weights; Stable Diffusion XL has 5.1 GB of them in halves
WHOLE_BYTES = 24 << 30  # all files
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of the disk, or of what a person may have of it
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers leave in any folder


class Bundle:
    """An opened bundle: its manifest is valid, its files exist with their sizes; content is proved when it is read."""

    def __init__(self, path: Path, files: Files, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._files = files

    def read(self, path: str) -> bytes:
        """The content of one listed file.

        Raises:
            DamagedBundle: it is not listed or cannot be read.
            WrongHash: it is not the file that the manifest describes.
        """
        entry = self._entry(path)
        if entry.size > FILE_BYTES:
            raise TooLarge(f"{short(path)} is too large to be read at once; do not use this model.")
        content = self._files.read(path, entry.size)
        if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise _changed(path)
        return content

    def mapped(self, path: str) -> NDArray[np.uint8]:
        """The bytes of one listed file, read-only, of any size: in a folder they stay on the disk until they are used.

        Raises:
            As ``read``. UnsafePath: the file became a link.
        """
        place = self._files.place(path)
        if place is None:
            return np.frombuffer(self.read(path), np.uint8)
        with self._proved(path, place) as file:
            return mapped(file)

    def source(self, path: str) -> bytes | Path:
        """What ``save_bundle`` takes to copy one listed file: where it lies in a folder, its content elsewhere.

        Raises:
            As ``mapped``.
        """
        place = self._files.place(path)
        if place is None:
            return self.read(path)
        self._proved(path, place).close()
        return place

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
                place = self._files.place(entry.path)
                if entry.path.endswith(".npz"):
                    content = self.read(entry.path)
                    for key in array_keys(content, entry.path):
                        read_array(content, Array(file=entry.path, key=key))
                elif place is None:
                    self.read(entry.path)
                else:
                    self._proved(entry.path, place, anew=True).close()
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

    def _entry(self, path: str) -> FileEntry:
        entry = self.manifest.file(path)
        if entry is None:
            raise DamagedBundle(f"The model has no file {short(path)!r}; export it again.")
        return entry

    def _proved(self, path: str, place: Path, *, anew: bool = False) -> BufferedReader:
        """One listed file, opened, when it is the one that the manifest describes."""
        entry, file = self._entry(path), opened(place)
        try:
            if size_of(file) == entry.size and sha256_of(file, place, anew=anew) == entry.sha256:
                return file
        except OSError as error:
            file.close()
            raise unreadable(path, error) from error
        file.close()
        raise _changed(path)


def _changed(path: str) -> WrongHash:
    return WrongHash(
        f"{short(path)} was changed or damaged after the export (its checksum differs); get the model again."
    )


def open_bundle(path: Path) -> Bundle:
    """Open a bundle folder or zip and prove everything that can be proved without reading the large files.

    Raises:
        BundleNotFound, DamagedBundle, ManifestInvalid, NewerFormat, UnsafePath, TooLarge: as their sentences say.
    """
    try:
        if path.is_dir():
            files: Files = Folder(path)
        elif path.is_file():
            files = Zip(path)
        else:
            raise BundleNotFound(f"There is no model at {short(path, 120)}; check the path.")
        manifest = parse_manifest(files.read(MANIFEST, MANIFEST_BYTES))
        _check_files(manifest, files.sizes())
    except OSError as error:
        raise DamagedBundle(
            f"{short(path, 120)} cannot be read ({error.strerror or error}); check the disk and the rights."
        ) from error
    return Bundle(path, files, manifest)


def save_bundle(target: Path, facts: Mapping[str, Any], files: Mapping[str, bytes | Path]) -> Bundle:
    """Write a bundle whole or not at all; a ``target`` that ends as one of ``ZIPPED`` becomes one file, else a folder.

    Args:
        target: replaced when it exists and is a bundle.
        facts: the fields of ``Manifest`` but ``format`` and ``files``, which are added here.
        files: relative path -> content, or the file whose content it is, which is copied a piece at a time.

    Raises:
        ManifestInvalid, UnsafePath, TooLarge: ``open_bundle`` would refuse the result; nothing was written.
        CannotWrite: no space, no right, something other than a bundle is in the way, or weights too large for a zip.
    """
    if zipped := target.suffix.lower() in ZIPPED:
        _refuse_to_pack(target, files)
    manifest = _manifest_of(facts, files)
    # names of files, as in a configuration, need not be text
    everything = {MANIFEST: manifest.to_json().encode(errors="replace"), **files}
    with saying_why(target):
        _check_replaceable(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if zipped:
            write_file(
                target, zip_of({path: _in_memory(content, manifest.file(path)) for path, content in everything.items()})
            )
        else:
            _write_folder(target, everything, manifest)
    return open_bundle(target)


def bundle_in_memory(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """The bundle that ``save_bundle`` would write, without writing it.

    Raises:
        ManifestInvalid, UnsafePath, TooLarge: ``open_bundle`` would refuse it.
    """
    return Bundle(Path("memory"), Memory(files), _manifest_of(facts, files))


def _manifest_of(facts: Mapping[str, Any], files: Mapping[str, bytes | Path]) -> Manifest:
    entries = tuple(_entry_of(safe_path(path), content) for path, content in sorted(files.items()))
    try:
        manifest = Manifest(**dict(facts), files=entries)
    except ValidationError as error:
        raise invalid(error) from error
    _check_files(manifest, {entry.path: entry.size for entry in entries})
    return manifest


def _entry_of(path: str, content: bytes | Path) -> FileEntry:
    if isinstance(content, bytes):
        return FileEntry(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    try:
        with opened(content) as file:
            return FileEntry(path=path, sha256=sha256_of(file, content), size=size_of(file))
    except OSError as error:
        raise unreadable(path, error) from error


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
                file.write(content)
                _write_through(file)
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


def _check_files(manifest: Manifest, sizes: Mapping[str, int]) -> None:
    weights = manifest.weights
    for files, limit in (
        ([entry for entry in manifest.files if entry.path not in weights], BUNDLE_BYTES),
        (manifest.files, WHOLE_BYTES),
    ):
        if sum(entry.size for entry in files) > limit:
            raise TooLarge(f"The model's files add up to more than {limit >> 30} GiB; do not use this model.")
    for entry in manifest.files:
        place = short(safe_path(entry.path))
        if entry.size > (WEIGHTS_BYTES if entry.path in weights else FILE_BYTES):
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


def _refuse_to_pack(target: Path, files: Mapping[str, bytes | Path]) -> None:
    """A zip is made in memory, and read up to a limit."""
    sizes: list[int] = []
    for content in files.values():
        if isinstance(content, bytes):
            sizes.append(len(content))
        else:
            with opened(content) as file:
                sizes.append(size_of(file))
    if max(sizes, default=0) > FILE_BYTES or sum(sizes) > BUNDLE_BYTES:
        raise CannotWrite(
            f"The model is too large for one file, so {short(target, 120)} was not written; name a folder instead."
        )


def _in_memory(content: bytes | Path, entry: FileEntry | None) -> bytes:
    if isinstance(content, bytes):
        return content
    with _unchanged(content, entry) as file:
        return file.read(FILE_BYTES)


def _unchanged(place: Path, entry: FileEntry | None) -> BufferedReader:
    """A file to be copied, opened, when it still is what the new manifest says."""
    file = opened(place)
    if entry is None or size_of(file) != entry.size or sha256_of(file, place) != entry.sha256:
        file.close()
        raise CannotWrite(f"{short(place, 120)} was changed while it was copied; try again.")
    file.seek(0)
    return file


def _write_folder(target: Path, files: Mapping[str, bytes | Path], manifest: Manifest) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, content in files.items():
            place = fresh / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    with _unchanged(content, manifest.file(path)) as source:
                        copy(source, file)
                _write_through(file)
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


def _write_through(file: IO[bytes]) -> None:
    """To the disk itself: a rename may otherwise outlive the content when the power fails."""
    file.flush()
    os.fsync(file.fileno())
