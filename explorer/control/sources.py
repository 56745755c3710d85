"""Where a source of a mix comes from: a seed, a point, a keyframe, or a picture file through the encoder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, ModelFault, short
from explorer.contract.pixels import Pixels
from explorer.control.styledraw import Seeds, compact, mixed_rows
from explorer.latent.styles import Source, Style
from explorer.media.pictures_in import central_box, fitted, read_picture_file
from explorer.media.recipes import NoRecipe, Recipe, may_hold_recipe, read_picture
from explorer.models.capabilities import Model
from explorer.models.styles import own_rows
from explorer.state.journey import Journey
from explorer.state.mixlook import LARGEST_SEED
from explorer.tasks.latest import Job

NO_ENCODER = "This model has no encoder, so only pictures that it saved itself can be a source."
LONGEST = 60  # letters of a name


class NoSeed(ExplorerError):
    """What was typed is no seed."""


def seed_of(text: str) -> int:
    """The seed that was typed.

    Raises:
        NoSeed: it is none.
    """
    digits = text.strip().replace(",", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12 or int(digits) > LARGEST_SEED:
        raise NoSeed(
            f"{short(text.strip(), 40) or 'Nothing'} is no seed; type a whole number from 0 to {LARGEST_SEED:,}."
        )
    return int(digits)


def from_seed(model: Model, seeds: Seeds, seed: int) -> Source:
    """The style of a seed."""
    return Source(name=f"seed {seed}", code=tuple(seeds.of(model, seed).tolist()), seed=seed)


def from_point(model: Model, code: NDArray[np.float32], style: Style, seed: int | None) -> Source:
    """The styles of a point (D,) as they are mixed; truncation acts on the whole mix, so it is not kept.

    Raises:
        PortMismatch: a source of its mix does not fit.
    """
    own = seed if not style.blend else None
    name = "former point" if own is None else f"seed {own}"
    return Source(name=name, code=compact(mixed_rows(model, code, style)), seed=own)


def from_keyframe(model: Model, journey: Journey, at: int) -> Source:
    """The styles of a keyframe of the strip.

    Raises:
        PortMismatch: it is of another space than it says.
    """
    code = np.asarray(journey.keyframes[at], np.float32)
    return Source(name=f"keyframe {at + 1}", code=compact(own_rows(model.within(journey.space), code[None])[0]))


def from_file(path: Path, model: Model, job: Job) -> Source:
    """In the worker: a picture that this model saved gives its own point, any other is encoded.

    Raises:
        NotAPicture, ModelFault, PortMismatch: as their sentences say.
    """
    job.cancel_with(model.cancel)
    name = short(path.name, LONGEST - 2)
    recipe = _recipe(path)
    if recipe is not None and recipe.bundle == model.bundle.identity():
        code = np.asarray(recipe.code, np.float32)
        rows = mixed_rows(model.within(recipe.space), code, recipe.style)
        return Source(name=name, code=compact(rows), seed=None if recipe.style.blend else recipe.seed)
    pixels = read_picture_file(path)
    view = next((view for view in model.views.values() if view.encodes is not None), None)
    if view is None or view.encodes is None:
        raise ModelFault(NO_ENCODER)
    height, width, _ = view.encodes.picture_shape
    colour = fitted(pixels, central_box(pixels), height or 64, width or 64)
    mean = view.encodes.encode(colour[None]).mean.reshape(1, -1)
    return Source(name=name, code=compact(own_rows(view, mean)[0]))


def picture_or_recipe(path: Path) -> Pixels | None:
    """In the worker: the picture (H, W, 3) uint8 of a file, or None where it holds a recipe.

    Raises:
        NotAPicture: it is none.
    """
    return None if _recipe(path) is not None else read_picture_file(path)


def _recipe(path: Path) -> Recipe | None:
    if not may_hold_recipe(path):
        return None
    try:
        return read_picture(path)
    except NoRecipe:
        return None
