"""One small bundle, made once, and what reading it must never do."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.contract.archive import open_bundle
from explorer.contract.errors import BundleError
from tests.graphs import tiny_bundle
from tests.unit.contract.sentences import assert_plain
from tests.unit.contract.watching import watched, writes

MEMORY = 200 << 20  # bytes that no file, however invented, may make the reader ask for

Contents = dict[str, bytes]
Read = Callable[[Path], Contents | None]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is never changed."""
    return tiny_bundle(tmp_path_factory.mktemp("whole") / "tiny", dims=3, size=4).path


@pytest.fixture(scope="session")
def whole_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as one zip."""
    return tiny_bundle(tmp_path_factory.mktemp("whole") / "tiny.zip", dims=3, size=4).path


@pytest.fixture(scope="session")
def contents(whole: Path) -> Contents:
    """Path -> content of every file in the manifest of ``whole``."""
    bundle = open_bundle(whole)
    return {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files}


def read_warily(path: Path) -> Contents | None:
    """Open, verify and read a bundle; None when it was refused, by an error of ours with a plain sentence.

    Fails when another exception appears, when anything is written, or when too much memory is asked for.
    """

    def watcher(event: str, arguments: tuple[object, ...]) -> None:
        assert not writes(event, arguments), (event, arguments)

    tracemalloc.start()
    try:
        with watched(watcher):
            return _read(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MEMORY, f"{peak / 1e6:.0f} MB"


def _read(path: Path) -> Contents | None:
    try:
        bundle = open_bundle(path)
    except BundleError as error:
        assert_plain(error)
        return None
    faults = bundle.verify()
    for fault in faults:
        assert_plain(fault)
    return None if faults else {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files}
