"""The way back: a picture to one style a layer, trained on samples of a finished generator, because a GAN has none."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from trainers.gans.config import StyleArchitecture
from trainers.gans.critic import CriticBlock
from trainers.gans.generator import FIRST, Sides, channels_at
from trainers.gans.layers import Convolution, Linear


class Encoder(nn.Module):
    """Pictures, -1 black and 1 white, to styles (B, L, W), as offsets from the mean w."""

    w_avg: Tensor

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int) -> None:
        super().__init__()
        self.sides = Sides(size).blocks[:0:-1]
        self.num_ws, self._style = 2 * len(Sides(size).blocks), architecture.style
        inside = 0
        for side in self.sides:
            middle, outside = channels_at(architecture, side), channels_at(architecture, side // 2)
            self.add_module(f"b{side}", CriticBlock(inside, middle, outside, channels))
            inside = outside
        self.conv = Convolution(inside, inside, 3)
        self.fc = Linear(inside * FIRST * FIRST, 4 * architecture.style, active=True)
        self.out = Linear(4 * architecture.style, self.num_ws * architecture.style)
        self.register_buffer("w_avg", torch.zeros(architecture.style))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b l w"]:
        for side in self.sides:
            x = getattr(self, f"b{side}")(x)
        offsets = self.out(self.fc(self.conv(x).flatten(1))).float()
        return self.w_avg + offsets.reshape(x.shape[0], self.num_ws, self._style)
