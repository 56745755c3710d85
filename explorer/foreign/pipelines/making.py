"""From a pipeline to the facts and files of a bundle, and to sentences that say what was found."""

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract.archive import pack_arrays
from explorer.contract.errors import short
from explorer.contract.manifest import (
    Array,
    Diffusion,
    LatentSpace,
    NormalPrior,
    Prompts,
    Provenance,
    TextEncoder,
)
from explorer.foreign.making import OF_ITS_FILE, SCHEDULE_FILE, SCHEDULE_KEY, UNKNOWN_LICENCE
from explorer.foreign.pipelines.facts import DECODER, ENCODER, ROLES, SPACE, TEXT, TEXT_2, UNET, Pipeline
from explorer.foreign.pipelines.files import NotAPipeline
from explorer.foreign.pipelines.graphs import Taken, taken_graphs
from explorer.foreign.pipelines.layout import LARGEST, tokenizer_files
from explorer.foreign.pipelines.previewing import Preview
from explorer.foreign.pipelines.tokens import MERGES, VOCABULARY

FAMILY = "latent diffusion"
PREVIEW_FILE, PREVIEW_KEY = "preview.npz", "preview"
SHARES = (0.5, 0.75, 1.0)  # of the trained side, that are offered
WORDS = {"sd": "Stable Diffusion", "xl": "Stable Diffusion XL"}
_DOES = {
    UNET: "removes noise from latents",
    DECODER: "makes pictures of latents",
    ENCODER: "makes latents of pictures",
    TEXT: "reads prompts",
    TEXT_2: "reads prompts once more, and as a whole",
}


def sides(pipeline: Pipeline) -> tuple[int, ...]:
    """px along each side of a picture that may be chosen, rising; the last is the one that it was trained with.

    Each is a multiple of what the U-Net can halve, which is 64 px for Stable Diffusion.
    """
    unit = _unit(pipeline)
    found = {max(round(share * pipeline.side / unit), 1) * unit for share in SHARES[:-1]}
    return (*sorted(side for side in found if side < pipeline.side), pipeline.side)


def pipeline_files(
    pipeline: Pipeline,
    side: int = 0,
    graphs: Sequence[Taken] = (),
    preview: Preview | None = None,
    picture: bytes = b"",
    checked: Sequence[str] = (),
) -> tuple[dict[str, Any], dict[str, bytes | Path]]:
    """Facts and files that ``save_bundle`` takes.

    Args:
        pipeline: as ``read_pipeline`` found it.
        side: px of its pictures, one of ``sides``; 0 is the trained one.
        graphs: as ``taken_graphs`` gives them for the same side; empty: they are read now.
        preview: the quick way from latents to colours, where it was fitted.
        picture: a PNG.
        checked: sentences about what was checked, for the card.

    Raises:
        NotAPipeline: the side does not suit. Others as ``taken_graphs``.
    """
    side = side or pipeline.side
    _check_side(pipeline, side)
    graphs = tuple(graphs) or taken_graphs(pipeline, side)
    files: dict[str, bytes | Path] = {taken.graph.file: taken.content for taken in graphs}
    files |= {taken.graph.weights: taken.weights for taken in graphs if taken.weights is not None}
    hashes = {path: sha256 for taken in graphs for path, sha256 in taken.hashes.items()}
    prompts = _prompts(pipeline, graphs, files, hashes)
    schedule = {SCHEDULE_KEY: np.asarray(pipeline.scheduler.alphas_bar, np.float32)}
    files[SCHEDULE_FILE] = pack_arrays(schedule)
    if preview is not None:
        files[PREVIEW_FILE] = pack_arrays({PREVIEW_KEY: preview.colours})
    if picture:
        files["preview.png"] = picture
    if pipeline.licence:
        files["LICENSE"] = pipeline.licence.encode()
    positions = side // pipeline.factor
    shape = pipeline.channels, positions, positions
    facts: dict[str, Any] = {
        "name": pipeline.name,
        "family": FAMILY,
        "description": f"{WORDS[pipeline.kind]}: pictures of {side} × {side} px for a prompt, imported from the folder "
        f"{short(pipeline.name)}.",
        "licence": OF_ITS_FILE if pipeline.licence else UNKNOWN_LICENCE,
        "provenance": Provenance(
            producer="somebody else",
            config={
                "imported": dict(sorted(hashes.items())),
                "pipeline": pipeline.pipeline_class,
                "scheduler": pipeline.scheduler.name,
                "side": side,
                "trained_side": pipeline.side,
                "checked": list(checked),
            },
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        ),
        "graphs": tuple(taken.graph for taken in graphs),
        "spaces": (LatentSpace(name=SPACE, shape=shape, prior=NormalPrior()),),
        "diffusion": _diffusion(pipeline, preview),
        "prompts": prompts,
    }
    files["CARD.md"] = _card(pipeline, facts, graphs, preview, checked).encode()
    return facts, files


def summary(pipeline: Pipeline, side: int = 0, graphs: Sequence[Taken] = ()) -> tuple[str, ...]:
    """What was found, a short sentence each; with ``graphs`` also how large the parts are."""
    side = side or pipeline.side
    positions = side // pipeline.factor
    lines = [
        f"{WORDS[pipeline.kind]}, {pipeline.channels} × {positions} × {positions} latent, {side} px pictures"
        + ("." if side == pipeline.side else f"; it was trained with {pipeline.side} px.")
    ]
    lines += [f"{part} {words}." for part, words in described_parts(pipeline, graphs)]
    if ENCODER not in pipeline.parts:
        lines.append("There is no vae_encoder, so pictures cannot be put in.")
    kept = pipeline.scheduler
    what = {"eps": "the noise", "v": "the velocity", "x0": "the clean latent"}[kept.parameterisation]
    lines.append(
        f"It predicts {what} over {len(kept.alphas_bar):,} steps, and draws in {kept.suggested.steps} with "
        f"{kept.name.removesuffix('Scheduler')}, led by {kept.suggested.weight:g}."
    )
    return tuple(lines)


