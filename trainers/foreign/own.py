"""Weights of our own families, out of a checkpoint or a plain state dict, with the config.json of their training."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from explorer.contract.errors import short
from explorer.contract.run import CONFIG
from trainers.foreign.errors import CannotImport
from trainers.foreign.refusals import read_json
from trainers.kit.checkpoint import Standing, standing_beside
from trainers.kit.loop import Learner
from trainers.runs import export_with

_ABOVE = 3  # folders that may hold the configuration: that of the file, checkpoints/, the run


def run_of(path: Path) -> Path | None:
    """The folder of the training that a file of weights belongs to; None where no configuration lies near it."""
    return next((folder for folder in path.resolve().parents[:_ABOVE] if _is_run(folder)), None)


def export(path: Path, tensors: Mapping[str, Tensor], run: Path, target: Path) -> Path:
    """Write the whole bundle of these weights.

    Raises:
        CannotImport: they do not fit the configuration. RunError: it is no configuration of this version.
    """

    def fill(learner: Learner) -> Standing:
        only = len(learner.averages) == 1
        for name, average in learner.averages.items():
            starts = (f"averages.{name}.", f"modules.{name}.", f"{name}.", *([""] if only else []))
            start = next((s for s in starts if any(key.startswith(s) for key in tensors)), None)
            if start is None:
                raise CannotImport(f"{short(path.name)} has no weights of the {name}; choose a checkpoint of the run.")
            below = {key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)}
            _load(average.module, below, short(path.name))
        return standing_beside(path)

    return export_with(run, target, fill)


def _is_run(folder: Path) -> bool:
    """Whether a configuration of ours lies there; that of something else further up is no fault of the file."""
    try:
        return "family" in read_json(folder / CONFIG)
    except CannotImport:
        return False


def _load(module: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    ours = module.state_dict()
    wrong = next((key for key in (*ours, *tensors) if key not in tensors or key not in ours), None)
    wrong = wrong or next((key for key, value in tensors.items() if value.shape != ours[key].shape), None)
    if wrong is not None:
        raise CannotImport(
            f"{name} does not fit its config.json (see {short(wrong)}); put that of its own training there."
        )
    module.load_state_dict(tensors)
