"""The ways back: a picture to one style a layer, because a GAN has none; and to a posterior of z, for its warm-up."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from trainers.gans.config import StyleArchitecture
from trainers.gans.critic import CriticBlock
from trainers.gans.generator import FIRST, Sides, channels_at
from trainers.gans.layers import Convolution, Linear


class Reader(nn.Module):
    """Pictures, -1 black and 1 white, to ``numbers`` numbers each; built like the critic."""

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int, numbers: int) -> None:
        super().__init__()
        self.sides = Sides(size).blocks[:0:-1]
        inside = 0
        for side in self.sides:
            middle, outside = channels_at(architecture, side), channels_at(architecture, side // 2)
            self.add_module(f"b{side}", CriticBlock(inside, middle, outside, channels))
            inside = outside
        self.conv = Convolution(inside, inside, 3)
        self.fc = Linear(inside * FIRST * FIRST, 4 * architecture.style, active=True)
        self.out = Linear(4 * architecture.style, numbers)

    def read(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n"]:
        """The numbers, in float32."""
        for side in self.sides:
            x = getattr(self, f"b{side}")(x)
        return self.out(self.fc(self.conv(x).flatten(1))).float()


class Encoder(Reader):
    """Pictures to styles (B, L, W), as offsets from the mean w; trained on samples of a finished generator."""

    w_avg: Tensor

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int) -> None:
        self.num_ws, self._style = 2 * len(Sides(size).blocks), architecture.style
        super().__init__(architecture, size, channels, self.num_ws * self._style)
        self.register_buffer("w_avg", torch.zeros(architecture.style))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b l w"]:
        return self.w_avg + self.read(x).reshape(x.shape[0], self.num_ws, self._style)


class Posterior(Reader):
    """Pictures to mean and log-variance of q(z | x) (B, Z) both; it learns beside the generator while that warms up."""

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int) -> None:
        super().__init__(architecture, size, channels, 2 * architecture.latent)

    def forward(self, x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b z"], Float[Tensor, "b z"]]:
        mean, log_variance = self.read(x).chunk(2, 1)
        return mean, log_variance.clamp(-12.0, 4.0)
