"""Conducts one run: the folder is set up or picked up, the loop's reports become events, commands are obeyed."""

import math
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from explorer.contract import run as contract
from explorer.contract.errors import DiskFull, ExplorerError
from trainers.kit import checkpoint
from trainers.kit.alone import Engine
from trainers.kit.checkpoint import Standing
from trainers.kit.device import device_words
from trainers.kit.journal import Journal, Log
from trainers.kit.likeness import novelty
from trainers.kit.loop import Learner, Material, Report, train
from trainers.kit.memory import batch_that_fits, is_out_of_memory
from trainers.kit.pace import Pace
from trainers.kit.plan import Plan
from trainers.kit.randomness import Share
from trainers.kit.snapshots import Moment
from trainers.kit.together import Together, is_lost

REMEMBERED = 4_000  # training pictures that samples are compared with
SHOWN = 16  # held-out pictures that are shown beside their reconstructions
COLUMNS = 16
LISTEN_S = 0.2  # how often a trainer that keeps still looks for commands
ROOM_S = 2.0  # how often it tries again where the disk was full
LOST = "Another process of this training is gone; `resume` goes on from the last checkpoint."

Say = Callable[[str], None]


class TakesSnapshots(Protocol):
    """What makes the small bundles; see ``trainers.kit.snapshots``."""

    def take(self, learner: Learner, standing: Standing, target: Path) -> None:
        """Have one of this moment written at ``target``."""
        ...

    def ready(self, *, wait: bool = False) -> list[Moment]:
        """Those that are done since the last call."""
        ...

    def close(self) -> None:
        """No more will be asked for."""
        ...


