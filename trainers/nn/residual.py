"""Residual convolution blocks without normalisation: cheap on a CPU, and every picture is computed by itself."""

from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """``x + conv(silu(conv(silu(x))))``: (B, C, H, W) -> (B, C, H, W).

    The pre-activation form of He et al. (2016), arXiv:1603.05027. The last convolution starts at zero, so that a deep
    stack begins as the identity and trains without normalisation (Zhang et al. 2019, Fixup, arXiv:1901.09321).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Halve(nn.Module):
    """Half the height and width: (B, C, H, W) -> (B, D, H/2, W/2), a 3x3 convolution with stride 2."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Double(nn.Module):
    """Twice the height and width: (B, C, H, W) -> (B, D, 2H, 2W), a convolution whose channels become pixels.

    Sub-pixel convolution of Shi et al. (2016), arXiv:1609.05158. It starts with the four sub-pixels equal, which is a
    nearest-neighbour enlargement and shows no checkerboard (Aitken et al. 2017, arXiv:1707.02937).
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, 4 * channels_out, kernel, padding=kernel // 2)
        for parameter in self.conv.parameters():
            parameter.data = parameter.data[::4].repeat_interleave(4, dim=0)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(self.conv(x), 2)
