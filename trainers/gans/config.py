"""What can be chosen about a style GAN; light to import, because forms and command lines are made from it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from trainers.kit.knobs import Images, Pixels, Share, Unit
from trainers.kit.plan import Plan


@dataclass(frozen=True)
class StyleArchitecture:
    """How a style GAN is built."""

    latent: Annotated[int, Interval(ge=1, le=1024), Unit("numbers")] = 128
    """Size of z, which is drawn from N(0, I)."""
    style: Annotated[int, Interval(ge=1, le=1024), Unit("numbers")] = 128
    """Size of w, which z is mapped to; every layer takes its style from it."""
    mapping: Annotated[int, Interval(ge=1, le=16), Unit("layers")] = 8
    """Layers of the mapping from z to w."""
    width: Annotated[int, Interval(ge=64, le=131_072), Unit("channels times pixels")] = 2_048
    """Channels of a layer are this divided by its pixels a side; 32,768 is the published size."""
    widest: Annotated[int, Interval(ge=4, le=1024), Unit("channels")] = 128
    """Most channels of a layer; 512 is the published size."""
    conditional: bool = False
    """Draw by label: classes, or several attributes at once."""


@dataclass(frozen=True)
class StyleGanConfig:
    """A style-based GAN, Karras et al. (2020), arXiv:1912.04958, and an encoder trained on its samples."""

    data: str = "faces"
    """Name of a data set, or a folder of pictures."""
    size: Pixels = 0
    """Side of a picture, a power of two from 32 to 1024; 0 is the data's own."""
    colour: Literal["own", "grey", "colour"] = "own"
    """Channels of a picture; own keeps what the data has."""
    architecture: StyleArchitecture = field(default_factory=StyleArchitecture)
    r1: Annotated[float, Interval(ge=0)] = 1.0
    """Weight gamma of the gradient penalty on real pictures; more keeps the critic from running ahead."""
    r1_every: Annotated[int, Interval(ge=1, le=128), Unit("steps")] = 16
    """The penalty is computed in every so manieth step, and weighs so much more there."""
    path_length: Annotated[float, Interval(ge=0)] = 0.0
    """Weight of the path length regularisation, which evens what steps of w do; 0 leaves it out, 2 is published."""
    path_every: Annotated[int, Interval(ge=1, le=128), Unit("steps")] = 4
    """Path lengths are computed in every so manieth step."""
    mixing: Share = 0.5
    """Share of the samples whose fine layers take the style of another z while it trains."""
    augment: Literal["off", "adaptive"] = "adaptive"
    """Show the critic changed pictures, more of them the more it is ahead."""
    augment_target: Share = 0.6
    """What the mean sign of the critic's answers to real pictures is held at."""
    augment_speed: Images = 100_000
    """The share of changed pictures may go from 0 to 1 in so many."""
    mirror: bool = False
    """Mirroring is one of the changes."""
    encoder: Share = 0.15
    """Last share of the images that trains the encoder alone, on samples of the finished generator and on pictures."""
    plan: Plan = field(default_factory=lambda: Plan(images=1_000_000, batch=32, rate=2.5e-3, average=10_000))
