"""From a proposal and its graphs to the facts and files of a bundle."""

import datetime
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import pack_arrays
from explorer.contract.errors import short
from explorer.contract.manifest import (
    Array,
    Diffusion,
    Dimension,
    EncodedStore,
    Graph,
    ImageMeaning,
    LabelMeaning,
    LatentMeaning,
    LatentSpace,
    NormalPrior,
    NumberMeaning,
    Port,
    Provenance,
    TimestepMeaning,
    UniformPrior,
)
from explorer.foreign.facts import Study
from explorer.foreign.forms import PictureForm
from explorer.foreign.proposal import ROLE_WORDS, Part, Proposal, ScheduleKind
from explorer.foreign.wrapping import (
    CODE,
    GIVEN,
    LABEL,
    LOG_VARIANCE,
    MEAN,
    PICTURE,
    SCORE,
    STEPS,
    TIMESTEP,
    Affine,
    code_shape,
    joined_names,
    picture_axes,
    port_shape,
    wrapped,
)
from explorer.models.translator import SPACE as PICTURE_SPACE

SPACE = "z"
EXAMPLES_FILE = "examples.npz"
SCHEDULE_FILE, SCHEDULE_KEY = "schedule.npz", "alphas_bar"
UNKNOWN_LICENCE = "unknown: ask whoever made the model"
OF_ITS_FILE = "as its LICENSE file says"


def affine_of(proposal: Proposal) -> Affine:
    """Shift and scale of codes; empty where they stay as they are."""
    return (proposal.shift, proposal.scale) if proposal.prior == "measured" else ((), ())


def described(part: Part) -> Graph:
    """A part's graph as the manifest describes it."""
    pictures_in = [] if part.picture_in is None else [_picture(part, GIVEN, part.picture_in)]
    pictures_out = [] if part.picture_out is None else [_picture(part, PICTURE, part.picture_out)]
    inputs: list[Port] = pictures_in
    outputs: list[Port] = pictures_out
    if part.role == "decoder":
        meaning = LatentMeaning(space=SPACE)
        inputs = [Port(name=CODE, shape=port_shape(part, code_shape(part)), meaning=meaning)]
    elif part.role == "encoder":
        shape = port_shape(part, part.latent)
        outputs = [Port(name=MEAN, shape=shape, meaning=LatentMeaning(space=SPACE, part="mean"))]
        if part.log_variance or part.split:
            spread = LatentMeaning(space=SPACE, part="log_variance")
            outputs.append(Port(name=LOG_VARIANCE, shape=shape, meaning=spread))
    elif part.role == "denoiser":
        for extra in part.extras:
            if extra.kind == "timestep":
                inputs.append(Port(name=TIMESTEP, dtype="int64", shape=(None,), meaning=TimestepMeaning()))
            elif extra.kind == "label":
                inputs.append(Port(name=LABEL, dtype="int64", shape=(None,), meaning=LabelMeaning()))
    elif part.role == "critic":
        outputs = [Port(name=SCORE, shape=(part.batch or None, 1), meaning=NumberMeaning(of="score"))]
    return Graph(file=f"{part.role}.onnx", role=part.role, inputs=tuple(inputs), outputs=tuple(outputs))


def graph_of(proposal: Proposal, part: Part, content: bytes) -> bytes:
    """A part's graph as the bundle holds it."""
    fraction = part.role == "denoiser" and proposal.time_unit == "fraction"
    return wrapped(content, part, part.graph, affine_of(proposal), fraction=fraction)


def spaces_of(proposal: Proposal) -> tuple[LatentSpace, ...]:
    """The latent space of a decoder, or that of the pictures that a translator takes."""
    part, translator = proposal.part("decoder"), proposal.part("translator")
    if part is None and translator is not None and translator.picture_in is not None:
        form = translator.picture_in
        shape = form.channels, form.height, form.width
        return (LatentSpace(name=PICTURE_SPACE, shape=shape, prior=NormalPrior()),)
    if part is None:
        return ()
    prior = UniformPrior() if proposal.prior == "uniform" else NormalPrior()
    shape = code_shape(part)
    behind = joined_names(part)
    dimensions = (
        (*(Dimension() for _ in range(shape[0] - len(behind))), *(Dimension(meaning=name) for name in behind))
        if behind
        else ()
    )
    return (LatentSpace(name=SPACE, shape=shape, prior=prior, dimensions=dimensions),)


