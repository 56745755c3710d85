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
            _autoencoder_learner,
            _autoencoder_export,
        ),
        Family(
            "vae",
            "Variational autoencoder (beta-VAE): a code that can be sampled, because it follows a normal distribution.",
            VariationalConfig,
            _autoencoder_learner,
            _autoencoder_export,
        ),
        Family(
            "stylegan",
            "Style GAN: every layer draws in a style of its own, from the shape of a head to the colour of its hair.",
            StyleGanConfig,
            _stylegan_learner,
            _stylegan_export,
        ),
        Family(
            "diffusion",
            "Diffusion: learns to take noise away, and so draws from pure noise, step by step, what it is asked for.",
            DiffusionConfig,
            _diffusion_learner,
            _diffusion_export,
        ),
        Family(
            "classifier",
            "Classifier: names what it sees; its features measure how close drawn pictures come to real ones.",
            ClassifierConfig,
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
