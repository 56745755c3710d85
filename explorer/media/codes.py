"""Codes as text and as files, for people who go on elsewhere."""

import csv
import io
import json
import re

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError, short

TEXT = 1 << 20  # characters that a pasted code may have

Codes = NDArray[np.float32]


class NoCode(ExplorerError):
    """A text is no code of this model."""


def to_text(name: str, code: Codes) -> str:
    """One line that people and Python read: ``faces-vae: [0.5, -1.25]``; every number comes back exactly."""
    return f"{name}: [{', '.join(_number(value) for value in code)}]"


def from_text(text: str, size: int, name: str) -> Codes:
    """The code (D,) in a text of ``to_text``, a JSON list, or numbers with commas or spaces between them.

    Args:
        text: from the clipboard.
        size: how many numbers the model has.
        name: of the model, for the sentence.

    Raises:
        NoCode: it is none, has another length, or holds what is no finite number.
    """
    made_with, values = _parsed(text) if len(text) <= TEXT else ("", [])
    if not values:
        raise NoCode(f"The clipboard holds no code; copy numbers such as [0.5, -1.2], {size} of them.")
    if len(values) != size:
        made = f" (of {short(made_with)})" if made_with else ""
        raise NoCode(
            f"The clipboard holds {len(values)} numbers{made}, and {name} has {size}; open the model they belong to."
        )
    with np.errstate(over="ignore"):
        code = np.asarray(values, np.float32)
    if not np.isfinite(code).all():
        raise NoCode("The code on the clipboard holds a number that is not finite; copy it again.")
    return code


def to_npz(codes: Codes, name: str, identity: str) -> bytes:
    """Codes (K, D) for ``numpy.load``: ``codes``, and the model's name and identity."""
    content = io.BytesIO()
    np.savez_compressed(content, codes=codes, model=np.array(name), identity=np.array(identity))
    return content.getvalue()


def to_csv(codes: Codes) -> bytes:
    """Codes (K, D) as a table: a line for each keyframe, counted from 1, a column for each number."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["keyframe", *(f"z{index}" for index in range(codes.shape[1]))])
    for number, code in enumerate(codes, 1):
        writer.writerow([number, *(_number(value) for value in code)])
    return table.getvalue().encode()


def directions_npz(
    vectors: Codes, deviations: Codes, names: tuple[str, ...], words: tuple[str, ...], name: str, identity: str
) -> bytes:
    """For ``numpy.load``: unit ``vectors`` (K, D), ``deviations`` (K,), ``names``, and how good each is."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        vectors=vectors,
        deviations=deviations,
        names=np.array(names),
        quality=np.array(words),
        model=np.array(name),
        identity=np.array(identity),
    )
    return content.getvalue()


def directions_csv(vectors: Codes, deviations: Codes, names: tuple[str, ...], words: tuple[str, ...]) -> bytes:
    """Directions as a table: a line for each, with its name, how good it is, its deviation and its numbers."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["name", "quality", "deviation", *(f"z{index}" for index in range(vectors.shape[1]))])
    for title, word, deviation, vector in zip(names, words, deviations, vectors, strict=True):
        writer.writerow([title, word, _number(deviation), *(_number(value) for value in vector)])
    return table.getvalue().encode()


def _parsed(text: str) -> tuple[str, list[float]]:
    """What stands before the list, and the numbers; none where one word is no number."""
    name, numbers = "", text
    if "[" in text:
        start, end = text.find("["), text.rfind("]")
        name, numbers = text[:start].strip(" \t\r\n:=("), text[start + 1 : end if end > start else None]
    try:
        return name, [float(word) for word in re.split(r"[\s,;]+", numbers) if word]
    except ValueError:
        return name, []


def _number(value: np.float32) -> str:
    """The shortest text that is this 32-bit number again."""
    return json.dumps(float(str(value)))
