"""Names of files inside a bundle: only plain relative paths that can never leave it."""

import re

from explorer.contract.errors import UnsafePath, short

_PART = re.compile(r"[^<>:\"|?*\\/]{1,100}")
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³"
}
_DEPTH = 6


def safe_path(path: str) -> str:
    """``path`` itself when it is a plain relative path with forward slashes on every system.

    Raises:
        UnsafePath: absolute, has ``..``, a backslash, a drive, an invisible character, a device name, or is too deep.
    """
    parts = path.split("/")
    fine = len(parts) <= _DEPTH and all(
        _PART.fullmatch(part)
        and part.isprintable()
        and not part.endswith((".", " "))
        and part.split(".")[0].rstrip(" ").lower() not in _DEVICES
        for part in parts
    )
    if not fine:
        raise UnsafePath(
            f"The model names the file {short(path)!r}, which could lie outside it; do not use this model."
        )
    return path
