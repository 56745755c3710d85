"""Everything a training needs to go on exactly where it was: weights, averages, optimisers and a few numbers.

``checkpoints/<images>/`` holds ``state.safetensors`` and ``state.json``; it appears whole or not at all. The last two
are kept, and ``checkpoints/best/`` besides, which has the weights that were best on held-out pictures.
"""

import errno
import json
import os
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.contract.archive import saying_why
from explorer.contract.errors import RunError
from explorer.contract.run import CHECKPOINTS
from trainers.kit.loop import Learner, Window, diverged

TENSORS = "state.safetensors"
NUMBERS = "state.json"
BEST = "best"
KEPT = 2


@dataclass
class Standing:
    """Where a training stands, beside its tensors."""

    step: int = 0
    images: int = 0
    wall_time_s: float = 0.0
    best_score: float | None = None
    best_images: int = 0
    settings: dict[str, float] = field(default_factory=dict)
    window: Window = field(default_factory=Window)


def save(run: Path, learner: Learner, standing: Standing) -> Path:
    """Write a checkpoint and forget all but the last two.

    Raises:
        CannotWrite: no space or no right. Diverged: a weight is not finite. The earlier ones are untouched.
    """
    folder = run / CHECKPOINTS / f"{standing.images:010d}"
    tensors, optimizers = _state(learner)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise diverged(standing.step, standing.images, f"{name} is not finite")
    _write(folder, tensors, optimizers, standing)
    for old in _numbered(run)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def save_best(run: Path, learner: Learner, standing: Standing) -> None:
    """Write the averaged weights, to be exported later."""
    tensors = {f"averages.{name}.{key}": value for name, key, value in _weights(learner.averages)}
    _write(run / CHECKPOINTS / BEST, tensors, {}, standing)


def load_last(run: Path, learner: Learner) -> Standing | None:
    """Bring ``learner`` to where the newest whole checkpoint was; None when there is none."""
    for folder in reversed(_numbered(run)):
        try:
            tensors, numbers = _read(folder)
        except (OSError, ValueError, SafetensorError):
            continue  # damaged by the disk: the one before it will do
        _restore(learner, tensors, numbers["optimizers"])
        standing = _standing(numbers)
        learner.settings.update(standing.settings)
        return standing
    return None


def load_weights(run: Path, learner: Learner) -> Standing:
    """Load the averaged weights that were best, or else the newest ones.

    Raises:
        RunError: the run has no checkpoint yet.
    """
    best = run / CHECKPOINTS / BEST
    for folder in ([best] if best.is_dir() else []) + _numbered(run)[::-1]:
        try:
            tensors, numbers = _read(folder)
        except (OSError, ValueError, SafetensorError):
            continue
        for name, average in learner.averages.items():
            _load_module(average.module, tensors, f"averages.{name}.")
        return _standing(numbers)
    raise RunError(f"{run} has no checkpoint yet; wait for the first one or train again.")


def standing_beside(file: Path) -> Standing:
    """Where the training stood whose tensors ``file`` holds, by the ``state.json`` beside it; else nothing is known."""
    try:
        return _standing(json.loads((file.parent / NUMBERS).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return Standing()


def _state(learner: Learner) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors = {f"modules.{name}.{key}": value for name, key, value in _weights(learner.modules)}
    tensors |= {f"averages.{name}.{key}": value for name, key, value in _weights(learner.averages)}
    groups: dict[str, Any] = {}
    for name, optimizer in learner.optimizers.items():
        state = optimizer.state_dict()
        groups[name] = state["param_groups"]
        for index, slots in state["state"].items():
            tensors |= {f"optimizers.{name}.{index}.{slot}": value for slot, value in slots.items()}
    return tensors, groups


def _restore(learner: Learner, tensors: dict[str, Tensor], groups: dict[str, Any]) -> None:
    for name, module in learner.modules.items():
        _load_module(module, tensors, f"modules.{name}.")
    for name, average in learner.averages.items():
        _load_module(average.module, tensors, f"averages.{name}.")
    for name, optimizer in learner.optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(tensors, f"optimizers.{name}.").items():
            index, slot = key.split(".", 1)
            state.setdefault(int(index), {})[slot] = value
        optimizer.load_state_dict({"state": state, "param_groups": groups[name]})


def _weights(modules: Any) -> list[tuple[str, str, Tensor]]:
    found = []
    for name, module in modules.items():
        module = getattr(module, "module", module) if not isinstance(module, torch.nn.Module) else module
        found += [(name, key, value.detach()) for key, value in module.state_dict().items()]
    return found


def _load_module(module: torch.nn.Module, tensors: dict[str, Tensor], prefix: str) -> None:
    module.load_state_dict(_below(tensors, prefix))


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _standing(numbers: dict[str, Any]) -> Standing:
    facts = dict(numbers["standing"])
    return Standing(**{**facts, "window": Window(**facts["window"])})


def _numbered(run: Path) -> list[Path]:
    folder = run / CHECKPOINTS
    return sorted(path for path in folder.iterdir() if path.name.isdigit()) if folder.is_dir() else []


def _read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    return load_file(folder / TENSORS), json.loads((folder / NUMBERS).read_text(encoding="utf-8"))


def _write(folder: Path, tensors: dict[str, Tensor], optimizers: dict[str, Any], standing: Standing) -> None:
    with saying_why(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            save_file({key: value.contiguous() for key, value in tensors.items()}, fresh / TENSORS)
            numbers = {"standing": asdict(standing), "optimizers": optimizers}
            (fresh / NUMBERS).write_text(json.dumps(numbers, indent=1), encoding="utf-8")
            with (fresh / TENSORS).open("rb") as file:
                os.fsync(file.fileno())
            if folder.exists():
                shutil.rmtree(folder)
            fresh.chmod(0o755)
            fresh.replace(folder)
        except SafetensorError as error:
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error)) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
