"""How a picture was made, inside the picture: dropping it on the window brings that exact state back."""

import io
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import numpy as np
from PIL import Image, PngImagePlugin
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.contract.errors import ExplorerError, short
from explorer.contract.pixels import Pixels

KEY = "latent-explorer"
TEXT_BYTES = 4 << 20
FLOAT32_MAX = float(np.finfo(np.float32).max)
Number = Annotated[float, Field(allow_inf_nan=False, ge=-FLOAT32_MAX, le=FLOAT32_MAX)]


class NoRecipe(ExplorerError):
    """A picture holds no recipe, or one that cannot be read."""


class Recipe(BaseModel):
    """Everything needed to make the picture again, on any machine."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    bundle: str  # identity: sha256 over the bundle's files
    name: str
    code: tuple[Number, ...]
    seed: int | None = Field(default=None, ge=0)
    version: str = ""


def app_version() -> str:
    """This program's version; empty when it is not installed."""
    try:
        return version("latent-explorer")
    except PackageNotFoundError:
        return ""


def to_png(pixels: Pixels, recipe: Recipe) -> bytes:
    """One picture (H, W, C) uint8 as PNG with its recipe; the same input gives the same bytes."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt(KEY, recipe.model_dump_json())
    content = io.BytesIO()
    to_image(pixels).save(content, "PNG", pnginfo=text, compress_level=6)
    return content.getvalue()


def to_image(pixels: Pixels) -> Image.Image:
    """(H, W, 1, 3 or 4) uint8 as a Pillow image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))


def read_picture(path: Path) -> Recipe:
    """The recipe inside a PNG file.

    Raises:
        NoRecipe: it cannot be read, is no picture, or holds no recipe.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoRecipe(
            f"{short(path, 120)} cannot be read ({error.strerror or error}); check the path and the rights."
        ) from error
    return read_recipe(content)


def read_recipe(content: bytes) -> Recipe:
    """The recipe inside a PNG, found without unpacking its pixels, which may be more than there is memory for.

    Raises:
        NoRecipe: it is no picture, or holds no recipe.
    """
    try:
        with PngImagePlugin.PngImageFile(io.BytesIO(content)) as image:
            text = str(image.info.get(KEY, ""))
    except (OSError, ValueError, SyntaxError) as error:
        raise NoRecipe("This is not a PNG picture; drop a picture that Latent Explorer saved.") from error
    if not text or len(text) > TEXT_BYTES:
        raise NoRecipe("This picture holds no recipe; drop one that Latent Explorer saved, or a model.")
    try:
        return Recipe.model_validate_json(text)
    except ValidationError as error:
        raise NoRecipe("The recipe in this picture is damaged; it cannot be opened.") from error
