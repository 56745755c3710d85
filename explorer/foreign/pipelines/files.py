"""The small files of a folder that somebody made: no links, nothing outside it, bounded, and every value checked."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from explorer.contract.errors import BundleError, DamagedBundle, TooLarge, UnsafePath, short

JSON_BYTES = 4 << 20
DEPTH = 32  # objects and lists inside each other
POINTER = b"version https://git-lfs"


class NotAPipeline(BundleError):
    """A folder is something other than an exported pipeline that can be explored here."""


def place_of(root: Path, path: str) -> Path:
    """Where a file of the folder lies.

    Args:
        root: the folder that a person chose.
        path: relative, with forward slashes; a name of ours, never one from a file.

    Raises:
        UnsafePath: it, or a folder on the way to it, is a link, or it is no plain file. NotAPipeline: there is none.
    """
    place = root
    for part in path.split("/"):
        place = place / part
        if place.is_symlink():
            raise UnsafePath(
                f"{path} is a link, as in the download cache of Hugging Face; copy the folder so that it holds the "
                "files themselves (`cp -rL`), then choose the copy."
            )
    if not place.exists():
        raise NotAPipeline(f"{short(root.name)} has no {path}; export or download the whole pipeline again.")
    if not stat.S_ISREG(place.lstat().st_mode):  # to open a pipe would wait for ever
        raise UnsafePath(f"{path} is no plain file; export or download the pipeline again.")
    return place


def has(root: Path, path: str) -> bool:
    """Whether there is something of that name, whatever it is."""
    return os.path.lexists(root / path)


def read_bytes(root: Path, path: str, limit: int) -> bytes:
    """The content of a file of the folder.

    Raises:
        NotAPipeline, UnsafePath, TooLarge, DamagedBundle: as their sentences say.
    """
    place = place_of(root, path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(place, flags), "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise DamagedBundle(f"{path} cannot be read ({error.strerror or error}); check the disk and rights.") from error
    if content.startswith(POINTER):
        raise NotAPipeline(f"{path} is only a pointer of Git LFS: get the files themselves with `git lfs pull`.")
    if len(content) > limit:
        raise TooLarge(f"{path} is larger than {limit >> 20} MB, more than such a file ever is; do not use this model.")
    return content


def read_json(root: Path, path: str, limit: int = JSON_BYTES) -> "Config":
    """One JSON object of the folder.

    Raises:
        NotAPipeline: it is no JSON object, or nests too deeply. Others as ``read_bytes``.
    """
    content = read_bytes(root, path, limit)
    try:
        facts = json.loads(content)  # NaN and Infinity too, which diffusers writes; numbers are looked at one by one
    except (ValueError, RecursionError) as error:
        raise NotAPipeline(f"{path} is not valid JSON ({short(error, 80)}); export or download it again.") from error
    if not isinstance(facts, dict):
        raise NotAPipeline(f"{path} does not hold a JSON object; export or download it again.")
    found = cast(dict[str, Any], facts)
    if _deep(found):
        raise NotAPipeline(f"{path} nests deeper than {DEPTH} levels; do not use this model.")
    return Config(path, found)


class Config:
    """A JSON object whose values are looked at one by one; a missing one, or null, is the default."""

    def __init__(self, path: str, facts: Mapping[str, Any]) -> None:
        self.path, self.facts = path, facts

    def __contains__(self, key: str) -> bool:
        return self.facts.get(key) is not None

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self._value(key, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._refused(key, value, f"a whole number from {low:,} to {high:,}")
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number in [low, high]."""
        return self._number(key, self._value(key, default), low, high)

    def numbers(self, key: str, low: float, high: float, most: int) -> tuple[float, ...]:
        """A list of numbers in [low, high], at most ``most``; empty where there is none."""
        value = self._value(key, [])
        values = cast(list[Any], value) if isinstance(value, list) else None
        if values is None or len(values) > most:
            raise self._refused(key, value, f"a list of at most {most:,} numbers")
        return tuple(self._number(key, one, low, high) for one in values)

    def wholes(self, key: str, high: int, most: int = 16) -> tuple[int, ...]:
        """A whole number, or a list of them, each from 1 to ``high``; empty where there is none."""
        value = self._value(key, [])
        values = cast(list[Any], value) if isinstance(value, list) else [value]
        if len(values) > most or any(not isinstance(one, int) or not 1 <= one <= high for one in values):
            raise self._refused(key, value, f"whole numbers from 1 to {high:,}")
        return tuple(values)

    def text(self, key: str, default: str = "") -> str:
        """A short text."""
        value = self._value(key, default)
        if not isinstance(value, str) or len(value) > 200:
            raise self._refused(key, value, "a name")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self._refused(key, value, "true or false")
        return value

    def token(self, key: str) -> str:
        """A token of a vocabulary, which is a text or an object whose ``content`` is one; empty where there is none."""
        value = self._value(key, "")
        if isinstance(value, dict):
            value = cast(dict[str, Any], value).get("content")
        if not isinstance(value, str) or len(value) > 200:
            raise self._refused(key, value, "a token")
        return value

    def _value(self, key: str, default: Any) -> Any:
        value = self.facts.get(key)
        return default if value is None else value

    def _number(self, key: str, value: Any, low: float, high: float) -> float:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not low <= value <= high:  # so neither infinite nor not a number
            raise self._refused(key, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def _refused(self, key: str, value: Any, wanted: str) -> NotAPipeline:
        return NotAPipeline(f"{self.path} says that {key} is {short(value, 40)}, not {wanted}; export it again.")


def _deep(value: Any) -> bool:
    layer = [value]
    for _ in range(DEPTH):
        layer = [
            inner
            for each in layer
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