def bundle_of(
    study: Study,
    proposal: Proposal,
    contents: Mapping[str, bytes],
    preview: bytes = b"",
    checked: tuple[str, ...] = (),
    examples: Mapping[str, NDArray[np.generic]] | None = None,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Facts and files that ``save_bundle`` takes.

    Args:
        study: what is known of the graphs.
        proposal: what they are to be.
        contents: the prepared graphs by key.
        preview: a PNG.
        checked: sentences about what was checked, for the card.
        examples: ``codes`` and ``thumbnails`` of sample pictures.
    """
    used = [part for part in proposal.parts if part.role != "unused"]
    if proposal.part("decoder") is None:
        used = [part for part in used if part.role != "encoder"]  # a code that nothing understands
    files = {f"{part.role}.onnx": graph_of(proposal, part, contents[part.graph]) for part in used}
    if preview:
        files["preview.png"] = preview
    facts: dict[str, Any] = {}
    if examples:
        files[EXAMPLES_FILE] = pack_arrays(examples)
        codes, thumbnails = (Array(file=EXAMPLES_FILE, key=key) for key in ("codes", "thumbnails"))
        facts["stores"] = (
            EncodedStore(
                space=spaces_of(proposal)[0].name,
                data="sample pictures",
                split="import",
                codes=codes,
                thumbnails=thumbnails,
            ),
        )
    if proposal.part("denoiser") is not None:
        levels = alphas_bar(proposal.schedule)
        files[SCHEDULE_FILE] = pack_arrays({SCHEDULE_KEY: levels})
        facts["diffusion"] = Diffusion(
            parameterisation=proposal.parameterisation,
            alphas_bar=Array(file=SCHEDULE_FILE, key=SCHEDULE_KEY),
            steps=STEPS,
        )
        label = next((extra for part in used for extra in part.extras if extra.kind == "label"), None)
        facts["classes"] = () if label is None else tuple(f"class {at}" for at in range(label.size))
    if study.licence:
        files["LICENSE"] = study.licence.encode()
    origins = {study.graph(part.graph).file: study.graph(part.graph).sha256 for part in used}
    producer = next((study.graph(part.graph).producer for part in used if study.graph(part.graph).producer), "")
    facts |= {
        "name": proposal.name,
        "family": "imported",
        "description": short(f"Imported from {', '.join(origins)}: " + "; ".join(
            f"{study.graph(part.graph).file} {ROLE_WORDS[part.role]}" for part in used) + ".", 400),
        "licence": OF_ITS_FILE if study.licence else UNKNOWN_LICENCE,
        "provenance": Provenance(
            producer=short(producer or "somebody else", 100),
            config={"imported": origins, "checked": list(checked), "answers": json.loads(proposal.model_dump_json())},
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        ),
        "graphs": tuple(described(part) for part in used),
        "spaces": spaces_of(proposal),
    }  # fmt: skip
    files["CARD.md"] = _card(facts, checked, proposal).encode()
    return facts, files


def alphas_bar(kind: ScheduleKind) -> NDArray[np.float32]:
    """The signal level of each of ``STEPS`` steps, (T,): Ho et al. (2020), Rombach et al. (2022), Nichol et al. (2021).

    ``linear``: beta from 1e-4 to 0.02. ``scaled``: the square root of beta is linear, from 0.00085 to 0.012.
    ``cosine``: cos² of the time, eq. 17, beta at most 0.999.
    """
    return np.cumprod(1 - _betas(kind)).astype(np.float32)


def _betas(kind: ScheduleKind) -> NDArray[np.float64]:
    """The share of noise that each step adds, (T,)."""
    if kind == "cosine":
        time = np.arange(STEPS + 1, dtype=np.float64) / STEPS
        level = np.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2
        return np.asarray(np.minimum(1 - level[1:] / level[:-1], 0.999), np.float64)
    if kind == "scaled":
        return np.asarray(np.linspace(0.00085**0.5, 0.012**0.5, STEPS) ** 2, np.float64)
    return np.asarray(np.linspace(1e-4, 0.02, STEPS), np.float64)


def _picture(part: Part, name: str, form: PictureForm) -> Port:
    meaning = ImageMeaning(
        layout="NHWC" if form.channels_last else "NCHW",
        channels=form.channels,  # pyright: ignore[reportArgumentType]
        height=form.height,
        width=form.width,
        value_range=(form.low, form.high),
    )
    return Port(name=name, shape=port_shape(part, picture_axes(form)), meaning=meaning)


def _card(facts: Mapping[str, Any], checked: tuple[str, ...], proposal: Proposal) -> str:
    lines = [f"# {facts['name']}", "", str(facts["description"]), "", f"Licence: {facts['licence']}.", ""]
    lines += ["## Where it comes from", ""]
    imported: Mapping[str, str] = facts["provenance"].config["imported"]
    lines += [f"- {file}, sha256 {sha256}" for file, sha256 in imported.items()]
    lines += ["", "## What was checked", "", *(f"- {sentence}" for sentence in checked)]
    if proposal.told:
        lines += ["", "## What else to know", "", *(f"- {sentence}" for sentence in proposal.told)]
    return "\n".join(lines) + "\n"
