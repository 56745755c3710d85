"""What a training costs beside its steps, and how long it takes to the first one.

As a program: ``python -m tests.benchmarks.bench_training cost FAMILY SECONDS|torch|adam``.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.children import ask, run
from tests.benchmarks.rows import Row, at_most

FAMILIES = ("vae", "diffusion")
COST = 0.03  # of the steps, for loop, journal, averaged weights and snapshots
ABOVE_S = 2.0  # from the start of a trainer to its first step, above `import torch`
FOR_EVER = 1 << 40  # images


def cost_rows(seconds: float) -> list[Row]:
    """Loop, journal, averages and snapshots of each family's classroom preset, as a share of its steps."""
    rows = []
    for family in FAMILIES:
        found = ask("tests.benchmarks.bench_training", "cost", family, str(seconds))
        rows.append(
            at_most(
                f"{family} classroom: loop, journal, averages, snapshots",
                100 * found["share"], 100 * COST, "%", f"{found['steps']} steps alone {found['inside_s']:.2f} s of CPU",
                f" of the steps ({found['snapshots']} snapshots handed over)",
            )
        )  # fmt: skip
    return rows


def start_rows(starts: int) -> list[Row]:
    """From nothing to the first step on Fashion-MNIST, beside ``import torch``, without and with a step of Adam."""
    times: dict[str, list[float]] = {"torch": [], "adam": [], "trainer": []}
    for count in range(starts + 1):
        for what, found in times.items():
            began = time.time()
            seconds = _first_step(began) if what == "trainer" else ask("tests.benchmarks.bench_training", what) - began
            if count:
                found.append(seconds)
    torch, adam, trainer = (statistics.median(found) for found in times.values())
    return [
        at_most(
            "train: start to first step", trainer, torch + ABOVE_S, "s",
            f"`import torch` {torch:.2f} s; and a step of Adam {adam:.2f} s",
        )
    ]  # fmt: skip


def _first_step(began: float) -> float:
    from explorer.contract.run import Metric, read_events

    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as place:
        out = Path(place) / "run"
        words = ("vae", "--out", out, "--max-steps", "1", "--batch", "8", "--report", "8", "--held-out", "8")
        run("-m", "trainers", "train", *words, "--width", "4", "--latent", "3", "--blocks", "0")
        return next(e.time_s for e in read_events(out).items if isinstance(e, Metric) and e.split == "train") - began


@dataclass
class Watched:
    """A learner with a watch on its steps, in seconds of this process's CPU; it asks for an end after ``seconds``."""

    learner: Any
    seconds: float
    enough: Callable[[], None] = lambda: None
    began: float = 0.0
    ended: float = 0.0
    inside: list[float] = field(default_factory=list[float])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def update(self, *batch: Any) -> Any:
        now = time.process_time()
        self.began = self.began or now
        numbers = self.learner.update(*batch)
        self.ended = time.process_time()
        self.inside.append(self.ended - now)
        if self.ended - self.began > self.seconds:
            self.enough()
        return numbers


def _cost(name: str, seconds: float) -> dict[str, float]:
    """The real loop in a run folder of its own: CPU time outside of the learner's steps, per second inside.

    What other programs do in the meantime does not count, nor the process that makes the bundles of snapshots.
    Snapshots come as often as in the classroom; milestones, which only measure and show, do not.
    """
    from dataclasses import replace

    from explorer.contract.run import SNAPSHOTS, Warned, read_events, write_config
    from trainers.families import family_called
    from trainers.kit.checkpoint import Standing
    from trainers.kit.device import Machine, make_fabric
    from trainers.kit.loop import Material
    from trainers.kit.provenance import Opened, RunConfig
    from trainers.kit.snapshots import Snapshots
    from trainers.kit.splits import train_and_held_out
    from trainers.kit.training import Training

    family = family_called(name)
    config = _classroom(family)
    plan = config.plan
    fabric = make_fabric(Machine(accelerator="cpu"), plan.precision)
    train, held_out = train_and_held_out(config)
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as place:
        out = Path(place)
        write_config(out, {})
        learner = Watched(family.make_learner(config, train, fabric), seconds)
        opened = Opened(name, name, RunConfig(name, config, Machine()), learner, Standing(), train, held_out, "")
        snapshots = Snapshots(family.make_learner, family.export, opened)
        steady = replace(plan, report=plan.report_every, milestone=FOR_EVER)
        training = Training(out, name, "bench", learner, steady, fabric, snapshots, lambda _: None)
        learner.enough = training.stop
        training.go(Material(train.images, train.labels), Material(held_out.images, held_out.labels))
        faults = [event.sentence for event in read_events(out).items if isinstance(event, Warned)]
        if faults:
            raise RuntimeError(faults[0])
        inside = sum(learner.inside)
        return {
            "share": (learner.ended - learner.began) / inside - 1,
            "inside_s": inside,
            "steps": len(learner.inside),
            "snapshots": len([*(out / SNAPSHOTS).iterdir()]),
        }


def _classroom(family: Any) -> Any:
    """A family's configuration with its classroom preset."""
    from dataclasses import is_dataclass, replace

    def changed(config: Any) -> Any:
        inner = {name: changed(value) for name, value in vars(config).items() if is_dataclass(value)}
        own = {name: value for name, value in family.classroom.items() if name in vars(config)}
        return replace(config, **inner, **own)

    return changed(family.config())


def _torch() -> float:
    import torch  # noqa: F401

    return time.time()


def _adam() -> float:
    import torch

    module = torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    return time.time()


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    print(json.dumps({"torch": _torch, "adam": _adam}[what]() if not rest else _cost(rest[0], float(rest[1]))))
