"""See, or stop, what Python asks of the operating system, by its audit events (PEP 578)."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
FILES = WRITES | {"open", "os.listdir", "os.scandir", "tempfile.mkstemp", "tempfile.mkdtemp"}
_watcher: list[Callable[[str, tuple[object, ...]], None]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watcher and event in FILES:
        watcher = _watcher.pop()  # what the watcher itself does is not watched
        try:
            watcher(event, arguments)
        finally:
            _watcher.append(watcher)


sys.addaudithook(_hook)  # cannot be removed; without a watcher it does nothing


@contextmanager
def watched(watcher: Callable[[str, tuple[object, ...]], None]) -> Iterator[None]:
    """Call ``watcher`` with each file operation's name and arguments before it happens; it may raise to prevent it."""
    _watcher.append(watcher)
    try:
        yield
    finally:
        _watcher.clear()


def writes(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether an operation changes anything on disk."""
    if event != "open":
        return event in WRITES or event.startswith("tempfile")
    mode, flags = str(arguments[1] or ""), arguments[2]
    changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    return any(letter in mode for letter in "wax+") or (isinstance(flags, int) and bool(flags & changing))
