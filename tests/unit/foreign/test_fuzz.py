"""Whatever bytes come from outside: an answer in time and in bounded memory, and nothing written elsewhere.

5,000 cases by default, shared among manifests, zips and graphs; ``FUZZ_CASES=200000`` for a long night. Cases go to the
process that foreign files are tried in, which is started again when one of them ends it; the figures are printed.
"""

import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from explorer.foreign.guard import ForeignFault, Guard, Limits
from tests.foreign_graphs import decoder, encoder, inverter, labelled, pyramid
from tests.graphs import Toy, tiny_bundle

CASES = int(os.environ.get("FUZZ_CASES", "5000"))
LIMITS = Limits(3_000_000_000, 10.0)
ENDS = ("crashed the process", "gave no answer", "of memory and was stopped")  # contained, but to be counted
fuzz = settings(
    max_examples=max(CASES // 3, 1), deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TOY = Toy(size=8, dims=2)


@dataclass
class Target:
    """The process, a folder for cases, and a watch over everything beside it."""

    root: Path
    guard: Guard = field(default_factory=lambda: Guard(LIMITS))
    cases: int = 0
    opened: int = 0
    slowest_s: float = 0.0
    peak_bytes: int = 0
    ended: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.place = self.root / "inside" / "case"
        self.place.parent.mkdir(parents=True)
        (self.root / "canary").write_bytes(b"as it was")
        self.beside = self._seen()

    def _seen(self) -> dict[str, bytes]:
        """Everything in the folders that a case could reach by ``..`` but the case itself."""
        files = (path for path in self.root.rglob("*") if path.is_file() and self.place not in (path, *path.parents))
        return {str(path): path.read_bytes() for path in files}

    def ask(self, what: str, **more: object) -> None:
        start = time.monotonic()
        self.cases += 1
        try:
            self.guard.ask(what, **more)
            self.opened += 1
        except ForeignFault as error:
            sentence = str(error)
            assert sentence and sentence.isprintable(), sentence
            end = next((end for end in ENDS if end in sentence), None)
            if end is not None:
                self.ended[end] = self.ended.get(end, 0) + 1
                (self.root.parent / f"ended-{self.cases}").write_bytes(self._case())
                self.guard.close()
                self.guard = Guard(LIMITS)
        self.slowest_s = max(self.slowest_s, time.monotonic() - start)
        self.peak_bytes = max(self.peak_bytes, self.guard.peak_bytes)
        assert self._seen() == self.beside

    def _case(self) -> bytes:
        return self.place.read_bytes() if self.place.is_file() else b""

    def report(self, name: str) -> None:
        sys.stdout.write(
            f"\n{name}: {self.cases} cases, {self.opened} answered without a fault, slowest {self.slowest_s:.2f} s, "
            f"most memory {self.peak_bytes / 1e6:.0f} MB, ended the process: {self.ended or 'none'}\n"
        )


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    made = Target(tmp_path / "root")
    yield made
    made.report(made.root.parent.name)
    made.guard.close()
    assert made.slowest_s < LIMITS.seconds + 2 and made.peak_bytes <= LIMITS.memory_bytes


@st.composite
def spoilt(draw: st.DrawFn, contents: tuple[bytes, ...]) -> bytes:
    """One of the contents with a few bytes changed, put in, doubled or cut."""
    content = bytearray(draw(st.sampled_from(contents)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        match draw(st.integers(0, 4)):
            case 0 if content:
                content[at] ^= draw(st.integers(1, 255))
            case 1:
                content[at:at] = draw(st.binary(min_size=1, max_size=12))
            case 2:
                del content[at : at + draw(st.integers(1, 64))]
            case 3:
                content[at:at] = content[at : at + draw(st.integers(1, 64))]
            case _:
                content[at : at + 5] = draw(
                    st.sampled_from((b"\xff" * 5, b"\x00" * 5, b"\xff\xff\xff\xff\x0f", b"\x80" * 5))
                )
    return bytes(content)


GRAPHS = (
    decoder(TOY), decoder(TOY, layout="HWC", batch=0, uint8=True), encoder(TOY), labelled(TOY, "both"),
    inverter(size="H", batch="N"), *pyramid(),
)  # fmt: skip
NUMBERS = (b"\xff" * 5, b"\x00" * 5, b"\xff\xff\xff\xff\x0f", b"\x80" * 5)  # what protobuf reads lengths from
HOSTILE: tuple[Any, ...] = (
    "../x", "/etc/passwd", "a\x00b", "\x1b[2J", "x" * 5_000, "", -1, 0, 1 << 62, 1e308, None, True, [], {}, [[]] * 50,
)  # fmt: skip


def test_graphs(target: Target) -> None:
    path = target.place.with_suffix(".onnx")
    target.place = path

    @fuzz
    @given(spoilt(GRAPHS))
    def run(content: bytes) -> None:
        path.write_bytes(content)
        target.ask("study", paths=[str(path)])

    run()


def test_manifests(target: Target, tmp_path: Path) -> None:
    """Valid JSON with invented values, and wrong text; the files beside it are whole."""
    tiny_bundle(target.place, size=8, dims=2)
    text = (target.place / "manifest.json").read_text()
    manifest = json.loads(text)
    paths = list(_places(manifest))

    @fuzz
    @given(st.lists(st.tuples(st.sampled_from(paths), st.sampled_from(HOSTILE)), min_size=1, max_size=3), st.booleans(),
           spoilt((text.encode(),)))  # fmt: skip
    def run(changes: list[tuple[tuple[Any, ...], Any]], as_text: bool, bytes_: bytes) -> None:
        if as_text:
            (target.place / "manifest.json").write_bytes(bytes_)
        else:
            changed = json.loads(text)
            for place, value in changes:
                _put(changed, place, deepcopy(value))  # else what is put into one place stands in another too
            (target.place / "manifest.json").write_text(json.dumps(changed))
        target.ask("check", path=str(target.place))

    run()


def test_zips_and_graphs_with_right_hashes(target: Target, tmp_path: Path) -> None:
    """Bytes of a zip, and of a graph inside it whose hash is made right again."""
    tiny_bundle(tmp_path / "whole.zip", size=8, dims=2)
    whole = (tmp_path / "whole.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path = target.place.with_suffix(".zip")
    target.place = path

    @fuzz
    @given(spoilt((whole,)), spoilt((members["decoder.onnx"], members["encoder.onnx"])), st.booleans())
    def run(packed: bytes, graph: bytes, inside: bool) -> None:
        if inside:
            manifest = json.loads(members["manifest.json"])
            for entry in manifest["files"]:
                if entry["path"] == "decoder.onnx":
                    entry |= {"sha256": sha256(graph).hexdigest(), "size": len(graph)}
            changed = members | {"decoder.onnx": graph, "manifest.json": json.dumps(manifest).encode()}
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in changed.items():
                    archive.writestr(name, content)
        else:
            path.write_bytes(packed)
        target.ask("check", path=str(path))

    run()


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in nested JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from _places(inner, (*at, key))


def _put(value: Any, place: tuple[Any, ...], new: Any) -> None:
    for key in place[:-1]:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(place[-1], int) and place[-1] < len(value)):
        value[place[-1]] = new
