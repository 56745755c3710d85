"""The journal once more as TensorBoard event files, in ``RUN/tensorboard``, for people who live there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract import run as contract
from explorer.contract.errors import ExplorerError

FOLDER = "tensorboard"
MISSING = "--log tensorboard needs TensorBoard: pip install 'latent-explorer[tensorboard]'."


class NoTensorBoard(ExplorerError):
    """The package is not installed."""


class TensorBoard:
    """Takes events and pictures; steps are images. A resumed run hides what its last process wrote too much."""

    def __init__(self, run: Path) -> None:
        """Nothing is written before the first event.

        Raises:
            NoTensorBoard: it is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise NoTensorBoard(MISSING) from error
        self._open: Callable[[int | None], Any] = lambda first: SummaryWriter(str(run / FOLDER), purge_step=first)
        self._writer: Any = None

    def write(self, event: contract.Event) -> None:
        """Numbers become curves, sentences text."""
        if self._writer is None:
            self._writer = self._open(event.images + 1 if event.images else None)
        images, time_s = event.images, event.time_s
        match event:
            case contract.Metric():
                for name, value in event.values.items():
                    self._writer.add_scalar(f"{event.split}/{name}", value, images, time_s)
            case contract.Progress():
                self._writer.add_scalar("images per second", event.images_per_s, images, time_s)
            case contract.Changed():
                self._writer.add_scalar(f"set/{event.name}", event.value, images, time_s)
            case contract.Warned() | contract.Failed():
                self._writer.add_text(event.kind, event.sentence, images, time_s)
            case _:
                pass

    def picture(self, images: int, of: str, shown: np.ndarray) -> None:
        """A grid, uint8 (H, W, C)."""
        if self._writer is not None:
            self._writer.add_image(of, shown, images, dataformats="HWC")
            self._writer.flush()

    def close(self) -> None:
        """Write what waits."""
        if self._writer is not None:
            self._writer.close()
