"""A measured dry run: a few real steps on a part of the data, and what follows for the whole training."""

import shutil
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import torch

from trainers.families import Family
from trainers.kit.data import load
from trainers.kit.device import Machine, device_words, make_fabric
from trainers.kit.loop import Material, train
from trainers.kit.pictures import Pictures
from trainers.kit.plan import Plan
from trainers.kit.randomness import Share
from trainers.kit.splits import CHANNELS

SECONDS = 3.0  # that are measured at least, after the first steps
WARM_UP, MOST_STEPS = 2, 200
FACES = 1_000  # drawn sets are asked for so many, so that a probe does not draw all of them first
CHECKPOINTS = 4  # the two last ones, the best, and one that is being written
SAMPLES_MB = 0.3  # of a milestone's pictures
SPARE = 0.8  # of the free memory that may be used
MB = 1 << 20


def measure(family: Family, config: Any, machine: Machine, out: Path) -> dict[str, Any]:
    """What training ``config`` would take on this machine; ``faults`` are sentences, none where all is well.

    ``images_per_s``, ``seconds`` for all images at that pace (milestones come on top), ``memory_mb`` at its peak and
    ``memory_free_mb``, ``parameters``, ``device``, ``disk_mb`` and ``disk_free_mb``, ``batch_fits`` (the largest power
    of two that the memory is enough for), ``pictures`` of the train split.

    Raises:
        ExplorerError: the configuration cannot work, or its data are not there.
    """
    plan: Plan = config.plan
    fabric = make_fabric(machine, plan.precision)
    drawn = config.data.partition(":")[0] == "faces"
    pictures = load(
        config.data, "train", size=config.size or None, channels=CHANNELS[config.colour], count=FACES if drawn else None
    )
    learner = family.make_learner(config, pictures, fabric)
    built = _memory(fabric.device)
    pace = _pace(learner, pictures, plan, fabric.device)
    peak = _peak(fabric.device)
    free = _free(fabric.device) + peak
    each = max(peak - built, 1) / plan.batch
    fits = 2 ** max(int(max((free * SPARE - built) / each, 1)).bit_length() - 1, 0)
    parameters = sum(p.numel() for module in learner.modules.values() for p in module.parameters())
    weights = 4 * parameters / MB
    milestones = plan.images // plan.milestone_every + 1
    disk = CHECKPOINTS * 4 * weights + plan.snapshots * 1.2 * weights + milestones * SAMPLES_MB
    place = next(folder for folder in (out, *out.resolve().parents) if folder.is_dir())
    disk_free = shutil.disk_usage(place).free / MB
    faults = []
    if disk > disk_free:
        faults.append(
            f"The run needs about {disk:,.0f} MB and {place} has {disk_free:,.0f} MB left: make room, or keep fewer "
            "snapshots."
        )
    if plan.batch > fits:
        faults.append(f"A batch of {plan.batch} does not fit into the memory that is free: choose {fits}.")
    count = _count(config.data, pictures)
    if plan.batch > count:
        faults.append(f"There are {count:,} pictures, fewer than a batch of {plan.batch}: choose a smaller batch.")
    return {
        "images_per_s": pace,
        "seconds": plan.images / pace,
        "memory_mb": peak / MB,
        "memory_free_mb": free / MB,
        "parameters": parameters,
        "device": device_words(fabric),
        "disk_mb": disk,
        "disk_free_mb": disk_free,
        "batch_fits": fits,
        "pictures": count,
        "faults": faults,
    }


def _pace(learner: Any, pictures: Pictures, plan: Plan, device: torch.device) -> float:
    """Images per second, of the steps after the first ones."""
    material = Material(pictures.images, pictures.labels)
    steps, started, at = 0, 0.0, time.perf_counter()
    for report in train(learner, material, plan, Share(), device):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        at = time.perf_counter()
        steps = report.step
        if steps == WARM_UP:
            started = at
        if steps > WARM_UP and (at - started > SECONDS or steps >= MOST_STEPS):
            break
    measured = steps - WARM_UP
    return plan.batch * measured / (at - started) if measured > 0 else plan.batch / max(at - started, 1e-9)


def _count(data: str, pictures: Pictures) -> int:
    """Pictures of the whole train split."""
    if data.partition(":")[0] != "faces":
        return len(pictures)
    from trainers.kit.faces import COUNTS

    return COUNTS["train"]


def _memory(device: torch.device) -> int:
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else psutil.Process().memory_info().rss


def _peak(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _free(device: torch.device) -> int:
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
