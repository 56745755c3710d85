"""State as JSON files that are never half written; a damaged one is set aside, never lost and never in the way."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from explorer.contract.archive import saying_why, write_file

M = TypeVar("M", bound=BaseModel)


def store(path: Path, model: BaseModel) -> None:
    """Write a model's fields.

    Raises:
        CannotWrite: no space, no right.
    """
    with saying_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, (json.dumps(model.model_dump(mode="json"), indent=1) + "\n").encode())


def restore(path: Path, kind: type[M]) -> tuple[M, str]:
    """The stored model, or a fresh one, and a sentence when the stored one could not be used."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return kind(), ""
    except OSError as error:
        return kind(), f"{path} cannot be read ({error.strerror or error}), so the defaults are used."
    try:
        # not pydantic's own reader, which refuses the names of files that are not text
        return kind.model_validate(json.loads(content)), ""
    except (ValueError, RecursionError):
        aside = path.with_suffix(".damaged.json")
        try:
            path.replace(aside)
        except OSError:
            return kind(), f"{path} is damaged and was ignored; delete it to be rid of this message."
        return kind(), f"{path.name} was damaged; it is kept as {aside.name} and the defaults are used."
