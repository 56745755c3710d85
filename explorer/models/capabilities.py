"""What a model can do, as Protocols: panels ask for these, never for a family."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.manifest import LatentSpace, Manifest
from explorer.contract.pixels import Pixels
from explorer.latent.priors import Prior
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


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded bundle: its facts and what it can do; None where it cannot."""

    key: str  # the path it was opened from
    bundle: Bundle
    runs_on: Callable[[], RunsOn]
    cancel: Callable[[], None]
    decodes: Decodes | None = None
    encodes: Encodes | None = None

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest
