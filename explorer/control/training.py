"""The trainings of this machine: which there are, how they stand, what they are told; one that runs needs no window."""

import json
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from explorer.contract import run as contract
from explorer.contract.archive import write_file
from explorer.contract.errors import ExplorerError
from explorer.tasks.latest import Job, Lane
from explorer.training import trainer
from explorer.training.catalogue import Value
from explorer.training.diagnosis import Finding, findings, variety_of
from explorer.training.load import Load
from explorer.training.record import Record, RunView

WATCHED = "Another window of Latent Explorer steers the trainings; here they are only watched."
NOTE = "note.json"  # in a run folder: what a person calls it
COLUMNS, GAP = 16, 2  # of the sample sheets that trainers write
FEWEST_SAMPLES = 8  # below it, variety says nothing


class Note(BaseModel):
    """A person's own words about a run."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    tag: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of all runs, the newest first; ``chosen`` is the one in view."""

    runs: tuple[RunView, ...] = ()
    tags: dict[Path, str] = field(default_factory=dict[Path, str])
    chosen: RunView | None = None
    findings: tuple[Finding, ...] = ()
    other: RunView | None = None  # that it is compared with
    load: str = ""  # how busy the run in view keeps this machine
    watched: str = ""  # why this window only watches; empty where it steers


class TrainingView(Protocol):
    """What the controller needs of the page."""

    def show_runs(self, seen: Seen) -> None: ...
    def show_run(self, seen: Seen) -> None:
        """The run in view; there is always one."""
        ...

    def show_new(self) -> None:
        """The page where a training is started."""
        ...

    def show_chore(self, words: str) -> None:
        """What is being done with a run besides; empty: nothing."""
        ...


