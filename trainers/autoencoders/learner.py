"""How an autoencoder learns: one step on the negative evidence lower bound, and the numbers that say how it goes."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from trainers.autoencoders.config import AutoencoderConfig, VariationalConfig
from trainers.autoencoders.likelihoods import Scaled, binarise
from trainers.autoencoders.model import Autoencoder, Terms
from trainers.autoencoders.networks import PictureShape
from trainers.autoencoders.objective import active_units, beta_at
from trainers.kit.alone import Adam, Engine
from trainers.kit.ema import Averaged
from trainers.kit.loop import Batch, Material, Numbers, to_floats, to_pixels
from trainers.kit.randomness import Draw, Share

BATCH = 500  # pictures at a time where nothing is learned
SAMPLES = 64
ADAM_BETAS = (0.9, 0.99)
SCALE_RATE = 10.0  # a learned scale is a single number that the weights wait for: it moves so much faster


@dataclass(frozen=True)
class Data:
    """Numbers over a data set, per picture."""

    log_likelihood: Tensor  # (N,) nats
    kl: Tensor  # (N, D) nats
    mean: Tensor  # (N, D)
    squared_error: Tensor  # (N,) per value of the picture


class AutoencoderLearner:
    """Trains an ``Autoencoder``; whether it is variational is in the configuration's class."""

    def __init__(self, config: AutoencoderConfig, shape: PictureShape, fabric: Engine) -> None:
        torch.manual_seed(config.plan.seed)
        self.config = config
        self.variational = isinstance(config, VariationalConfig)
        model = Autoencoder(shape, config.architecture)
        model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - missing in torch's overloads
        self._share = Share(fabric.global_rank, fabric.world_size)
        self._fabric = fabric
        groups = [
            {"params": [*model.encoder.parameters(), *model.decoder.parameters()]},
            {"params": [*model.likelihood.parameters()], "rate_factor": SCALE_RATE},
        ]
        self._trained, self._optimizer = fabric.setup(model, Adam(groups, betas=ADAM_BETAS))
        self._model = model
        self._average = Averaged(model, config.plan.average)
        self.modules = {"autoencoder": model}
        self.optimizers = {"adam": self._optimizer}
        self.averages = {"autoencoder": self._average}
        self.settings = {"rate": config.plan.rate}
        if isinstance(config, VariationalConfig):
            self.settings["beta"] = config.beta
        self.score = "objective" if self.variational else "squared error"

    @property
    def averaged(self) -> Autoencoder:
        """The averaged weights, which are measured and exported."""
        return cast(Autoencoder, self._average.module)

    def update(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """One step of Adam on -(log p(x | z) - beta KL), per value of the picture so that rates carry over sizes."""
        x = self._shown(batch.pictures, draw)
        noise = draw.normal("posterior", len(x), self.config.architecture.latent) if self.variational else None
        terms: Terms = self._trained(x, noise)
        reconstruction, kl = -terms.log_likelihood.mean(), terms.kl.sum(1).mean()
        cost = reconstruction + self._beta(images) * kl
        self._fabric.backward(cost / x[0].numel())
        gradient = self._clipped()
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        numbers = {"reconstruction": reconstruction, "squared error": (terms.picture - x).square().mean()}
        if self.variational:
            numbers |= {"KL": kl, "ELBO": -reconstruction - kl, "beta": kl.new_tensor(self._beta(images))}
        if isinstance(self._model.likelihood, Scaled) and self._model.likelihood.learned:
            numbers["scale"] = self._model.likelihood.scale
        return {name: number.detach() for name, number in (numbers | {"gradient norm": gradient}).items()}

    def evaluate(self, material: Material) -> Numbers:
        """Held-out numbers of the averaged weights; noise and binarisation are the same every time."""
        data = self.measure(material.images)
        numbers = {
            "reconstruction": -float(data.log_likelihood.mean()),
            "squared error": float(data.squared_error.mean()),
        }
        if self.variational:
            kl = data.kl.mean(0)
            numbers |= {
                "KL": float(kl.sum()),
                "ELBO": float(data.log_likelihood.mean() - kl.sum()),
                "objective": float(self.settings["beta"] * kl.sum() - data.log_likelihood.mean()),
                "active units": float(active_units(data.mean).sum()),
            }
            numbers |= {f"KL of z{i}": float(value) for i, value in enumerate(kl)}
        return numbers

    @torch.no_grad()
    def measure(self, pictures: np.ndarray) -> Data:
        """Every picture's terms under the averaged weights, uint8 (N, H, W, C)."""
        parts: list[tuple[Tensor, ...]] = []
        for first in range(0, len(pictures), BATCH):
            draw = Draw(self.config.plan.seed, first, Share(), self._fabric.device)
            x = self._shown(to_floats(pictures[first : first + BATCH], self._fabric.device), draw)
            noise = draw.normal("posterior", len(x), self.config.architecture.latent) if self.variational else None
            terms = self.averaged(x, noise)
            error = (terms.picture - x).square().flatten(1).mean(1)
            parts.append((terms.log_likelihood, terms.kl, terms.mean, error))
        return Data(*(torch.cat(column).cpu() for column in zip(*parts, strict=True)))

    @torch.no_grad()
    def samples(self) -> np.ndarray:
        """Decoded points of the prior, the same every time; a plain autoencoder has none, and N(0, I) shows that."""
        draw = Draw(self.config.plan.seed, 0, Share(), self._fabric.device)
        z = draw.normal("samples", SAMPLES, self.config.architecture.latent)
        return to_pixels(self.averaged.likelihood.picture(self.averaged.decoder(z)))

    @torch.no_grad()
    def reconstructions(self, pictures: np.ndarray) -> np.ndarray:
        """Decoded posterior means, uint8 (N, H, W, C) -> the same."""
        mean, _ = self.averaged.encoder(to_floats(pictures, self._fabric.device))
        return to_pixels(self.averaged.likelihood.picture(self.averaged.decoder(mean)))

    def _beta(self, images: int) -> float:
        if not isinstance(self.config, VariationalConfig):
            return 0.0
        warmup = min(self.config.beta_warmup, self.config.plan.images // 3)
        return beta_at(images, self.config.beta_start, self.settings["beta"], warmup)

    def _shown(self, pictures: Tensor, draw: Draw) -> Tensor:
        if not (isinstance(self.config, VariationalConfig) and self.config.binarise):
            return pictures
        return binarise(pictures, draw.uniform("binarise", len(pictures), *pictures.shape[1:]))

    def _clipped(self) -> Tensor:
        longest = self.config.plan.clip or float("inf")
        return torch.nn.utils.clip_grad_norm_(self._model.parameters(), longest)
