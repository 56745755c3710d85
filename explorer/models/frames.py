"""What the numbers of a diffusion model's x are: a picture itself, or a code that a decoder makes a picture of."""

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.contract.archive import Bundle
from explorer.contract.errors import ManifestInvalid, PortMismatch
from explorer.contract.manifest import Diffusion, ImageMeaning
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from explorer.latent.priors import Prior
from explorer.models.autoencoder import Decoder, Encoder
from explorer.models.graphs import Graphs

Array = NDArray[np.float32]
LARGE = 256 * 256  # pixels of a picture that is made by itself, whatever the batch


class Frame(Protocol):
    """From x (N, C, H, W) float32 to pictures (N, H, W, C) uint8 and back."""

    @property
    def shape_shown(self) -> tuple[int, int, int]:
        """(H, W, C) of a picture."""
        ...

    @property
    def exact(self) -> bool:
        """Whether ``shown`` is all that there is to see, and ``developed`` the same."""
        ...

    @property
    def takes(self) -> bool:
        """Whether pictures can become x."""
        ...

    def shown(self, x: Array) -> Pixels:
        """At once."""
        ...

    def developed(self, x: Array) -> Pixels:
        """Through the decoder, where there is one."""
        ...

    def taken(self, pixels: Pixels) -> Array:
        """Pictures as x."""
        ...

    def free(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where x may change (1, 1, h, w), if the picture may in ``mask`` (H, W)."""
        ...


class PixelFrame:
    """x is the picture, in the range that the denoiser was trained with."""

    exact, takes = True, True

    def __init__(self, meaning: ImageMeaning) -> None:
        self._meaning = meaning

    @property
    def shape_shown(self) -> tuple[int, int, int]:
        """See ``Frame``."""
        return self._meaning.height or 1, self._meaning.width or 1, self._meaning.channels

    def shown(self, x: Array) -> Pixels:
        """See ``Frame``."""
        return to_pixels(x.astype(np.float32, copy=False), self._meaning)

    developed = shown

    def taken(self, pixels: Pixels) -> Array:
        """See ``Frame``."""
        return from_pixels(pixels, self._meaning)

    def free(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """See ``Frame``."""
        return mask[None, None]


class LatentFrame:
    """x is (code - shift) * scale; Rombach et al. (2022), arXiv:2112.10752, section 3.

    A linear map of the channels shows it at once, the decoder makes the real picture.
    """

    exact = False

    def __init__(
        self, decoder: Decoder, encoder: Encoder | None, facts: Diffusion, preview: Array | None, shape: ImageMeaning
    ) -> None:
        self._decoder, self._encoder, self._facts = decoder, encoder, facts
        if shape.height is None or shape.width is None:
            raise PortMismatch("The decoder must give pictures of one size; import the model again.")
        self.shape_shown = shape.height, shape.width, shape.channels
        channels = decoder.space.shape[0]
        self._preview = _first_channels(channels) if preview is None else preview.astype(np.float32)
        if self._preview.shape != (channels + 1, 3):
            raise ManifestInvalid(
                f"The quick preview should be {channels + 1} x 3 numbers, is {list(self._preview.shape)}; "
                "import the model again."
            )

    @property
    def takes(self) -> bool:
        """See ``Frame``."""
        return self._encoder is not None

    def shown(self, x: Array) -> Pixels:
        """The linear map, brought to the picture's size."""
        height, width, channels = self.shape_shown
        colours = np.moveaxis(x.astype(np.float32, copy=False), 1, 3) @ self._preview[:-1] + self._preview[-1]
        small = np.rint((colours * 255).clip(0, 255)).astype(np.uint8)
        large = np.stack([
            np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BILINEAR)) for one in small
        ])  # fmt: skip
        return large if channels == 3 else np.rint(large.mean(axis=3, keepdims=True)).astype(np.uint8)

    def developed(self, x: Array) -> Pixels:
        """See ``Frame``."""
        codes = x.astype(np.float32) / np.float32(self._facts.scale) + np.float32(self._facts.shift)
        flat = codes.reshape(len(x), -1)
        if self.shape_shown[0] * self.shape_shown[1] < LARGE:
            return self._decoder.decode(flat)
        return np.concatenate([self._decoder.decode(row[None]) for row in flat])

    def taken(self, pixels: Pixels) -> Array:
        """The mean of the encoder's posterior, as x."""
        if self._encoder is None:
            raise PortMismatch("This model has no encoder, so pictures cannot be put into it.")
        codes = self._encoder.encode(pixels).mean.reshape(len(pixels), *self._decoder.space.shape)
        return (codes - np.float32(self._facts.shift)) * np.float32(self._facts.scale)

    def free(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Every position that has a part in what is painted."""
        _, height, width = self._decoder.space.shape
        down, along = mask.shape[0] // height, mask.shape[1] // width
        found: NDArray[np.bool_] = np.asarray(mask.reshape(height, down, width, along).any(axis=(1, 3)))
        return found[None, None]


def frame_of(bundle: Bundle, graphs: Graphs, facts: Diffusion) -> LatentFrame:
    """The frame of a denoiser that works in a latent space.

    Raises:
        ManifestInvalid, PortMismatch: decoder, encoder and space do not fit each other.
    """
    space = bundle.manifest.space(facts.space)
    found = graphs.role("decoder")
    if space is None or len(space.shape) != 3 or found is None:
        raise ManifestInvalid(
            f"The model works in the space {facts.space!r} but has no decoder from there; import it again."
        )
    size = math.prod(space.shape)
    session, graph = found
    decoder = Decoder(session, graph, space, Prior(np.zeros(size, np.float32), np.ones(size, np.float32)))
    encoded = graphs.role("encoder")
    encoder = None if encoded is None else Encoder(*encoded, space)
    image = graph.output("image")
    assert image is not None and isinstance(image.meaning, ImageMeaning)  # the decoder proved it
    meaning = image.meaning
    if (meaning.height or 0) % space.shape[1] or (meaning.width or 0) % space.shape[2] or meaning.layout != "NCHW":
        raise PortMismatch(f"{graph.file}: pictures and positions of the code do not fit; import the model again.")
    preview: NDArray[Any] | None = None if facts.preview is None else bundle.array(facts.preview)
    return LatentFrame(decoder, encoder, facts, preview, meaning)


def _first_channels(channels: int) -> Array:
    """A map that shows the first three channels, three deviations from black to white."""
    found = np.zeros((channels + 1, 3), np.float32)
    for at in range(3):
        found[min(at, channels - 1), at] = 1 / 6
    found[-1] = 0.5
    return found
