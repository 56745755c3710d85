"""Commands without a window: validate a model, and render the very picture that the window would save."""

import sys
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from explorer.contract.archive import write_file
from explorer.contract.errors import BundleNotFound, ExplorerError, ModelFault, short
from explorer.contract.manifest import Attribute
from explorer.control.export import png_of
from explorer.control.importing import begin_import
from explorer.control.sources import from_seed
from explorer.control.styledraw import Seeds
from explorer.control.walk import FIRST_SEED, seed_code
from explorer.foreign.proposal import ROLE_WORDS
from explorer.latent.mixes import with_layers
from explorer.latent.priors import Prior
from explorer.latent.retouch import Raster, Retouch
from explorer.latent.sampling import ANYTHING, Sampling
from explorer.latent.styles import PSI_HIGH, PSI_LOW, Style
from explorer.media.pictures_in import SUFFIXES, made_fit, read_picture_file
from explorer.media.recipes import Recipe, may_hold_recipe, read_picture
from explorer.models.capabilities import Model, Unfolds
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
                model = load_model(bundle, runtime)
                runs_on = model.runs_on()
                if model.unfolds is not None:  # it may break off on the way: say where
                    model.unfolds.decode(model.unfolds.prior.center[None])
                print(f"{short(bundle, 120)}: fine. {runs_on.short}." if runs_on.provider else f"{bundle}: fine.")
            except ExplorerError as error:
                faults.append(error)
    for fault in faults:
        print(f"latent-explorer: {fault}", file=sys.stderr)
    return 1 if faults else 0


def import_graphs(files: tuple[Path, ...], out: Path, answers: tuple[tuple[str, str], ...]) -> int:
    """Make a bundle of ONNX graphs as the guesses say, or ``answers``; prints what was guessed."""
    pictures = [read_picture_file(path) for path in files if path.suffix.lower() in SUFFIXES]
    graphs = [path for path in files if path.suffix.lower() not in SUFFIXES]
    with closing(begin_import(graphs, pictures)) as job:
        proposal = job.read()
        proposal = job.with_answers(proposal, answers)
        for row in job.files(proposal):
            print(f"{row.name} {ROLE_WORDS[row.role]}." if row.key else f"{row.name}: {row.facts}")
        for question in job.questions(proposal):
            others = ", ".join(value for value, _ in question.answers if value != question.chosen)
            print(f"  {question.key.replace(' ', '-')}={question.chosen} (or {others})")
        for sentence in proposal.told:
            print(f"  {sentence}")
        for sentence in job.warnings(proposal):
            print(f"latent-explorer: {sentence}", file=sys.stderr)
        job.save(proposal, out)
        for sentence in job.checked(proposal):
            print(f"  {sentence}")
    return 0


def render(options: RenderOptions) -> int:
    """Write one picture; the same bytes as the window saves at the same point."""
    recipe = _recipe(options.target)
    path = _bundle_of(recipe) if recipe is not None else options.target
    with closing(Runtime(options.device)) as runtime:
        return _render(load_model(path, runtime), recipe, options)


def _render(loaded: Model, recipe: Recipe | None, options: RenderOptions) -> int:
    style = loaded.style if recipe is None else recipe.style
    style = _asked(loaded, style, options)
    model = loaded.within("" if recipe is None else recipe.space, style.sampling.label)
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
    moved = _moved(code, prior, options, truncated=model.styles is None)
    style = _styled(model, style, options)
    pixels = model.decodes.under(style).decode(moved[None])[0]
    untouched = np.array_equal(moved, code)
    write_file(options.out, png_of(model, moved, pixels, seed if untouched else None, style))
    return 0


