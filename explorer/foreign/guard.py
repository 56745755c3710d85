"""A child process for foreign files, from outside: started, asked, watched, and ended when it takes too much."""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import psutil

import explorer
from explorer.contract.archive import open_bundle
from explorer.contract.errors import BundleError, Cancelled, short
from explorer.frozen import is_frozen
from explorer.runtime.watchdog import S_PER_GB

COMMAND = "serve-import"  # of the program, for itself
LOOK_S = 0.05  # between two looks at how much memory it has
LINE_BYTES = 16 << 20  # of an answer
SENTENCE = 400  # characters of a fault that is told
# Weights lie in memory once as in their file, which the system can let go, and once as onnxruntime arranges them: a
# chain of matrices of 3.2 GB took 6.8 GB, 3.6 of them its own.
ARRANGED = 1.0  # of the weights' size, at least
WORKED_WITH = 1.5  # of the weights' size, beside what any model may take
LEAST = 1_000_000_000  # bytes that any model needs
_ENVIRONMENT = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONDONTWRITEBYTECODE": "1"}


class ForeignFault(BundleError):
    """A foreign file could not be opened or run, or its process came to an end."""


@dataclass(frozen=True)
class Limits:
    """What a process for foreign files may take."""

    memory_bytes: int
    seconds: float = 60.0  # of one answer

    @property
    def words(self) -> str:
        """``2.0 GB of memory and 60 s``."""
        return f"{self.memory_bytes / 1e9:.1f} GB of memory and {self.seconds:.0f} s"


