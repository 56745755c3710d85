"""Adapter of a graph that makes a picture of a picture: its codes are pictures, so that one can move among them."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import Graph, LatentSpace, NormalPrior
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from explorer.latent.drawings import drawing
from explorer.latent.priors import Prior
from explorer.latent.styles import Style
from explorer.models.autoencoder import batches, image_meaning, joined, only_input, port_or_fault
from explorer.models.capabilities import Codes, Model, Posterior
from explorer.models.graphs import Graphs
from explorer.models.stores import read_encoded
from explorer.runtime.pixels import ENERGY, PIXELS
from explorer.runtime.session import Session, check_finite

SPACE = "picture"  # of which a manifest may hold encoded examples
GREY = 127.5  # where a code of zeros lies, of 255
CONTRAST = 64.0  # greys that one standard deviation is


class Translator:
    """``Decodes``: a code is a picture, channels first, as standard deviations from grey; it is put into the graph."""

    def __init__(self, session: Session, graph: Graph, examples: Codes | None = None) -> None:
        """``examples`` (N, D): codes that came with the model, of which a seed chooses one."""
        self._examples = examples
        self._session, self._file = session, graph.file
        self._given = only_input(graph, "image", "a picture")
        self._made = port_or_fault(graph, graph.output("image"), "output of a picture")
        self.meaning, self._out = image_meaning(self._given), image_meaning(self._made)
        if self.meaning.height is None or self.meaning.width is None:
            raise PortMismatch(f"{graph.file} must take pictures of one size; import it again and choose one.")
        self.shape = self.meaning.channels, self.meaning.height, self.meaning.width
        self.space = LatentSpace(name=SPACE, shape=self.shape, prior=NormalPrior())
        size = math.prod(self.shape)
        self.prior = Prior(np.zeros(size, np.float32), np.ones(size, np.float32), draw=self._drawn)

    @property
    def batch(self) -> int | None:
        """See ``Decodes``."""
        return self._given.shape[0]

    def under(self, style: Style | None) -> "Translator":
        """Itself: there are no layers to style."""
        return self

    def decode(self, codes: Codes) -> Pixels:
        """(N, D) float32 -> (N, H, W, C) uint8; see ``Decodes``."""
        if codes.ndim != 2 or codes.shape[1] != math.prod(self.shape):
            raise PortMismatch(f"{self._file}: a picture has {math.prod(self.shape)} numbers, got {list(codes.shape)}.")
        values = from_pixels(self.pictures(codes), self.meaning)
        parts = [self._pixels(self._session.run({self._given.name: each})) for each in batches(values, self._given)]
        return joined(parts, len(codes), self._file)

    def pictures(self, codes: Codes) -> Pixels:
        """The pictures (N, H, W, C) uint8 that codes are."""
        greys = codes.reshape(-1, *self.shape) * CONTRAST + GREY
        return np.moveaxis(np.rint(np.clip(greys, 0, 255)).astype(np.uint8), 1, 3)

    def codes(self, pixels: Pixels) -> Codes:
        """The codes that pictures (N, H, W, C) uint8 are."""
        plain = self.meaning.model_copy(update={"layout": "NCHW", "value_range": (0.0, 255.0)})
        return ((from_pixels(pixels, plain) - GREY) / CONTRAST).reshape(len(pixels), -1).astype(np.float32)

    def _drawn(self, rng: np.random.Generator, count: int) -> Codes:
        """Of random numbers alone a translator makes nothing: a seed is an example, or a simple drawing."""
        if self._examples is not None and len(self._examples):
            return self._examples[rng.integers(len(self._examples), size=count)]
        _, height, width = self.shape
        return self.codes(np.stack([drawing(rng, height, width) for _ in range(count)]))

    def _pixels(self, answer: Mapping[str, NDArray[Any]]) -> Pixels:
        ready = answer.get(PIXELS)
        if ready is not None and ready.shape[-1] == self._out.channels and math.isfinite(answer[ENERGY]):
            return ready
        return to_pixels(check_finite(answer[self._made.name], self._file), self._out)


class PictureCodes:
    """``Encodes`` of a translator: the code of a picture is the picture."""

    def __init__(self, translator: Translator) -> None:
        self._translator, self.space = translator, translator.space

    @property
    def picture_shape(self) -> tuple[int | None, int | None, int]:
        """Height, width, channels."""
        channels, height, width = self._translator.shape
        return height, width, channels

    def encode(self, pixels: Pixels) -> Posterior:
        """(N, H, W, C) uint8 -> N codes, without a spread."""
        return Posterior(self._translator.codes(pixels), None)


def with_translation(model: Model, graphs: Graphs) -> Model:
    """``model`` as one that makes pictures of pictures, where its bundle holds nothing else; otherwise itself."""
    graph = model.manifest.graph("translator")
    if graph is None or model.decodes is not None:
        return model
    encoded = read_encoded(model.bundle, SPACE)
    examples = None if encoded is None else encoded.codes.reshape(len(encoded), -1)
    translator = Translator(graphs.open(graph), graph, examples)
    return replace(model, decodes=translator, encodes=PictureCodes(translator), translates=True)
