"""What a run folder says, read on from where it was read last: curves, pictures, snapshots, and how it stands."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from explorer.contract import run as contract
from explorer.contract.errors import RunError
from explorer.training import trainer
from explorer.training.catalogue import Value

Status = Literal["waiting", "starting", "running", "paused", "finished", "stopped", "failed", "killed"]
ENDED = ("finished", "stopped", "failed", "killed")
FRESH_S = 60.0  # a trainer on another machine is believed to live so long after its last line
MOST_LINES = 400  # of the log
SHOWN_POINTS = 1_500  # of a curve
PIECE = 1 << 18  # bytes of a journal at a time: events are let go of before the next ones come


@dataclass(frozen=True, eq=False)
class Curve:
    """One number over the images seen: ``images`` (N,) int64 and ``values`` (N,) float64, as journaled."""

    images: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def last(self) -> float:
        """The newest value; NaN where there is none."""
        return float(self.values[-1]) if len(self.values) else float("nan")


@dataclass(frozen=True)
class Kept:
    """A picture, snapshot or checkpoint of a run: after how many images, and where."""

    images: int
    path: Path


@dataclass(frozen=True, eq=False)
class RunView:
    """A run as it stands; ``curves`` by (split, name)."""

    folder: Path
    name: str
    status: Status
    sentence: str  # why it failed, or what it waits for
    family: str
    data: str
    recipe: str
    config: dict[str, Any]
    images: int
    total: int
    images_per_s: float
    left_s: float | None
    device: str
    host: str
    pid: int
    began_s: float
    curves: dict[tuple[str, str], Curve]
    samples: tuple[Kept, ...]
    restored: tuple[Kept, ...]
    snapshots: tuple[Kept, ...]
    checkpoint: Kept | None
    checkpoint_s: float  # Unix time
    settings: dict[str, float]  # what was changed while it ran
    log: tuple[tuple[float, str], ...]  # Unix time, sentence
    here: bool  # its process runs on this machine

    @property
    def values(self) -> dict[str, Value]:
        """What was chosen, by the names that the command line takes."""
        return _flat(self.config.get("config", {}))

    @property
    def live(self) -> bool:
        """Whether a process works on it."""
        return self.status in ("starting", "running", "paused")

    @property
    def progress(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(self.images / self.total, 1.0) if self.total else 0.0

    def curve(self, split: str, name: str) -> Curve | None:
        """A curve by name."""
        return self.curves.get((split, name))


@dataclass
class _Line:
    images: list[int] = field(default_factory=list[int])
    values: list[float] = field(default_factory=list[float])


class Record:
    """One run folder. Used by one thread; what ``view`` gives is frozen and may go anywhere."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.folder, self._now = folder, now
        self._offset = 0
        self._config: dict[str, Any] = {}
        self._order: trainer.Order | None = None
        self._stage: Literal["", "running", "paused", "finished", "stopped", "failed"] = ""
        self._lines: dict[tuple[str, str], _Line] = {}
        self._images = self._total = self._pid = 0
        self._pace, self._left, self._began_s, self._heard_s = 0.0, None, 0.0, 0.0
        self._family = self._data = self._device = self._host = self._fault = ""
        self._samples: list[Kept] = []
        self._restored: list[Kept] = []
        self._snapshots: list[Kept] = []
        self._checkpoint: Kept | None = None
        self._checkpoint_s = 0.0
        self._changes: list[tuple[int, str, float]] = []
        self._log: list[tuple[float, str]] = []
        self._left: float | None

    def read(self) -> bool:
        """Read what was added; whether there was anything."""
        self._order = trainer.read_order(self.folder)
        if not self._config:
            try:
                self._config = contract.read_config(self.folder)
            except RunError:
                self._config = {}
        began = self._offset
        while True:
            try:
                tail = contract.read_events(self.folder, self._offset, PIECE)
            except RunError:
                break
            for event in tail.items:
                self._take(event)
            if tail.offset == self._offset:
                break
            self._offset = tail.offset
        return self._offset > began

    def view(self) -> RunView:
        """The run as it stands now."""
        status, sentence = self._status()
        return RunView(
            folder=self.folder,
            name=self.folder.name,
            status=status,
            sentence=sentence,
            family=self._family or str(self._config.get("family", "")),
            data=self._data,
            recipe=str(self._config.get("recipe", "")),
            config=self._config,
            images=self._images,
            total=self._total,
            images_per_s=self._pace,
            left_s=self._left if status == "running" else None,
            device=self._device,
            host=self._host,
            pid=self._pid or (0 if self._order is None else self._order.pid),
            began_s=self._began_s or (0.0 if self._order is None else self._order.time_s),
            curves={key: _thinned(line) for key, line in self._lines.items()},
            samples=tuple(self._samples),
            restored=tuple(self._restored),
            snapshots=tuple(self._snapshots),
            checkpoint=self._checkpoint,
            checkpoint_s=self._checkpoint_s,
            settings={name: value for _, name, value in self._changes},
            log=tuple(self._log[-MOST_LINES:]),
            here=self._is_here,
        )

    @property
    def _is_here(self) -> bool:
        return not self._host or self._host == platform.node()

    def _status(self) -> tuple[Status, str]:
        order, alive = self._order, self._alive()
        if order is not None and order.pid == 0:
            return "waiting", "It starts when the run before it has ended."
        if self._stage in ("finished", "stopped", "failed") and not (order is not None and order.again and alive):
            return self._stage, self._fault
        if order is not None and trainer.is_alive(order.pid, order.time_s) and order.time_s > self._began_s:
            return "starting", "The trainer loads its packages and the pictures."
        if not self._stage:
            return "failed", trainer.last_words(self.folder) or "The trainer ended before it began; look at its log."
        if not alive:
            words = trainer.last_words(self.folder) if self._is_here else ""
            said = f" Its last words: {words}" if words and not words[0].isdigit() else ""
            return "killed", f"The trainer is gone; Resume goes on from its last checkpoint.{said}"
        return ("paused", "") if self._stage == "paused" else ("running", "")

    def _alive(self) -> bool:
        if not self._is_here:
            return self._now() - self._heard_s < FRESH_S
        return trainer.is_alive(self._pid, self._began_s)

    def _take(self, event: contract.Event) -> None:
        self._heard_s = event.time_s
        self._images = max(self._images, event.images)
        match event:
            case contract.Progress():
                self._pace, self._left = event.images_per_s, event.remaining_s
            case contract.Metric():
                for name, value in event.values.items():
                    line = self._lines.get((event.split, name)) or self._lines.setdefault((event.split, name), _Line())
                    line.images.append(event.images)
                    line.values.append(value)
            case contract.Started():
                self._family, self._data, self._device = event.family, event.data, event.device
                self._total, self._pid, self._host, self._began_s = (
                    event.total_images, event.pid, event.host, event.time_s,
                )  # fmt: skip
                self._stage, self._fault = "running", ""
                self._say(event, f"Started: {event.family} on {event.data}, {event.total_images:,} images.")
            case contract.Resumed():
                if event.images < self._images:  # what a killed process did after its last checkpoint is done again
                    self._forget_after(event.images)
                self._pid, self._stage, self._fault = event.pid, "running", ""
                self._began_s = max(self._began_s, event.time_s)
                self._say(event, f"Going on after {event.images:,} images.")
            case contract.Sample():
                kept = Kept(event.images, self.folder / event.path)
                (self._restored if event.of == "reconstructions" else self._samples).append(kept)
            case contract.Checkpoint():
                self._checkpoint, self._checkpoint_s = Kept(event.images, self.folder / event.path), event.time_s
            case contract.Snapshot():
                kept = Kept(event.images, self.folder / event.path)
                if kept not in self._snapshots[-1:]:  # asked for when one was due
                    self._snapshots.append(kept)
                    self._say(event, f"Snapshot after {event.images:,} images.")
            case contract.Changed():
                self._changes.append((event.images, event.name, event.value))
                self._say(event, f"{event.name} set to {event.value:g} after {event.images:,} images.")
            case contract.Warned():
                self._say(event, event.sentence)
            case contract.Paused():
                self._stage = "paused"
                self._say(event, f"Paused after {event.images:,} images.")
            case contract.Finished():
                self._stage = "finished" if event.why == "done" else "stopped"
                self._say(event, f"{'Finished' if event.why == 'done' else 'Stopped'} after {event.images:,} images.")
            case contract.Failed():
                self._stage, self._fault = "failed", event.sentence
                self._say(event, event.sentence)

    def _forget_after(self, images: int) -> None:
        self._images = images
        self._changes = [change for change in self._changes if change[0] <= images]
        for line in self._lines.values():
            while line.images and line.images[-1] > images:
                line.images.pop()
                line.values.pop()
        for kept in (self._samples, self._restored, self._snapshots):
            kept[:] = [entry for entry in kept if entry.images <= images]

    def _say(self, event: contract.Event, sentence: str) -> None:
        self._log.append((event.time_s, sentence))


def _flat(values: object) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if isinstance(values, dict):
        for name, value in cast(dict[str, object], values).items():
            if isinstance(value, dict):
                found |= _flat(cast(object, value))
            elif isinstance(value, bool | int | float | str):
                found[name] = value
    return found


def _thinned(line: _Line) -> Curve:
    """At most ``SHOWN_POINTS`` points, first and last among them."""
    count = len(line.values)
    rows = np.arange(count)
    if count > SHOWN_POINTS:
        rows = np.unique(np.linspace(0, count - 1, SHOWN_POINTS).round().astype(np.int64))
    return Curve(np.asarray(line.images, np.int64)[rows], np.asarray(line.values, np.float64)[rows])
