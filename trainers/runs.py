"""From a configuration to a training and back: starting a run, resuming it, and opening it for export."""

import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from explorer.contract.errors import RunError
from explorer.contract.run import CONFIG, read_config, write_config
from trainers.families import Family, family_called
from trainers.kit.device import Machine, WrongMachine, make_fabric

CHANNELS = {"own": None, "grey": 1, "colour": 3}
VERSIONS_OF = ("latent-explorer", "torch", "lightning-fabric", "numpy", "onnx", "onnxscript", "onnxruntime")

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunConfig:
    """What ``config.json`` of a run folder holds: everything needed to do it again."""

    family: str
    config: Any  # an instance of the family's configuration class
    machine: Machine
    recipe: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Opened:
    """A run whose best weights are loaded, ready to be measured or exported."""

    folder: Path
    facts: RunConfig
    learner: Any
    standing: Any  # trainers.kit.checkpoint.Standing
    train: Any  # trainers.kit.pictures.Pictures, the part that was trained on
    device: str


def start(family: Family, config: Any, machine: Machine, out: Path, say: Say, recipe: str = "") -> None:
    """Train from the beginning into the new folder ``out``.

    Raises:
        RunError: ``out`` holds a run already. Others as ``trainers.kit.training`` and ``trainers.kit.data`` say.
    """
    _work(RunConfig(family.name, config, machine, recipe, commit()), out, say, fresh=True)


def resume(out: Path, say: Say) -> None:
    """Go on with the run in ``out`` from its last checkpoint; the numbers are those of an unbroken run."""
    _work(read_run(out), out, say, fresh=False)


def open_run(folder: Path) -> Opened:
    """Load the best weights of a run, on the CPU."""
    facts = read_run(folder)
    fabric = make_fabric(Machine(accelerator="cpu"), "32-true")
    from trainers.kit.checkpoint import load_weights

    pictures, _ = _material(facts.config)
    learner = family_called(facts.family).make_learner(facts.config, pictures, fabric)
    standing = load_weights(folder, learner)
    return Opened(folder, facts, learner, standing, pictures, _device_of(folder))


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
        raise RunError(f"{folder / CONFIG} does not fit this version of the trainers; start the training again.") from error


def commit() -> str:
    """The commit of the source tree, with ``+`` when files were changed since; empty outside a repository."""
    here = Path(__file__).resolve().parents[1]
    try:
        head = _git(here, "rev-parse", "HEAD")
        return head + "+" * bool(_git(here, "status", "--porcelain", "--untracked-files=no", "--", "trainers", "explorer/contract"))
    except (OSError, subprocess.CalledProcessError):
        return ""


def versions() -> dict[str, str]:
    """Versions of what shapes a result."""
    found = {}
    for name in VERSIONS_OF:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _work(facts: RunConfig, out: Path, say: Say, *, fresh: bool) -> None:
    plan, machine = facts.config.plan, facts.machine
    if plan.batch % (machine.devices * machine.nodes):
        raise WrongMachine(f"A batch of {plan.batch} cannot be shared by {machine.devices * machine.nodes} processes; choose a multiple.")
    fabric = make_fabric(machine, plan.precision)
    fabric.launch()
    if fabric.is_global_zero and fresh:
        if (out / CONFIG).exists():
            raise RunError(f"{out} holds a training already; go on with `resume {out}` or choose another folder.")
        write_config(out, asdict(facts))
    fabric.barrier()
    family = family_called(facts.family)
    train, held_out = _material(facts.config)
    learner = family.make_learner(facts.config, train, fabric)
    from trainers.kit.loop import Material
    from trainers.kit.training import Training

    def snapshot(learner: Any, target: Path) -> None:
        opened = Opened(out, facts, learner, training.standing, train, training.device)
        family.export(opened, target, whole=False)

    tell = say if fabric.is_global_zero else lambda _: None
    training = Training(out, facts.family, facts.config.data, learner, plan, fabric, snapshot, tell)
    training.go(Material(train.images, train.labels), Material(held_out.images, held_out.labels))


def _material(config: Any) -> tuple[Any, Any]:
    """The train split in two: to train on, and held out to choose the best checkpoint."""
    from trainers.kit.data import load

    pictures = load(config.data, "train", size=config.size or None, channels=CHANNELS[config.colour])
    kept = min(config.plan.held_out, len(pictures) // 6)
    cut = len(pictures) - kept
    parts = [
        replace(pictures, images=pictures.images[rows], labels=None if pictures.labels is None else pictures.labels[rows])
        for rows in (slice(None, cut), slice(cut, None))
    ]
    return parts[0], parts[1]


def _device_of(folder: Path) -> str:
    from explorer.contract.run import Started, read_events

    return next((event.device for event in read_events(folder).items if isinstance(event, Started)), "")


def _git(folder: Path, *words: str) -> str:
    answer = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return answer.stdout.strip()
