"""What can be trained, and on what, as facts that a form is made of; light: no torch."""

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract.archive import write_file
from trainers.families import FAMILIES, Family
from trainers.kit.data import load, user_folder
from trainers.kit.grids import enlarged, grid, png
from trainers.kit.idx import MNIST, command, has
from trainers.recipes import RECIPES, Recipe
from trainers.schema import schema

LIVE = ("rate", "beta", "r1")  # what a learner lets change while it trains
GET_TRAIN = "pip install 'latent-explorer[train]'"
ROWS, COLUMNS, SHEET_PX = 4, 8, 56


def catalogue() -> dict[str, Any]:
    """``families``, ``recipes`` and ``data``; every value by the name that the command line takes."""
    return {
        "families": [_family(family) for family in FAMILIES.values()],
        "recipes": [_recipe(recipe) for recipe in RECIPES.values()],
        "data": _data(),
    }


def sheet(name: str, size: int | None, target: Path, *, augmented: bool = False) -> None:
    """Draw training pictures of a data set, ``ROWS`` times ``COLUMNS``, to the PNG ``target``.

    ``augmented``: one of them, and then as the critic of a style GAN sees it when most is changed.

    Raises:
        CannotWrite: no space or no right.
    """
    pictures = load(name, "train", size=size)
    rows = np.sort(np.random.default_rng(0).permutation(len(pictures))[: ROWS * COLUMNS])
    if augmented:
        from trainers.gans.augment import changed

        shown = changed(pictures.images[rows[0]], ROWS * COLUMNS)
    else:
        shown = pictures.images[rows]
    write_file(target, png(grid(np.stack([enlarged(picture, SHEET_PX) for picture in shown]), COLUMNS)))


def _family(family: Family) -> dict[str, Any]:
    fields = [fact | {"live": fact["name"] in LIVE} for fact in schema(family)["fields"]]
    return {
        "name": family.name,
        "sentence": family.sentence,
        "teaches": family.teaches,
        "needs": family.needs,
        "fields": fields,
        "classroom": family.classroom,
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "family": recipe.family,
        "sentence": recipe.sentence,
        "shipped": recipe.shipped,
        "values": flat(asdict(recipe.config)),
    }


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Every field by its own name: those of groups beside the others."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value) if isinstance(value, dict) else {name: value}
    return found


def _data() -> list[dict[str, Any]]:
    drawing = importlib.util.find_spec("dicebear_styles") is not None
    return [
        _set("fashion-mnist", "70,000 clothes in grey, 28 px, of ten kinds; a small part of it ships.", 28, 1),
        _set("mnist", "70,000 handwritten digits in grey, 28 px.", 28, 1, command(MNIST, user_folder(MNIST.name))
             if not has(MNIST, user_folder(MNIST.name)) else ""),
        _set("faces", "70,000 faces, drawn on this machine in colour; ten attributes of each are known.", 64, 3,
             "" if drawing else GET_TRAIN),
        _set("glyphs", "Letters and digits in the fonts of this machine.", 28, 1),
    ]  # fmt: skip


def _set(name: str, sentence: str, size: int, channels: int, get: str = "") -> dict[str, Any]:
    return {"name": name, "sentence": sentence, "size": size, "channels": channels, "ready": not get, "get": get}
