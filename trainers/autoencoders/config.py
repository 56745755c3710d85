"""What can be chosen about an autoencoder; light to import, because forms and command lines are made from it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from trainers.kit.knobs import Images, Pixels, Unit
from trainers.kit.plan import Plan

LikelihoodKind = Literal["bernoulli", "gaussian", "laplace"]


@dataclass(frozen=True)
class Architecture:
    """How an autoencoder is built."""

    network: Literal["conv", "mlp"] = "conv"
    """Convolutional, or fully connected with two gated hidden layers."""
    latent: Annotated[int, Interval(ge=1, le=512), Unit("numbers")] = 16
    """Size of the code z."""
    width: Annotated[int, Interval(ge=1, le=4096), Unit("channels")] = 32
    """Channels at half the resolution (conv), or units of a hidden layer (mlp)."""
    blocks: Annotated[int, Interval(ge=0, le=8), Unit("blocks")] = 1
    """Residual blocks at each resolution, conv only."""
    likelihood: LikelihoodKind = "gaussian"
    """What the decoder says about a pixel; bernoulli is for binarised pictures."""
    scale: Annotated[float, Interval(ge=0, le=1), Unit("grey values 0 to 1")] = 0.0
    """Deviation of the gaussian or laplace likelihood; 0 learns it."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """A plain autoencoder: a code without noise, squared or absolute error."""

    data: str = "fashion-mnist"
    """Name of a data set, or a folder of pictures."""
    size: Pixels = 0
    """Side of a picture, 28 to 128; 0 is the data's own."""
    colour: Literal["own", "grey", "colour"] = "own"
    """Channels of a picture; own keeps what the data has."""
    architecture: Architecture = field(default_factory=lambda: Architecture(scale=0.1))
    plan: Plan = field(default_factory=Plan)


@dataclass(frozen=True)
class VariationalConfig(AutoencoderConfig):
    """A variational autoencoder, Kingma & Welling (2014); with beta other than 1 a beta-VAE, Higgins et al. (2017)."""

    architecture: Architecture = field(default_factory=Architecture)
    beta: Annotated[float, Interval(ge=0)] = 1.0
    """Weight of the KL divergence; above 1 single dimensions mean more and reconstructions are rougher."""
    beta_start: Annotated[float, Interval(ge=0)] = 0.0
    """The weight at the beginning; above beta, the code is filled little by little, as in Burgess et al. (2018)."""
    beta_warmup: Images = 100_000
    """From its start the weight moves to beta over this many, at most a third of the run."""
    binarise: bool = False
    """Show every pixel as 0 or 1, drawn anew each time with its grey value as probability (bernoulli only)."""
