"""How a diffusion model learns: one step on the squared error of what it predicts of a noisy picture."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from trainers.diffusion.config import DiffusionConfig
from trainers.diffusion.schedule import Schedule, alphas_bar
from trainers.diffusion.unet import NULL, UNet
from trainers.kit.alone import Adam, Engine
from trainers.kit.ema import Averaged
from trainers.kit.labels import values_of
from trainers.kit.likeness import Likeness
from trainers.kit.loop import Batch, Material, Numbers, to_floats, to_pixels
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Draw, Share
from trainers.kit.sampling import denoised, guided

BATCH = 250  # pictures at a time where nothing is learned
SHOWN = 60  # samples
SAMPLER_STEPS = 15  # of pictures that are looked at while it trains
GUIDANCE = 2.0  # of pictures that are looked at
JUDGED = 500  # samples that are compared with held-out pictures at every milestone
BETAS = (0.9, 0.99)


class DiffusionLearner:
    """Trains a ``UNet``."""

    score = "loss"

    def __init__(self, config: DiffusionConfig, pictures: Pictures, fabric: Engine) -> None:
        torch.manual_seed(config.plan.seed)
        self.config, self._fabric = config, fabric
        self.values = values_of(pictures) if pictures.labels is not None else ()
        self._shape = pictures.images.shape[3], *pictures.images.shape[1:3]
        unet = UNet(config.architecture, self._shape[1], self._shape[0], self.values)
        model = unet.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - missing in torch
        network = cast(UNet, torch.compile(model)) if config.plan.compiled else model
        self._trained, self._optimizer = fabric.setup(network, Adam(model.parameters(), betas=BETAS))
        self._model = model
        self._average = Averaged(model, config.plan.average)
        self.modules = {"unet": model}
        self.optimizers = {"adam": self._optimizer}
        self.averages = {"unet": self._average}
        self.settings = {"rate": config.plan.rate}
        self.levels = alphas_bar(config.schedule, config.steps)
        self.schedule = Schedule(self.levels, fabric.device)
        self._likeness = Likeness(pictures.name)

    @property
    def averaged(self) -> UNet:
        """The averaged weights, which are measured and exported."""
        return cast(UNet, self._average.module)

    def update(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """One step of Adam on the weighted squared error of the prediction, Ho et al. (2020), algorithm 1."""
        count = len(batch.pictures)
        step = (draw.uniform("step", count) * self.config.steps).long()
        loss, error = self._loss(
            self._trained,
            2 * batch.pictures - 1,
            draw.normal("noise", count, *self._shape),
            step,
            self._told(batch.labels, draw),
        )
        self._fabric.backward(loss)
        gradient = torch.nn.utils.clip_grad_norm_(self._model.parameters(), self.config.plan.clip or float("inf"))
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return {"loss": loss.detach(), "squared error": error.detach(), "gradient norm": gradient.detach()}

    def _loss(self, network, x0: Tensor, eps: Tensor, step: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
        what, schedule = self.config.parameterisation, self.schedule
        predicted = network(schedule.noised(x0, eps, step), step.float(), label).float()
        error = (predicted - schedule.target(x0, eps, step, what)).square().mean((1, 2, 3))
        weight = schedule.weight(step, self.config.weighting, self.config.snr_limit, what)
        return (weight * error).mean(), error.mean()

    def _told(self, labels: Tensor | None, draw: Draw) -> Tensor | None:
        """Labels (B, A) as the network is told them: for some pictures none at all, and here and there one less."""
        if labels is None or not self.values:
            return None
        columns = labels.reshape(len(labels), -1)
        silent = draw.uniform("unconditional", len(columns), 1) < self.config.unconditional
        left_out = draw.uniform("forget", *columns.shape) < self.config.forget
        return columns.masked_fill(silent | left_out, NULL)

    # what is measured and shown

    @torch.no_grad()
    def evaluate(self, material: Material) -> Numbers:
        """Loss at evenly spread steps with the same noise every time, and how like held-out pictures samples are."""
        losses, errors = [], []
        for first in range(0, len(material), BATCH):
            rows = material.rows(slice(first, first + BATCH))
            count = len(rows.images)
            draw = Draw(self.config.plan.seed, first, Share(), self._fabric.device)
            spread = (torch.arange(count, device=self._fabric.device) + 0.5) / count
            step = (spread * self.config.steps).long()
            noise = draw.normal("held-out noise", count, *self._shape)
            x0 = 2 * to_floats(rows.images, self._fabric.device) - 1
            with self._fabric.autocast():
                loss, error = self._loss(self.averaged, x0, noise, step, self._labels(rows.labels))
            losses.append(float(loss) * count)
            errors.append(float(error) * count)
        few = material.rows(slice(JUDGED))
        drawn = self.draw(len(few), 1, few.labels, weight=1.0)
        return {
            "loss": sum(losses) / len(material),
            "squared error": sum(errors) / len(material),
            "distance of samples": self._likeness.distance(drawn, material.images),
        }

    @torch.no_grad()
    def draw(self, count: int, stream: int, labels: np.ndarray | None = None, weight: float = GUIDANCE) -> np.ndarray:
        """Samples, uint8 (N, H, W, C), of ``labels`` (N,) or (N, A); the same for the same ``stream``."""
        parts = []
        for at in range(0, count, BATCH):
            rows = min(BATCH, count - at)
            draw = Draw(self.config.plan.seed, stream * 1_000_000 + at, Share(), self._fabric.device)
            noise = draw.normal("samples", rows, *self._shape)
            label = self._labels(None if labels is None else labels[at : at + rows])

            def predict(x: Tensor, step: float, label: Tensor | None = label) -> Tensor:
                return self._guided(x, step, label, weight)

            clean = denoised(noise, predict, self.levels, self.config.parameterisation, SAMPLER_STEPS)
            parts.append(to_pixels(clean / 2 + 0.5))
        return np.concatenate(parts)

    def _guided(self, x: Tensor, step: float, label: Tensor | None, weight: float) -> Tensor:
        at = torch.full((len(x),), step, device=x.device)
        with self._fabric.autocast():
            if label is None:
                return self.averaged(x, at, self._null(len(x))).float()
            if weight == 1:
                return self.averaged(x, at, label).float()
            both = torch.cat([label.reshape(len(x), -1), torch.full_like(label.reshape(len(x), -1), NULL)])
            yes, no = self.averaged(torch.cat([x, x]), torch.cat([at, at]), both).float().chunk(2)
        return guided(yes, no, weight)

    def samples(self) -> np.ndarray:
        """Samples with the same noise every time, of every class in turn, guided."""
        labels = None
        if self.values:
            labels = np.stack([np.arange(SHOWN) % count for count in self.values], 1)
        return self.draw(SHOWN, 0, labels)

    @torch.no_grad()
    def reconstructions(self, pictures: np.ndarray) -> np.ndarray:
        """What is seen at once in pictures that are noised half way, uint8 (N, H, W, C) both."""
        draw = Draw(self.config.plan.seed, 0, Share(), self._fabric.device)
        x0 = 2 * to_floats(pictures, self._fabric.device) - 1
        step = torch.full((len(x0),), self.config.steps // 2, device=x0.device)
        x = self.schedule.noised(x0, draw.normal("half", *x0.shape), step)
        with self._fabric.autocast():
            predicted = self.averaged(x, step.float(), self._null(len(x0))).float()
        return to_pixels(self.schedule.clean(x, predicted, step, self.config.parameterisation) / 2 + 0.5)

    def _labels(self, labels: np.ndarray | None) -> Tensor | None:
        return None if labels is None or not self.values else torch.tensor(labels, device=self._fabric.device)

    def _null(self, count: int) -> Tensor | None:
        if not self.values:
            return None
        return torch.full((count, len(self.values)), NULL, dtype=torch.int64, device=self._fabric.device)
