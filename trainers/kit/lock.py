"""One trainer at a time in a run folder: a lock of the operating system, which even a killed process gives back."""

import os
import platform
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from explorer.contract.archive import saying_why
from explorer.contract.errors import RunError

LOCK = "trainer.lock"  # holds who has it, for a person


@contextmanager
def alone(run: Path) -> Generator[None]:
    """Nobody else may train in ``run``, which is made if it is not there.

    Raises:
        RunError: another process does. CannotWrite: no space, no right.
    """
    path = run / LOCK
    with saying_why(path):
        run.mkdir(parents=True, exist_ok=True)
        file = path.open("ab+")
    with file:
        try:
            _lock(file)
        except BlockingIOError as error:
            raise RunError(
                f"Another trainer works in {run} ({_owner(path)}); watch it, stop it first, or choose another folder."
            ) from error
        with saying_why(path):
            file.truncate(0)
            file.write(f"process {os.getpid()} on {platform.node()}".encode())
            file.flush()
        yield


def _lock(file: IO[bytes]) -> None:
    """Lock ``file`` until it is closed or this process ends; BlockingIOError where another one holds it."""
    if os.name == "nt":
        import msvcrt

        try:
            file.seek(1 << 30)  # a byte behind the content, which stays readable
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
        except OSError as error:
            raise BlockingIOError(str(error)) from error
    else:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return  # a file system without locks, as some network shares are: there, people must take care themselves


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") or "it has just begun"
    except OSError:
        return "it does not say which"
