"""From a configuration to a training and back: starting a run, resuming it, and opening it for export."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from pydantic import TypeAdapter, ValidationError

from explorer.contract.errors import RunError
from explorer.contract.run import CONFIG, Started, read_config, read_events, write_config
from trainers.families import Family, family_called
from trainers.kit.checkpoint import load_weights
from trainers.kit.device import Machine, WrongMachine, launched, make_fabric
from trainers.kit.lock import held
from trainers.kit.loop import Learner, Material
from trainers.kit.pictures import Pictures
from trainers.kit.provenance import Opened, RunConfig, commit
from trainers.kit.splits import train_and_held_out
from trainers.kit.training import Training
from trainers.recipes import RECIPES

Say = Callable[[str], None]


def start(family: Family, config: Any, machine: Machine, out: Path, say: Say, recipe: str = "") -> None:
    """Train from the beginning into the new folder ``out``.

    Raises:
        RunError: ``out`` holds a run already. Others as ``trainers.kit.training`` and ``trainers.kit.data`` say.
    """
    _work(RunConfig(family.name, config, machine, recipe, commit()), out, say, fresh=True)


def resume(out: Path, say: Say) -> None:
    """Go on with the run in ``out`` from its last checkpoint; the numbers are those of an unbroken run."""
    _work(read_run(out), out, say, fresh=False)


def export(run: Path, target: Path) -> Path:
    """Write the whole bundle of a run's best weights to ``target``."""
    facts = read_run(run)
    family = family_called(facts.family)
    fabric = make_fabric(Machine(accelerator="cpu"), "32-true")
    train, held_out = train_and_held_out(facts.config)
    learner = family.make_learner(facts.config, train, fabric)
    standing = load_weights(run, learner)
    device = next((event.device for event in read_events(run).items if isinstance(event, Started)), "")
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
        )
    except (KeyError, ValidationError) as error:
        raise RunError(f"{folder / CONFIG} does not fit this version of the trainers; start again.") from error


def _work(facts: RunConfig, out: Path, say: Say, *, fresh: bool) -> None:
    plan, machine = facts.config.plan, facts.machine
    processes = machine.devices * machine.nodes
    if plan.batch % processes:
        raise WrongMachine(f"A batch of {plan.batch} cannot be shared by {processes} processes; choose a multiple.")
    fabric = make_fabric(machine, plan.precision)
    with launched(fabric), held(out, writes=fabric.is_global_zero):
        _train(facts, out, fabric, say if fabric.is_global_zero else _silent, fresh=fresh)


def _train(facts: RunConfig, out: Path, fabric: Fabric, say: Say, *, fresh: bool) -> None:
    if fresh and fabric.is_global_zero and (out / CONFIG).exists():
        raise RunError(f"{out} holds a training already; go on with `resume {out}` or choose another folder.")
    family = family_called(facts.family)
    train, held_out = train_and_held_out(facts.config)
    if train.note:
        say(train.note)
    if fresh and fabric.is_global_zero:
        write_config(out, asdict(facts))
    fabric.barrier()
    learner = family.make_learner(facts.config, train, fabric)

    def snapshot(learner: Learner, target: Path) -> None:
        name = f"{_name(facts, out)} {target.name}"
        opened = Opened(name, _sentence(facts), facts, learner, training.standing, train, held_out, training.device)
        family.export(opened, target, whole=False)

    training = Training(out, facts.family, facts.config.data, learner, facts.config.plan, fabric, snapshot, say)
    training.go(_material(train), _material(held_out))
    fabric.barrier()


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
