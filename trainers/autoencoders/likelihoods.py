"""What a decoder says about a pixel: p(x | z) as a Bernoulli, Gaussian or Laplace distribution, in nats per picture.

Only a likelihood of the data's own kind makes the bound a bound: Bernoulli for pixels that are 0 or 1 (binarised),
Gaussian and Laplace for grey values. Cross-entropy on grey values is not a likelihood and is not offered.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.autoencoders.config import LikelihoodKind

Images = Float[Tensor, "batch channels height width"]
Nats = Float[Tensor, "batch"]
Values = Float[Tensor, "*shape"]

SMALLEST_SCALE = 0.01  # of a learned scale; pictures have 256 levels, a finer one would model the rounding


class Likelihood(nn.Module):
    """Turns a decoder's raw output into a picture and into log p(x | z)."""

    def picture(self, raw: Tensor) -> Tensor:
        """The most probable grey values: (B, C, H, W) -> (B, C, H, W) in [0, 1]."""
        raise NotImplementedError

    def log_prob(self, x: Images, raw: Images) -> Nats:
        """log p(x | z) of each picture in nats, summed over its values: (B, C, H, W) twice -> (B,)."""
        raise NotImplementedError


class Bernoulli(Likelihood):
    """Independent pixels that are 1 with probability sigmoid(raw); Kingma & Welling (2014), appendix C.1."""

    def picture(self, raw: Tensor) -> Tensor:
        return raw.sigmoid()

    def log_prob(self, x: Images, raw: Images) -> Nats:
        return -F.binary_cross_entropy_with_logits(raw, x, reduction="none").flatten(1).sum(1)


class Scaled(Likelihood):
    """Independent values around ``raw + 0.5`` with one scale for all pixels: given, or learned if ``scale`` is 0.

    Nothing squashes the mean: through a sigmoid, absolute error drives the background to saturation and learning stops.
    A learned scale is the optimal one at convergence: sigma-VAE, Rybkin et al. (2021), arXiv:2006.13202, section 4.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.learned = scale == 0
        start = torch.tensor(math.log(scale or 0.3))  # 0.3: about the deviation of a picture's values before training
        if self.learned:
            self.log_scale = nn.Parameter(start)
        else:
            self.register_buffer("log_scale", start)

    @property
    def scale(self) -> Tensor:
        """The standard deviation (Gaussian) or mean deviation (Laplace), in units of the grey values [0, 1]."""
        return self.log_scale.exp().clamp_min(SMALLEST_SCALE)

    def picture(self, raw: Tensor) -> Tensor:
        return (raw + 0.5).clamp(0, 1)


class Gaussian(Scaled):
    """N(x; raw + 0.5, scale^2): squared error."""

    def log_prob(self, x: Images, raw: Images) -> Nats:
        z = (x - 0.5 - raw) / self.scale
        return -(0.5 * z.square() + self.scale.log() + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


class Laplace(Scaled):
    """Laplace(x; raw + 0.5, scale): absolute error, whose best guess is the median, so flat areas stay flat."""

    def log_prob(self, x: Images, raw: Images) -> Nats:
        return -((x - 0.5 - raw).abs() / self.scale + self.scale.log() + math.log(2)).flatten(1).sum(1)


def make_likelihood(kind: LikelihoodKind, scale: float) -> Likelihood:
    """The likelihood of that kind; ``scale`` in grey values [0, 1], 0 to learn it, unused by ``bernoulli``."""
    if kind == "bernoulli":
        return Bernoulli()
    return Gaussian(scale) if kind == "gaussian" else Laplace(scale)


def binarise(grey: Values, uniform: Values) -> Values:
    """Pixels that are 1 with probability ``grey``: dynamic binarisation, Salakhutdinov & Murray (2008).

    ``uniform``, of the same shape, holds numbers in [0, 1) and is drawn anew whenever a picture is shown.
    """
    return (uniform < grey).to(grey.dtype)
