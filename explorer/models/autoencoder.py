"""Adapters of graphs that turn a vector code into a picture, and a picture into a code."""

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch, short
from explorer.contract.manifest import Graph, ImageMeaning, LatentMeaning, LatentSpace, Port
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from explorer.latent.priors import Prior
from explorer.latent.styles import Style
from explorer.models.capabilities import Codes, Posterior
from explorer.runtime.pixels import ENERGY, PIXELS
from explorer.runtime.session import Session, check_finite

T = TypeVar("T", bound=np.generic)


class Decoder:
    """A graph from a latent point to a picture."""

    def __init__(self, session: Session, graph: Graph, space: LatentSpace, prior: Prior) -> None:
        self.space, self.prior = space, prior
        self._session, self._file = session, graph.file
        self._code = only_input(graph, "latent", "a latent code")
        self._image = port_or_fault(graph, graph.output("image"), "output of a picture")
        self._meaning = image_meaning(self._image)

    @property
    def batch(self) -> int | None:
        """See ``Decodes``."""
        return self._code.shape[0]

    def under(self, style: Style | None) -> "Decoder":
        """Itself: a plain decoder has no layers to style."""
        return self

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8; see ``Decodes``."""
        want = math.prod(self.space.shape)
        if codes.ndim != 2 or codes.shape[1] != want:
            raise PortMismatch(f"{self._file}: a code has {want} numbers, got {list(codes.shape)}.")
        parts = [
            self._pixels(self._session.run({self._code.name: batch}))
            for batch in batches(codes.astype(self._code.dtype).reshape(-1, *self.space.shape), self._code)
        ]
        return joined(parts, len(codes), self._file)

    def _pixels(self, answer: dict[str, NDArray[Any]]) -> Pixels:
        """(N, H, W, C) uint8, as it came out of the graph, or made of its numbers."""
        ready = answer.get(PIXELS)
        if ready is not None and ready.shape[-1] == self._meaning.channels and math.isfinite(answer[ENERGY]):
            return ready
        return to_pixels(check_finite(answer[self._image.name], self._file), self._meaning)


class Encoder:
    """A graph from a picture to the mean, and where it has one the log-variance, of its posterior."""

    def __init__(self, session: Session, graph: Graph, space: LatentSpace) -> None:
        self.space = space
        self._session, self._file = session, graph.file
        self._image = only_input(graph, "image", "a picture")
        self._mean = graph.output("latent", "mean") or port_or_fault(
            graph, graph.output("latent", "point"), "output of a code"
        )
        self._log_variance = graph.output("latent", "log_variance")

    @property
    def picture_shape(self) -> tuple[int | None, int | None, int]:
        """Height, width (None: any), channels."""
        meaning = image_meaning(self._image)
        return meaning.height, meaning.width, meaning.channels

    def encode(self, pixels: Pixels) -> Posterior:
        """(N, H, W, C) uint8 -> ``Posterior`` of N codes; see ``Encodes``."""
        answers = [
            self._session.run({self._image.name: batch.astype(self._image.dtype, copy=False)})
            for batch in batches(from_pixels(pixels, image_meaning(self._image)), self._image)
        ]
        return Posterior(
            self._codes(answers, self._mean, len(pixels)),
            None if self._log_variance is None else self._codes(answers, self._log_variance, len(pixels)),
        )

    def _codes(self, answers: list[dict[str, NDArray[np.float32]]], port: Port, count: int) -> Codes:
        parts = [check_finite(answer[port.name], self._file) for answer in answers]
        codes = joined(parts, count, self._file).reshape(count, -1)
        want = math.prod(self.space.shape)
        if codes.shape[1] != want:
            raise PortMismatch(
                f"{self._file}: {port.name} should have {want} numbers, has {codes.shape[1]}; export the model again."
            )
        return codes.astype(np.float32, copy=False)


def latent_space_of(port: Port | None) -> str | None:
    """The name of the latent space a port works in, or None."""
    return port.meaning.space if port is not None and isinstance(port.meaning, LatentMeaning) else None


def batches(values: NDArray[Any], port: Port) -> list[NDArray[Any]]:
    """One batch where its axis is free; else pieces of the fixed size, the last one filled up by repeating."""
    size = port.shape[0]
    if size is None:
        return [values]
    filled = np.concatenate([values, np.repeat(values[-1:], -len(values) % size, axis=0)])
    return [filled[start : start + size] for start in range(0, len(filled), size)]


def joined(parts: list[NDArray[T]], count: int, file: str) -> NDArray[T]:
    """The answers to batches as one array (count, ...), without those to what filled up the last batch."""
    values = (parts[0] if len(parts) == 1 else np.concatenate(parts))[:count]
    if len(values) != count:
        raise PortMismatch(f"{file} answered {len(values)} of {count} in a batch; export the model again.")
    return values


def only_input(graph: Graph, kind: str, what: str) -> Port:
    """The input of that kind of a graph that needs nothing else.

    Raises:
        PortMismatch: there is none, or the graph wants more.
    """
    port = port_or_fault(graph, graph.input(kind), f"input of {what}")
    others = [other.name for other in graph.inputs if other is not port]
    if others:
        raise PortMismatch(
            f"{graph.file} also wants {short(others[0])!r}; only graphs that need nothing but {what} can be used."
        )
    return port


def port_or_fault(graph: Graph, port: Port | None, what: str) -> Port:
    """``port``, which a graph must have.

    Raises:
        PortMismatch: it has none.
    """
    if port is None or not port.shape:
        raise PortMismatch(f"{graph.file} has no {what}; export the model again.")
    return port


def image_meaning(port: Port) -> ImageMeaning:
    """How the numbers of a port are a picture.

    Raises:
        PortMismatch: they are none.
    """
    if not isinstance(port.meaning, ImageMeaning):
        raise PortMismatch(f"{port.name} is not a picture; export the model again.")
    return port.meaning
