"""Every family by name: what it is, what can be chosen, and where its code lies (imported only when it is used)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.contract.errors import UnknownName
from trainers.autoencoders.config import AutoencoderConfig, VariationalConfig
from trainers.classifiers.config import ClassifierConfig
from trainers.diffusion.config import DiffusionConfig
from trainers.gans.config import StyleGanConfig


@dataclass(frozen=True)
class Family:
    """One kind of model. A configuration has the fields ``data``, ``size``, ``colour`` and ``plan`` at least."""

    name: str
    sentence: str
    config: type
    teaches: str  # what a student sees by training one
    needs: str  # time and hardware, as measured
    classroom: dict[str, Any]  # values, by field, that give something worth seeing in about two minutes
    make_learner: Callable[..., Any]  # (config, trainers.kit.pictures.Pictures, Fabric) -> Learner
    export: Callable[..., Path]  # (trainers.runs.Opened, target, whole) -> target


def _autoencoder_learner(config, pictures, fabric):
    from trainers.autoencoders.learner import AutoencoderLearner
    from trainers.autoencoders.networks import PictureShape

    shape = PictureShape(pictures.images.shape[1], pictures.images.shape[3])
    return AutoencoderLearner(config, shape, fabric)


def _autoencoder_export(run, target: Path, *, whole: bool) -> Path:
    from trainers.autoencoders.bundle import export

    return export(run, target, whole=whole)


def _classifier_learner(config, pictures, fabric):
    from trainers.classifiers.learner import ClassifierLearner

    return ClassifierLearner(config, pictures, fabric)


def _classifier_export(run, target: Path, *, whole: bool) -> Path:
    from trainers.classifiers.bundle import export

    return export(run, target, whole=whole)


def _stylegan_learner(config, pictures, fabric):
    from trainers.gans.learner import StyleGanLearner

    return StyleGanLearner(config, pictures, fabric)


def _stylegan_export(run, target: Path, *, whole: bool) -> Path:
    from trainers.gans.bundle import export

    return export(run, target, whole=whole)


def _diffusion_learner(config, pictures, fabric):
    from trainers.diffusion.learner import DiffusionLearner

    return DiffusionLearner(config, pictures, fabric)


def _diffusion_export(run, target: Path, *, whole: bool) -> Path:
    from trainers.diffusion.bundle import export

    return export(run, target, whole=whole)


FAMILIES = {
    family.name: family
    for family in (
        Family(
            "ae",
            "Autoencoder: squeezes a picture into a few numbers and restores it.",
            AutoencoderConfig,
            "How few numbers a picture can be squeezed into, and why the space between them has holes.",
            "A laptop: clothes in 2 minutes, well in 15.",
            {
                "images": 120_000,
                "width": 24,
                "scale": 0.1,
                "latent": 8,
                "rate": 2e-3,
                "held_out": 2_000,
                "milestone": 8_000,
                "precision": "bf16-mixed",
                "snapshots": 16,
            },
            _autoencoder_learner,
            _autoencoder_export,
        ),
        Family(
            "vae",
            "Variational autoencoder (beta-VAE): a code that can be sampled, because it follows a normal distribution.",
            VariationalConfig,
            "The bound on the likelihood as two curves that pull against each other, and a space that can be sampled.",
            "A laptop: clothes in 2 minutes, well in 15.",
            {
                "images": 120_000,
                "width": 24,
                "latent": 8,
                "likelihood": "bernoulli",
                "binarise": True,
                "beta_warmup": 20_000,
                "rate": 2e-3,
                "held_out": 2_000,
                "milestone": 8_000,
                "precision": "bf16-mixed",
                "snapshots": 16,
            },
            _autoencoder_learner,
            _autoencoder_export,
        ),
        Family(
            "stylegan",
            "Style GAN: every layer draws in a style of its own, from the shape of a head to the colour of its hair.",
            StyleGanConfig,
            "Two networks that learn from each other: who is ahead, what a collapse looks like, and what styles are.",
            "Hours on a laptop, minutes on a GPU; in 2 minutes only the first shapes of clothes.",
            {
                "data": "fashion-mnist",
                "size": 32,
                "images": 14_000,
                "latent": 32,
                "style": 32,
                "width": 512,
                "widest": 32,
                "r1": 0.5,
                "augment": "off",
                "rate_warmup": 500,
                "average": 1_000,
                "held_out": 500,
                "milestone": 3_500,
                "encoder": 0.2,
                "precision": "bf16-mixed",
                "snapshots": 8,
            },
            _stylegan_learner,
            _stylegan_export,
        ),
        Family(
            "diffusion",
            "Diffusion: learns to take noise away, and so draws from pure noise, step by step, what it is asked for.",
            DiffusionConfig,
            "That guessing the noise is enough to draw: the loss falls at once, and pictures come slowly out of it.",
            "An hour on a laptop, minutes on a GPU; in 2 minutes the first rough clothes.",
            {
                "images": 24_000,
                "width": 24,
                "widest": 48,
                "blocks": 1,
                "rate": 2e-3,
                "average": 2_000,
                "held_out": 500,
                "milestone": 10_000,
                "precision": "bf16-mixed",
                "snapshots": 8,
            },
            _diffusion_learner,
            _diffusion_export,
        ),
        Family(
            "classifier",
            "Classifier: names what it sees; its features measure how close drawn pictures come to real ones.",
            ClassifierConfig,
            "The network in whose features drawn pictures are compared with real ones; how sure it is, and of what.",
            "A laptop: 2 minutes for clothes.",
            {"images": 300_000, "width": 16, "precision": "bf16-mixed"},
            _classifier_learner,
            _classifier_export,
        ),
    )
}


def family_called(name: str) -> Family:
    """The family of that name.

    Raises:
        UnknownName: the sentence lists the families.
    """
    if name not in FAMILIES:
        raise UnknownName(f"There is no family {name!r}: choose one of {', '.join(FAMILIES)}.")
    return FAMILIES[name]
