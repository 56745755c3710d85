"""Zip files: read without trust, written with the same bytes every time."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from explorer.contract.errors import DamagedBundle, TooLarge, UnsafePath, short
from explorer.contract.paths import safe_path

# what the zipfile module raises for torn or invented content
TORN = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError,
    OverflowError,
)  # fmt: skip
MEMBERS = 1_000
MEMBER_BYTES = 2 << 30  # protobuf's own limit for one graph
INFLATION = 200  # unpacked bytes a packed byte may become; zips of real arrays stay below 100
_SMALL = 64 << 10  # packed bytes below which any inflation is harmless
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def zip_members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Name -> entry of every file in a zip of ``size`` bytes; folders are left out.

    Raises:
        UnsafePath: a name could leave the folder, or is a link.
        DamagedBundle: a name comes twice, or is encrypted or packed in another way than deflate.
        TooLarge: too many files, or one that unpacks to more than is allowed.
    """
    infos = archive.infolist()
    if len(infos) > MEMBERS:
        raise TooLarge(f"The zip holds more than {MEMBERS} files; do not use this model.")
    if sum(info.compress_size for info in infos) > size:
        raise DamagedBundle("The zip says it holds more than its own size; get the model again.")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = safe_path(info.orig_filename.rstrip("/"))
        if info.is_dir():
            continue
        if info.filename != name:
            raise UnsafePath(f"The zip gives {short(name)!r} two names; do not use this model.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnsafePath(f"{short(name)} is a link, which models may not have; pack the file itself.")
        if name in members:
            raise DamagedBundle(f"The zip holds {short(name)} twice; do not use this model.")
        if info.flag_bits & 1:
            raise DamagedBundle("The zip is encrypted; unpack it first and open the folder.")
        if info.compress_type not in _METHODS:
            raise DamagedBundle(f"{short(name)} is packed in an unusual way; unpack the zip first and open the folder.")
        if _inflates(info.file_size, info.compress_size):
            raise TooLarge(f"{short(name)} would unpack to {info.file_size:,} bytes; do not use this model.")
        if info.file_size > MEMBER_BYTES:
            raise TooLarge(
                f"{short(name)} would unpack to {info.file_size:,} bytes, more than is read from a zip; "
                "unpack it first and open the folder."
            )
        members[name] = info
    return members


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip, compressed where ``zip_members`` accepts the result; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # no clock, so no difference
            info.external_attr = 0o644 << 16
            large = len(content) > INFLATION * _SMALL
            bomb = large and _inflates(len(content), len(zlib.compress(content)))
            archive.writestr(info, content, zipfile.ZIP_STORED if bomb else zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _inflates(unpacked: int, packed: int) -> bool:
    return unpacked > INFLATION * max(packed, _SMALL)
