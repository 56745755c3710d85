"""From a configuration to a training and back: starting a run, resuming it, and opening it for export."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from explorer.contract.errors import RunError
from explorer.contract.run import CONFIG, EVENTS, Started, read_config, read_events, write_config
from trainers.families import Family, family_called
from trainers.kit.alone import Engine
from trainers.kit.checkpoint import Standing, load_weights
from trainers.kit.device import Machine, WrongMachine, as_started, device_words, launched, make_fabric
from trainers.kit.journal import Log
from trainers.kit.lock import alone
from trainers.kit.loop import Learner, Material
from trainers.kit.pictures import Pictures
from trainers.kit.provenance import Opened, RunConfig, commit
from trainers.kit.snapshots import Snapshots
from trainers.kit.splits import train_and_held_out
from trainers.kit.tensorboard import TensorBoard
from trainers.kit.together import Together
from trainers.kit.training import Training
from trainers.recipes import RECIPES

Say = Callable[[str], None]


def start(family: Family, config: Any, machine: Machine, out: Path, say: Say, recipe: str = "", log: str = "") -> None:
    """Train from the beginning into the new folder ``out``; ``log`` "tensorboard" writes event files besides.

    Raises:
        RunError: ``out`` holds a run already. Others as ``trainers.kit.training`` and ``trainers.kit.data`` say.
    """
    _check_free(out)
    _work(RunConfig(family.name, config, machine, recipe, commit(), log), out, say, fresh=True)


def resume(out: Path, say: Say, *, rate: float = 0.0, devices: int = 0, nodes: int = 0) -> None:
    """Go on with the run in ``out`` from its last checkpoint; the numbers are those of an unbroken run.

    Above 0, ``rate`` replaces the learning rate, ``devices`` and ``nodes`` what the run was started on.
    """
    facts = read_run(out)
    machine = facts.machine
    machine = replace(machine, devices=devices or machine.devices, nodes=nodes or machine.nodes)
    _work(replace(facts, machine=machine), out, say, fresh=False, rate=rate)


def export(run: Path, target: Path) -> Path:
    """Write the whole bundle of a run's best weights to ``target``."""
    return export_with(run, target, lambda learner: load_weights(run, learner))


def export_with(run: Path, target: Path, fill: Callable[[Learner], Standing]) -> Path:
    """Write the whole bundle of a run with the averaged weights that ``fill`` puts into its learner."""
    facts = read_run(run)
    family = family_called(facts.family)
    fabric = make_fabric(Machine(accelerator="cpu"), "32-true")
    train, held_out = train_and_held_out(facts.config)
    learner = family.make_learner(facts.config, train, fabric)
    standing = fill(learner)
    events = read_events(run).items if (run / EVENTS).exists() else ()  # it may be a configuration beside weights
    device = next((event.device for event in events if isinstance(event, Started)), "")
    opened = Opened(_name(facts, run), _sentence(facts), facts, learner, standing, train, held_out, device)
    return family.export(opened, target, whole=True)


def read_run(folder: Path) -> RunConfig:
    """The configuration of a run.

    Raises:
        RunError: it is not a run, or was written by another version.
    """
    stored = read_config(folder)
    try:
        family = family_called(stored["family"])
        return RunConfig(
            family=family.name,
            config=TypeAdapter(family.config).validate_python(stored["config"]),
            machine=TypeAdapter(Machine).validate_python(stored["machine"]),
            recipe=stored["recipe"],
            commit=stored["commit"],
            log=stored.get("log", "none"),
        )
    except (KeyError, ValidationError) as error:
        raise RunError(f"{folder / CONFIG} does not fit this version of the trainers; start again.") from error


def _work(facts: RunConfig, out: Path, say: Say, *, fresh: bool, rate: float = 0.0) -> None:
    plan, machine = facts.config.plan, as_started(facts.machine)
    processes = machine.devices * machine.nodes
    if plan.batch % processes:
        raise WrongMachine(f"A batch of {plan.batch} cannot be shared by {processes} processes; choose a multiple.")
    fabric = make_fabric(machine, plan.precision)
    with launched(fabric), ExitStack() as held:
        say = say if fabric.is_global_zero else _silent
        log = TensorBoard(out) if facts.log == "tensorboard" else None
        train, held_out = train_and_held_out(facts.config)
        if train.note:
            say(train.note)

        def claim() -> None:
            held.enter_context(alone(out))
            if fresh:
                _check_free(out)
                write_config(out, asdict(replace(facts, machine=machine)))

        learner = family_called(facts.family).make_learner(facts.config, train, fabric)
        fault = Together(fabric).done(claim)
        if fault is not None:
            raise fault
        _train(facts, out, fabric, say, learner, (train, held_out), rate, log)


def _train(
    facts: RunConfig,
    out: Path,
    fabric: Engine,
    say: Say,
    learner: Learner,
    pictures: tuple[Pictures, Pictures],
    rate: float,
    log: Log | None,
) -> None:
    train, held_out = pictures
    family, device = family_called(facts.family), device_words(fabric)
    opened = Opened(_name(facts, out), _sentence(facts), facts, learner, Standing(), train, held_out, device)
    snapshots = Snapshots(family.make_learner, family.export, opened)
    training = Training(out, facts.family, facts.config.data, learner, facts.config.plan, fabric, snapshots, say, log)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: training.stop())  # a scheduler or a shutdown asks politely
    training.go(_material(train), _material(held_out), rate)
    fabric.barrier()
    say(f"The run is in {out}. Make a bundle of it: python -m trainers export {out} -o {out.name}-bundle")


def _check_free(out: Path) -> None:
    if (out / CONFIG).exists():
        raise RunError(f"{out} holds a training already; go on with `resume {out}` or choose another folder.")


def _material(pictures: Pictures) -> Material:
    return Material(pictures.images, pictures.labels)


def _name(facts: RunConfig, run: Path) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._+-") else "-" for c in run.resolve().name)
    return facts.recipe or plain.lstrip(" ._+-")[:80] or facts.family


def _sentence(facts: RunConfig) -> str:
    recipe = RECIPES.get(facts.recipe)
    return recipe.sentence if recipe else family_called(facts.family).sentence


def _silent(_: str) -> None:
    """What the other processes of a run say."""
