"""Run folders as trainers write them, made by hand."""

from pathlib import Path

import numpy as np
from PIL import Image

from explorer.contract import run as contract

CONFIG = {
    "family": "vae",
    "recipe": "",
    "config": {"data": "discs", "beta": 1.0, "architecture": {"latent": 4, "width": 8}, "plan": {"images": 1000}},
}


def make(folder: Path, *events: contract.Event, config: dict[str, object] | None = None) -> Path:
    """A run with this journal."""
    contract.write_config(folder, CONFIG if config is None else config)
    for event in events:
        contract.append_event(folder, event)
    return folder


def started(pid: int = 1, at: float = 1000.0, total: int = 1000, **more: str) -> contract.Started:
    """The first event; pid 1 began before anything, and is no trainer of ours."""
    facts = {"family": "vae", "data": "discs", "device": "CPU", **more}
    return contract.Started(time_s=at, total_images=total, pid=pid, **facts)


def metric(images: int, split: str = "train", **values: float) -> contract.Metric:
    """Numbers, with blanks for underscores in their names."""
    return contract.Metric(images=images, split=split, values={k.replace("_", " "): v for k, v in values.items()})


def sheet(path: Path, pictures: np.ndarray) -> None:
    """A sample sheet: uint8 (N, H, W) in rows of sixteen, two white pixels between."""
    count, side = len(pictures), pictures.shape[1]
    rows = -(-count // 16)
    whole = np.full((rows * (side + 2) - 2, 16 * (side + 2) - 2), 255, np.uint8)
    for at, picture in enumerate(pictures):
        top, left = at // 16 * (side + 2), at % 16 * (side + 2)
        whole[top : top + side, left : left + side] = picture
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(whole).save(path)
