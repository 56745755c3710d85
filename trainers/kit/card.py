"""The model card, CARD.md: what a model is, pictures that were not chosen, and its numbers."""

from dataclasses import dataclass

from explorer.contract.manifest import Direction, DirectionsStore
from trainers.kit.pictures import Pictures
from trainers.kit.quality_card import BEGIN, END, HEADING

NOT_YET = "Nothing yet; `python -m trainers evaluate BUNDLE` fills this in."
SHOWN_DIRECTIONS = 12


@dataclass(frozen=True)
class Figure:
    """One picture of the card: its file in the bundle, and what it shows."""

    file: str
    caption: str


def write_card(facts: dict, figures: list[Figure], paragraphs: list[str]) -> str:
    """Markdown from the fields of a manifest."""
    origin = facts["provenance"]
    lines = [f"# {facts['name']}", "", facts["description"], ""]
    lines += [line for paragraph in paragraphs for line in (paragraph, "")]
    for figure in figures:
        lines += [f"{figure.caption}", "", f"![{figure.caption}]({figure.file})", ""]
    lines += [HEADING, "", BEGIN, NOT_YET, END, ""]  # `evaluate` replaces what stands between
    lines += _dimension_lines(facts)
    lines += _direction_lines(facts)
    minutes = (origin.wall_time_s or 0) / 60
    lines += [
        "## Where it comes from",
        "",
        f"- Made by {origin.producer}, family {facts['family']}"
        + (f", recipe `{origin.recipe}`" if origin.recipe else "")
        + f", commit `{origin.commit[:12] or 'unknown'}`.",
        f"- {origin.images_seen:,} images in {minutes:.0f} minutes on {origin.device}, seed {origin.seed}; the weights",
        "  are an average over training, chosen by pictures of the train split that were held out.",
        f"- Model: {facts['licence']}. Data: {facts['data_licence']}.",
        f"- {facts['credit']}",
        "",
    ]
    return "\n".join(lines)


def _dimension_lines(facts: dict) -> list[str]:
    dimensions = [d for space in facts["spaces"] for d in space.dimensions]
    if not any(d.kl_nats is not None for d in dimensions):
        return []
    active = sum(bool(d.active) for d in dimensions)
    lines = ["## Dimensions", "", f"{active} of {len(dimensions)} carry information.", ""]
    lines += ["| dimension | KL in nats | means | share of its variance explained |", "|---|---|---|---|"]
    order = sorted(range(len(dimensions)), key=lambda i: -(dimensions[i].kl_nats or 0))
    for i in order:
        d = dimensions[i]
        score = f"{d.score:.2f}" if d.score is not None else ""
        lines.append(f"| z{i} | {d.kl_nats or 0:.2f} | {d.meaning} | {score} |")
    return [*lines, ""]


def _direction_lines(facts: dict) -> list[str]:
    found: list[Direction] = [
        direction
        for store in facts.get("stores", ())
        if isinstance(store, DirectionsStore)
        for direction in store.directions
        if direction.origin == "attribute"
    ]
    best = sorted(found, key=lambda direction: -(direction.quality or 0))[:SHOWN_DIRECTIONS]
    if not best:
        return []
    lines = ["## Directions", "", f"The best {len(best)} of {len(found)}; {best[0].quality_metric}.", ""]
    lines += ["| towards | accuracy |", "|---|---|"]
    return [*lines, *(f"| {d.name} | {d.quality or 0:.3f} |" for d in best), ""]


def licence_text(licence: str, data: Pictures) -> str:
    """What may be done with the model and with the small pictures of the data in it."""
    return (
        f"The graphs, arrays and texts of this model are licensed under {licence}.\n\n"
        f"It was trained on {data.name}, and holds small pictures of it, which are licensed under {data.licence}:\n"
        f"{data.credit}\n"
    )
