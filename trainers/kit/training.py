"""Conducts one run: the folder is set up or picked up, the loop's reports become events, commands are obeyed."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from explorer.contract import run as contract
from explorer.contract.errors import CannotWrite, ExplorerError
from trainers.kit import checkpoint
from trainers.kit.checkpoint import Standing
from trainers.kit.device import device_words
from trainers.kit.journal import Journal
from trainers.kit.likeness import novelty
from trainers.kit.loop import Learner, Material, Report, train
from trainers.kit.plan import Plan
from trainers.kit.randomness import Share

REMEMBERED = 4_000  # training pictures that samples are compared with
SHOWN = 16  # held-out pictures that are shown beside their reconstructions
COLUMNS = 16
LISTEN_S = 0.2  # how often a paused trainer looks for commands
PROGRESS_S = 1.0
ROOM_S = 5.0  # between two tries to write where the disk is full

Say = Callable[[str], None]
TakeSnapshot = Callable[[Learner, Path], None]  # writes a small bundle at the path


class Training:
    """One run in one process; with several, all of them compute and the first one writes."""

    def __init__(
        self,
        run: Path,
        family: str,
        data: str,
        learner: Learner,
        plan: Plan,
        fabric: Fabric,
        snapshot: TakeSnapshot,
        say: Say,
    ) -> None:
        self._run, self._family, self._data = run, family, data
        self._learner, self._plan, self._fabric = learner, plan, fabric
        self._take_snapshot, self._say = snapshot, say
        self._journal = Journal(run, writes=fabric.is_global_zero)
        self.standing = Standing()
        self._queue: deque[contract.Command] = deque()
        self._stopped = False
        self.device = device_words(fabric)

    def go(self, material: Material, held_out: Material) -> None:
        """Train from the last checkpoint, or from the start, to the end or until told to stop.

        Raises:
            ExplorerError: what ended the run; a ``failed`` event says the same where it can be written.
        """
        try:
            self._go(material, held_out)
        except ExplorerError as error:
            self._give_up(str(error))
            raise
        except (MemoryError, RuntimeError) as error:
            if not _is_about_memory(error):
                raise
            half = max(self._plan.batch // 2, 1)
            sentence = f"A batch of {self._plan.batch} does not fit into memory; choose {half}, or a smaller network."
            self._give_up(sentence)
            raise ExplorerError(sentence) from None

    def _go(self, material: Material, held_out: Material) -> None:
        self._pick_up()
        self._seconds_before = self.standing.wall_time_s
        self._started_at = self._told_at = time.monotonic()
        self._started_images = self.standing.images
        share = Share(self._fabric.global_rank, self._fabric.world_size)
        reports = train(self._learner, material, self._plan, share, self._fabric.device, self.standing.step)
        for report in reports:
            self._note(report, material, held_out)
            self._obey(report.images)
            if self._stopped:
                break
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
        standing.window.add(self._over_all_processes(report.numbers))
        self._tell_pace()
        if plan.is_due(report.images, plan.report_every):
            numbers = standing.window.take()
            self._journal.metrics(report.images, "train", numbers)
            self._say(_line(report.images, "train", numbers))
        if plan.is_due(report.images, plan.milestone_every):
            self._milestone(material, held_out)
        if plan.wants_snapshot(report.images):
            self._snapshot(report.images)

    def _over_all_processes(self, numbers: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        if self._fabric.world_size == 1:
            return numbers
        return {name: cast(Tensor, self._fabric.all_reduce(value, reduce_op="mean")) for name, value in numbers.items()}

    def _milestone(self, material: Material, held_out: Material) -> None:
        standing = self.standing
        if self._fabric.is_global_zero:
            numbers = self._learner.evaluate(held_out)
            samples = self._learner.samples()
            if samples is not None:
                numbers["novelty"] = novelty(samples, material.images[:REMEMBERED], held_out.images[: len(samples)])
            self._journal.metrics(standing.images, "held-out", numbers)
            self._say(_line(standing.images, "held-out", numbers))
            score = numbers[self._learner.score]
            if standing.best_score is None or score < standing.best_score:
                standing.best_score, standing.best_images = score, standing.images
                self._clock()
                self._with_room(partial(checkpoint.save_best, self._run, self._learner, standing))
            if samples is not None:
                self._journal.picture(standing.images, "samples", samples, COLUMNS)
            shown = held_out.images[:SHOWN]
            answers = self._learner.reconstructions(shown)
            if answers is not None:
                self._journal.picture(standing.images, "reconstructions", np.concatenate([shown, answers]), COLUMNS)
        self._save()

    def _save(self) -> None:
        if self._fabric.is_global_zero:
            self._clock()
            self.standing.settings = dict(self._learner.settings)
            self._with_room(self._checkpoint)
        self._fabric.barrier()

    def _checkpoint(self) -> None:
        folder = checkpoint.save(self._run, self._learner, self.standing)
        path = folder.relative_to(self._run).as_posix()
        self._journal.write(contract.Checkpoint(images=self.standing.images, path=path))

    def _with_room(self, write: Callable[[], None]) -> None:
        """Write; where the disk is full, keep still until there is room, for what was learned is not to be lost."""
        told = False
        while True:
            try:
                write()
            except CannotWrite as error:
                if not told:
                    told = True
                    self._warn(f"{error} The training waits until there is room; the checkpoint before is whole.")
                threading.Event().wait(ROOM_S)
                continue
            if told:
                self._warn("There is room again: the training goes on.")
            return

    def _warn(self, sentence: str) -> None:
        self._say(sentence)
        with contextlib.suppress(ExplorerError):  # the journal may find no room either
            self._journal.write(contract.Warned(images=self.standing.images, sentence=sentence))

    def _listen(self) -> None:
        """Queue what was asked since the last time, the same on all processes."""
        commands = self._journal.commands()
        self._queue.extend(self._fabric.broadcast(commands) if self._fabric.world_size > 1 else commands)

    def _obey(self, images: int) -> None:
        self._listen()
        while self._queue and not self._stopped:
            self._do(images, self._queue.popleft())

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

    def _snapshot(self, images: int) -> None:
        if self._fabric.is_global_zero:
            name = f"{contract.SNAPSHOTS}/{images:010d}"
            self._take_snapshot(self._learner, self._run / name)
            self._journal.write(contract.Snapshot(images=images, path=name))
            self._say(f"Snapshot after {images:,} images.")

    def _set(self, images: int, command: contract.Command) -> None:
        if command.name not in self._learner.settings:
            known = ", ".join(self._learner.settings)
            sentence = f"{command.name!r} cannot be changed while it trains; choose one of {known}."
            self._journal.write(contract.Warned(images=images, sentence=sentence))
            return
        self._learner.settings[command.name] = command.value
        self._journal.write(contract.Changed(images=images, name=command.name, value=command.value))

    def _pause(self, images: int) -> None:
        """Keep still, with a checkpoint on disk, until told to go on or to stop."""
        self._save()
        self._journal.write(contract.Paused(images=images))
        self._say("Paused.")
        paused_at = time.monotonic()
        going_on = False
        while not (going_on or self._stopped):
            self._listen()
            if not self._queue:
                threading.Event().wait(LISTEN_S)
                continue
            command = self._queue.popleft()
            going_on = command.ask == "resume"
            if command.ask != "pause":
                self._do(images, command)
        self._started_at += time.monotonic() - paused_at
        if not self._stopped:
            self._journal.resumed(images)
            self._say("Going on.")

    def _tell_pace(self) -> None:
        now = time.monotonic()
        if now - self._told_at < PROGRESS_S:
            return
        self._told_at = now
        images = self.standing.images
        pace = (images - self._started_images) / (now - self._started_at)
        left = max(0, self._plan.images - images) / pace
        self._journal.write(contract.Progress(images=images, images_per_s=pace, remaining_s=left))

    def _clock(self) -> None:
        self.standing.wall_time_s = self._seconds_before + time.monotonic() - self._started_at

    def _give_up(self, sentence: str) -> None:
        try:
            self._journal.write(contract.Failed(images=self.standing.images, sentence=sentence))
        except ExplorerError as second:
            self._say(f"The journal could not take it: {second}")


def _is_about_memory(error: Exception) -> bool:
    """PyTorch tells of it in several ways."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _line(images: int, split: str, numbers: dict[str, float]) -> str:
    told = "  ".join(f"{name} {value:.4g}" for name, value in numbers.items() if not name.startswith("KL of"))
    return f"{images:>10,}  {split:<8}  {told}"
