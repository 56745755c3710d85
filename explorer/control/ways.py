"""The steps of ways that are kept, within a budget of memory: older ones in half precision, then on the disk."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from explorer.contract.pixels import Pixels
from explorer.samplers.diffusion import Kept, Step
from explorer.state.branches import Branch

BUDGET_BYTES = 128 << 20  # of the steps of all ways that are kept; the one in view has its own
PARTS = ("x", "conditional", "unconditional")


@dataclass(frozen=True, eq=False)
class Walked:
    """The steps of a way and its picture (H, W, C)."""

    steps: tuple[Step, ...]
    pixels: Pixels

    @property
    def on_disk(self) -> bool:
        return isinstance(self.steps[0].x, np.memmap)

    @property
    def halved(self) -> bool:
        return self.steps[0].x.dtype == np.float16

    @property
    def nbytes(self) -> int:
        """What its steps take in memory."""
        if self.on_disk:
            return 0
        parts = (getattr(step, part) for step in self.steps for part in PARTS)
        return sum(part.nbytes for part in parts if part is not None)


class Ways:
    """Walked ways by what they are, the oldest first; used in the main thread, but for the reliefs it gives away."""

    def __init__(self, budget: int = BUDGET_BYTES) -> None:
        self.budget = budget
        self._known: dict[Branch, Walked] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0
        self.disk_fails = False

    def get(self, branch: Branch) -> Walked | None:
        """What is known of a way."""
        return self._known.get(branch)

    def put(self, branch: Branch, walked: Walked) -> None:
        """Keep a way, or what became of it."""
        self._known[branch] = walked

    def rename(self, branch: Branch, renamed: Branch) -> None:
        """The same way under another name."""
        self._known = {renamed if key == branch else key: walked for key, walked in self._known.items()}

    def retain(self, kept: tuple[Branch, ...]) -> None:
        """Forget all others."""
        self._known = {branch: walked for branch, walked in self._known.items() if branch in kept}

    @property
    def nbytes(self) -> int:
        """What all of them take in memory."""
        return sum(walked.nbytes for walked in self._known.values())

    def relief(self) -> tuple[Branch, Callable[[], Walked]] | None:
        """Where the budget is passed: the oldest way that can be made smaller, and how, for another thread."""
        if self.nbytes <= self.budget:
            return None
        for branch, walked in self._known.items():
            if not walked.halved:
                return branch, partial(halved, walked)
        for branch, walked in self._known.items():
            if not walked.on_disk and not self.disk_fails:
                self._folder = self._folder or tempfile.TemporaryDirectory(
                    prefix="latent-explorer-ways-", ignore_cleanup_errors=True
                )
                self._files += 1
                return branch, partial(to_disk, walked, Path(self._folder.name), self._files)
        return None

    @property
    def sentence(self) -> str:
        """What was made smaller, in words; empty where nothing was."""
        half = sum(walked.halved and not walked.on_disk for walked in self._known.values())
        disk = sum(walked.on_disk for walked in self._known.values())
        if not half + disk:
            return ""
        told = [f"{half} in half precision"] if half else []
        told += [f"{disk} on the disk until the window closes"] if disk else []
        budget, used = self.budget / 2**20, self.nbytes / 2**20
        return f"Kept ways may take {budget:.3g} MB and take {used:.2g} MB now: {' and '.join(told)}."

    def close(self) -> None:
        """Forget everything, also on the disk."""
        self._known = {}
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def halved(walked: Walked) -> Walked:
    """The same in half precision."""
    return replace(walked, steps=tuple(step.halved() for step in walked.steps))


def to_disk(walked: Walked, folder: Path, number: int) -> Walked:
    """The same with its steps in files, read as they are looked at.

    Raises:
        OSError: no room, no right.
    """
    stored: dict[str, list[Kept | None]] = {}
    for part in PARTS:
        values = [getattr(step, part) for step in walked.steps]
        if any(value is None for value in values):
            stored[part] = values
            continue
        path = folder / f"{number}-{part}.npy"
        np.save(path, np.stack(values))
        stored[part] = [*np.load(path, mmap_mode="r")]
    rows = zip(*(stored[part] for part in PARTS), strict=True)
    parts = (dict(zip(PARTS, row, strict=True)) for row in rows)
    steps = (replace(step, **fields) for step, fields in zip(walked.steps, parts, strict=True))  # type: ignore[arg-type]
    return replace(walked, steps=tuple(steps))
