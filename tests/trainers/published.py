"""The published StyleGAN2 generator written down plainly, and files in the very form that its repositories write.

Every picture has kernels of its own (Karras et al. 2020, arXiv:1912.04958, equations 1 to 3), and resampling is what
its definition says: zeros between the pixels, then the filter, then the kernel. Slow, and independent of ``gans``.
"""

import io
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])
FILTER = torch.outer(TAPS, TAPS) / 64
HARMFUL = "import pathlib\npathlib.Path({marker!r}).write_text('run')\n"  # the source beside the weights


class Persistent(nn.Module):
    """Writes itself as the repositories' decorated classes do: its name, its source code and its fields."""

    source = ""

    def __reduce__(self) -> Any:
        meta = {"type": "class", "version": 6, "module_src": Persistent.source}
        meta |= {"class_name": type(self).__name__, "state": self.__dict__}
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (meta,), None


class EasyDict(dict):
    """A dictionary of the repositories' own."""


@pytest.fixture
def repositories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The modules that such files name exist while they are written; the path that their source would write to."""

    def _reconstruct_persistent_obj(meta: Any) -> Any:
        raise AssertionError("the file was run")

    made: dict[str, types.ModuleType] = {}
    for name in ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util"):
        made[name] = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, made[name])
    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    made["torch_utils.persistence"].__dict__["_reconstruct_persistent_obj"] = _reconstruct_persistent_obj
    monkeypatch.setattr(EasyDict, "__module__", "dnnlib.util")
    made["dnnlib.util"].__dict__["EasyDict"] = EasyDict
    marker = tmp_path / "was-run"
    monkeypatch.setattr(Persistent, "source", HARMFUL.format(marker=str(marker)))
    return marker


class FullyConnectedLayer(Persistent):
    def __init__(self, inside: int, outside: int, activation: str = "linear", rate: float = 1.0, bias: float = 0.0):
        super().__init__()
        self.activation = activation
        self.weight = nn.Parameter(torch.randn(outside, inside) / rate)
        self.bias = nn.Parameter(torch.randn(outside) * 0.1 / rate + bias)
        self.weight_gain = rate / np.sqrt(inside)
        self.bias_gain = rate

    def forward(self, x: Tensor) -> Tensor:
        x = x @ (self.weight * float(self.weight_gain)).t() + self.bias * self.bias_gain
        return F.leaky_relu(x, 0.2) * np.sqrt(2) if self.activation == "lrelu" else x


class MappingNetwork(Persistent):
    def __init__(self, z_dim: int, c_dim: int, w_dim: int, num_layers: int, rate: float):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_layers = z_dim, c_dim, w_dim, num_layers
        if c_dim:
            self.embed = FullyConnectedLayer(c_dim, w_dim)
        inside = z_dim + (w_dim if c_dim else 0)
        for index in range(num_layers):
            setattr(self, f"fc{index}", FullyConnectedLayer(inside, w_dim, "lrelu", rate))
            inside = w_dim
        self.register_buffer("w_avg", torch.randn(w_dim) * 0.1)

    def forward(self, z: Tensor, c: Tensor | None) -> Tensor:
        x = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
        if self.c_dim:
            y = self.embed(c)
            x = torch.cat([x, y / (y.square().mean(1, keepdim=True) + 1e-8).sqrt()], 1)
        for index in range(self.num_layers):
            x = getattr(self, f"fc{index}")(x)
        return x


def doubled(x: Tensor, before: int, behind: int) -> Tensor:
    """(C, H, W): zeros between the pixels, ``before`` and ``behind`` them on each axis, then the filter times 4."""
    channels, height, width = x.shape
    wide = torch.zeros(channels, 2 * height, 2 * width)
    wide[:, ::2, ::2] = x
    wide = F.pad(wide, (before, behind, before, behind))
    return F.conv2d(wide[:, None], FILTER[None, None] * 4)[:, 0]


class SynthesisLayer(Persistent):
    def __init__(self, inside: int, outside: int, w_dim: int, resolution: int, up: int, clamp: float | None):
        super().__init__()
        self.resolution, self.up, self.conv_clamp, self.activation, self.use_noise = (
            resolution,
            up,
            clamp,
            "lrelu",
            True,
        )
        self.register_buffer("resample_filter", FILTER.clone())
        self.affine = FullyConnectedLayer(w_dim, inside, bias=1)
        self.weight = nn.Parameter(torch.randn(outside, inside, 3, 3))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.randn([]))
        self.bias = nn.Parameter(torch.randn(outside) * 0.1)

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        rows = []
        for row, style, own in zip(x, self.affine(w), noise * self.noise_strength, strict=True):
            kernel = self.weight * style[None, :, None, None]
            kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
            if self.up == 2:  # a convolution in the proper sense: the kernel is turned round
                answer = F.conv2d(doubled(row, 3, 2)[None], kernel.flip(2, 3))[0]
            else:
                answer = F.conv2d(row[None], kernel, padding=1)[0]
            rows.append(F.leaky_relu(answer + own + self.bias[:, None, None], 0.2) * np.sqrt(2))
        whole = torch.stack(rows)
        return whole if self.conv_clamp is None else whole.clamp(-self.conv_clamp, self.conv_clamp)


class ToRGBLayer(Persistent):
    def __init__(self, inside: int, outside: int, w_dim: int, clamp: float | None):
        super().__init__()
        self.conv_clamp, self.weight_gain = clamp, 1 / np.sqrt(inside)
        self.affine = FullyConnectedLayer(w_dim, inside, bias=1)
        self.weight = nn.Parameter(torch.randn(outside, inside, 1, 1))
        self.bias = nn.Parameter(torch.randn(outside) * 0.1)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        styles = self.affine(w) * float(self.weight_gain)
        rows = [F.conv2d(x[i : i + 1], self.weight * styles[i][None, :, None, None])[0] for i in range(len(x))]
        whole = torch.stack(rows) + self.bias[:, None, None]
        return whole if self.conv_clamp is None else whole.clamp(-self.conv_clamp, self.conv_clamp)


class SynthesisBlock(Persistent):
    def __init__(self, inside: int, outside: int, w_dim: int, resolution: int, channels: int, clamp: float | None):
        super().__init__()
        self.in_channels, self.architecture, self.use_fp16 = inside, "skip", False
        self.register_buffer("resample_filter", FILTER.clone())
        if inside == 0:
            self.const = nn.Parameter(torch.randn(outside, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(inside, outside, w_dim, resolution, 2, clamp)
        self.conv1 = SynthesisLayer(outside, outside, w_dim, resolution, 1, clamp)
        self.torgb = ToRGBLayer(outside, channels, w_dim, clamp)


class SynthesisNetwork(Persistent):
    def __init__(self, w_dim: int, size: int, channels: int, base: int, most: int, clamp: float | None):
        super().__init__()
        self.block_resolutions = [2**power for power in range(2, size.bit_length())]
        inside = 0
        for side in self.block_resolutions:
            outside = min(base // side, most)
            setattr(self, f"b{side}", SynthesisBlock(inside, outside, w_dim, side, channels, clamp))
            inside = outside

    def forward(self, w: Tensor, noises: list[Tensor]) -> Tensor:
        """One w (N, D) for all layers, noise (N, 1, H, W) for each -> pictures (N, C, H, W)."""
        given = iter(noises)
        x, image = torch.empty(0), torch.empty(0)
        for side in self.block_resolutions:
            block = getattr(self, f"b{side}")
            if block.in_channels == 0:
                x = block.const.expand(len(w), -1, -1, -1)
            else:
                x = block.conv0(x, w, next(given))
                image = torch.stack([doubled(row, 2, 1) for row in image])
            x = block.conv1(x, w, next(given))
            rgb = block.torgb(x, w)
            image = rgb if block.in_channels == 0 else image + rgb
        return image


class Generator(Persistent):
    """The published generator; ``most`` and ``base`` say its channels, ``rate`` is the mapping's."""

    def __init__(
        self, z_dim: int = 8, c_dim: int = 0, w_dim: int = 12, size: int = 32, channels: int = 3, layers: int = 2,
        base: int = 128, most: int = 8, clamp: float | None = None, rate: float = 0.01,
    ):  # fmt: skip
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.img_resolution, self.img_channels = z_dim, c_dim, w_dim, size, channels
        self.synthesis = SynthesisNetwork(w_dim, size, channels, base, most, clamp)
        self.num_ws = 2 * (size.bit_length() - 2)
        self.mapping = MappingNetwork(z_dim, c_dim, w_dim, layers, rate)


class Discriminator(Persistent):
    def __init__(self) -> None:
        super().__init__()
        self.fc = FullyConnectedLayer(3, 1)


def written(networks: dict[str, Any], path: Path) -> Path:
    """A network file: generator, discriminator, average and the facts about the data."""
    facts = EasyDict(class_name="training.dataset.ImageFolderDataset", resolution=32, use_labels=False)
    packed = io.BytesIO()
    pickle.dump({**networks, "training_set_kwargs": facts, "augment_pipe": None}, packed)
    path.write_bytes(packed.getvalue())
    return path