def usual_limits() -> Limits:
    """Half of the memory that is free now, between 1 and 6 GB."""
    free = int(psutil.virtual_memory().available)
    return Limits(min(max(free // 2, 1_000_000_000), 6_000_000_000))


def limits_for(path: Path) -> Limits:
    """The usual limits, and for a bundle with weights in files of their own more memory and time.

    Raises:
        ForeignFault: the machine has too little free memory for it.
    """
    try:
        manifest = open_bundle(path).manifest
    except BundleError:
        return usual_limits()  # the process says what is wrong
    return limits_with(sum(entry.size for entry in manifest.files if entry.path in manifest.weights))


def limits_with(weights: int) -> Limits:
    """The usual limits, and more memory and time for so many bytes of weights.

    Raises:
        ForeignFault: the machine has too little free memory for them.
    """
    usual = usual_limits()
    if not weights:
        return usual
    free = int(psutil.virtual_memory().available)
    needed = int(weights * ARRANGED) + LEAST
    if free < needed:
        raise ForeignFault(
            f"It needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
            "close other programs, or choose a smaller model."
        )
    own = min(usual.memory_bytes + int(weights * WORKED_WITH), free)
    return Limits(own + weights, usual.seconds + S_PER_GB * weights / 1e9)


class Guard:
    """One child process with a scratch folder of its own; used from one thread, but for ``stop``."""

    def __init__(
        self, limits: Limits | None = None, command: tuple[str, ...] = (), scratch: Path | None = None
    ) -> None:
        """``scratch`` is the folder in which it has one of its own; None: where the system keeps such."""
        self.limits = limits or usual_limits()
        self._command = command or _command()
        self.scratch = Path(tempfile.mkdtemp(prefix="latent-explorer-", dir=scratch))
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._reader: threading.Thread | None = None
        self._stopped = False
        self._dead = ""
        self.peak_bytes = 0  # most memory that was seen

    def ask(self, what: str, **more: object) -> Mapping[str, Any]:
        """One request and its answer.

        Raises:
            ForeignFault: the child's sentence, or the one why it came to its end.
            Cancelled: ``stop`` was called.
        """
        if self._dead:
            raise ForeignFault(self._dead)
        process = self._started()
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # a process that is gone is found below
            process.stdin.write(json.dumps({"ask": what, **more}).encode() + b"\n")
            process.stdin.flush()
        answer = self._answer(self._awaited(process))
        fault = answer.get("fault")
        if fault is not None:
            raise ForeignFault(short(fault, SENTENCE))
        return answer

    def stop(self) -> None:
        """End it, from any thread."""
        self._stopped = True
        self._kill()

    def close(self) -> None:
        """End it and take its scratch folder away."""
        self._kill()
        if self._reader is not None:
            self._reader.join()
        for pipe in () if self._process is None else (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what was not sent any more is lost with it
                if pipe is not None:
                    pipe.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # inside

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            environment = dict(os.environ) | _ENVIRONMENT
            environment["PYTHONPATH"] = str(Path(explorer.__file__).parent.parent)
            environment["LATENT_EXPLORER_MEMORY"] = str(self.limits.memory_bytes)
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.scratch,
                env=environment,
                start_new_session=True,
            )
            self._reader = threading.Thread(target=_read, args=(self._process, self._lines), name="import", daemon=True)
            self._reader.start()
        return self._process

    def _awaited(self, process: subprocess.Popen[bytes]) -> bytes:
        deadline = time.monotonic() + self.limits.seconds
        watched: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            watched = psutil.Process(process.pid)
        while True:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=LOOK_S)
                if line is not None:
                    return line
                raise self._ended(process)
            taken = _taken(watched)
            self.peak_bytes = max(self.peak_bytes, taken)
            if self._stopped:
                raise self._gone("It was stopped.", Cancelled)
            if taken > self.limits.memory_bytes:
                raise self._gone(
                    f"It needs more than {self.limits.memory_bytes / 1e9:.1f} GB of memory and was stopped; "
                    "choose a smaller model."
                )
            if time.monotonic() > deadline:
                raise self._gone(
                    f"It gave no answer within {self.limits.seconds:.0f} s and was stopped; "
                    "it may compute without end, so do not use this model."
                )

    def _ended(self, process: subprocess.Popen[bytes]) -> Exception:
        status = process.wait()
        if self._stopped:
            return self._gone("It was stopped.", Cancelled)
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return self._gone(
            f"It crashed the process that tried it ({how}); nothing else was harmed. It is damaged, needs more than "
            f"{self.limits.memory_bytes / 1e9:.1f} GB, or is made to do harm: do not use it."
        )

    def _gone(self, sentence: str, kind: type[Exception] = ForeignFault) -> Exception:
        self._dead = sentence
        self._kill()
        return kind(sentence)

    def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            answer: object = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise self._gone("The process that tried it gave no sense back; do not use this model.")
        return cast(Mapping[str, Any], answer)

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()


def check_outside(
    path: Path, limits: Limits | None = None, stop: Callable[[Callable[[], None]], None] | None = None
) -> str:
    """Open and run a bundle from outside in a process of its own; its identity.

    Raises:
        ForeignFault: what is wrong with it, or that there is too little memory, in one sentence.
        Cancelled: it was stopped through ``stop``.
    """
    with Guard(limits or limits_for(path)) as guard:
        if stop is not None:
            stop(guard.stop)
        return str(guard.ask("check", path=str(path.resolve()))["identity"])


def _command() -> tuple[str, ...]:
    if is_frozen():
        return sys.executable, COMMAND
    return sys.executable, "-P", "-m", "explorer.cli", COMMAND


def _read(process: subprocess.Popen[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """In a thread of its own: lines as they come, None at the end or where one is too long."""
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError):
        while line := process.stdout.readline(LINE_BYTES + 1):
            if len(line) > LINE_BYTES:
                break
            lines.put(line)
    with contextlib.suppress(OSError):
        process.kill()
    lines.put(None)


def _taken(process: psutil.Process | None) -> int:
    """Bytes of memory that are really used; 0 where that cannot be known."""
    try:
        return 0 if process is None else int(process.memory_info().rss)
    except psutil.Error:
        return 0
