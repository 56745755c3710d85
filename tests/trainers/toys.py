"""Small pictures and trainings that a test can afford."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric
from PIL import Image

from trainers.autoencoders.config import Architecture, AutoencoderConfig, VariationalConfig
from trainers.autoencoders.learner import AutoencoderLearner
from trainers.autoencoders.networks import PictureShape
from trainers.kit.checkpoint import Standing
from trainers.kit.loop import Material
from trainers.kit.pictures import Pictures
from trainers.kit.plan import Plan
from trainers.kit.snapshots import Moment

PLAN = Plan(images=96, batch=8, held_out=8, report=16, milestone=32, average=16)
SMALL = Architecture(latent=3, width=4, blocks=1)


def discs(count: int, size: int = 28, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Bright discs on dark, at random places: uint8 (N, H, W, C)."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    centres = generator.uniform(0.3 * size, 0.7 * size, (count, 2, 1, 1))
    distance = np.hypot(rows - centres[:, 0], columns - centres[:, 1])
    bright = np.where(distance < size / 5, 230, 20)[..., None]
    return (bright * generator.uniform(0.5, 1, (count, 1, 1, channels))).astype(np.uint8)


def pictures(count: int = 64, split: str = "train", **kind: int) -> Pictures:
    """Discs with two classes, left and right."""
    images = discs(count, seed=0 if split == "train" else 1, **kind)
    half = images.shape[2] // 2
    labels = (images[:, :, :half].mean((1, 2, 3)) < images[:, :, half:].mean((1, 2, 3))).astype(np.int64)
    return Pictures("discs", split, images, labels, ("left", "right"), (), "CC0", "Drawn here", "memory")


def folder(place: Path, count: int = 60) -> Path:
    """Discs as PNG files."""
    place.mkdir(parents=True)
    for index, image in enumerate(discs(count)):
        Image.fromarray(image[..., 0]).save(place / f"{index:03d}.png")
    return place


def variational(**changes: object) -> VariationalConfig:
    """A small VAE's configuration."""
    return replace(VariationalConfig(architecture=SMALL, beta_warmup=0, plan=PLAN), **changes)


def plain() -> AutoencoderConfig:
    """A small autoencoder's configuration."""
    return AutoencoderConfig(architecture=replace(SMALL, scale=0.1), plan=PLAN)


def learner(config: AutoencoderConfig, size: int = 28, channels: int = 1) -> AutoencoderLearner:
    """A learner on the CPU, in this process."""
    return AutoencoderLearner(config, PictureShape(size, channels), Fabric(accelerator="cpu", devices=1))


def material(count: int = 64, seed: int = 0) -> Material:
    """Discs to train on."""
    return Material(discs(count, seed=seed))


class Instant:
    """Makes a snapshot at once: a folder with nothing in it."""

    def __init__(self) -> None:
        self._made: list[Moment] = []

    def take(self, _: object, standing: Standing, target: Path) -> None:
        target.mkdir(parents=True)
        self._made.append(Moment(standing.images, target))

    def ready(self, *, wait: bool = False) -> list[Moment]:
        made, self._made = self._made, []
        return made

    def close(self) -> None: ...
