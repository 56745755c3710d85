"""Names of files inside a bundle: only plain relative paths that can never leave it."""

import re

from explorer.contract.errors import UnsafePath

_PART = re.compile(r"^[^\x00-\x1f<>:\"|?*\\/]{1,100}$")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10))}
_DEPTH = 6


def safe_path(path: str) -> str:
    """``path`` itself when it is a plain relative path with forward slashes on every system.

    Raises:
        UnsafePath: absolute, has ``..``, a backslash, a drive, a control character, a device name, or is too deep.
    """
    parts = path.split("/")
    fine = len(parts) <= _DEPTH and all(
        _PART.match(part)
        and part not in (".", "..")
        and not part.endswith((".", " "))
        and part.split(".")[0].lower() not in _DEVICES
        for part in parts
    )
    if not fine:
        raise UnsafePath(f"The model names the file {path[:80]!r}, which could lie outside it; do not use this model.")
    return path
