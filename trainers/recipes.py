"""The exact runs behind the shipped models: one row per bundle in ``assets/models`` and ``assets/features``."""

from dataclasses import dataclass
from typing import Any

from trainers.autoencoders.config import Architecture, AutoencoderConfig, VariationalConfig
from trainers.classifiers.config import ClassifierConfig
from trainers.diffusion.config import DiffusionConfig, UNetArchitecture
from trainers.gans.config import StyleArchitecture, StyleGanConfig
from trainers.kit.plan import Plan


@dataclass(frozen=True)
class Recipe:
    """A named run: a family and every value of its configuration."""

    name: str
    family: str
    sentence: str
    config: Any
    shipped: bool = True


FASHION = Plan(images=400_000, batch=128, rate=2e-3, precision="bf16-mixed")

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "fashion-ae",
            "ae",
            "Clothes squeezed into 16 numbers and restored; no noise, so its space has holes.",
            AutoencoderConfig(architecture=Architecture(latent=16, width=32, blocks=2, scale=0.1), plan=FASHION),
        ),
        Recipe(
            "fashion-vae",
            "vae",
            "Clothes in 16 numbers that follow a normal distribution; the same network as fashion-ae.",
            VariationalConfig(
                architecture=Architecture(latent=16, width=32, blocks=2, likelihood="bernoulli"),
                beta_warmup=50_000,
                binarise=True,
                plan=FASHION,
            ),
        ),
        Recipe(
            "fashion-vae-2d",
            "vae",
            "Clothes on a plane: two numbers, so the whole latent space is one map.",
            VariationalConfig(
                architecture=Architecture(latent=2, width=32, blocks=2), beta=8.0, beta_warmup=50_000, plan=FASHION
            ),
        ),
        Recipe(
            "faces-vae",
            "vae",
            "Drawn faces in colour; a strong beta that falls, so that single dimensions mean something.",
            VariationalConfig(
                data="faces",
                architecture=Architecture(latent=32, width=32, blocks=1, scale=0.1),
                beta=5.0,
                beta_start=16.0,
                beta_warmup=130_000,
                plan=Plan(images=400_000, batch=64, rate=1.5e-3, clip=1.0, held_out=2_000, precision="bf16-mixed"),
            ),
        ),
        Recipe(
            "faces-stylegan",
            "stylegan",
            "Drawn faces from styles: one for each layer, from the shape of a head to the colour of its hair.",
            StyleGanConfig(
                architecture=StyleArchitecture(width=4_096, widest=192),
                r1=3.0,
                augment="off",
                encoder=0.12,
                plan=Plan(
                    images=1_000_000,
                    batch=64,
                    rate=2.5e-3,
                    rate_warmup=5_000,
                    rate_end=0.1,
                    average=15_000,
                    held_out=2_000,
                    milestone=250_000,
                    compiled=True,
                ),
            ),
            shipped=False,
        ),
        Recipe(
            "fashion-stylegan",
            "stylegan",
            "Clothes from styles, one for each layer: shape from the coarse ones, pattern and shade from the fine.",
            StyleGanConfig(
                data="fashion-mnist",
                size=32,
                architecture=StyleArchitecture(latent=64, style=64, width=1_024, widest=96),
                r1=0.5,
                augment="off",
                plan=Plan(
                    images=450_000,
                    batch=32,
                    rate=2.5e-3,
                    rate_warmup=2_000,
                    rate_end=0.1,
                    average=8_000,
                    held_out=2_000,
                    milestone=30_000,
                    precision="bf16-mixed",
                ),
            ),
        ),
        Recipe(
            "fashion-diffusion",
            "diffusion",
            "Clothes out of noise, step by step: ask for one of ten kinds and bend how strictly it is followed.",
            DiffusionConfig(
                architecture=UNetArchitecture(width=48, widest=96, blocks=1),
                plan=Plan(
                    images=500_000,
                    batch=128,
                    rate=1e-3,
                    average=20_000,
                    held_out=2_000,
                    milestone=50_000,
                    precision="bf16-mixed",
                ),
            ),
        ),
        Recipe(
            "faces-diffusion",
            "diffusion",
            "Drawn faces out of noise: ask for hair, eyes, clothes and more, all at once or a few, and bend the wish.",
            DiffusionConfig(
                data="faces",
                architecture=UNetArchitecture(width=48, widest=96, halvings=3, blocks=1, attention=16),
                forget=0.2,
                plan=Plan(
                    images=1_110_000,
                    batch=128,
                    rate=1e-3,
                    average=30_000,
                    held_out=2_000,
                    milestone=277_500,
                    precision="bf16-mixed",
                    compiled=True,
                ),
            ),
        ),
        Recipe(
            "vae-mlp-published",
            "vae",
            "The published size, two gated layers of 300 and 40 numbers on binarised clothes: a check of the trainer.",
            VariationalConfig(
                architecture=Architecture(network="mlp", latent=40, width=300, likelihood="bernoulli"),
                beta_warmup=1_000_000,
                binarise=True,
                plan=Plan(images=6_000_000, batch=200, rate=1e-3, average=60_000),
            ),
            shipped=False,
        ),
        Recipe(
            "clothes-features",
            "classifier",
            "Tells ten kinds of clothes apart; the figures of models of clothes are measured in its features.",
            ClassifierConfig(
                width=40, blocks=2, shift=1, plan=Plan(images=1_200_000, rate=2e-3, precision="bf16-mixed")
            ),
        ),
        Recipe(
            "face-attribute-features",
            "classifier",
            "Names ten attributes of a drawn face; the figures of models of faces are measured in its features.",
            ClassifierConfig(
                data="faces",
                width=24,
                mirror=False,
                shift=0,
                plan=Plan(images=240_000, rate=2e-3, held_out=2_000, precision="bf16-mixed"),
            ),
        ),
    )
}
