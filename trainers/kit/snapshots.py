"""Makes bundles of a training's moments in a process beside it, so that the training need not wait for them."""

import os
import signal
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from explorer.contract.errors import ExplorerError
from trainers.kit.checkpoint import Standing
from trainers.kit.device import Machine, make_fabric
from trainers.kit.loop import Learner
from trainers.kit.pictures import Pictures
from trainers.kit.provenance import Opened
from trainers.kit.splits import part

PICTURES = 2_000  # of each split that the process gets; a snapshot is measured on fewer
MOST_WAITING = 4  # weights that wait in memory; for more than that the training waits
LEAVE_S = 10.0
OF_SEVERAL = ("RANK", "WORLD_SIZE", "LOCAL_", "GROUP_", "ROLE_", "MASTER_", "NODE_RANK", "TORCHELASTIC_", "SLURM_")

Make = Callable[[Any, Pictures, Any], Learner]  # a family's learner
Export = Callable[..., Path]  # a family's bundle
Weights = dict[str, dict[str, np.ndarray]]


class Moment(NamedTuple):
    """A snapshot that was asked for; ``fault`` says why there is none."""

    images: int
    path: Path
    fault: str = ""


class Snapshots:
    """Takes averaged weights and has their bundles written one after the other; the process starts with the first."""

    def __init__(self, make: Make, export: Export, opened: Opened) -> None:
        """``make`` and ``export`` are functions of a module; the learner of ``opened`` is not looked at."""
        train, held_out = (part(pictures, slice(PICTURES)) for pictures in (opened.train, opened.held_out))
        self._start = make, export, replace(opened, learner=None, train=train, held_out=held_out)
        self._process: Any = None
        self._pipe: Connection | None = None
        self._ready = False  # to be sent something
        self._written: Moment | None = None
        self._waiting: deque[tuple[Moment, Standing, Weights]] = deque()

    def take(self, learner: Learner, standing: Standing, target: Path) -> None:
        """Have a bundle of this moment written at ``target``; ``ready`` will tell."""
        weights = {
            name: {key: value.detach().cpu().numpy().copy() for key, value in average.module.state_dict().items()}
            for name, average in learner.averages.items()
        }
        self._waiting.append((Moment(standing.images, target), replace(standing), weights))

    def ready(self, *, wait: bool = False) -> list[Moment]:
        """Those that are done since the last call, in their order; with ``wait``, all that were asked for."""
        found: list[Moment] = []
        while self._written is not None or self._waiting:
            pipe = self._pipe or self._begin()
            try:
                if self._ready:
                    self._ready = False
                    self._written, standing, weights = self._waiting.popleft()
                    pipe.send((self._written.path, standing, weights))
                if not (wait or len(self._waiting) > MOST_WAITING or pipe.poll()):
                    break
                fault = pipe.recv()  # the first one is a greeting
                self._ready = True
            except (EOFError, OSError):
                fault = "its process ended before it was done; there may not be enough memory for it."
                self.close()
                self._written = self._written or self._waiting.popleft()[0]
            if self._written is not None:
                found.append(self._written._replace(fault=fault))
                self._written = None
        return found

    def close(self) -> None:
        """End the process, which finishes what it has begun."""
        if self._pipe is not None:
            self._pipe.close()
            self._process.join(LEAVE_S)
            self._pipe, self._ready = None, False

    def _begin(self) -> Connection:
        context = get_context("spawn")  # a forked process may not use what torch has started, such as CUDA
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, *self._start), daemon=True)
        self._process.start()
        theirs.close()
        return self._pipe


def _work(pipe: Connection, make: Make, export: Export, opened: Opened) -> None:
    """The process: a bundle for everything that comes through the pipe, until its other end is closed."""
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, signal.SIG_IGN)  # meant for the training, which then closes the pipe
    for name in [name for name in os.environ if name.startswith(OF_SEVERAL)]:
        del os.environ[name]
    learner = make(opened.facts.config, opened.train, make_fabric(Machine(accelerator="cpu", threads=1), "32-true"))
    pipe.send("")
    while True:
        try:
            target, standing, weights = pipe.recv()
        except EOFError:
            return
        fault = ""
        try:
            for name, average in learner.averages.items():
                average.module.load_state_dict({key: torch.from_numpy(x) for key, x in weights[name].items()})
            name = f"{opened.name} {target.name}"
            export(replace(opened, name=name, learner=learner, standing=standing), target, whole=False)
        except ExplorerError as error:
            fault = str(error)
        except Exception as error:  # noqa: BLE001 - it goes to the training, which journals it
            fault = f"{type(error).__name__}: {error}"
        pipe.send(fault)