class Training:
    """One run in one process; with several, all of them compute and the first one writes."""

    def __init__(
        self,
        run: Path,
        family: str,
        data: str,
        learner: Learner,
        plan: Plan,
        fabric: Engine,
        snapshots: TakesSnapshots,
        say: Say,
        log: Log | None = None,
    ) -> None:
        self._run, self._family, self._data = run, family, data
        self._learner, self._plan, self._fabric = learner, plan, fabric
        self._snapshots, self._say = snapshots, say
        self._together = Together(fabric)
        self._journal = Journal(run, writes=self._together.first, log=log)
        self._pace = Pace(0, 0.0, plan.images)
        self.standing = Standing()
        self._queue: deque[contract.Command] = deque()  # the same in all processes
        self._asked: deque[contract.Command] = deque()
        self._stopped = False
        self.device = device_words(fabric)

    def stop(self) -> None:
        """Stop after this step and keep what was learned, as a command would; called by the system's signals too."""
        self._asked.append(contract.Command(ask="stop"))

    def go(self, material: Material, held_out: Material, rate: float = 0.0) -> None:
        """Train from the last checkpoint, or from the start, to the end or until told to stop.

        ``rate`` above 0 replaces the learning rate, as a person's command would.

        Raises:
            ExplorerError: what ended the run; a ``failed`` event says the same where it can be written.
        """
        try:
            self._guarded(material, held_out, rate)
        finally:
            self._snapshots.close()
            self._journal.close()

    def _guarded(self, material: Material, held_out: Material, rate: float) -> None:
        lost: Exception | None = None
        try:
            self._go(material, held_out, rate)
            return
        except Exception as error:
            if is_lost(error):
                lost = error
            elif not is_out_of_memory(error):
                self._end(error)
                raise
        # outside of the handler, which keeps what the step had in memory
        fault = ExplorerError(self._too_large(material) if lost is None else LOST)
        self._end(fault)
        raise fault from lost

    def _go(self, material: Material, held_out: Material, rate: float) -> None:
        self._pick_up()
        if rate > 0:
            self._set(self.standing.images, contract.Command(ask="set", name="rate", value=rate))
        self._pace = Pace(self.standing.images, self.standing.wall_time_s, self._plan.images)
        share = Share(self._fabric.global_rank, self._fabric.world_size)
        reports = train(self._learner, material, self._plan, share, self._fabric.device, self.standing.step)
        for report in reports:
            self._note(report, material, held_out)
            while self._queue and not self._stopped:
                self._do(report.images, self._queue.popleft())
            if self._stopped:
                break
        self._tell_snapshots(wait=True)
        self._journal.write(contract.Finished(images=self.standing.images, why="stopped" if self._stopped else "done"))
        self._say(f"{'Stopped' if self._stopped else 'Finished'} after {self.standing.images:,} images.")

    def _pick_up(self) -> None:
        total, device = self._plan.images, self.device
        found = checkpoint.load_last(self._run, self._learner)
        if found is None:
            self._journal.started(self._family, self._data, total, device)
        else:
            self.standing = found
            self._journal.resumed(found.images)
            self._say(f"Going on after {found.images:,} images.")
        self._say(f"{self._family} on {self._data}: {total:,} images, {device}.")

    def _note(self, report: Report, material: Material, held_out: Material) -> None:
        standing, plan = self.standing, self._plan
        standing.step, standing.images = report.step, report.images
        numbers, asked = self._together.means(report.numbers, self._heard())
        standing.window.add(numbers)
        if asked:
            self._listen()
        self._tell_snapshots()
        news = self._pace.news(report.images)
        if news is not None:
            pace, left = news
            self._journal.write(contract.Progress(images=report.images, images_per_s=pace, remaining_s=left))
        if plan.is_due(report.images, plan.report_every):
            numbers = standing.window.take()
            self._journal.metrics(report.images, "train", numbers)
            self._say(_line(report.images, "train", numbers))
        if plan.is_due(report.images, plan.milestone_every):
            self._milestone(material, held_out)
        if plan.wants_snapshot(report.images):
            self._snapshot(report.images)

    def _milestone(self, material: Material, held_out: Material) -> None:
        standing, pictures, best = self.standing, {}, False
        if self._together.first:
            numbers = self._learner.evaluate(held_out)
            samples = self._learner.samples()
            if samples is not None:
                numbers["novelty"] = novelty(samples, material.images[:REMEMBERED], held_out.images[: len(samples)])
                pictures["samples"] = samples
            self._journal.metrics(standing.images, "held-out", numbers)
            self._say(_line(standing.images, "held-out", numbers))
            score = numbers[self._learner.score]
            best = standing.best_score is None or score < standing.best_score
            if best:
                standing.best_score, standing.best_images = score, standing.images
            shown = held_out.images[:SHOWN]
            answers = self._learner.reconstructions(shown)
            if answers is not None:
                pictures["reconstructions"] = np.concatenate([shown, answers])

        def show() -> None:
            for name, shown in pictures.items():
                self._journal.picture(standing.images, name, shown, COLUMNS)

        self._written(show)
        self._save(best=best)

    def _save(self, *, best: bool = False) -> None:
        standing = self.standing

        def write() -> None:
            standing.wall_time_s = self._pace.wall_time_s
            standing.settings = dict(self._learner.settings)
            if best:
                checkpoint.save_best(self._run, self._learner, standing)
            folder = checkpoint.save(self._run, self._learner, standing)
            path = folder.relative_to(self._run).as_posix()
            self._journal.write(contract.Checkpoint(images=standing.images, path=path))

        self._written(write)

    def _snapshot(self, images: int) -> None:
        """Have a bundle made of this moment; the training goes on meanwhile."""
        if self._together.first:
            self.standing.wall_time_s = self._pace.wall_time_s
            self._snapshots.take(self._learner, self.standing, self._run / contract.SNAPSHOTS / f"{images:010d}")

    def _tell_snapshots(self, *, wait: bool = False) -> None:
        if not self._together.first:
            return
        for images, path, fault in self._snapshots.ready(wait=wait):
            if fault:
                sentence = f"There is no snapshot after {images:,} images: {fault}"
                self._journal.write(contract.Warned(images=self.standing.images, sentence=sentence))
            else:
                name = path.relative_to(self._run).as_posix()
                self._journal.write(contract.Snapshot(images=images, path=name))
                self._say(f"Snapshot after {images:,} images.")

    def _written(self, write: Callable[[], None]) -> None:
        """Let the first process write. While its disk is full all keep still; what else fails there ends all."""
        fault = self._together.done(write)
        if isinstance(fault, DiskFull):
            fault = self._once_there_is_room(write, f"{fault} The training waits until there is room.")
        if fault is not None:
            raise fault

    def _once_there_is_room(self, write: Callable[[], None], sentence: str) -> ExplorerError | None:
        images = self.standing.images
        self._journal.write(contract.Warned(images=images, sentence=sentence))
        self._journal.write(contract.Paused(images=images))
        self._say(sentence)
        with self._pace.still():
            while True:
                self._rest(ROOM_S)
                if any(command.ask == "stop" for command in self._queue):
                    self._stopped = True  # with the last checkpoint that found room
                    return None
                fault = self._together.done(write)
                if not isinstance(fault, DiskFull):
                    break
        self._go_on(images)
        return fault

    def _heard(self) -> bool:
        """Whether the first process was asked something since the last time."""
        if self._together.first:
            self._asked.extend(self._journal.commands())
        return self._together.first and bool(self._asked)

    def _listen(self) -> None:
        """Queue what was asked, in all processes."""
        self._heard()
        asked = [self._asked.popleft() for _ in range(len(self._asked))]
        self._queue.extend(self._together.told(asked))

    def _rest(self, seconds: float) -> None:
        """Keep still for a while, or until something more is asked."""
        before = len(self._queue)
        for _ in range(max(round(seconds / LISTEN_S), 1) if LISTEN_S else 1):
            threading.Event().wait(LISTEN_S)
            self._tell_snapshots()
            self._listen()
            if len(self._queue) > before:
                return

    def _do(self, images: int, command: contract.Command) -> None:
        if command.ask == "stop":
            self._stopped = True
            self._save()
        elif command.ask == "snapshot":
            self._snapshot(images)
        elif command.ask == "set":
            self._set(images, command)
        elif command.ask == "pause":
            self._pause(images)

    def _set(self, images: int, command: contract.Command) -> None:
        settings, name, value = self._learner.settings, command.name, command.value
        fault = ""
        if name not in settings:
            fault = f"{name!r} cannot be changed while it trains; choose one of {', '.join(settings)}."
        elif not (math.isfinite(value) and value >= 0):
            fault = f"{name} cannot be {value}; choose a number from 0 on. It stays {settings[name]:g}."
        if fault:
            self._journal.write(contract.Warned(images=images, sentence=fault))
            return
        settings[name] = value
        self._journal.write(contract.Changed(images=images, name=name, value=value))

    def _pause(self, images: int) -> None:
        """Keep still, with a checkpoint on disk, until told to go on or to stop."""
        self._save()
        self._journal.write(contract.Paused(images=images))
        self._say("Paused.")
        going_on = False
        with self._pace.still():
            while not (going_on or self._stopped):
                self._rest(LISTEN_S)
                while self._queue and not (going_on or self._stopped):
                    command = self._queue.popleft()
                    going_on = command.ask == "resume"
                    if command.ask != "pause":
                        self._do(images, command)
        if not self._stopped:
            self._go_on(images)

    def _go_on(self, images: int) -> None:
        self._journal.resumed(images)
        self._say("Going on.")

    def _too_large(self, material: Material) -> str:
        """What to do when the memory was not enough."""
        lacking = f"There was not enough memory for a batch of {self._plan.batch}"
        if self._fabric.world_size > 1:
            return f"{lacking} over {self._fabric.world_size} processes; start again with a smaller one (--batch)."
        if self._fabric.device.type == "cuda":
            torch.cuda.empty_cache()
        fits = batch_that_fits(self._learner, material, self._plan, self._fabric.device, self.standing.images)
        if not fits:
            return f"{lacking}, nor for a single picture; close other programs or choose a smaller network."
        return f"{lacking}, but for {fits}; start again with --batch {fits}, or with a smaller network."

    def _end(self, error: Exception) -> None:
        """Say in the journal why it ended, if that can be written."""
        expected = isinstance(error, ExplorerError)
        sentence = str(error) if expected else f"Unexpected: {type(error).__name__}: {error}".splitlines()[0]
        try:
            self._tell_snapshots(wait=True)
            self._journal.write(contract.Failed(images=self.standing.images, sentence=sentence))
        except ExplorerError as second:
            self._say(f"The journal could not take it: {second}")


def _line(images: int, split: str, numbers: dict[str, float]) -> str:
    told = "  ".join(f"{name} {value:.4g}" for name, value in numbers.items() if not name.startswith("KL of"))
    return f"{images:>10,}  {split:<8}  {told}"
