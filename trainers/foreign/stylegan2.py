"""From the networks that the StyleGAN2-ADA and StyleGAN3 repositories write to our generator, with their weights.

Karras et al. (2020), arXiv:1912.04958, configuration F and its sizes. Our generator has the published names, shapes and
conventions; what a file may choose besides is either taken over (sizes, labels, clamp, learning rate of the mapping) or
refused by name. Nothing is left to chance: every weight must find its place, and every place its weight.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from explorer.contract.errors import short
from trainers.foreign.errors import CannotImport
from trainers.foreign.opcodes import BROKEN, damaged
from trainers.foreign.values import Record, tensors_made
from trainers.gans.config import StyleArchitecture
from trainers.gans.generator import LARGEST, MAPPING_RATE, SMALLEST, Generator
from trainers.gans.layers import resample_filter

ONLY_CRITIC = (
    "{file} holds a discriminator alone, which judges pictures and makes none; choose the file of the generator."
)
MOST = 4096  # numbers of z or w; the published networks have 512
LABELS = 50_000
OPTIONAL = ("noise_const", "noise_strength", "mapping.w_avg")  # a network may have been built without them


@dataclass(frozen=True)
class Found:
    """A generator with the weights of a file, and what is known of it."""

    generator: Generator
    channels: int  # of a picture
    labels: int
    mean: Tensor | None  # w_avg, (D,), where the file has one
    tensors: int
    clamp: float | None


def generator_of(content: Any, file: str) -> Found:
    """The averaged generator of a network file.

    Args:
        content: What ``torchfiles.read_weights`` found: a dictionary with ``G_ema``, or a network by itself.
        file: Its name, for sentences.

    Raises:
        CannotImport: it holds no generator, or one of another kind; the sentence says which.
    """
    record = _chosen(content, file)
    synthesis, mapping = record.modules.get("synthesis"), record.modules.get("mapping")
    if synthesis is None or mapping is None:
        raise CannotImport(f"{file} holds {short(record.kind)}, which is no style generator; choose a generator.")
    if "input" in synthesis.modules or any(name.startswith("L0_") for name in synthesis.modules):
        raise CannotImport(
            f"{file} is a generator of StyleGAN3 (configuration T or R), whose layers are not drawn here; choose one "
            "of StyleGAN2 (configuration F), which that repository has too."
        )
    try:
        return _Reading(record, mapping, synthesis, file).found()
    except BROKEN as error:
        raise damaged(file) from error


def holds_networks(content: Any) -> bool:
    """Whether a file holds objects of the published repositories at all."""
    return isinstance(content, Record) or (
        isinstance(content, dict) and any(isinstance(value, Record) for value in content.values())
    )


def _chosen(content: Any, file: str) -> Record:
    networks = {"G": content} if isinstance(content, Record) else content
    records = {key: value for key, value in networks.items() if isinstance(value, Record)}
    generators = [records[key] for key in ("G_ema", "G") if key in records and "synthesis" in records[key].modules]
    if generators:
        return generators[0]
    if any("Discriminator" in record.kind or key == "D" for key, record in records.items()):
        raise CannotImport(ONLY_CRITIC.format(file=file))
    return next(iter(records.values()))


class _Reading:
    """One generator, read field by field."""

    def __init__(self, record: Record, mapping: Record, synthesis: Record, file: str) -> None:
        self._record, self._mapping, self._synthesis, self._file = record, mapping, synthesis, file
        self._blocks = synthesis.modules

    def found(self) -> Found:
        size, channels = self._number("img_resolution", LARGEST), self._number("img_channels", 4)
        labels = self._number("c_dim", LABELS, least=0)
        if size not in (2**power for power in range(5, 11)):
            raise self._other(f"draws pictures of {size} px, and {SMALLEST} to {LARGEST} can be", "of such a size")
        if channels not in (1, 3, 4):
            raise self._other(f"draws {channels} channels", "of 1, 3 or 4")
        self._check_layers()
        clamp = self._clamp()
        layers = sum(name.startswith("fc") for name in self._mapping.modules)
        if not layers:
            raise self._other("has no layers between z and w", "of the published form")
        width, widest = self._widths()
        architecture = StyleArchitecture(
            latent=self._number("z_dim", MOST), style=self._number("w_dim", MOST), mapping=layers,
            width=width, widest=widest, conditional=labels > 0,
        )  # fmt: skip
        with torch.device("meta"):  # nothing is reserved before the shapes are known to be those of the file
            generator = Generator(architecture, size, channels, labels, clamp)
        weights = self._weights(generator)
        generator.load_state_dict(weights, assign=True)
        mean = weights["mapping.w_avg"] if "w_avg" in self._mapping.state.get("_buffers", {}) else None
        return Found(generator.eval().requires_grad_(False), channels, labels, mean, len(weights), clamp)

    def _weights(self, generator: Generator) -> dict[str, Tensor]:
        """The file's weights under our names, which are the same; every one of them fits.

        Raises:
            CannotImport: one is missing, too many, or has another shape.
        """
        ours = generator.state_dict()
        theirs = {key: value for key, value in self._record.tensors().items() if not key.startswith("augment")}
        missing = [key for key in ours if key not in theirs and not key.endswith(OPTIONAL)]
        more = [key for key in theirs if key not in ours]
        if missing or more:
            what = f"lacks {short(missing[0])}" if missing else f"has {short(more[0])} besides"
            raise self._other(f"{what}, so it is built in another way", "of the published form")
        for key, value in theirs.items():
            if value.shape != tuple(ours[key].shape):
                raise self._other(
                    f"has {list(value.shape)} numbers as {short(key)} where {list(ours[key].shape)} belong",
                    "of the published form",
                )
        tensors = tensors_made(theirs)
        taps = resample_filter()
        for key, value in tensors.items():
            if key.endswith("resample_filter") and not torch.allclose(value, taps, atol=1e-6):
                raise self._other("resamples with another filter than [1, 3, 3, 1]", "with that filter")
            if not value.isfinite().all():
                raise CannotImport(f"{self._file}: {short(key)} is not finite, so its training failed; choose another.")
        for key, place in ours.items():
            tensors.setdefault(key, torch.zeros(place.shape))
        return self._with_our_rate(tensors)

    def _with_our_rate(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """The mapping's weights as they must be where they are multiplied by our rate of learning instead of theirs."""
        for name, layer in self._mapping.modules.items():
            ours = MAPPING_RATE if name.startswith("fc") else 1.0
            rate = layer.field("bias_gain", ours)
            self._check_gain(layer, rate)
            for part in ("weight", "bias"):
                tensors[f"mapping.{name}.{part}"] = tensors[f"mapping.{name}.{part}"] * (rate / ours)
        return tensors

    def _check_layers(self) -> None:
        """That each layer does what ours does."""
        for name, layer in self._mapping.modules.items():
            self._check_word(layer, "activation", "lrelu" if name.startswith("fc") else "linear")
        for block in self._blocks.values():
            self._check_word(block, "architecture", "skip")
            for name, layer in block.modules.items():
                if name.startswith("conv"):
                    self._check_word(layer, "activation", "lrelu")
                affine = layer.modules.get("affine")
                if affine is not None:
                    self._check_word(affine, "activation", "linear")
                    self._check_gain(affine, 1.0)

    def _check_word(self, record: Record, field: str, wanted: str) -> None:
        found = record.field(field, wanted)
        if found != wanted:
            raise self._other(f"has {field} {short(found, 20)!r} in a layer", f"with {wanted!r}")

    def _check_gain(self, layer: Record, rate: Any) -> None:
        """That weights are scaled by ``rate`` / sqrt(inputs), biases by ``rate``: Karras et al. (2018), section 4.1."""
        weight = layer.tensors()["weight"]
        gains = layer.field("bias_gain", rate), layer.field("weight_gain", rate / math.sqrt(weight.shape[1]))
        wanted = rate, rate / math.sqrt(weight.shape[1])
        if not 0 < rate <= 100 or not all(math.isclose(a, b, rel_tol=1e-5) for a, b in zip(gains, wanted, strict=True)):
            raise self._other("scales its weights in another way", "of the published form")

    def _clamp(self) -> float | None:
        layers = [layer for block in self._blocks.values() for layer in block.modules.values()]
        found = {layer.field("conv_clamp") for layer in layers}
        if len(found) != 1:
            raise self._other("clamps some layers and others not", "of the published form")
        clamp = found.pop()
        if clamp is not None and not 0 < clamp < math.inf:
            raise self._other(f"clamps its layers at {short(clamp, 20)}", "of the published form")
        return None if clamp is None else float(clamp)

    def _widths(self) -> tuple[int, int]:
        """What channels follow from: those of a block are ``width`` / side, and at most ``widest``."""
        found = {
            int(name[1:]): block.modules["conv1"].tensors()["weight"].shape[0] for name, block in self._blocks.items()
        }
        widest = max(found.values())
        narrower = [count * side for side, count in found.items() if count < widest]
        return max(narrower, default=widest * max(found)), widest

    def _number(self, field: str, most: int, least: int = 1) -> int:
        value = self._record.field(field)
        if type(value) is not int or not least <= value <= most:
            raise self._other(f"says {short(value, 20)} of its {field}", f"with {least} to {most:,}")
        return value

    def _other(self, what: str, choose: str) -> CannotImport:
        return CannotImport(f"The generator in {self._file} {what}; choose one {choose}.")
