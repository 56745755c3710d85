"""The trainer's side of a run folder: writes typed events and sample pictures, reads what a person asks for."""

import os
import platform
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from explorer.contract import run as contract
from explorer.contract.archive import saying_why, write_file
from explorer.contract.errors import DiskFull
from trainers.kit.grids import grid, png


class Log(Protocol):
    """Something that is told what the journal is told, each in a form of its own."""

    def write(self, event: contract.Event) -> None:
        """One event, after it was journaled."""
        ...

    def picture(self, images: int, of: str, shown: np.ndarray) -> None:
        """A grid of pictures, uint8 (H, W, C)."""
        ...

    def close(self) -> None:
        """No more will come."""
        ...


class Journal:
    """Events of one training; a process that is not the first one keeps silent."""

    def __init__(self, run: Path, *, writes: bool, log: Log | None = None) -> None:
        self.run = run
        self._writes = writes
        self._log = log if writes else None
        self._waiting: deque[contract.Event] = deque()
        self._commands_read = 0
        if writes:
            self._commands_read = contract.read_commands(run).offset  # what was asked before this process is settled

    def write(self, event: contract.Event) -> None:
        """Append one event. Where the disk is full it waits, in memory, for the next one that finds room.

        Raises:
            CannotWrite: no right, or the folder is gone.
        """
        if not self._writes:
            return
        self._waiting.append(event)
        with suppress(DiskFull):
            while self._waiting:
                contract.append_event(self.run, self._waiting[0])
                done = self._waiting.popleft()
                self._tell(lambda log, event=done: log.write(event))

    def started(self, family: str, data: str, total_images: int, device: str) -> None:
        """The process works."""
        facts = {"family": family, "data": data, "total_images": total_images, "device": device}
        self.write(contract.Started(pid=os.getpid(), host=platform.node(), **facts))

    def resumed(self, images: int) -> None:
        """It goes on, after a pause or in a new process."""
        self.write(contract.Resumed(images=images, pid=os.getpid()))

    def metrics(self, images: int, split: str, values: Mapping[str, float]) -> None:
        """Named numbers of one moment."""
        self.write(contract.Metric(images=images, split=split, values=dict(values)))

    def picture(self, images: int, of: str, pictures: np.ndarray, columns: int) -> None:
        """A grid of pictures, uint8 (N, H, W, C), as ``samples/<of>-<images>.png``."""
        if not self._writes:
            return
        name = f"{contract.SAMPLES}/{of}-{images:010d}.png"
        with saying_why(self.run):
            (self.run / contract.SAMPLES).mkdir(exist_ok=True)
        shown = grid(pictures, columns)
        write_file(self.run / name, png(shown))
        self.write(contract.Sample(images=images, path=name, of=of))
        self._tell(lambda log: log.picture(images, of, shown))

    def commands(self) -> tuple[contract.Command, ...]:
        """What was asked since the last call."""
        if not self._writes:
            return ()
        tail = contract.read_commands(self.run, self._commands_read)
        self._commands_read = tail.offset
        return tail.items

    def close(self) -> None:
        """Let the log write what it has not written yet."""
        self._tell(lambda log: log.close())

    def _tell(self, what: Callable[[Log], None]) -> None:
        """Tell the log, which ends where it cannot be written; the training goes on without it."""
        if self._log is None:
            return
        try:
            what(self._log)
        except OSError as error:
            self._log = None
            why = error.strerror or error
            self.write(contract.Warned(sentence=f"The log beside the journal ends here: it cannot be written ({why})."))
