"""The exact runs behind the shipped models: one row per bundle in ``assets/models``."""

from dataclasses import dataclass
from typing import Any

from explorer.contract.errors import UnknownName
from trainers.autoencoders.config import Architecture, AutoencoderConfig, VariationalConfig
from trainers.kit.plan import Plan


@dataclass(frozen=True)
class Recipe:
    """A named run: a family and every value of its configuration."""

    name: str
    family: str
    sentence: str
    config: Any
    shipped: bool = True


FASHION = Plan(images=2_400_000, batch=128, rate=2e-3, precision="bf16-mixed")

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
            VariationalConfig(architecture=Architecture(latent=16, width=32, blocks=2, scale=0.1), plan=FASHION),
        ),
        Recipe(
            "faces-vae",
            "vae",
            "Drawn faces in colour; a strong beta, so that single dimensions mean something.",
            VariationalConfig(
                data="faces",
                architecture=Architecture(latent=32, width=32, blocks=1, scale=0.1),
                beta=16.0,
                beta_warmup=10_000,
                plan=Plan(images=700_000, batch=64, rate=1.5e-3, clip=1.0, held_out=2_000, precision="bf16-mixed"),
            ),
        ),
    )
}
