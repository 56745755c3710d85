"""What a model can do, as Protocols: panels ask for these, never for a family."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.manifest import Attribute, LatentSpace, Manifest
from explorer.contract.pixels import Pixels
from explorer.latent.priors import Prior
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.models.graphs import Graphs
from explorer.models.prompts import Prompter
from explorer.runtime.providers import RunsOn
from explorer.samplers.diffusion import Schedule, Step

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

    @property
    def batch(self) -> int | None:
        """How many pictures a run of the graph always makes; None: as many as are asked for."""
        ...

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


@runtime_checkable
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

    @property
    def small(self) -> "MapsStyles":
        """What draws small pictures: itself, or where it is slow, the same up to an early layer."""
        ...

    def map(self, z: Codes) -> Codes:
        """(N, Z) -> w (N, D)."""
        ...

    def synthesize(self, styles: NDArray[np.float32], noise: Style) -> Pixels:
        """Final styles (N, L, D) -> (N, H, W, C) uint8; of ``noise`` only what concerns noise is used."""
        ...


class Unfolds(Decodes, Protocol):
    """A decoder that comes to its picture step by step, each of which can be looked at."""

    @property
    def schedule(self) -> Schedule: ...

    @property
    def sampling(self) -> Sampling:
        """By what it is bound with ``under``."""
        ...

    @property
    def quick(self) -> "Unfolds":
        """The same in fewer steps, while a hand moves; itself where it has few."""
        ...

    def under(self, style: Style | None) -> "Unfolds": ...

    @property
    def columns(self) -> tuple[Attribute, ...]:
        """What can be asked for: the classes as one attribute, or the attributes; empty where nothing can."""
        ...

    @property
    def refusal(self) -> str:
        """Why guidance is off, as a sentence; empty where it works."""
        ...

    def unfold(
        self, codes: Codes, first: int = 0, x: NDArray[np.float32] | None = None, before: Step | None = None
    ) -> Generator[Step, None, Pixels]:
        """The steps from noise (N, D), or from ``x`` at step ``first``, to pictures (N, H, W, C) uint8.

        Raises:
            ModelFault, Cancelled: a step whose numbers are not finite is named.
        """
        ...

    @property
    def shape_shown(self) -> tuple[int, int, int]:
        """(H, W, C) of a picture."""
        ...

    @property
    def prompter(self) -> Prompter | None:
        """What reads prompts; None where the model reads none."""
        ...

    @property
    def exact(self) -> bool:
        """Whether ``to_pixels`` shows all that there is; else it is a quick look, and ``develop`` makes the picture."""
        ...

    def to_pixels(self, x: NDArray[np.float32]) -> Pixels:
        """What is of the kind of x (N, C, H, W) as pictures (N, H, W, C) uint8, clipped; at once."""
        ...

    def develop(self, x: NDArray[np.float32]) -> Pixels:
        """The same through the decoder of a model that works in a latent space.

        Raises:
            ModelFault, Cancelled.
        """
        ...


def portion(decodes: Decodes, wished: int) -> int:
    """How many pictures to ask for at once, where ``wished`` are few enough: all that a run makes anyway."""
    return max(wished, decodes.batch or 1)


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
    unfolds: Unfolds | None = None  # the decoder, where it is one that can be watched
    style: Style = field(default_factory=Style)  # how a point is drawn that nobody said anything of
    returns: Style | None = None  # how an encoded picture comes back, where not in every style
    translates: bool = False  # its codes are pictures, of which it makes others
    views: Mapping[str, "Model"] = field(default_factory=dict[str, "Model"])
    columns: tuple[Attribute, ...] = ()  # what its seeds can be asked to be; empty where it takes no label
    preview: Decodes | None = None  # what stands in while a hand moves, and draws small pictures, of a slow decoder
    label: tuple[int, ...] = ()  # what they are asked to be, a value for each column
    asking: "Callable[[tuple[int, ...]], Mapping[str, Model]] | None" = None  # its views for another label

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest

    @property
    def small(self) -> Decodes | None:
        """What draws small pictures."""
        return self.preview or self.decodes

    @property
    def flat(self) -> bool:
        """Whether its codes are plain vectors, each number of which is a dimension to look at."""
        return self.decodes is None or len(self.decodes.space.shape) == 1

    def within(self, space: str, label: tuple[int, ...] | None = None) -> "Model":
        """The same model in another of its spaces, and asked for something else; itself where it has none of that name.

        Without ``label`` it is asked for the same. The same space and label give the same object.
        """
        if space == self.space and (label is None or label == self.label):
            return self
        views = self.views if label is None or self.asking is None else self.asking(label)
        return views.get(space) or views.get(self.space, self)