def described_parts(pipeline: Pipeline, graphs: Sequence[Taken] = ()) -> tuple[tuple[str, str], ...]:
    """Each part, what it does and how large it is."""
    numbers = {taken.part: taken.numbers for taken in graphs}
    found: list[tuple[str, str]] = []
    for part in pipeline.parts:
        size = f"about {_millions(numbers[part])} numbers" if part in numbers else _bytes(pipeline.bytes_of[part])
        texts = part in (TEXT, TEXT_2)
        more = f", up to {pipeline.tokenizers[part == TEXT_2].length} tokens" if texts else ""
        found.append((part, f"{_DOES[part]}{more}: {size}"))
    return tuple(found)


def told(pipeline: Pipeline, graphs: Sequence[Taken] = ()) -> tuple[str, ...]:
    """What else a person has to know, without full stops: where it differs from what its makers draw with."""
    halves = pipeline.upcast and any(
        port.dtype == "float16" for taken in graphs if taken.part == DECODER for port in taken.graph.inputs
    )
    warned = ("its decoder is in half precision, which it may not bear (black pictures)",) if halves else ()
    return (*pipeline.told, *pipeline.scheduler.told, *warned)


def _unit(pipeline: Pipeline) -> int:
    """px that the side of a picture is a multiple of, so that the U-Net can halve its latents."""
    return pipeline.factor << pipeline.halvings


def _check_side(pipeline: Pipeline, side: int) -> None:
    unit = _unit(pipeline)
    if side != pipeline.side and (side % unit or not 0 < side <= LARGEST):
        raise NotAPipeline(f"{short(pipeline.name)} draws no pictures of {side} px; choose a multiple of {unit}.")


def _diffusion(pipeline: Pipeline, preview: Preview | None) -> Diffusion:
    scheduler = pipeline.scheduler
    return Diffusion(
        parameterisation=scheduler.parameterisation,
        alphas_bar=Array(file=SCHEDULE_FILE, key=SCHEDULE_KEY),
        steps=len(scheduler.alphas_bar),
        space=SPACE,
        scale=pipeline.scale,
        shift=pipeline.shift,
        preview=None if preview is None else Array(file=PREVIEW_FILE, key=PREVIEW_KEY),
        suggested=scheduler.suggested,
        steps_offset=scheduler.steps_offset,
        spare_step=scheduler.spare_step,
        last_level=scheduler.last_level,
    )


def _prompts(
    pipeline: Pipeline, graphs: Sequence[Taken], files: dict[str, bytes | Path], hashes: dict[str, str]
) -> Prompts:
    """How prompts are read; adds the files of the tokenizers, equal ones once."""
    encoders: list[TextEncoder] = []
    for part, (tokenizer, contents) in zip((TEXT, TEXT_2), tokenizer_files(pipeline), strict=False):
        graph = next(taken.graph for taken in graphs if taken.part == part)
        places: list[str] = []
        for name in (VOCABULARY, MERGES):
            path = f"{tokenizer.folder}/{name}"
            content = contents[path]
            hashes[path] = hashlib.sha256(content).hexdigest()
            place = f"{pipeline.tokenizers[0].folder}/{name}"
            place = place if files.get(place, content) == content else path
            files[place] = content
            places.append(place)
        encoders.append(
            TextEncoder(
                role=ROLES[part],
                vocabulary=places[0],
                merges=places[1],
                length=tokenizer.length,
                padding=tokenizer.padding,
                features=graph.outputs[0].name,
                pooled=graph.outputs[1].name if len(graph.outputs) > 1 else "",
            )
        )
    return Prompts(encoders=tuple(encoders), zero_when_empty=pipeline.zero_when_empty)


def _card(
    pipeline: Pipeline,
    facts: dict[str, Any],
    graphs: Sequence[Taken],
    preview: Preview | None,
    checked: Sequence[str],
) -> str:
    side: int = facts["provenance"].config["side"]
    lines = [f"# {facts['name']}", "", str(facts["description"]), "", f"Licence: {facts['licence']}.", ""]
    lines += [f"- {sentence}" for sentence in summary(pipeline, side, graphs)]
    imported: dict[str, str] = facts["provenance"].config["imported"]
    lines += ["", "## Where it comes from", "", *(f"- {path}, sha256 {sha256}" for path, sha256 in imported.items())]
    if checked:
        lines += ["", "## What was checked", "", *(f"- {sentence}" for sentence in checked)]
    notes = [f"{note[0].upper()}{note[1:]}." for note in told(pipeline, graphs)]
    if preview is not None:
        notes.append(
            f"Pictures on the way are a linear guess that explains {preview.explained:.0%} of the variance of colours."
        )
    if notes:
        lines += ["", "## What else to know", "", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _millions(count: int) -> str:
    if count >= 10_000_000:
        return f"{count / 1e6:,.0f} million"
    return f"{count / 1e6:,.1f} million" if count >= 1_000_000 else f"{count / 1e3:,.0f} thousand"


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
