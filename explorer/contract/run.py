"""The folder of one training: configuration, an append-only journal of typed events, and commands to the trainer.

``RUN/config.json``, ``events.jsonl`` (one event a line), ``commands.jsonl`` (one command a line), ``checkpoints/``,
``snapshots/<images>/`` (a bundle each), ``samples/``. The folder is the truth: whoever reads it needs no process.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from explorer.contract.archive import saying_why, write_file
from explorer.contract.errors import RunError, short

CONFIG = "config.json"
EVENTS = "events.jsonl"
COMMANDS = "commands.jsonl"
CHECKPOINTS = "checkpoints"
SNAPSHOTS = "snapshots"
SAMPLES = "samples"

T = TypeVar("T")


class _Event(BaseModel):
    """``time_s`` is Unix time, ``images`` the training pictures seen so far by all processes."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")
    time_s: float = Field(default_factory=time.time)
    images: int = Field(default=0, ge=0)


class Started(_Event):
    """The process works; ``total_images`` is where it means to stop, ``pid`` who it is."""

    kind: Literal["started"] = "started"
    family: str
    data: str
    total_images: int
    pid: int
    device: str
    host: str = ""


class Progress(_Event):
    kind: Literal["progress"] = "progress"
    images_per_s: float
    remaining_s: float | None = None


class Metric(_Event):
    """Named numbers of one moment; ``split`` says on which data."""

    kind: Literal["metric"] = "metric"
    split: str
    values: dict[str, float]


class Sample(_Event):
    """A picture of samples with fixed seeds; ``path`` relative to the run folder."""

    kind: Literal["sample"] = "sample"
    path: str
    of: str = "samples"


class Checkpoint(_Event):
    kind: Literal["checkpoint"] = "checkpoint"
    path: str


class Snapshot(_Event):
    """A bundle of this moment; ``path`` relative to the run folder."""

    kind: Literal["snapshot"] = "snapshot"
    path: str


class Changed(_Event):
    """A setting was changed while it ran; journaled, so that the run can be repeated."""

    kind: Literal["changed"] = "changed"
    name: str
    value: float


class Warned(_Event):
    kind: Literal["warning"] = "warning"
    sentence: str


class Paused(_Event):
    kind: Literal["paused"] = "paused"


class Resumed(_Event):
    kind: Literal["resumed"] = "resumed"
    pid: int


class Finished(_Event):
    """``why``: the planned end, or a person's stop."""

    kind: Literal["finished"] = "finished"
    why: Literal["done", "stopped"] = "done"


class Failed(_Event):
    kind: Literal["failed"] = "failed"
    sentence: str


Event = (
    Started | Progress | Metric | Sample | Checkpoint | Snapshot | Changed | Warned
    | Paused | Resumed | Finished | Failed
)  # fmt: skip
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


class Command(BaseModel):
    """What a person asks of a running trainer; ``name`` and ``value`` only for ``set``."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    ask: Literal["pause", "resume", "snapshot", "stop", "set"]
    name: str = ""
    value: float = 0.0
    time_s: float = Field(default_factory=time.time)


@dataclass(frozen=True)
class Tail(Generic[T]):
    """Whole lines read so far; hand ``offset`` (bytes) back to read on. ``skipped`` lines were not understood."""

    items: tuple[T, ...]
    offset: int
    skipped: int


def read_events(run: Path, offset: int = 0, most: int = -1) -> Tail[Event]:
    """The events of a run from a byte offset on; a torn last line is left for the next call.

    ``most`` bytes are read at once, by default all. Lines of a later version or damaged ones are counted in
    ``skipped`` and passed over.

    Raises:
        RunError: the folder or its journal cannot be read.
    """
    return _read_lines(run / EVENTS, offset, _EVENT.validate_json, most)


def read_commands(run: Path, offset: int = 0) -> Tail[Command]:
    """The commands of a run from a byte offset on; none when there is no file yet."""
    path = run / COMMANDS
    return _read_lines(path, offset, Command.model_validate_json) if path.exists() else Tail((), offset, 0)


def append_event(run: Path, event: Event) -> None:
    """Add one event; a torn last line of a killed writer is closed first, so that nothing after it is lost."""
    _append(run / EVENTS, event)


def send(run: Path, command: Command) -> None:
    """Ask something of the trainer that works in ``run``; works across processes on every system."""
    if not (run / CONFIG).exists():
        raise RunError(f"{short(run, 120)} is not a training run; choose the folder that `train --out` made.")
    _append(run / COMMANDS, command)


def write_config(run: Path, config: dict[str, Any]) -> None:
    """Store the whole configuration, atomically."""
    with saying_why(run):
        run.mkdir(parents=True, exist_ok=True)
    write_file(run / CONFIG, (json.dumps(config, indent=1) + "\n").encode())


def read_config(run: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        RunError: there is none or it is not JSON.
    """
    try:
        config = json.loads((run / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(
            f"{short(run, 120)} is not a training run (no {CONFIG}); choose the folder that `train --out` made."
        ) from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{short(run / CONFIG, 120)} is not valid JSON; start the training again.") from error
    if not isinstance(config, dict):
        raise RunError(f"{short(run / CONFIG, 120)} must hold one JSON object; start the training again.")
    return cast(dict[str, Any], config)


def _read_lines(path: Path, offset: int, parse: Callable[[bytes], T], most: int = -1) -> Tail[T]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read(most)
            if most > 0 and len(content) == most:
                content += file.readline()
    except OSError as error:
        raise RunError(
            f"{short(path, 120)} cannot be read ({error.strerror or error}); choose a training run's folder."
        ) from error
    whole = content[: content.rfind(b"\n") + 1]
    items: list[T] = []
    skipped = 0
    for line in _lines(whole):
        try:
            items.append(parse(line))
        except ValidationError:
            skipped += 1
    return Tail(tuple(items), offset + len(whole), skipped)


def _lines(content: bytes) -> Iterator[bytes]:
    return (line for line in content.split(b"\n") if line.strip())


def _append(path: Path, item: BaseModel) -> None:
    line = json.dumps(item.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    with saying_why(path), path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        torn = False
        if end:
            file.seek(end - 1)
            torn = file.read(1) != b"\n"
        file.write((b"\n" if torn else b"") + line.encode(errors="replace") + b"\n")  # file names need not be text
        file.flush()
