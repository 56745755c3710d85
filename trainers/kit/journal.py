"""The trainer's side of a run folder: writes typed events and sample pictures, reads what a person asks for."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from explorer.contract import run as contract
from explorer.contract.archive import saying_why, write_file
from trainers.kit.grids import grid, png


class Journal:
    """Events of one training; a process that is not the first one keeps silent."""

    def __init__(self, run: Path, *, writes: bool) -> None:
        self.run = run
        self._writes = writes
        self._commands_read = 0
        if writes:
            self._commands_read = contract.read_commands(run).offset  # what was asked before this process is settled

    def write(self, event: contract.Event) -> None:
        """Append one event.

        Raises:
            CannotWrite: no space or no right.
        """
        if self._writes:
            contract.append_event(self.run, event)

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
        write_file(self.run / name, png(grid(pictures, columns)))
        self.write(contract.Sample(images=images, path=name, of=of))

    def commands(self) -> tuple[contract.Command, ...]:
        """What was asked since the last call."""
        if not self._writes:
            return ()
        tail = contract.read_commands(self.run, self._commands_read)
        self._commands_read = tail.offset
        return tail.items
