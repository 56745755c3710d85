"""How a classifier learns: one step on the cross-entropy of all its heads, and how often it is right."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trainers.classifiers.config import ClassifierConfig
from trainers.classifiers.network import Classifier, correct, cross_entropy
from trainers.kit.alone import Engine
from trainers.kit.ema import Averaged
from trainers.kit.labels import NoLabels, values_of
from trainers.kit.loop import Batch, Material, Numbers, to_batch
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Draw

BATCH = 500  # pictures at a time where nothing is learned
WEIGHT_DECAY = 0.02  # AdamW, Loshchilov & Hutter (2019)


class ClassifierLearner:
    """Trains a ``Classifier`` of the classes or attributes of a data set."""

    score = "error"

    def __init__(self, config: ClassifierConfig, pictures: Pictures, fabric: Engine) -> None:
        torch.manual_seed(config.plan.seed)
        self.config = config
        self._fabric = fabric
        size, channels = pictures.images.shape[1], pictures.images.shape[3]
        network = Classifier(
            size, channels, values_of(pictures), config.width, config.blocks, config.features, config.dropout
        )
        model = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
        self._trained, self._optimizer = fabric.setup(model, optimizer)
        self._model = model
        self._average = Averaged(model, config.plan.average)
        self.modules = {"classifier": model}
        self.optimizers = {"adamw": self._optimizer}
        self.averages = {"classifier": self._average}
        self.settings = {"rate": config.plan.rate}

    @property
    def averaged(self) -> Classifier:
        """The averaged weights, which are measured and exported."""
        module = self._average.module
        assert isinstance(module, Classifier)
        return module

    def update(self, batch: Batch, draw: Draw, images: int) -> dict[str, Tensor]:
        """One step of AdamW on the mean cross-entropy of the heads."""
        pictures = augmented(batch.pictures, draw, mirror=self.config.mirror, shift=self.config.shift)
        labels = _labels(batch)
        answer = self._trained(pictures)
        cost = cross_entropy(answer.logits, labels, self._model.heads)
        self._fabric.backward(cost)
        longest = self.config.plan.clip or float("inf")
        gradient = torch.nn.utils.clip_grad_norm_(self._model.parameters(), longest)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        wrong = 1 - correct(answer.logits, labels, self._model.heads).float().mean()
        return {"cross-entropy": cost.detach(), "error": wrong, "gradient norm": gradient}

    @torch.no_grad()
    def evaluate(self, material: Material) -> Numbers:
        """Mean cross-entropy and share of wrong answers on held-out pictures, over all heads."""
        costs, right = [], []
        for first in range(0, len(material), BATCH):
            batch = to_batch(material.rows(slice(first, first + BATCH)), self._fabric.device)
            logits = self.averaged(batch.pictures).logits
            costs.append(cross_entropy(logits, _labels(batch), self.averaged.heads) * len(batch.pictures))
            right.append(correct(logits, _labels(batch), self.averaged.heads))
        return {
            "cross-entropy": float(torch.stack(costs).sum()) / len(material),
            "error": 1 - float(torch.cat(right).float().mean()),
        }

    def samples(self) -> None:
        """A classifier draws nothing."""

    def reconstructions(self, pictures: np.ndarray) -> None:
        """A classifier has no way back to a picture."""


def _labels(batch: Batch) -> Tensor:
    if batch.labels is None:
        raise NoLabels("The pictures have no labels to learn: choose data with classes or attributes.")
    return batch.labels


def augmented(pictures: Tensor, draw: Draw, *, mirror: bool, shift: int) -> Tensor:
    """Each picture (B, C, H, W) mirrored with chance 1/2 and moved by up to ``shift`` pixels, edges repeated."""
    rows = len(pictures)
    if mirror:
        turned = draw.uniform("mirror", rows) < 0.5
        pictures = torch.where(turned[:, None, None, None], pictures.flip(3), pictures)
    if shift:
        height, width = pictures.shape[2:]
        padded = F.pad(pictures, (shift, shift, shift, shift), mode="replicate")
        moved = (draw.uniform("shift", rows, 2) * (2 * shift + 1)).long()
        down = moved[:, 0, None] + torch.arange(height, device=pictures.device)
        along = moved[:, 1, None] + torch.arange(width, device=pictures.device)
        picture = torch.arange(rows, device=pictures.device)[:, None, None]
        pictures = padded[picture, :, down[:, :, None], along[:, None, :]].permute(0, 3, 1, 2)
    return pictures
