"""The generator of a style GAN: z is mapped to w, and w styles every layer of a synthesis that starts from a constant.

    w = f(z / |z|),   x' = lrelu(demodulated conv(s(w) * x) + strength * noise + bias),   picture = sum of to-RGB layers

Karras et al. (2019), arXiv:1812.04948, and (2020), arXiv:1912.04958, whose layers, names and shapes these are, so that
published weights fit. Noise comes in as an argument; nothing is drawn inside.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.contract.errors import ExplorerError
from trainers.gans.config import StyleArchitecture
from trainers.gans.layers import GAIN, Linear, activated, phases, resample_filter, upsampled

MAPPING_RATE = 0.01  # of the learning rate: Karras et al. (2019), appendix C
TINY = 1e-8
FIRST = 4  # pixels a side of the constant
SMALLEST, LARGEST = 32, 1024


class UnevenSize(ExplorerError):
    """A picture's side is no power of two, or too small or large a one."""


@dataclass(frozen=True)
class Sides:
    """Pixels a side of a generator's blocks and what follows from them.

    Raises:
        UnevenSize: ``size`` is none that the blocks lead to.
    """

    size: int

    def __post_init__(self) -> None:
        if self.size not in (2**power for power in range(5, 11)):
            raise UnevenSize(
                f"A style GAN draws pictures of 32, 64, 128, 256, 512 or 1024 pixels, not {self.size}: choose one of "
                "these with --size."
            )

    @property
    def blocks(self) -> tuple[int, ...]:
        """4, 8, ..., size."""
        return tuple(2**power for power in range(2, self.size.bit_length()))


class Mapping(nn.Module):
    """z (and a label) to w."""

    w_avg: Tensor

    def __init__(self, architecture: StyleArchitecture, labels: int = 0) -> None:
        super().__init__()
        self.labels = labels
        inside = architecture.latent + (architecture.style if labels else 0)
        if labels:
            self.embed = Linear(labels, architecture.style)
        self.num_layers = architecture.mapping
        for index in range(architecture.mapping):
            self.add_module(f"fc{index}", Linear(inside, architecture.style, active=True, rate=MAPPING_RATE))
            inside = architecture.style
        self.register_buffer("w_avg", torch.zeros(architecture.style))

    def forward(self, z: Float[Tensor, "b z"], label: Float[Tensor, "b l"] | None = None) -> Float[Tensor, "b w"]:
        """z ~ N(0, I), and rows of zeros and ones where the model is conditional."""
        x = normalised(z)
        if label is not None:
            x = torch.cat([x, normalised(self.embed(label))], 1)
        for index in range(self.num_layers):
            x = getattr(self, f"fc{index}")(x)
        return x


def normalised(x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
    """Each row with a mean square of 1."""
    return x * (x.square().mean(1, keepdim=True) + TINY).rsqrt()


class SynthesisLayer(nn.Module):
    """A convolution that is modulated by a style and demodulated: Karras et al. (2020), equations 1 to 3.

    Written as scaling what goes in by the style and what comes out by the demodulation, which is the same as a kernel
    of its own for every picture.
    """

    resample_filter: Tensor
    noise_const: Tensor
    kernel: Tensor | None  # once folded
    power: Tensor | None

    def __init__(
        self, inside: int, outside: int, style: int, side: int, *, up: bool = False, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.side, self._up, self._clamp = side, up, clamp
        self.affine = Linear(style, inside, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outside, inside, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outside))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.zeros(side, side))
        self.register_buffer("resample_filter", resample_filter())
        self.register_buffer("kernel", None, persistent=False)
        self.register_buffer("power", None, persistent=False)

    def fold(self) -> None:
        """Compute kernel and power once, for good."""
        self.kernel, self.power = self._kernel().detach().clone(), self._power().detach().clone()

    def forward(
        self, x: Float[Tensor, "b i h w"], w: Float[Tensor, "b s"], noise: Float[Tensor, "n 1 side side"]
    ) -> Float[Tensor, "b o side side"]:
        kernel = self._kernel() if self.kernel is None else self.kernel
        power = self._power() if self.power is None else self.power
        style = self.affine(w)
        demodulation = (style.square() @ power.t() + TINY).rsqrt() * GAIN
        x = x * style[:, :, None, None].to(x.dtype)
        x = F.conv2d(x, kernel, padding=1)
        x = F.pixel_shuffle(x, 2) if self._up else x
        noise = (noise * (self.noise_strength * GAIN)).to(x.dtype)
        x = torch.addcmul(noise, x, demodulation[:, :, None, None].to(x.dtype))
        return clamped(activated(x + (self.bias * GAIN)[None, :, None, None].to(x.dtype)), self._clamp)

    def _kernel(self) -> Tensor:
        return phases(self.weight, self.resample_filter) if self._up else self.weight

    def _power(self) -> Tensor:
        return self.weight.square().sum((2, 3))


class ToRgb(nn.Module):
    """A modulated convolution of one pixel, without demodulation, to the channels of a picture."""

    def __init__(self, inside: int, channels: int, style: int, clamp: float | None = None) -> None:
        super().__init__()
        self._clamp = clamp
        self.affine = Linear(style, inside, bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels, inside, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))
        self._gain = 1 / math.sqrt(inside)

    def forward(self, x: Float[Tensor, "b i h w"], w: Float[Tensor, "b s"]) -> Float[Tensor, "b c h w"]:
        style = self.affine(w) * self._gain
        picture = F.conv2d(x * style[:, :, None, None].to(x.dtype), self.weight)
        return clamped(picture.float() + self.bias[None, :, None, None], self._clamp)


