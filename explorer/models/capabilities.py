"""What a model can do, as Protocols: panels ask for these, never for a family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.manifest import LatentSpace, Manifest
from explorer.contract.pixels import Pixels
from explorer.latent.priors import Prior
from explorer.latent.styles import Style
from explorer.models.graphs import Graphs
from explorer.runtime.providers import RunsOn

Codes = NDArray[np.float32]  # (N, D)


@dataclass(frozen=True)
class Posterior:
    """What an encoder says of pictures: ``mean`` (N, D), ``log_variance`` (N, D) or None for a plain autoencoder."""

    mean: Codes
    log_variance: Codes | None


class Decodes(Protocol):
    """Codes to pictures."""

    @property
    def space(self) -> LatentSpace: ...

    @property
    def prior(self) -> Prior: ...

    def under(self, style: Style | None) -> "Decodes":
        """The same decoder under a style, where there are layers to style; else itself. Equal styles: one object."""
        ...

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8.

        Raises:
            ModelFault, Cancelled, PortMismatch.
        """
        ...


class Encodes(Protocol):
    """Pictures to codes."""

    @property
    def space(self) -> LatentSpace: ...

    @property
    def picture_shape(self) -> tuple[int | None, int | None, int]:
        """Height, width (None: any) and channels it wants."""
        ...

    def encode(self, pixels: Pixels) -> Posterior:
        """(N, H, W, C) uint8 -> posterior of N codes."""
        ...


class MapsStyles(Protocol):
    """A style generator: one style a layer, from coarse to fine; see ``models.styles``."""

    @property
    def layers(self) -> int: ...

    @property
    def width(self) -> int:
        """How many numbers a style has."""
        ...

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Pixels of the layer that each style belongs to; empty where that is not known."""
        ...

    @property
    def mean(self) -> NDArray[np.float32]:
        """(D,): what truncation pulls to."""
        ...

    @property
    def noise_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape (1, H, W) of each layer's noise; empty where it takes none."""
        ...

    def map(self, z: Codes) -> Codes:
        """(N, Z) -> w (N, D)."""
        ...

    def synthesize(self, styles: NDArray[np.float32], noise: Style) -> Pixels:
        """Final styles (N, L, D) -> (N, H, W, C) uint8; of ``noise`` only what concerns noise is used."""
        ...


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded bundle: its facts and what it can do; None where it cannot.

    A model with several latent spaces to move in has one ``Model`` for each, all in ``views`` by the space's name;
    ``space`` is empty in the one that a person meets first.
    """

    key: str  # the path it was opened from
    bundle: Bundle
    runs_on: Callable[[], RunsOn]
    cancel: Callable[[], None]
    decodes: Decodes | None = None
    encodes: Encodes | None = None
    styles: MapsStyles | None = None
    graphs: Graphs | None = None
    space: str = ""
    views: Mapping[str, "Model"] = field(default_factory=dict[str, "Model"])

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest

    @property
    def flat(self) -> bool:
        """Whether its codes are plain vectors, each number of which is a dimension to look at."""
        return self.decodes is None or len(self.decodes.space.shape) == 1

    def within(self, space: str) -> "Model":
        """The same model in another of its spaces; itself where it has none of that name."""
        return self.views.get(space, self)
