"""Where a model from outside comes from and what was checked of it: for its manifest and its card."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from explorer.contract.errors import short
from explorer.contract.manifest import Provenance
from trainers.kit.provenance import PRODUCER, versions
from trainers.kit.quality_card import BEGIN, END, HEADING

UNKNOWN_LICENCE = "unknown: ask whoever made the model before you pass it on"
NOT_MEASURED = "Nothing."
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Origin:
    """The files that a model was made of, with their sha256, and sentences about what was checked."""

    name: str
    files: Mapping[str, str]
    checked: tuple[str, ...]

    @property
    def provenance(self) -> Provenance:
        """As the manifest has it."""
        return Provenance(
            producer=PRODUCER,
            config={"imported": dict(self.files), "checked": list(self.checked)},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            versions=versions(),
        )

    def card(self, facts: Mapping[str, Any], figures: Mapping[str, str], paragraphs: list[str]) -> str:
        """CARD.md: what it is, its pictures (file -> caption), where it comes from, what was checked."""
        lines = [f"# {facts['name']}", "", str(facts["description"]), ""]
        lines += [line for paragraph in paragraphs for line in (paragraph, "")]
        lines += [line for file, caption in figures.items() for line in (caption, "", f"![{caption}]({file})", "")]
        lines += [HEADING, "", BEGIN, NOT_MEASURED, END, "", "## Where it comes from", ""]
        lines += [f"- {file}, sha256 {sha256}" for file, sha256 in self.files.items()]
        lines += [f"- Licence: {facts['licence']}.", "", "## What was checked", ""]
        return "\n".join([*lines, *(f"- {sentence}" for sentence in self.checked)]) + "\n"


def hashes(*paths: Path) -> dict[str, str]:
    """The name of each file as it may be shown, and its sha256."""
    found = {}
    for path in paths:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        found[short(path.name, 100)] = digest.hexdigest()
    return found


def plain_name(text: str) -> str:
    """A name for a bundle out of that of a file: letters, digits and a few signs."""
    return re.sub(r"[^A-Za-z0-9 ._+-]", "-", text).lstrip(" ._+-")[:80] or "imported"