class SynthesisBlock(nn.Module):
    """The layers of one resolution."""

    def __init__(
        self, inside: int, outside: int, style: int, side: int, channels: int, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.first = inside == 0
        if self.first:
            self.const = nn.Parameter(torch.randn(outside, side, side))
        else:
            self.conv0 = SynthesisLayer(inside, outside, style, side, up=True, clamp=clamp)
        self.conv1 = SynthesisLayer(outside, outside, style, side, clamp=clamp)
        self.torgb = ToRgb(outside, channels, style, clamp)
        self.register_buffer("resample_filter", resample_filter())

    @property
    def convolutions(self) -> int:
        """How many of its layers take noise and a style of their own."""
        return 1 if self.first else 2


class Synthesis(nn.Module):
    """Styles and noise to a picture. A to-RGB layer shares its style with the first layer of the next block."""

    def __init__(self, architecture: StyleArchitecture, size: int, channels: int, clamp: float | None = None) -> None:
        super().__init__()
        self.sides = Sides(size).blocks
        inside = 0
        for side in self.sides:
            outside = channels_at(architecture, side)
            self.add_module(f"b{side}", SynthesisBlock(inside, outside, architecture.style, side, channels, clamp))
            inside = outside
        self.num_ws = 2 * len(self.sides)

    @property
    def blocks(self) -> tuple[SynthesisBlock, ...]:
        """From 4 pixels upwards."""
        return tuple(getattr(self, f"b{side}") for side in self.sides)

    @property
    def noise_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """(1, H, W) of the noise of each layer, in order."""
        sides = [side for side, block in zip(self.sides, self.blocks, strict=True) for _ in range(block.convolutions)]
        return tuple((1, side, side) for side in sides)

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Pixels a side of the layer that each of the ``num_ws`` styles is for; the last one is the last to-RGB's."""
        return (*(shape[1] for shape in self.noise_shapes), self.sides[-1])

    def forward(
        self, ws: Float[Tensor, "b l w"], noises: Sequence[Float[Tensor, "n 1 _ _"]]
    ) -> tuple[Float[Tensor, "b c h w"], tuple[Tensor, ...]]:
        """The picture, -1 black and 1 white, and the smaller pictures on the way to it, from 4 pixels upwards."""
        at, picture, early = 0, None, []
        x = self.blocks[0].const[None].expand(ws.shape[0], -1, -1, -1)
        for block in self.blocks:
            if not block.first:
                x = block.conv0(x, ws[:, at], noises[at])
                at += 1
            x = block.conv1(x, ws[:, at], noises[at])
            at += 1
            rgb = block.torgb(x, ws[:, at])
            picture = rgb if picture is None else upsampled(picture) + rgb
            early.append(picture)
        return early[-1], tuple(early[:-1])


class Generator(nn.Module):
    """Mapping and synthesis; ``forward`` is what training needs.

    ``clamp`` is the largest number that a layer answers with, which training in half precision needs: Karras et al.
    (2020), arXiv:2006.06676, on mixed precision; None sets no limit.
    """

    def __init__(
        self, architecture: StyleArchitecture, size: int, channels: int, labels: int = 0, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.latent, self.style = architecture.latent, architecture.style
        self.mapping = Mapping(architecture, labels)
        self.synthesis = Synthesis(architecture, size, channels, clamp)

    @property
    def num_ws(self) -> int:
        """How many styles the synthesis takes: 2 log2(size) - 2."""
        return self.synthesis.num_ws

    @property
    def resolutions(self) -> tuple[int, ...]:
        """See ``Synthesis``."""
        return self.synthesis.resolutions

    @property
    def noise_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """See ``Synthesis``."""
        return self.synthesis.noise_shapes

    def styles(
        self,
        z: Float[Tensor, "b z"],
        label: Float[Tensor, "b l"] | None = None,
        other: Float[Tensor, "b z"] | None = None,
        cut: Float[Tensor, " b"] | None = None,
    ) -> Float[Tensor, "b l w"]:
        """One style a layer; from layer ``cut`` of each picture on, that of ``other``: Karras et al. (2019), 3.1."""
        ws = self.mapping(z, label)[:, None].expand(-1, self.num_ws, -1)
        if other is None or cut is None:
            return ws
        fine = torch.arange(self.num_ws, device=z.device)[None] >= cut[:, None]
        return torch.where(fine[:, :, None], self.mapping(other, label)[:, None], ws)

    def forward(self, z: Tensor, noises: Sequence[Tensor], label: Tensor | None = None) -> Tensor:
        """z (B, Z) -> pictures (B, C, H, W) in about [-1, 1]."""
        return self.synthesis(self.styles(z, label), noises)[0]


def clamped(x: Tensor, limit: float | None) -> Tensor:
    """``x`` within -limit and limit; as it is where there is none."""
    return x if limit is None else x.clamp(-limit, limit)


def channels_at(architecture: StyleArchitecture, side: int) -> int:
    """Channels of the layers of a resolution."""
    return max(min(architecture.width // side, architecture.widest), 1)
