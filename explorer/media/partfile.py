"""A file that grows beside its place and takes it in the end; what is whole stays whole when the disk is full."""

import errno
import os
import tempfile
from pathlib import Path

REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EFBIG: "the disk takes no larger files",
    errno.EACCES: "there is no right to write there",
    errno.EPERM: "there is no right to write there",
    errno.EROFS: "there is no right to write there",
    errno.ENOENT: "the folder is not there",
}


def reason(error: OSError) -> str:
    """Why a file cannot be written, as a part of a sentence."""
    return REASONS.get(error.errno or 0, f"the disk said: {error.strerror or error}")


class PartFile:
    """Content is appended piece by piece; a piece that does not fit leaves no trace.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, target: Path) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
        self._file = os.fdopen(handle, "r+b", buffering=0)  # no buffer: what was not written is known, not kept
        self._target, self.path = target, Path(name)
        self.size = 0  # bytes that are whole

    def append(self, content: bytes) -> None:
        """Add a piece, or none of it.

        Raises:
            OSError: it does not fit; the file is as it was before.
        """
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[self._write(rest) :]
        except OSError:
            self._file.seek(self.size)
            self._file.truncate(self.size)
            raise
        self.size += len(content)

    def patch(self, at: int, content: bytes) -> None:
        """Write over what is there."""
        self._file.seek(at)
        self._file.write(content)
        self._file.seek(self.size)

    def keep(self) -> None:
        """Close it and put it in its place."""
        self._file.close()
        self.path.chmod(0o644)
        self.path.replace(self._target)

    def drop(self) -> None:
        """As if it had never been; what was in its place stays."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self, content: memoryview) -> int:
        return self._file.write(content) or 0
