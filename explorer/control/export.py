"""The picture in view as a file, with its recipe; the window and the command line make the same bytes."""

import numpy as np
from numpy.typing import NDArray

from explorer.contract.pixels import Pixels
from explorer.latent.styles import Style
from explorer.media.recipes import Recipe, app_version, to_png
from explorer.models.capabilities import Model


def png_of(
    model: Model, code: NDArray[np.float32], pixels: Pixels, seed: int | None, style: Style | None = None
) -> bytes:
    """``pixels`` (H, W, C), decoded by ``model`` at ``code`` (D,), as PNG; ``seed`` if the code is that seed's own."""
    return to_png(pixels, recipe_of(model, code, seed, style or Style()))


def recipe_of(model: Model, code: NDArray[np.float32], seed: int | None, style: Style) -> Recipe:
    """The way back to a picture."""
    return Recipe(
        bundle=model.bundle.identity(),
        name=model.manifest.name,
        code=tuple(code.tolist()),
        seed=seed,
        space=model.space,
        style=style,
        version=app_version(),
    )
