"""What can be chosen about a diffusion model; light to import, because forms and command lines are made from it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from trainers.kit.knobs import Pixels, Share, Unit
from trainers.kit.plan import Plan

ScheduleKind = Literal["linear", "cosine"]
Parameterisation = Literal["eps", "v", "x0"]
Weighting = Literal["simple", "min-snr"]


@dataclass(frozen=True)
class UNetArchitecture:
    """How the network is built that tells noise from picture."""

    width: Annotated[int, Interval(ge=8, le=512), Unit("channels")] = 32
    """Channels at full size; every halving doubles them."""
    widest: Annotated[int, Interval(ge=8, le=1024), Unit("channels")] = 128
    """Most channels of a layer."""
    halvings: Annotated[int, Interval(ge=0, le=5), Unit("times")] = 2
    """How often the picture is halved on the way down; its side must be divisible so often by two."""
    blocks: Annotated[int, Interval(ge=1, le=4), Unit("blocks")] = 2
    """Residual blocks at each size."""
    attention: Pixels = 8
    """Every place looks at every other where the side has at most so many; 0 never does."""
    dropout: Share = 0.0
    """Share of the features of a block that are set to zero while it trains."""


@dataclass(frozen=True)
class DiffusionConfig:
    """A diffusion model, Ho et al. (2020), arXiv:2006.11239, that is told a class or attributes, or nothing."""

    data: str = "fashion-mnist"
    """Name of a data set, or a folder of pictures."""
    size: Pixels = 0
    """Side of a picture, 28 to 128; 0 is the data's own."""
    colour: Literal["own", "grey", "colour"] = "own"
    """Channels of a picture; own keeps what the data has."""
    architecture: UNetArchitecture = field(default_factory=UNetArchitecture)
    steps: Annotated[int, Interval(ge=10, le=10_000), Unit("steps")] = 1_000
    """Steps from picture to noise."""
    schedule: ScheduleKind = "cosine"
    """How noise grows: linear, Ho et al. (2020), or cosine, Nichol and Dhariwal (2021), arXiv:2102.09672."""
    parameterisation: Parameterisation = "v"
    """What the network predicts: the noise eps, the picture x0, or v between both, Salimans and Ho (2022)."""
    weighting: Weighting = "min-snr"
    """How steps are weighed: all alike, or by the signal-to-noise ratio up to a limit, Hang et al. (2023)."""
    snr_limit: Annotated[float, Interval(gt=0)] = 5.0
    """Largest signal-to-noise ratio that still adds weight, min-snr only."""
    unconditional: Share = 0.1
    """Share of the pictures that are shown without what is known of them, for classifier-free guidance."""
    forget: Share = 0.0
    """Of the other pictures, share of the attributes that are left out one by one, so that few can be asked for."""
    plan: Plan = field(default_factory=lambda: Plan(images=3_000_000, rate=1e-3, average=50_000))
