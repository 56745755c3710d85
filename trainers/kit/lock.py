"""One trainer for one run folder: a second one is refused while the first lives."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from explorer.contract.archive import write_file
from explorer.contract.errors import RunError

LOCK = "trainer.lock"
CLOSE_S = 1.0  # how far two tellings of when a process began may differ


@contextmanager
def held(run: Path, *, writes: bool) -> Iterator[None]:
    """Hold a run while it is trained; of several processes that work together, the one that ``writes`` holds it.

    Raises:
        RunError: another process of this machine trains it.
    """
    path, me, new = run / LOCK, psutil.Process(), not run.exists()
    if writes:
        holder = _holder(path)
        if holder is not None:
            raise RunError(f"{run} is being trained by process {holder} already; stop it first, or only watch.")
        run.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps({"pid": me.pid, "began": me.create_time(), "host": platform.node()}).encode())
    try:
        yield
    finally:
        if writes:
            path.unlink(missing_ok=True)
            if new:
                with suppress(OSError):  # a run that never began leaves no folder
                    run.rmdir()


def _holder(path: Path) -> int | None:
    """The process that holds it, where it still lives."""
    try:
        facts = json.loads(path.read_bytes())
        pid, began, host = int(facts["pid"]), float(facts["began"]), str(facts["host"])
        if host != platform.node() or pid == os.getpid():
            return None
        return pid if abs(psutil.Process(pid).create_time() - began) < CLOSE_S else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