def _styled(model: Model, style: Style, options: RenderOptions) -> Style:
    """Truncated and mixed as ``--psi`` and ``--mix`` say, where the model has styles."""
    styles = model.styles
    if styles is None:
        if options.mixes:
            raise ModelFault(f"{model.manifest.name} has no layers to mix; leave --mix out.")
        return style
    if options.psi != 1.0:
        if not PSI_LOW <= options.psi <= PSI_HIGH:
            raise ModelFault(f"--psi lies from {PSI_LOW:g} to {PSI_HIGH:g}, not at {options.psi:g}.")
        style = style.model_copy(update={"psi": options.psi})
    seeds = Seeds()
    for mix in options.mixes:
        last = styles.layers - 1 if mix.last is None else mix.last
        if not mix.first <= last < styles.layers:
            raise ModelFault(f"{model.manifest.name} has layers 0 to {styles.layers - 1}; --mix asks for others.")
        source = from_seed(model, seeds, mix.seed)
        sources = style.sources if source in style.sources else (*style.sources, source)
        with_source = style.model_copy(update={"sources": sources})
        taken = tuple(range(mix.first, last + 1))
        blend = with_layers(with_source, styles.layers, taken, sources.index(source) + 1)
        style = with_source.model_copy(update={"blend": blend})
    return style


def _asked(model: Model, style: Style, options: RenderOptions) -> Style:
    """Asked for what ``--class`` says; sampled as the other options say, where the model goes by steps."""
    numbers = {"weight": options.guidance, "steps": options.steps, "sampler": options.sampler or None}
    fields: dict[str, object] = {name: value for name, value in numbers.items() if value is not None}
    begun = options.picture, options.strength, options.mask
    words = {"prompt": options.prompt, "negative_prompt": options.negative}
    said = {name: text for name, text in words.items() if text is not None}
    by_steps = bool(fields) or bool(said) or begun != (None, None, None)
    if not by_steps and not options.asked:
        return style
    unfolds = model.unfolds
    columns = model.columns if unfolds is None else unfolds.columns
    if unfolds is None and (by_steps or not columns):
        raise ModelFault(f"{model.manifest.name} is no diffusion model; leave --class and its like out.")
    if said and unfolds is not None and unfolds.prompter is None:
        raise ModelFault(f"{model.manifest.name} reads no words; leave --prompt and --negative out.")
    fields |= said
    if options.asked:
        fields["label"] = _label(model, columns, style.sampling.label, options.asked)
    if unfolds is not None and begun != (None, None, None):
        fields["retouch"] = _retouch(unfolds, style.sampling.retouch, options)
    try:
        sampling = Sampling.model_validate(dict(style.sampling) | fields)
    except ValidationError as error:
        raise _refused(error) from error
    return style.model_copy(update={"sampling": sampling})


def _label(
    model: Model, columns: tuple[Attribute, ...], label: tuple[int, ...], asked: tuple[str, ...]
) -> tuple[int, ...]:
    row = [*(label or (ANYTHING,) * len(columns))]
    for name in asked:
        places = [(at, c.values.index(name)) for at, c in enumerate(columns) if name in c.values]
        if not places:
            known = ", ".join(value for column in columns for value in column.values)
            raise ModelFault(f"{model.manifest.name} knows no {short(name, 40)!r}; it knows {short(known, 200)}.")
        row[places[0][0]] = places[0][1]
    return tuple(row)


def _retouch(unfolds: Unfolds, before: Retouch | None, options: RenderOptions) -> Retouch:
    """Begun with ``--picture``, cut to the model's size; ``--mask`` has to have it already."""
    if options.picture is None and before is None:
        raise ModelFault("--strength and --mask change a picture to begin with; name one with --picture.")
    fields = {} if before is None else dict(before)
    if options.picture is not None:
        fields["picture"] = Raster.of(made_fit(read_picture_file(options.picture), unfolds.shape_shown))
    if options.mask is not None:
        fields["mask"] = Raster.of(read_picture_file(options.mask)[..., :1])
    if options.strength is not None:
        fields["strength"] = options.strength
    try:
        return Retouch.model_validate(fields)
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> ModelFault:
    first = error.errors()[0]
    names = {"weight": "guidance", "negative_prompt": "negative"}
    option = names.get(str(first["loc"][0]), first["loc"][0])
    return ModelFault(f"--{option}: {first['msg']}.")


def _moved(code: NDArray[np.float32], prior: Prior, options: RenderOptions, *, truncated: bool) -> NDArray[np.float32]:
    moved = code.copy()
    with np.errstate(over="ignore"):  # what is too large becomes infinite, which is told below
        if options.psi != 1.0 and truncated:
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
