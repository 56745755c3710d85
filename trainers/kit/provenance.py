"""Where a model comes from: the configuration of its run, the source tree, the machine, the versions."""

import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from explorer.contract.manifest import Provenance
from trainers.kit.checkpoint import Standing
from trainers.kit.device import Machine
from trainers.kit.loop import Learner
from trainers.kit.pictures import Pictures

PRODUCER = "Latent Explorer trainers"
VERSIONS_OF = ("latent-explorer", "torch", "lightning-fabric", "numpy", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class RunConfig:
    """What ``config.json`` of a run folder holds: everything needed to do it again."""

    family: str
    config: Any  # an instance of the family's configuration class
    machine: Machine
    recipe: str = ""
    commit: str = ""
    log: str = "none"  # "tensorboard": event files beside the journal


@dataclass(frozen=True)
class Opened:
    """A run whose best weights are loaded, ready to be measured or exported."""

    name: str
    description: str  # one sentence
    facts: RunConfig
    learner: Learner
    standing: Standing
    train: Pictures  # the part of the train split that was trained on
    held_out: Pictures  # the rest of it
    device: str  # what it was trained on


def provenance(run: Opened, **more: Any) -> Provenance:
    """Who made the model, from what; ``more`` joins the configuration."""
    return Provenance(
        producer=PRODUCER,
        recipe=run.facts.recipe,
        config={"family": run.facts.family, **asdict(run.facts.config), **more},
        commit=run.facts.commit,
        seed=run.facts.config.plan.seed,
        images_seen=run.standing.images,
        wall_time_s=round(run.standing.wall_time_s, 1),
        device=run.device,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
    )


def commit() -> str:
    """The commit of the source tree, with ``+`` when files were changed since; empty outside a repository."""
    here = Path(__file__).resolve().parents[2]
    try:
        head = _git(here, "rev-parse", "HEAD")
        changed = _git(here, "status", "--porcelain", "--untracked-files=no", "--", "trainers", "explorer/contract")
    except (OSError, subprocess.SubprocessError):
        return ""
    return head + ("+" if changed else "")


def versions() -> dict[str, str]:
    """Versions of what shapes a result."""
    found = {}
    for name in VERSIONS_OF:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git(folder: Path, *words: str) -> str:
    answer = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return answer.stdout.strip()
