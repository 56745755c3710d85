"""Layers of style GANs with equalised learning rates, and resampling by the filter [1, 3, 3, 1] as plain convolutions.

Names and shapes of weights are those of the published networks (Karras et al. 2020, arXiv:1912.04958). A convolution
that also resamples is written as one convolution with a kernel that holds the filter: four phases for upsampling, and a
stride of two for downsampling. It computes the same, exports, has derivatives of all orders, and is faster on a CPU.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

GAIN = math.sqrt(2)  # of a leaky ReLU, so that it keeps the variance
SLOPE = 0.2
TAPS = (1.0, 3.0, 3.0, 1.0)


def resample_filter() -> Tensor:
    """The outer product of [1, 3, 3, 1] with itself, summing to 1: (4, 4)."""
    taps = torch.tensor(TAPS)
    return torch.outer(taps, taps) / taps.sum() ** 2


def activated(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2; ``GAIN``, which keeps the variance, goes into what comes before at no cost."""
    return F.leaky_relu(x, SLOPE)


class Linear(nn.Module):
    """A fully connected layer whose weights are scaled at run time, by ``rate`` besides.

    Equalised learning rate: Karras et al. (2018), arXiv:1710.10196, section 4.1.
    """

    def __init__(
        self, inside: int, outside: int, *, active: bool = False, rate: float = 1.0, bias: float = 0.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside) / rate)
        self.bias = nn.Parameter(torch.full((outside,), float(bias)))
        gain = GAIN if active else 1.0
        self._active, self._bias_gain, self._gain = active, gain * rate, gain * rate / math.sqrt(inside)

    def fold(self) -> None:
        """Put the scales into the weights, for good: the same answers with less to compute."""
        self.weight.data *= self._gain
        self.bias.data *= self._bias_gain
        self._gain = self._bias_gain = 1.0

    def forward(self, x: Float[Tensor, "b i"]) -> Float[Tensor, "b o"]:
        x = F.linear(x, scaled(self.weight, self._gain), scaled(self.bias, self._bias_gain))
        return activated(x) if self._active else x


class Convolution(nn.Module):
    """A convolution with equalised learning rate; ``down`` also halves the sides, after the filter.

    What comes out is scaled by ``gain``, a positive number.
    """

    resample_filter: Tensor

    def __init__(
        self,
        inside: int,
        outside: int,
        kernel: int,
        *,
        active: bool = True,
        down: bool = False,
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outside)) if bias else None
        self.register_buffer("resample_filter", resample_filter())
        self._bias_gain = gain * GAIN if active else gain
        self._gain = self._bias_gain / math.sqrt(inside * kernel**2)
        self._active, self._down, self._folded = active, down, False
        # the filter reaches 1 before and 2 behind; the kernel (side - 1) / 2 more on both sides
        self._padding = kernel // 2 + (1 if down else 0)

    def fold(self) -> None:
        """Put scales and filter into the weights, for good: the same answers with less to compute."""
        self.weight = nn.Parameter(self._kernel().detach().clone())
        if self.bias is not None:
            self.bias.data *= self._bias_gain
        self._gain, self._bias_gain, self._folded = 1.0, 1.0, True

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o h2 w2"]:
        bias = None if self.bias is None else scaled(self.bias, self._bias_gain)
        x = F.conv2d(x, self._kernel(), bias, stride=2 if self._down else 1, padding=self._padding)
        return activated(x) if self._active else x

    def _kernel(self) -> Tensor:
        weight = scaled(self.weight, self._gain)
        return filtered(weight, self.resample_filter) if self._down and not self._folded else weight


def scaled(x: Tensor, gain: float) -> Tensor:
    """``x`` times ``gain``, and nothing at all where that is 1."""
    return x if gain == 1.0 else x * gain


def fold(module: nn.Module) -> None:
    """Fold every layer inside that can be; what ``module`` computes stays the same, training it does not."""
    for layer in module.modules():
        if layer is not module and hasattr(layer, "fold"):
            layer.fold()  # type: ignore[operator]


def filtered(weight: Float[Tensor, "o i k k"], taps: Float[Tensor, "4 4"]) -> Float[Tensor, "o i k3 k3"]:
    """The kernel of "filter first, then ``weight``": their full convolution, (K + 3) pixels a side."""
    outside, inside, side, _ = weight.shape
    spread = torch.stack(
        [F.pad(taps, (column, side - 1 - column, row, side - 1 - row)) for row in range(side) for column in range(side)]
    )  # what each weight of the kernel becomes
    return (weight.flatten(2) @ spread.flatten(1)).reshape(outside, inside, side + 3, side + 3)


def phases(weight: Float[Tensor, "o i 3 3"], taps: Float[Tensor, "4 4"]) -> Float[Tensor, "o4 i 3 3"]:
    """The kernel of an upsampling convolution: its answer, shuffled from channels into 2 x 2 pixels, is the result.

    That of the published networks is a transposed convolution with ``weight`` and stride 2, then the filter times 4.
    Both together are one transposed kernel of 6 x 6, of which each of the four phases sees 3 x 3.
    """
    outside, inside = weight.shape[:2]
    whole = filtered(weight, taps) * 4  # (O, I, 6, 6)
    # Output 2 a + r collects tap 2 m + r of input a + 1 - m, m = 0, 1, 2, so taps come in reverse order.
    parts = [whole[:, :, row::2, column::2].flip(2, 3) for row in (0, 1) for column in (0, 1)]
    return torch.stack(parts, 1).reshape(outside * 4, inside, 3, 3)


def upsampled(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """Twice the sides: zeros between the pixels, then the filter [1, 3, 3, 1] / 8 times 2 on each axis."""
    return _doubled(_doubled(x, 2), 3)


def _doubled(x: Tensor, axis: int) -> Tensor:
    """Each output is 3/4 of the nearest pixel and 1/4 of the next one; beyond the edge lies 0."""
    size = x.shape[axis]
    pad = [0, 0, 0, 0]
    pad[2 * (3 - axis)] = pad[2 * (3 - axis) + 1] = 1
    wide = F.pad(x, pad)
    before, behind = wide.narrow(axis, 0, size), wide.narrow(axis, 2, size)
    pair = torch.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * behind], axis + 1)
    shape = list(x.shape)
    shape[axis] = 2 * size
    return pair.reshape(shape)
