"""UNet2DModel of diffusers, in pixels: the network from its configuration and weights, its schedule from its scheduler.

The network is built by diffusers itself, first without any memory, so that a configuration cannot ask for more than the
file of weights holds.
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from explorer.contract.errors import short
from trainers.foreign.errors import CannotImport
from trainers.foreign.refusals import read_json
from trainers.kit.torchvision_pair import make_importable

CLASS = "UNet2DModel"
CONFIG = "config.json"
SCHEDULER = "scheduler_config.json"
WEIGHTS = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin")
NEEDS_DIFFUSERS = "A UNet2DModel is built by diffusers, which is not installed: pip install 'diffusers>=0.35,<0.43'."
DEFAULT_SCHEDULE = "No scheduler lies beside it, so that of Ho et al. (2020) is assumed: 1,000 steps, linear, eps."
LIMITS = {  # of what a configuration may ask for; the published networks stay far below
    "layers_per_block": 16, "num_class_embeds": 50_000, "sample_size": 1024, "in_channels": 4, "out_channels": 8,
    "attention_head_dim": 4096, "norm_num_groups": 4096,
}  # fmt: skip
LEVELS, CHANNELS = 10, 8192
STEPS = 100_000
_KINDS: Mapping[str, Literal["eps", "v", "x0"]] = {"epsilon": "eps", "v_prediction": "v", "sample": "x0"}
_SCHEDULERS = (
    "DDPM", "DDIM", "PNDM", "DPMSolverMultistep", "DPMSolverSinglestep", "EulerDiscrete", "EulerAncestralDiscrete",
    "HeunDiscrete", "LMSDiscrete", "UniPCMultistep", "DEISMultistep", "KDPM2Discrete", "KDPM2AncestralDiscrete",
)  # fmt: skip
# attention as diffusers called it before its version 0.18
_OLD_NAMES = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}


class Denoiser(nn.Module):
    """The network as a graph takes it; of a prediction with a variance, the prediction."""

    def __init__(self, unet: nn.Module, channels: int) -> None:
        super().__init__()
        self.unet, self._channels = unet, channels

    def forward(self, x: Tensor, step: Tensor, label: Tensor | None = None) -> Tensor:
        """x (B, C, H, W), step (B,), label (B,) int64 where there are classes -> (B, C, H, W)."""
        return self.unet(x, step, class_labels=label, return_dict=False)[0][:, : self._channels]


@dataclass(frozen=True)
class Shape:
    """What goes in and out: channels, pixels, and how many classes there are, 0 where the network is told nothing."""

    channels: int
    height: int
    width: int
    classes: int


@dataclass(frozen=True)
class Schedule:
    """alphas_bar (T,) float32 and what is predicted; ``note`` where something was assumed."""

    levels: np.ndarray
    parameterisation: Literal["eps", "v", "x0"]
    note: str = ""


def shape_of(config: Mapping[str, Any], file: str) -> Shape:
    """What a configuration says of pictures and classes.

    Raises:
        CannotImport: it is no network that tells noise from pictures as the app can use it, or asks for too much.
    """
    for field, most in LIMITS.items():
        values = config.get(field)
        for value in values if isinstance(values, list) else [values]:
            if value is not None and not (type(value) is int and 0 < value <= most):
                raise CannotImport(f"{file} says {short(value, 20)} of its {field}; 1 to {most:,} can be imported.")
    widths = config.get("block_out_channels", [224, 448, 672, 896])
    if not isinstance(widths, list) or not 0 < len(widths) <= LEVELS:
        raise CannotImport(f"{file} has no sensible block_out_channels; get it again.")
    if not all(type(width) is int and 0 < width <= CHANNELS for width in widths):
        raise CannotImport(f"{file} has no sensible block_out_channels; get it again.")
    if config.get("time_embedding_type", "positional") != "positional":
        raise CannotImport(f"{file} tells time by noise levels instead of steps, which cannot be sampled here.")
    if config.get("class_embed_type") is not None:
        raise CannotImport(
            f"{file} is told {short(config['class_embed_type'], 20)} instead of a class, which the app cannot give."
        )
    size = config.get("sample_size")
    height, width = size if isinstance(size, list) and len(size) == 2 else (size, size)
    if type(height) is not int or type(width) is not int:
        raise CannotImport(f"{file} does not say the size of its pictures; add sample_size, in pixels.")
    halved = 2 ** (len(widths) - 1)
    if height % halved or width % halved:
        raise CannotImport(f"{file} halves pictures of {width} x {height} px too often; its sample_size must be wrong.")
    channels, out = config.get("in_channels", 3), config.get("out_channels", 3)
    if channels not in (1, 3, 4) or out not in (channels, 2 * channels):
        raise CannotImport(f"{file} takes {channels} channels and gives {out}; pictures have 1, 3 or 4, on both sides.")
    return Shape(channels, height, width, config.get("num_class_embeds") or 0)


def build(config: Mapping[str, Any], tensors: Mapping[str, Tensor], shape: Shape, file: str) -> Denoiser:
    """The network with its weights.

    Raises:
        CannotImport: diffusers is missing, or cannot make a network of the configuration that the weights fit.
    """
    diffusers = _diffusers()
    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of diffusers about old configurations
            unet = cast(nn.Module, diffusers.UNet2DModel.from_config(dict(config)))
    except Exception as error:
        raise CannotImport(
            f"diffusers cannot build {file} ({short(error, 80)}); update it, or get the configuration again."
        ) from error
    ours = unet.state_dict()
    renamed = {_present(key, ours): value.float() for key, value in tensors.items()}
    wrong = next((key for key in (*ours, *renamed) if key not in renamed or key not in ours), None)
    wrong = wrong or next((key for key, value in renamed.items() if value.shape != ours[key].shape), None)
    if wrong is not None:
        raise CannotImport(f"The weights do not fit {file} (see {short(wrong)}); get both from the same place.")
    broken = next((key for key, value in renamed.items() if not value.isfinite().all()), None)
    if broken is not None:
        raise CannotImport(f"The weights are not finite (see {short(broken)}), so a training failed; choose others.")
    unet.load_state_dict(renamed, assign=True)
    return Denoiser(unet.eval().requires_grad_(False), shape.channels)


def schedule_of(folder: Path) -> Schedule:
    """The schedule by the scheduler that lies in ``folder``, beside it, or in a folder ``scheduler`` of either.

    Raises:
        CannotImport: it is one whose networks count no steps, or does not hang together.
    """
    places = [folder / SCHEDULER, folder / "scheduler" / SCHEDULER, folder.parent / "scheduler" / SCHEDULER]
    found = next((place for place in places if place.is_file()), None)
    config = {} if found is None else read_json(found)
    kind = str(config.get("_class_name", "DDPMScheduler"))
    if kind.removesuffix("Scheduler") not in _SCHEDULERS:
        raise CannotImport(f"{short(kind, 40)} counts no steps of noise, so that the app cannot sample with it.")
    what = _KINDS.get(str(config.get("prediction_type", "epsilon")))
    steps = config.get("num_train_timesteps", 1_000)
    if what is None or type(steps) is not int or not 1 < steps <= STEPS:
        raise CannotImport(f"{SCHEDULER} does not say what is predicted in how many steps; get it again.")
    if config.get("rescale_betas_zero_snr"):
        raise CannotImport(f"{SCHEDULER} ends in noise without any signal, where the app's samplers cannot begin.")
    fields = ("beta_start", "beta_end", "beta_schedule", "trained_betas")
    given = {field: config[field] for field in fields if config.get(field) is not None}
    try:
        scheduler = _diffusers().DDPMScheduler(num_train_timesteps=steps, **given)
        levels = scheduler.alphas_cumprod.double().numpy().astype(np.float32)
    except CannotImport:
        raise
    except Exception as error:
        raise CannotImport(f"{SCHEDULER} is no schedule ({short(error, 80)}); get it again.") from error
    inside = levels.shape == (steps,) and (levels > 0).all() and (levels < 1).all()
    if not inside or (np.diff(levels) >= 0).any() or not math.isfinite(levels.sum()):
        raise CannotImport(f"{SCHEDULER} does not turn pictures into noise step by step; get it again.")
    return Schedule(levels, what, DEFAULT_SCHEDULE if found is None else "")


def _diffusers() -> Any:
    """The two classes that are needed of diffusers, which loads its parts when they are asked for."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # diffusers itself uses what its libraries no longer like
            make_importable()  # diffusers imports torchvision
            from diffusers import DDPMScheduler, UNet2DModel  # pyright: ignore[reportPrivateImportUsage]
    except ModuleNotFoundError as error:
        raise CannotImport(NEEDS_DIFFUSERS) from error
    except Exception as error:
        reason = short(str(error).strip().splitlines()[-1:] or type(error).__name__, 100)
        raise CannotImport(f"diffusers is installed but does not load ({reason}); mend its packages.") from error
    return SimpleNamespace(UNet2DModel=UNet2DModel, DDPMScheduler=DDPMScheduler)


def _present(key: str, ours: Mapping[str, Any]) -> str:
    """Today's name of a weight."""
    for old, new in _OLD_NAMES.items():
        if key not in ours and key.replace(old, new) in ours:
            return key.replace(old, new)
    return key
