"""Commands without a window: validate a model, and render the very picture that the window would save."""

import sys
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import write_file
from explorer.contract.errors import BundleNotFound, ExplorerError, ModelFault, short
from explorer.control.export import png_of
from explorer.control.walk import FIRST_SEED, seed_code
from explorer.latent.priors import Prior
from explorer.media.recipes import Recipe, may_hold_recipe, read_picture
from explorer.models.capabilities import Model
from explorer.models.load import check_bundle, load_model
from explorer.options import RenderOptions
from explorer.places import model_folders
from explorer.runtime.session import Runtime
from explorer.state.library import find_bundles, find_identity


def check(bundle: Path) -> int:
    """Print one sentence per fault on stderr; 0 when there is none, else 1."""
    with closing(Runtime("cpu")) as runtime:
        faults = check_bundle(bundle, runtime)
        if not faults:
            try:
                runs_on = load_model(bundle, runtime).runs_on()
                print(f"{short(bundle, 120)}: fine. {runs_on.short}." if runs_on.provider else f"{bundle}: fine.")
            except ExplorerError as error:
                faults.append(error)
    for fault in faults:
        print(f"latent-explorer: {fault}", file=sys.stderr)
    return 1 if faults else 0


def render(options: RenderOptions) -> int:
    """Write one picture; the same bytes as the window saves at the same point."""
    recipe = _recipe(options.target)
    path = _bundle_of(recipe) if recipe is not None else options.target
    with closing(Runtime(options.device)) as runtime:
        return _render(load_model(path, runtime), recipe, options)


def _render(model: Model, recipe: Recipe | None, options: RenderOptions) -> int:
    if model.decodes is None:
        raise ModelFault(f"{model.manifest.name} holds no decoder, so it makes no pictures.")
    prior = model.decodes.prior
    seed = options.seed
    if recipe is not None and seed is None:
        code, seed = np.asarray(recipe.code, np.float32), recipe.seed
        if code.shape != (prior.size,):
            raise ModelFault(f"The picture's point has {len(code)} numbers, {model.manifest.name} has {prior.size}.")
    else:
        seed = FIRST_SEED if seed is None else seed
        code = seed_code(prior, seed)
    moved = _moved(code, prior, options)
    pixels = model.decodes.decode(moved[None])[0]
    untouched = np.array_equal(moved, code)
    write_file(options.out, png_of(model, moved, pixels, seed if untouched else None))
    return 0


def _moved(code: NDArray[np.float32], prior: Prior, options: RenderOptions) -> NDArray[np.float32]:
    moved = code.copy()
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is told below
        if options.psi != 1.0:
            moved[:] = prior.center + options.psi * (code - prior.center)
        for dimension, sigma in options.sigmas:
            if dimension >= prior.size:
                raise ModelFault(f"There is no dimension z{dimension}; the last one is z{prior.size - 1}.")
            moved[dimension] = prior.center[dimension] + sigma * prior.deviation[dimension]
    if not np.isfinite(moved).all():
        raise ModelFault("The point lies beyond what 32-bit numbers can hold; choose a smaller --psi or --set.")
    return moved


def _recipe(target: Path) -> Recipe | None:
    """The recipe when ``target`` is a picture; None when it should be a model."""
    return read_picture(target) if may_hold_recipe(target) else None


def _bundle_of(recipe: Recipe) -> Path:
    path = find_identity(recipe.bundle, find_bundles(model_folders()))
    if path is None:
        raise BundleNotFound(
            f"The picture was made with {short(recipe.name)}, which is not in the library; copy that model into "
            f"{model_folders()[-1]}, or name the model itself."
        )
    return path
