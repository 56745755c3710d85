"""Adaptive discriminator augmentation: the critic sees changed pictures, more of them the further it is ahead.

Karras et al. (2020), arXiv:2006.06676. Each kind of change is made with probability p; all keep their derivatives.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kit.loop import to_floats, to_pixels
from trainers.kit.randomness import Draw, Share

SHIFT = 0.125  # of the side: furthest move
BRIGHTNESS, CONTRAST = 0.2, 0.5  # standard deviations of the paper's colour changes; log2 for contrast
CUTOUT = 0.5  # of the side
MOST = 0.8  # above it, changes would show in the samples


class Augment(nn.Module):
    """Changes pictures with probability ``p``, which it moves itself."""

    p: Tensor

    def __init__(self, target: float, speed: int, *, mirror: bool) -> None:
        super().__init__()
        self._target, self._speed, self._mirror = target, max(speed, 1), mirror
        self.register_buffer("p", torch.zeros([]))

    def adapt(self, signs: Float[Tensor, ""], images: int) -> None:
        """After ``images`` more: ``signs`` is the mean sign of the critic's answers to real pictures (equation 1)."""
        step = torch.sign(signs - self._target) * (images / self._speed)
        self.p.copy_((self.p + step).clamp(0.0, MOST))

    def forward(self, x: Float[Tensor, "b c h w"], draw: Draw, purpose: str) -> Float[Tensor, "b c h w"]:
        """The pictures, -1 black and 1 white, some of them changed."""
        rows, side = len(x), x.shape[2]
        chances = draw.uniform(f"{purpose} chances", rows, 5) < self.p
        amounts = draw.uniform(f"{purpose} amounts", rows, 6)
        normals = draw.normal(f"{purpose} normals", rows, 2)
        if self._mirror:
            x = torch.where(_rows(chances[:, 0] & (amounts[:, 0] < 0.5)), x.flip(3), x)
        x = _moved(x, ((amounts[:, 1:3] * 2 - 1) * SHIFT * side).round().long() * chances[:, 1, None])
        x = x + _rows(torch.where(chances[:, 2], normals[:, 0] * BRIGHTNESS, 0.0))
        x = x * _rows(torch.where(chances[:, 3], torch.exp2(normals[:, 1] * CONTRAST), 1.0))
        return x * _windows(side, amounts[:, 3:5], chances[:, 4])


def changed(picture: np.ndarray, count: int) -> np.ndarray:
    """A picture, and what becomes of it where most is changed: uint8 (H, W, C) -> (count, H, W, C), the first as it is.

    Mirroring is not among the changes, as it is not by default.
    """
    augment = Augment(0.0, 1, mirror=False)
    augment.p.fill_(MOST)
    x = 2 * to_floats(picture[None].repeat(count, 0), augment.p.device) - 1
    shown = augment(x, Draw(0, 0, Share(), augment.p.device), "sheet")
    shown[0] = x[0]
    return to_pixels(shown / 2 + 0.5)


def _rows(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _moved(x: Tensor, moves: Tensor) -> Tensor:
    """Each picture moved by whole pixels, (B, 2); what comes in repeats the edge."""
    height, width = x.shape[2:]
    far = round(SHIFT * height)
    padded = F.pad(x, (far,) * 4, mode="replicate")
    down = moves[:, 0, None] + far + torch.arange(height, device=x.device)
    along = moves[:, 1, None] + far + torch.arange(width, device=x.device)
    index = torch.arange(len(x), device=x.device)[:, None, None]
    return padded[index, :, down[:, :, None], along[:, None, :]].permute(0, 3, 1, 2)


def _windows(side: int, middles: Tensor, chosen: Tensor) -> Tensor:
    """0 in a square of half the side around ``middles``, where ``chosen``; 1 elsewhere: (B, 1, H, W)."""
    places = (torch.arange(side, device=middles.device) + 0.5) / side
    inside = (places[None] - middles[:, :, None].flatten(0, 1)).abs() < CUTOUT / 2
    inside = inside.reshape(len(middles), 2, side)
    hole = inside[:, 0, :, None] & inside[:, 1, None, :] & chosen[:, None, None]
    return (~hole)[:, None].float()
