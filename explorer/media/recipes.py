"""How a picture or film was made, inside it: dropping it on the window brings that exact state back."""

import io
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Self

import numpy as np
from PIL import Image, PngImagePlugin
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from explorer.contract.errors import ExplorerError, short
from explorer.contract.pixels import Pixels
from explorer.latent.styles import Style
from explorer.media.texts import KEY, Torn, text_of
from explorer.state.journey import Code, Journey
from explorer.state.mixlook import MixLook

SUFFIXES = (".png", ".gif", ".webp", ".mp4")  # of files that can hold a recipe


class NoRecipe(ExplorerError):
    """A picture or film holds no recipe, or one that cannot be read."""


class Recipe(BaseModel):
    """Everything needed to make the picture or film again, on any machine."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    bundle: str  # identity: sha256 over the bundle's files
    name: str
    code: Code
    seed: int | None = Field(default=None, ge=0)
    space: str = ""  # of the model's spaces the one that the code is in; empty: the one it is met in
    style: Style = Style()  # how a style generator drew it
    version: str = ""
    journey: Journey | None = None  # the path of a film; its ``bundle``, a path on one machine, is empty
    mixing: MixLook | None = None  # the grid of a sheet of style mixing

    @model_validator(mode="after")
    def _one_space(self) -> Self:
        if self.journey is not None and any(len(frame) != len(self.code) for frame in self.journey.keyframes):
            raise ValueError("all keyframes have as many numbers as the point")
        return self

    def text(self) -> str:
        """As it is written into files: JSON, without what is not there."""
        absent = {name for name in ("journey", "mixing") if getattr(self, name) is None}
        return self.model_dump_json(exclude=absent | {name for name in ("space", "style") if not self._says(name)})

    def _says(self, name: str) -> bool:
        return getattr(self, name) != type(self).model_fields[name].default


def app_version() -> str:
    """This program's version; empty when it is not installed."""
    try:
        return version("latent-explorer")
    except PackageNotFoundError:
        return ""


def may_hold_recipe(path: Path) -> bool:
    """Whether it is a picture or film by its name, rather than a model."""
    return path.suffix.lower() in SUFFIXES


def to_png(pixels: Pixels, recipe: Recipe) -> bytes:
    """One picture (H, W, C) uint8 as PNG with its recipe; the same input gives the same bytes."""
    return png_bytes(to_image(pixels), recipe)


def png_bytes(image: Image.Image, recipe: Recipe) -> bytes:
    """A Pillow image as PNG with its recipe."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt(KEY, recipe.text())
    content = io.BytesIO()
    image.save(content, "PNG", pnginfo=text, compress_level=6)
    return content.getvalue()


def to_image(pixels: Pixels) -> Image.Image:
    """(H, W, 1, 3 or 4) uint8 as a Pillow image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))


def read_picture(path: Path) -> Recipe:
    """The recipe inside a PNG, GIF, WebP or MP4 file, however large; only the recipe itself is read.

    Raises:
        NoRecipe: it cannot be read, is none of these, or holds no recipe.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise NoRecipe(
            f"{short(path, 120)} cannot be read ({error.strerror or error}); check the path and the rights."
        ) from error


def read_recipe(content: bytes) -> Recipe:
    """The recipe inside the content of a picture or film.

    Raises:
        NoRecipe: it is none, or holds no recipe.
    """
    return _read(io.BytesIO(content))


def _read(file: IO[bytes]) -> Recipe:
    try:
        text = text_of(file)
    except Torn as error:
        raise NoRecipe(
            "This is not a picture or film that can be read; drop a PNG, GIF, WebP or MP4 that Latent Explorer saved."
        ) from error
    if not text:
        raise NoRecipe("This file holds no recipe; drop one that Latent Explorer saved, or a model.")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise NoRecipe("The recipe in this file is damaged; it cannot be opened.") from error
