"""Films: frames in, one at a time, and a file out that can be played at every moment; nothing waits in memory."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from explorer.contract.pixels import Pixels
from explorer.media.partfile import PartFile
from explorer.media.recipes import Recipe, png_bytes, to_image
from explorer.media.texts import KEY, as_xmp

QUALITY = 90  # of WebP where pixels are blended anyway
JOURNEY_BYTES = 1 << 16  # a longer recipe is in the first PNG of a sequence alone


@dataclass(frozen=True)
class Look:
    """How frames become a film: frames a second, how much larger and whether blended, and whether it goes round."""

    fps: float = 30.0
    scale: int = 1
    smooth: bool = False
    loop: bool = True

    def enlarged(self, image: Image.Image) -> Image.Image:
        """The image ``scale`` times as large."""
        if self.scale == 1:
            return image
        way = Image.Resampling.BICUBIC if self.smooth and image.mode != "P" else Image.Resampling.NEAREST
        return image.resize((image.width * self.scale, image.height * self.scale), way)


class Film(Protocol):
    """A film that is being written."""

    @property
    def frames(self) -> int:
        """How many are whole."""
        ...

    def add(self, pixels: Pixels) -> None:
        """One more frame (H, W, C) uint8, as large as the others.

        Raises:
            OSError: it cannot be written; the frames before it stay whole.
        """
        ...

    def finish(self) -> None:
        """Put the film in its place, with the frames that it has; without any, leave nothing.

        Raises:
            OSError: not even that could be written.
        """
        ...


class GifFilm:
    """GIF89a, frame by frame: grey as it is, colours by a palette for each frame."""

    def __init__(self, target: Path, look: Look, recipe: Recipe) -> None:
        self.frames = 0
        self._file, self._look, self._recipe = PartFile(target), look, recipe
        self._shown_cs = 0  # hundredths of a second that the frames so far take

    def add(self, pixels: Pixels) -> None:
        image = _for_gif(pixels, self._look)
        head = b"" if self.frames else self._header(image)
        until_cs = round(100 * (self.frames + 1) / self._look.fps)
        timing = b"!\xf9\x04\0" + struct.pack("<H", until_cs - self._shown_cs) + b"\0\0"
        self._file.append(head + timing + _gif_frame(image))
        self._shown_cs = until_cs
        self.frames += 1

    def finish(self) -> None:
        if not self.frames:
            self._file.drop()
            return
        try:
            self._file.append(b";")
        finally:
            self._file.keep()  # players forgive a missing end, not a missing file

    def _header(self, image: Image.Image) -> bytes:
        size = struct.pack("<HH", *image.size)
        again = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" if self._look.loop else b""
        text = f"{KEY} {self._recipe.text()}".encode()
        pieces = (text[at : at + 255] for at in range(0, len(text), 255))
        comment = b"!\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"
        return b"GIF89a" + size + b"\x70\0\0" + again + comment  # no colours that hold for all frames


class WebpFilm:
    """Animated WebP (RFC 9649), each frame whole: exact pixels, or blended ones at a high quality."""

    def __init__(self, target: Path, look: Look, recipe: Recipe) -> None:
        self.frames = 0
        self._file, self._look, self._recipe = PartFile(target), look, recipe
        self._flags, self._size, self._shown_ms = 0, b"", 0

    def add(self, pixels: Pixels) -> None:
        image = self._look.enlarged(to_image(pixels))
        size = _less_one(image.width) + _less_one(image.height)
        head = b"" if self.frames else self._header(pixels.shape[2] == 4, size)
        until_ms = round(1_000 * (self.frames + 1) / self._look.fps)
        # no offset; how long; do not blend with what was there
        about = bytes(6) + size + (until_ms - self._shown_ms).to_bytes(3, "little") + b"\x02"
        self._file.append(head + _chunk(b"ANMF", about + _still(image, exact=not self._look.smooth)))
        self._shown_ms = until_ms
        self.frames += 1

    def finish(self) -> None:
        if not self.frames:
            self._file.drop()
            return
        try:
            self._file.append(_chunk(b"XMP ", as_xmp(self._recipe.text())))
        except OSError:  # no room for the recipe; the film is worth keeping without
            self._file.patch(20, bytes([self._flags & ~0x04]))
            raise
        finally:
            self._file.patch(4, struct.pack("<I", self._file.size - 8))
            self._file.keep()

    def _header(self, alpha: bool, size: bytes) -> bytes:
        self._flags = 0x06 | (0x10 if alpha else 0)  # animation, XMP, alpha
        again = struct.pack("<IH", 0, 0 if self._look.loop else 1)
        extended = _chunk(b"VP8X", bytes([self._flags, 0, 0, 0]) + size)
        return b"RIFF\0\0\0\0WEBP" + extended + _chunk(b"ANIM", again)


class PngFilm:
    """A new folder of numbered PNG files, each with the recipe of its own point."""

    def __init__(self, target: Path, look: Look, recipe: Recipe, codes: "Codes") -> None:
        target.mkdir()
        self.frames = 0
        self._folder, self._look, self._recipe, self._codes = target, look, recipe, codes

    def add(self, pixels: Pixels) -> None:
        own: dict[str, object] = {"code": self._codes(self.frames), "seed": None}
        if self.frames and len(self._recipe.text()) > JOURNEY_BYTES:
            own["journey"] = None
        recipe = self._recipe.model_copy(update=own)
        file = PartFile(self._folder / f"{self._folder.name}-{self.frames + 1:05d}.png")
        try:
            file.append(png_bytes(self._look.enlarged(to_image(pixels)), recipe))
        except OSError:
            file.drop()
            raise
        file.keep()
        self.frames += 1

    def finish(self) -> None:
        if not self.frames:
            self._folder.rmdir()


class Codes(Protocol):
    """The point of a frame, counted from 0."""

    def __call__(self, frame: int, /) -> tuple[float, ...]: ...


def _for_gif(pixels: Pixels, look: Look) -> Image.Image:
    """Grey (mode L) or with a palette of its own (mode P).

    Crisp pixels keep to what median cut finds, off by less than one level on drawn faces. Blended ones have too many
    colours for that, and it is slow on large pictures: an octree with dithering keeps gradients smooth at a tenth of
    the time. (Median cut with dithering is worse than without: Pillow's search for the nearest colour is coarse.)
    """
    image = to_image(pixels)
    if image.mode == "L":
        return look.enlarged(image)
    image = image.convert("RGB")
    if not look.smooth:
        return look.enlarged(image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))
    large = look.enlarged(image)
    few = large.quantize(256, Image.Quantize.FASTOCTREE)
    return large.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)


def _gif_frame(image: Image.Image) -> bytes:
    """The picture's block of a GIF with its colours: taken out of a GIF of this picture alone.

    Pillow would keep all frames of a film in memory; its ``getdata`` makes a class for each, which stay until garbage
    is collected.
    """
    content = io.BytesIO()
    image.save(content, "GIF", interlace=0, optimize=False)
    gif = content.getvalue()
    colours = gif[10] & 7
    at = 13 + (3 << colours + 1)
    table = gif[13:at]
    while gif[at] == 0x21:  # extensions: label, then blocks until an empty one
        at += 2
        while gif[at]:
            at += 1 + gif[at]
        at += 1
    return gif[at : at + 9] + bytes([0x80 | colours]) + table + gif[at + 10 : -1]


def _still(image: Image.Image, *, exact: bool) -> bytes:
    """The chunks of one picture: VP8L, or VP8 with ALPH where there is alpha."""
    content = io.BytesIO()
    image.save(content, "WEBP", lossless=exact, quality=50 if exact else QUALITY, method=2, exact=exact)
    riff, at, kept = content.getvalue(), 12, b""
    while at + 8 <= len(riff):
        kind, length = struct.unpack_from("<4sI", riff, at)
        end = at + 8 + length + length % 2
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            kept += riff[at:end]
        at = end
    return kept


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _less_one(side: int) -> bytes:
    return (side - 1).to_bytes(3, "little")
