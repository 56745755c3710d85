"""The two networks of an autoencoder: an encoder q(z | x) and a decoder p(x | z), convolutional or fully connected.

Both read and write pictures with values in [0, 1] and never draw random numbers; noise is always an argument.
"""

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from trainers.nn.residual import Double, Halve, ResidualBlock

LOG_VARIANCE_LIMIT = 12.0  # of log sigma^2, so that exp never overflows; e^-12 is a standard deviation of 0.0025


@dataclass(frozen=True)
class PictureShape:
    """How large a picture is: height and width in pixels, and 1 (grey) or 3 (colour) channels."""

    size: int
    channels: int

    @property
    def dimensions(self) -> int:
        """Number of values in one picture."""
        return self.size * self.size * self.channels


def padded(size: int) -> int:
    """The least side of at least ``size`` pixels that can be halved ``stages`` times: 28 -> 28, 45 -> 48."""
    step = 2 ** stages(size)
    return -(-size // step) * step


def stages(size: int) -> int:
    """How often a side of ``size`` pixels is halved until it is 4 to 7 pixels: 28 -> 2 (7 px), 64 -> 4 (4 px)."""
    return int(math.log2(size / 4))


class ConvEncoder(nn.Module):
    """Pictures (B, C, H, W) in [0, 1] -> mean (B, D) and log-variance (B, D) of q(z | x).

    ``width`` channels at half the resolution, doubled at every further halving up to ``4 * width``.
    The first halving moves 2 x 2 pixels into channels, so that no convolution runs at full resolution.
    """

    def __init__(self, shape: PictureShape, latent: int, width: int, blocks: int) -> None:
        super().__init__()
        depth = stages(shape.size)
        widths = [width * min(2**i, 4) for i in range(depth)]
        layers: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(4 * shape.channels, widths[0], 3, padding=1)]
        for narrow, wide in zip(widths, [*widths[1:], None], strict=True):
            layers += [ResidualBlock(narrow) for _ in range(blocks)]
            if wide is not None:
                layers += [Halve(narrow, wide)]
        side = padded(shape.size) // 2**depth
        self.margin = padded(shape.size) - shape.size
        self.body = nn.Sequential(*layers, nn.SiLU(), nn.Flatten())
        self.head = nn.Linear(widths[-1] * side * side, 2 * latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.margin:
            x = F.pad(x, (0, self.margin, 0, self.margin), mode="replicate")
        mean, log_variance = self.head(self.body(2 * x - 1)).chunk(2, dim=-1)
        return mean, bounded(log_variance)


class ConvDecoder(nn.Module):
    """Latent codes (B, D) -> what the likelihood makes a picture of, (B, C, H, W): logits, or the mean less 0.5."""

    def __init__(self, shape: PictureShape, latent: int, width: int, blocks: int) -> None:
        super().__init__()
        depth = stages(shape.size)
        widths = [width * min(2**i, 4) for i in reversed(range(depth))]
        side = padded(shape.size) // 2**depth
        self.size = shape.size
        layers: list[nn.Module] = [nn.Linear(latent, widths[0] * side * side), nn.Unflatten(1, (widths[0], side, side))]
        for wide, narrow in zip(widths, [*widths[1:], None], strict=True):
            layers += [ResidualBlock(wide) for _ in range(blocks)]
            if narrow is not None:
                layers += [nn.SiLU(), Double(wide, narrow)]
        self.body = nn.Sequential(*layers, nn.SiLU(), Double(widths[-1], shape.channels))

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z)[..., : self.size, : self.size]


class MLPEncoder(nn.Module):
    """Pictures (B, C, H, W) in [0, 1] -> mean and log-variance (B, D); two gated hidden layers.

    Gated as in Tomczak & Welling (2018), arXiv:1705.07120, whose network the published Fashion-MNIST figures use.
    """

    def __init__(self, shape: PictureShape, latent: int, hidden: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), GatedLinear(shape.dimensions, hidden), GatedLinear(hidden, hidden))
        self.head = nn.Linear(hidden, 2 * latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.head(self.body(x)).chunk(2, dim=-1)
        return mean, bounded(log_variance)


class MLPDecoder(nn.Module):
    """Latent codes (B, D) -> logits or means per pixel (B, C, H, W); two gated hidden layers."""

    def __init__(self, shape: PictureShape, latent: int, hidden: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            GatedLinear(latent, hidden),
            GatedLinear(hidden, hidden),
            nn.Linear(hidden, shape.dimensions),
            nn.Unflatten(1, (shape.channels, shape.size, shape.size)),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.body(z)


class GatedLinear(nn.Module):
    """``(W x + b) * sigmoid(V x + c)``: (B, F) -> (B, G). Dauphin et al. (2017), arXiv:1612.08083, eq. 1."""

    def __init__(self, features_in: int, features_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features_in, 2 * features_out)

    def forward(self, x: Tensor) -> Tensor:
        return F.glu(self.linear(x), dim=-1)


def bounded(log_variance: Tensor) -> Tensor:
    """Keep log sigma^2 within plus or minus ``LOG_VARIANCE_LIMIT``, smoothly, so that no gradient is cut off."""
    return LOG_VARIANCE_LIMIT * (log_variance / LOG_VARIANCE_LIMIT).tanh()
