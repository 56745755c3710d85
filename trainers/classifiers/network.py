"""A small residual network that names what it sees and gives the features it named it by."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.nn.residual import Halve, ResidualBlock

SMALLEST_SIDE = 8  # pixels at which the picture is no longer halved: where things are still counts
SQUEEZED = 24  # channels that go into the feature vector, from every place


class Answer(NamedTuple):
    """What the classifier says of B pictures."""

    logits: Tensor  # (B, sum of the heads' sizes), the heads one after another
    features: Tensor  # (B, F), all at least about -0.28 (SiLU)


class Classifier(nn.Module):
    """Pictures (B, C, H, W) in [0, 1] -> logits of every head and features.

    ``heads`` holds the number of values of each attribute; one number for a plain classification. The first layer moves
    2 x 2 pixels into channels, so that no convolution runs at full resolution.
    """

    def __init__(
        self, size: int, channels: int, heads: tuple[int, ...], width: int, blocks: int, features: int, dropout: float
    ) -> None:
        super().__init__()
        self.heads = heads
        self.padding = size % 2  # pixels that an odd side lacks for pairs
        side, wide = (size + 1) // 2, width
        layers: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, width, 3, padding=1)]
        while True:
            layers += [ResidualBlock(wide) for _ in range(blocks)]
            if side <= SMALLEST_SIDE:
                break
            layers.append(Halve(wide, min(2 * wide, 4 * width)))
            side, wide = (side + 1) // 2, min(2 * wide, 4 * width)
        self.body = nn.Sequential(*layers, nn.SiLU(), nn.Conv2d(wide, SQUEEZED, 1), nn.SiLU(), nn.Flatten())
        self.features = nn.Linear(SQUEEZED * side * side, features)
        self.dropout = nn.Dropout(dropout)
        self.logits = nn.Linear(features, sum(heads))

    def forward(self, x: Tensor) -> Answer:
        if self.padding:
            x = F.pad(x, (0, self.padding, 0, self.padding), mode="replicate")
        features = F.silu(self.features(self.body(2 * x - 1)))
        return Answer(self.logits(self.dropout(features)), features)


def cross_entropy(logits: Tensor, labels: Tensor, heads: tuple[int, ...]) -> Tensor:
    """Mean over pictures and heads of -log p(label), nats: (B, sum heads), (B,) or (B, A) -> ()."""
    columns = labels.reshape(len(labels), -1)
    parts = [
        F.cross_entropy(part.float(), column)
        for part, column in zip(logits.split(heads, 1), columns.unbind(1), strict=True)
    ]
    return torch.stack(parts).mean()


def correct(logits: Tensor, labels: Tensor, heads: tuple[int, ...]) -> Tensor:
    """Whether each head names the right value: (B, sum heads), (B,) or (B, A) -> bool (B, A)."""
    named = torch.stack([part.argmax(1) for part in logits.split(heads, 1)], 1)
    return named == labels.reshape(len(labels), -1)
