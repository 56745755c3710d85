"""The network of a diffusion model: a U-Net that is told the step and, where there is one, the label.

After Ho et al. (2020), appendix B, with the scale and shift of Nichol and Dhariwal (2021), arXiv:2102.09672, section 3.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.contract.errors import ExplorerError
from trainers.diffusion.config import UNetArchitecture

LONGEST_PERIOD = 10_000.0  # steps, of the slowest sine that tells the time
HEAD = 32  # channels of one attention head, at least
NULL = -1  # the label of a picture that nothing is said of


class UnevenSize(ExplorerError):
    """A picture cannot be halved as often as the network wants."""


class UNet(nn.Module):
    """Predicts what a noisy picture hides.

    Args:
        architecture: How it is built.
        size: Side of a picture in pixels.
        channels: Of a picture.
        values: Number of values of each attribute, or of classes alone; empty where nothing is told.

    Raises:
        UnevenSize: ``size`` is not divisible by two so often as ``architecture.halvings`` says.
    """

    def __init__(self, architecture: UNetArchitecture, size: int, channels: int, values: tuple[int, ...]) -> None:
        super().__init__()
        if size % 2**architecture.halvings:
            raise UnevenSize(
                f"Pictures of {size} pixels cannot be halved {architecture.halvings} times: choose fewer halvings or a "
                f"size that is divisible by {2**architecture.halvings}."
            )
        self.values = values
        width = architecture.width
        told = 4 * width
        self.time = nn.Sequential(nn.Linear(width, told), nn.SiLU(), nn.Linear(told, told))
        self.labels = nn.ModuleList(nn.Embedding(count + 1, told) for count in values)
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        widths = [min(width * 2**level, architecture.widest) for level in range(architecture.halvings + 1)]

        def block(before: int, after: int, side: int) -> nn.Module:
            return Block(before, after, told, architecture.dropout, attends=side <= architecture.attention)

        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips, now, side = [width], width, size
        for level, wide in enumerate(widths):
            for _ in range(architecture.blocks):
                self.down.append(block(now, wide, side))
                now = wide
                skips.append(now)
            if level < architecture.halvings:
                self.down.append(nn.Conv2d(now, now, 3, stride=2, padding=1))
                side //= 2
                skips.append(now)
        self.middle = block(now, now, side)
        for level, wide in reversed([*enumerate(widths)]):
            for _ in range(architecture.blocks + 1):
                self.up.append(block(now + skips.pop(), wide, side))
                now = wide
            if level:
                self.up.append(Enlarge(now))
                side *= 2
        self.norm = Norm(now)
        self.last = zeroed(nn.Conv2d(now, channels, 3, padding=1))

    def forward(self, x: Tensor, step: Tensor, label: Tensor | None = None) -> Tensor:
        """x (B, C, H, W), step (B,) float32, label (B,) or (B, A) int64 with ``NULL`` for unknown -> (B, C, H, W)."""
        told = self.time(sines(step, self.first.out_channels).to(x.dtype))
        if label is not None and len(self.labels):
            for column, embedding in zip(label.reshape(-1, len(self.labels)).unbind(1), self.labels, strict=True):
                told = told + embedding(column + 1)
        told = F.silu(told)
        x = self.first(x)
        skips = [x]
        for layer in self.down:
            x = layer(x, told) if isinstance(layer, Block) else layer(x)
            skips.append(x)
        x = self.middle(x, told)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], 1), told) if isinstance(layer, Block) else layer(x)
        return self.last(F.silu(self.norm(x)))


class Block(nn.Module):
    """Two convolutions around a shortcut, the second scaled and shifted by what the network is told; then attention."""

    def __init__(self, before: int, after: int, told: int, dropout: float, *, attends: bool) -> None:
        super().__init__()
        self.norm1 = Norm(before)
        self.conv1 = nn.Conv2d(before, after, 3, padding=1)
        self.told = nn.Linear(told, 2 * after)
        self.norm2 = Norm(after)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = zeroed(nn.Conv2d(after, after, 3, padding=1))
        self.shortcut = nn.Identity() if before == after else nn.Conv2d(before, after, 1)
        self.attention = Attention(after) if attends else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """(B, C, H, W), (B, T) -> (B, D, H, W)."""
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.told(told)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.attention(self.shortcut(x) + self.conv2(self.dropout(F.silu(h))))


class Attention(nn.Module):
    """Every place of the picture looks at every other: Vaswani et al. (2017), equation 1, around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = next(heads for heads in range(max(1, channels // HEAD), 0, -1) if channels % heads == 0)
        self.norm = Norm(channels)
        self.inward = nn.Conv2d(channels, 3 * channels, 1)
        self.outward = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same."""
        batch, channels, height, width = x.shape
        parts = self.inward(self.norm(x)).reshape(batch, 3, self.heads, channels // self.heads, height * width)
        query, key, value = parts.transpose(3, 4).unbind(1)
        # spelled out: at these sizes six times as fast on a CPU as the fused operator with its gradient
        seen = (query @ key.transpose(2, 3) / math.sqrt(key.shape[3])).softmax(3) @ value
        return x + self.outward(seen.transpose(2, 3).reshape(batch, channels, height, width))


class Norm(nn.LayerNorm):
    """Normalises the channels of every place by themselves, Ba et al. (2016), arXiv:1607.06450: keeps the shape.

    In memory that is channels-last it trains five times as fast on a CPU as normalising groups over the whole picture.
    """

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride] - the name of its input
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Enlarge(nn.Module):
    """Twice the height and width: every pixel four times, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, 2H, 2W)."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def sines(step: Tensor, size: int) -> Tensor:
    """Sines and cosines of steps (B,) at ``size`` / 2 frequencies, (B, size): Vaswani et al. (2017), section 3.5."""
    half = size // 2
    periods = torch.exp(-math.log(LONGEST_PERIOD) * torch.arange(half, device=step.device) / half)
    angle = step[:, None] * periods[None]
    return torch.cat([angle.cos(), angle.sin()], 1)


def zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    """A layer that gives nothing at first, so that its branch begins as the identity."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