class TrainingController:
    """Reads on in a worker, asks by commands, starts what waits when nothing runs."""

    def __init__(
        self,
        folder: Path,
        models: Path,
        read_lane: Lane,
        chore_lane: Lane,
        view: TrainingView,
        tell: Callable[[str, bool], None],
        trash: Callable[[Path], bool],
        found_model: Callable[[], None],
        python: Callable[[], str],
        steers: Callable[[], bool] = lambda: True,
    ) -> None:
        """``steers`` says whether this program may tell trainers what to do: of several that run, one may."""
        self._folder, self._models, self._read_lane, self._chore_lane = folder, models, read_lane, chore_lane
        self._view, self._tell, self._trash, self._found_model = view, tell, trash, found_model
        self._python = python  # raises where there is none
        self._steers = steers
        self._reader = _Reader()
        self._chosen: Path | None = None
        self._other: Path | None = None
        self._before: dict[Path, str] = {}
        self._new = True
        self.seen = Seen()
        self.listeners: list[Callable[[Seen], None]] = []

    @property
    def live(self) -> bool:
        """Whether a run works or waits, so that it is worth looking again."""
        return any(run.live or run.status == "waiting" for run in self.seen.runs)

    def look(self) -> None:
        """Read what the runs have written since; the answer comes when it is there."""
        if self._read_lane.idle:
            work = partial(self._reader.look, (self._folder,), self._chosen, self._other)
            self._read_lane.submit(work, self._take, self._fail)

    # what a person does

    def begin(self, folder: Path, words: tuple[str, ...]) -> None:
        """Start a training, or let it wait for the one that runs."""
        if not self._may():
            return
        order = trainer.Order(words=words, time_s=time.time())
        try:
            if any(run.live and run.here for run in self.seen.runs):
                trainer.write_order(folder, order)
                self._tell(f"{folder.name} starts when the run before it has ended.", False)
            else:
                trainer.begin(self._python(), folder, order)
        except ExplorerError as error:
            self._tell(str(error), True)
            return
        self.choose(folder)

    def new(self) -> None:
        """Show the page where a training is started."""
        self._new = True
        self._view.show_new()
        self._view.show_runs(self.seen)

    def choose(self, folder: Path) -> None:
        """Show a run."""
        self._new, self._chosen = False, folder
        self._read_lane.cancel()
        self.look()

    def compare(self, folder: Path | None) -> None:
        """Draw another run's curves behind those in view; None: no more."""
        self._other = folder
        self._read_lane.cancel()
        self.look()

    def pause(self) -> None:
        """Pause the run in view, or let it go on."""
        run = self.seen.chosen
        if run is None:
            return
        if run.status == "paused":
            self._send(contract.Command(ask="resume"))
        elif run.status == "running":
            self._send(contract.Command(ask="pause"))
        elif run.status in ("killed", "stopped", "failed"):
            self.resume()

    def resume(self) -> None:
        """Go on from the last checkpoint of a run whose trainer is gone."""
        run = self.seen.chosen
        if run is None or run.live or not self._may():
            return
        if run.checkpoint is None:
            self._tell(f"{run.name} has no checkpoint yet, so there is nothing to go on from; start it again.", True)
            return
        try:
            order = trainer.Order(words=("resume", str(run.folder)), again=True)
            trainer.begin(self._python(), run.folder, order)
        except ExplorerError as error:
            self._tell(str(error), True)
        self.look()

    def stop(self) -> None:
        """End the run in view and keep what it has learned; one that waits is forgotten."""
        run = self.seen.chosen
        if run is None:
            return
        if run.status == "waiting":
            self.delete()
        elif run.status == "starting":
            if self._may():
                trainer.end(run.pid, run.began_s)
                self.look()
        else:
            self._send(contract.Command(ask="stop"))

    def snapshot(self) -> None:
        """Ask for a small bundle of what it is now."""
        self._send(contract.Command(ask="snapshot"))

    def set(self, name: str, value: float) -> None:
        """Change a number while it trains."""
        self._send(contract.Command(ask="set", name=name, value=value))

    def tag(self, words: str) -> None:
        """A person's own words about the run in view."""
        run = self.seen.chosen
        if run is not None:
            try:
                write_file(run.folder / NOTE, Note(tag=words.strip()[:80]).model_dump_json().encode())
            except ExplorerError as error:
                self._tell(str(error), True)
            self.look()

    def delete(self) -> None:
        """Put the run in view into the bin."""
        run = self.seen.chosen
        if run is None or not self._may():
            return
        if run.status in ("running", "paused", "starting"):
            self._tell(f"{run.name} still runs; stop it first.", True)
            return
        if not self._trash(run.folder):
            self._tell(f"{run.folder} could not be moved to the bin; delete it by hand.", True)
            return
        self._tell(f"{run.name} is in the bin.", False)
        self._chosen = None
        self.new()
        self._read_lane.cancel()
        self.look()

    def keep(self) -> None:
        """Make a bundle of the best weights; it stands in the library."""
        run = self.seen.chosen
        if run is not None:
            self._keep(run)

    def export(self, target: Path) -> None:
        """Make a bundle of the best weights somewhere else: a folder, or one file (``.lexp``, ``.zip``)."""
        run = self.seen.chosen
        if run is not None:
            self._make(run, target, f"{run.name} was exported as {target}.")

    def measure(self) -> None:
        """Measure the run's bundle on test pictures."""
        run = self.seen.chosen
        if run is None:
            return
        bundle = self._models / run.name
        if not bundle.exists():
            self._tell(f"{run.name} is not in the library yet; choose Keep first.", True)
            return
        words = ("evaluate", str(bundle), "--samples", "2000")
        self._chore(f"Measuring {run.name}", words, f"{run.name} was measured on 2,000 samples; see its card.")

    @property
    def again(self) -> tuple[str, dict[str, Value], str] | None:
        """Family, values and name of the run in view, to start it once more."""
        run = self.seen.chosen
        return None if run is None or not run.config else (run.family, run.values, run.name)

    # inside

    def _may(self) -> bool:
        """Whether this program steers; else it says who does."""
        if not self._steers():
            self._tell(WATCHED, True)
            return False
        return True

    def _send(self, command: contract.Command) -> None:
        run = self.seen.chosen
        if run is None or not self._may():
            return
        try:
            contract.send(run.folder, command)
        except ExplorerError as error:
            self._tell(str(error), True)

    def _keep(self, run: RunView) -> None:
        self._make(run, self._models / run.name, f"{run.name} is in the library.")

    def _make(self, run: RunView, target: Path, done: str) -> None:
        if run.checkpoint is None:
            self._tell(f"{run.name} has no checkpoint yet; wait for the first one.", True)
            return
        self._chore(f"Making a model of {run.name}", ("export", str(run.folder), "-o", str(target)), done)

    def _chore(self, doing: str, words: tuple[str, ...], done: str) -> None:
        def work(job: Job) -> str:
            return trainer.ask(self._python(), words, job.cancel_with, job.report)

        def ended(_: str) -> None:
            self._view.show_chore("")
            self._tell(done, False)
            self._found_model()

        def failed(error: Exception) -> None:
            self._view.show_chore("")
            if not isinstance(error, ExplorerError):
                raise error
            self._tell(str(error), True)

        if not self._chore_lane.idle:
            self._tell("Something else is being made of a run; wait for it.", False)
            return
        self._view.show_chore(f"{doing} …")
        self._models.mkdir(parents=True, exist_ok=True)
        self._chore_lane.submit(work, ended, failed, lambda line: self._view.show_chore(f"{doing}: {line[:90]}"))

    def _take(self, seen: Seen) -> None:
        steers = self._steers()
        self.seen = seen = seen if steers else replace(seen, watched=WATCHED)
        self._view.show_runs(seen)
        if seen.chosen is not None and not self._new:
            self._view.show_run(seen)
        for run in seen.runs:
            before = self._before.get(run.folder)
            ended = before in ("running", "paused") and run.status in ("finished", "stopped")
            if ended and steers and self._chore_lane.idle:
                self._keep(run)
            if before in ("running", "paused", "starting") and run.status in ("failed", "killed"):
                self._tell(f"{run.name}: {run.sentence}", True)
            self._before[run.folder] = run.status
        if steers:
            self._start_next()
        for listener in self.listeners:
            listener(seen)

    def _start_next(self) -> None:
        runs = self.seen.runs
        waiting = [run for run in runs if run.status == "waiting"]
        if waiting and not any(run.live and run.here for run in runs):
            run = waiting[-1]
            order = trainer.read_order(run.folder)
            if order is not None and order.pid == 0:
                try:
                    trainer.begin(self._python(), run.folder, order)
                except ExplorerError as error:
                    self._tell(str(error), True)

    def _fail(self, error: Exception) -> None:
        raise error


