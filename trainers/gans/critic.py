"""The discriminator of a style GAN: a residual network that says how real a picture looks, as a logit.

Karras et al. (2020), arXiv:1912.04958, section 4.1; its standard deviation over groups of pictures is that of Karras et
al. (2018), arXiv:1710.10196, section 3. Names and shapes of weights are the published ones.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from trainers.gans.config import StyleArchitecture
from trainers.gans.generator import FIRST, MAPPING_RATE, Sides, channels_at, normalised
from trainers.gans.layers import Convolution, Linear

GROUP = 4  # pictures whose spread is measured together
HALF = math.sqrt(0.5)  # of the two branches of a residual block, so that their sum keeps the variance


class CriticBlock(nn.Module):
    """Halves the sides."""

    def __init__(self, inside: int, middle: int, outside: int, channels: int) -> None:
        super().__init__()
        if inside == 0:
            self.fromrgb = Convolution(channels, middle, 1)
        self._first = inside == 0
        self.conv0 = Convolution(middle, middle, 3)
        self.conv1 = Convolution(middle, outside, 3, down=True, gain=HALF)
        self.skip = Convolution(middle, outside, 1, down=True, active=False, bias=False, gain=HALF)

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h2 w2"]:
        if self._first:
            x = self.fromrgb(x)
        return self.skip(x) + self.conv1(self.conv0(x))


class CriticEnd(nn.Module):
    """From 4 x 4 features to a logit, or to ``labels`` numbers that the label is compared with."""

    def __init__(self, inside: int, compared: int) -> None:
        super().__init__()
        self.conv = Convolution(inside + 1, inside, 3)
        self.fc = Linear(inside * FIRST * FIRST, inside, active=True)
        self.out = Linear(inside, compared or 1)

    def forward(self, x: Float[Tensor, "b i 4 4"], group: int) -> Float[Tensor, "b o"]:
        return self.out(self.fc(self.conv(with_spread(x, group)).flatten(1)))


class Critic(nn.Module):
    """Pictures, -1 black and 1 white, to logits: high for what looks real."""

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int, labels: int = 0) -> None:
        super().__init__()
        self.sides = Sides(size).blocks[:0:-1]  # size, ..., 8
        inside, self.labels = 0, labels
        for side in self.sides:
            middle, outside = channels_at(architecture, side), channels_at(architecture, side // 2)
            self.add_module(f"b{side}", CriticBlock(inside, middle, outside, channels))
            inside = outside
        self.b4 = CriticEnd(inside, inside if labels else 0)
        if labels:
            self.mapping = nn.Sequential(
                Linear(labels, inside), *(Linear(inside, inside, active=True, rate=MAPPING_RATE) for _ in range(8))
            )

    def features(self, x: Float[Tensor, "b c h w"]) -> tuple[Tensor, ...]:
        """What each block sees, from fine to coarse."""
        found = []
        for side in self.sides:
            x = getattr(self, f"b{side}")(x)
            found.append(x)
        return tuple(found)

    def forward(
        self, x: Float[Tensor, "b c h w"], label: Float[Tensor, "b l"] | None = None, group: int = GROUP
    ) -> Float[Tensor, "b 1"]:
        """Logits; ``group`` pictures are compared with each other, 1 judges each by itself."""
        answer = self.b4(self.features(x)[-1], group).float()
        if not self.labels or label is None:
            return answer
        wanted = normalised(self.mapping(label))
        return (answer * wanted).sum(1, keepdim=True) / math.sqrt(answer.shape[1])


def with_spread(x: Float[Tensor, "b c h w"], group: int) -> Float[Tensor, "b c1 h w"]:
    """The features and one map more: the mean standard deviation over the ``group`` pictures that belong together.

    Pictures i, i + B / group, ... are a group, as in the published networks; a group of 1 has no spread.
    """
    count, _, height, width = x.shape
    group = math.gcd(count, group) if group > 1 else 1
    if group == 1:
        return torch.cat([x, torch.zeros_like(x[:, :1])], 1)
    y = x.float().reshape(group, count // group, *x.shape[1:])
    spread = (y.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    plane = spread.reshape(-1, 1, 1, 1).repeat(group, 1, height, width)
    return torch.cat([x, plane.to(x.dtype)], 1)
