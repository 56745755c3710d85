"""A session as a file of its own: everything that was asked for in one model, to come back to or to pass on."""

import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from explorer.contract.archive import write_file
from explorer.contract.errors import ExplorerError, short
from explorer.control.keeper import Session
from explorer.media.recipes import app_version
from explorer.models.capabilities import Model
from explorer.state.history import History, change
from explorer.state.notebook import Notes
from explorer.state.place import Explore

SUFFIX = ".session.json"
LARGEST = 64 << 20  # bytes; a session of 200 keyframes of a large model has a tenth of that
NEXT_TO = (
    "smooth",
    "instrument",
    "map",
    "grid",
    "mixing",
    "trajectory",
    "variations",
    "retouch",
    "branches",
    "journey",
    "layers",
    "critic",
    "directions",
)  # fields of ``Explore`` that come back beside the place


class NoSession(ExplorerError):
    """A file is no session, or one that cannot be read."""


class SessionFile(Session):
    """A session with the model it belongs to, by identity, so that it opens wherever that model lies."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    latent_explorer_session: int = 1
    identity: str
    name: str
    notes: Notes = Notes()  # own directions, groups and sums
    version: str = ""


def write_session(explore: Explore, model: Model, notes: Notes, path: Path) -> None:
    """Write what is asked for now.

    Raises:
        CannotWrite: no space, no right.
    """
    kept: dict[str, Any] = {name: getattr(explore, name) for name in Session.model_fields}
    session = SessionFile(
        **kept, identity=model.bundle.identity(), name=model.manifest.name, notes=notes, version=app_version()
    )
    write_file(path, (json.dumps(session.model_dump(mode="json"), indent=1) + "\n").encode())


def may_be_session(path: Path) -> bool:
    """Whether it is a session by its name."""
    return path.name.lower().endswith(SUFFIX)


def read_session(path: Path) -> SessionFile:
    """A session file.

    Raises:
        NoSession: it cannot be read, is too large, or holds none.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise NoSession(f"{short(path.name)} is larger than any session; choose one that Latent Explorer saved.")
        return SessionFile.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise NoSession(f"{short(path.name)} cannot be read ({error.strerror or error}).") from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise NoSession(
            f"{short(path.name)} is damaged or no session; choose one that Latent Explorer saved."
        ) from error


def bring_in(session: SessionFile, model: Model, explore: Explore, history: History) -> None:
    """Put everything beside the place where the session had it; paths on another machine become the model's here."""
    journey, there = session.journey, session.place.bundle
    if journey.bundle == there:
        session = session.model_copy(update={"journey": journey.model_copy(update={"bundle": model.key})})
    ways = tuple(
        way.model_copy(update={"bundle": model.key}) if way.bundle == there else way for way in session.branches.kept
    )
    session = session.model_copy(update={"branches": session.branches.model_copy(update={"kept": ways})})
    for name in NEXT_TO:
        change(history, explore, name, getattr(session, name), "Open a session")