class _Reader:
    """Records by folder; lives in the worker."""

    def __init__(self) -> None:
        self._records: dict[Path, Record] = {}
        self._variety: dict[Path, float] = {}
        self._load: Load | None = None

    def look(
        self, folders: Sequence[Path], chosen: Path | None, other: Path | None, job: Job
    ) -> Generator[None, None, Seen]:
        """Read on in all runs; gives way after each."""
        found = trainer.find_runs(folders)
        views: dict[Path, RunView] = {}
        for path in dict.fromkeys((*found, *(p for p in (chosen, other) if p is not None and trainer.is_run(p)))):
            if path not in self._records:
                self._records[path] = Record(path)
            self._records[path].read()
            views[path] = self._records[path].view()
            yield
        for gone in set(self._records) - set(views):
            del self._records[gone]
        view = None if chosen is None else views.get(chosen)
        said = () if view is None else findings(view, self._spread(view))
        tags = {path: _tag(path) for path in views}
        beside = None if other is None else views.get(other)
        return Seen(tuple(views[path] for path in found), tags, view, said, beside, self._busy(view))

    def _busy(self, run: RunView | None) -> str:
        if run is None or not (run.live and run.here and run.pid):
            self._load = None
            return ""
        if self._load is None or self._load.pid != run.pid:
            self._load = Load(run.pid, "CPU" not in run.device)
        return self._load.words()

    def _spread(self, run: RunView) -> float | None:
        """Variety of the newest samples, over that of the pictures that were restored."""
        if not run.samples or not run.restored:
            return None
        path = run.samples[-1].path
        if path not in self._variety:
            samples, pictures = cells(path), cells(run.restored[-1].path)
            if len(samples) < FEWEST_SAMPLES or len(pictures) < 2 * FEWEST_SAMPLES:
                return None
            if samples.shape[1:] != pictures.shape[1:]:
                return None
            self._variety[path] = variety_of(samples, pictures[: len(pictures) // 2])
        return self._variety[path]


def cells(path: Path) -> NDArray[np.uint8]:
    """The pictures of a sample sheet, uint8 (N, H, W, C); none where it cannot be read."""
    try:
        with Image.open(path) as image:
            sheet = np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
    except (OSError, ValueError):
        return np.zeros((0, 1, 1, 1), np.uint8)
    sheet = sheet[..., None] if sheet.ndim == 2 else sheet
    side = (sheet.shape[1] + GAP) // COLUMNS - GAP
    rows = (sheet.shape[0] + GAP) // (side + GAP) if side > 0 else 0
    found = [
        sheet[row * (side + GAP) : row * (side + GAP) + side, at * (side + GAP) : at * (side + GAP) + side]
        for row in range(rows)
        for at in range(COLUMNS)
    ]
    shown = [cell for cell in found if not (cell == 255).all()]  # the last row may not be full
    return np.stack(shown) if shown else np.zeros((0, 1, 1, 1), np.uint8)


def _tag(folder: Path) -> str:
    try:
        return Note.model_validate(json.loads((folder / NOTE).read_bytes())).tag
    except (OSError, ValueError, ValidationError):
        return ""
