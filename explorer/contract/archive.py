"""Bundles on disk, a folder or one zip of it: read without trust, written whole or not at all."""

import errno
import hashlib
import io
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from explorer.contract.errors import (
    BundleError,
    BundleNotFound,
    CannotWrite,
    DamagedBundle,
    TooLarge,
    UnsafePath,
    WrongHash,
)
from explorer.contract.manifest import Array, FileEntry, Manifest, parse_manifest
from explorer.contract.paths import safe_path

MANIFEST = "manifest.json"
MANIFEST_BYTES = 8 << 20  # a manifest is a few kilobytes
FILE_BYTES = 2 << 30  # protobuf's own limit for one graph
BUNDLE_BYTES = 8 << 30
ARRAY_BYTES = 1 << 30  # unpacked, one array
FILES = 1_000
_TORN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)
INFLATION = 200  # unpacked bytes a packed byte may become; zips of real arrays stay below 100


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
            raise DamagedBundle(f"The model has no file {path!r}; export it again.")
        content = self._files.read(path, entry.size)
        if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise WrongHash(
                f"{path} was changed or damaged after the export (its checksum differs); get the model again."
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
                    for key in _array_keys(content, entry.path):
                        read_array(content, Array(file=entry.path, key=key))
            except BundleError as error:
                faults.append(error)
        return faults

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
            raise BundleNotFound(f"There is no model at {path}; check the path.")
        manifest = parse_manifest(files.read(MANIFEST, MANIFEST_BYTES))
        _check_files(manifest, files)
    except OSError as error:
        raise DamagedBundle(
            f"{path} cannot be read ({error.strerror or error}); check the disk and the rights."
        ) from error
    return Bundle(path, files, manifest)


def save_bundle(target: Path, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """Write a bundle whole or not at all; a ``target`` that ends in ``.zip`` becomes one file, else a folder.

    Args:
        target: replaced when it exists and is a bundle.
        facts: the fields of ``Manifest`` but ``format`` and ``files``, which are added here.
        files: relative path -> content.

    Raises:
        CannotWrite: no space, no right, or something other than a bundle is in the way.
    """
    entries = tuple(
        FileEntry(path=safe_path(path), sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        for path, content in sorted(files.items())
    )
    manifest = Manifest(**dict(facts), files=entries)
    everything = {MANIFEST: manifest.to_json().encode(), **files}
    with saying_why(target):
        if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
            raise CannotWrite(f"{target} is a folder with other things in it; name a new folder for the model.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix.lower() == ".zip":
            write_file(target, _zipped(everything))
        else:
            _write_folder(target, everything)
    return open_bundle(target)


def facts_of(manifest: Manifest) -> dict[str, Any]:
    """The fields that ``save_bundle`` takes, to write a changed bundle."""
    return {name: getattr(manifest, name) for name in Manifest.model_fields if name not in ("format", "files")}


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An ``.npz`` in memory, compressed; the same arrays give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            if array.dtype.hasobject:
                raise TypeError(f"{key}: arrays of objects cannot be stored")
            content = io.BytesIO()
            npy.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(_zip_info(f"{key}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def read_array(content: bytes, array: Array) -> NDArray[Any]:
    """One array of an ``.npz`` given as bytes; its header is checked before memory is asked for."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(f"{array.key}.npy") as member:
            packed = archive.getinfo(f"{array.key}.npy").file_size
            version = npy.read_magic(member)
            read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
            shape, fortran, dtype = read_header(member)
            count = _product(shape)
            if dtype.hasobject or not all(size >= 0 for size in shape):
                raise DamagedBundle(f"{array.file}: {array.key} is not a plain array; do not use this model.")
            if count * dtype.itemsize > min(ARRAY_BYTES, packed):
                raise TooLarge(
                    f"{array.file}: {array.key} says it is {count * dtype.itemsize:,} bytes, more than it holds or than is "
                    "allowed; do not use this model."
                )
            values = np.frombuffer(member.read(count * dtype.itemsize), dtype=dtype, count=count)
            return values.reshape(shape, order="F" if fortran else "C").copy()
    except (KeyError, *_TORN) as error:
        raise DamagedBundle(f"{array.file}: the array {array.key!r} cannot be read; get the model again.") from error


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
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextmanager
def saying_why(target: Path) -> Iterator[None]:
    """Turn an ``OSError`` while writing ``target`` into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWrite(
                f"The disk is full, so {target} was not written; free some space and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise CannotWrite(f"There is no right to write {target}; choose another folder.") from error
        raise CannotWrite(f"{target} cannot be written ({error.strerror or error}); choose another folder.") from error


# --- where the files lie -----------------------------------------------------------------------------------------


class _Files(ABC):
    """The files of a bundle by relative path."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes of every file; only called once, also refuses links."""

    @abstractmethod
    def read(self, path: str, limit: int) -> bytes:
        """At most ``limit`` + 1 bytes of a file."""


class _Folder(_Files):
    def __init__(self, root: Path) -> None:
        self._root = root
        if not (root / MANIFEST).is_file():
            raise DamagedBundle(f"{root} holds no {MANIFEST}, so it is not a model; choose a folder made by an export.")

    def sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for folder, folders, names in os.walk(self._root):
            for name in (*folders, *names):
                path = Path(folder, name)
                relative = path.relative_to(self._root).as_posix()
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    raise UnsafePath(f"{relative} is a link, which models may not have; copy the file itself.")
                if stat.S_ISREG(mode):
                    sizes[relative] = path.lstat().st_size
            if len(sizes) > FILES:
                raise TooLarge(f"{self._root} holds more than {FILES} files; choose the model's own folder.")
        return sizes

    def read(self, path: str, limit: int) -> bytes:
        place = self._root / path
        try:
            handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
            with os.fdopen(handle, "rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise DamagedBundle(f"{path} cannot be read ({error.strerror or error}); get the model again.") from error
        if path == MANIFEST and len(content) > limit:
            raise TooLarge(f"{MANIFEST} is larger than {limit:,} bytes; do not use this model.")
        return content


class _Zip(_Files):
    def __init__(self, path: Path) -> None:
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise DamagedBundle(f"{path.name} is not a whole zip file; get the model again.") from error
        with archive:
            self._infos = self._check(archive.infolist())
        self._path = path

    @staticmethod
    def _check(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        files: dict[str, zipfile.ZipInfo] = {}
        if len(infos) > FILES:
            raise TooLarge(f"The zip holds more than {FILES} files; do not use this model.")
        for info in infos:
            if info.is_dir():
                safe_path(info.filename.rstrip("/"))
                continue
            safe_path(info.orig_filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise UnsafePath(f"{info.filename} is a link, which models may not have; pack the file itself.")
            if info.filename in files:
                raise DamagedBundle(f"The zip holds {info.filename} twice; do not use this model.")
            if info.flag_bits & 1:
                raise DamagedBundle("The zip is encrypted; unpack it first and open the folder.")
            if info.file_size > FILE_BYTES or info.file_size > INFLATION * max(info.compress_size, 4096):
                raise TooLarge(f"{info.filename} would unpack to {info.file_size:,} bytes; do not use this model.")
            files[info.filename] = info
        return _without_common_folder(files)

    def sizes(self) -> dict[str, int]:
        return {path: info.file_size for path, info in self._infos.items()}

    def read(self, path: str, limit: int) -> bytes:
        info = self._infos.get(path)
        if info is None:
            raise DamagedBundle(f"The zip holds no {path}, so it is not a whole model; get it again.")
        if info.file_size > limit:
            raise TooLarge(f"{path} is larger than {limit:,} bytes; do not use this model.")
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(info) as member:
                return member.read(limit + 1)
        except _TORN as error:
            raise DamagedBundle(f"{path} is torn inside the zip; get the model again.") from error


def _without_common_folder(files: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """A zip of the folder itself holds everything one level down: look there."""
    tops = {path.split("/", 1)[0] for path in files}
    if MANIFEST in files or len(tops) != 1:
        return files
    return {path.split("/", 1)[1]: info for path, info in files.items() if "/" in path}


def _check_files(manifest: Manifest, files: _Files) -> None:
    sizes = files.sizes()
    if sum(entry.size for entry in manifest.files) > BUNDLE_BYTES:
        raise TooLarge(f"The model's files add up to more than {BUNDLE_BYTES >> 30} GiB; do not use this model.")
    for entry in manifest.files:
        safe_path(entry.path)
        if entry.size > FILE_BYTES:
            raise TooLarge(
                f"{entry.path} says it is {entry.size:,} bytes, more than is allowed; do not use this model."
            )
        if entry.path not in sizes:
            raise DamagedBundle(f"The model's file {entry.path} is missing; get the model again.")
        if sizes[entry.path] != entry.size:
            raise DamagedBundle(
                f"{entry.path} has {sizes[entry.path]:,} bytes instead of {entry.size:,}: it is truncated or changed; "
                "get the model again."
            )


# --- writing -----------------------------------------------------------------------------------------------------


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, content in files.items():
            place = fresh / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        fresh.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
            target.replace(old / target.name)
            try:
                fresh.replace(target)
            except BaseException:
                (old / target.name).replace(target)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.replace(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(_zip_info(path), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _zip_info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))  # the same content gives the same bytes
    info.external_attr = 0o644 << 16
    return info


def _array_keys(content: bytes, path: str) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except (zipfile.BadZipFile, ValueError) as error:
        raise DamagedBundle(f"{path} is not a whole array file; get the model again.") from error


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= cast(int, size)
    return product
