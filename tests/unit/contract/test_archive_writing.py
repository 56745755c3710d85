"""Writing happens whole or not at all: whatever fails, and wherever, what was there before is there after."""

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explorer.contract import archive
from explorer.contract.archive import MANIFEST, open_bundle, save_bundle, write_file
from explorer.contract.errors import BundleError, CannotWrite, ManifestInvalid, TooLarge, UnsafePath
from explorer.contract.manifest import Provenance
from tests.graphs import Toy, edit_manifest, tiny_bundle, tiny_facts
from tests.unit.contract.sentences import assert_plain
from tests.unit.contract.watching import watched, writes

KINDS = ("tiny", "tiny.zip")
OLD, NEW = b"the old card", b"the new card"


def _tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _write(target: Path, card: bytes) -> None:
    tiny_bundle(target, dims=2, size=4, files={"CARD.md": card, "deep/er/file": card})


@contextmanager
def _failing(at: int, error: BaseException) -> Iterator[list[int]]:
    """Raise ``error`` in the place of the ``at``-th operation that changes the disk; yields how many there were."""
    seen = [0]

    def watcher(event: str, arguments: tuple[object, ...]) -> None:
        if writes(event, arguments):
            seen[0] += 1
            if seen[0] == at:
                raise error

    with watched(watcher):
        yield seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=lambda error: type(error).__name__
)
def test_a_failure_at_any_operation_leaves_the_old_bundle(
    tmp_path: Path, kind: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.os, "fsync", lambda handle: None)  # a busy disk would make this slow
    target = tmp_path / kind
    _write(target, OLD)
    before = _tree(tmp_path)
    with _failing(0, error) as operations:
        _write(target, OLD)
    assert operations[0] >= 3
    for at in range(1, operations[0] + 1):
        with _failing(at, error):
            try:
                _write(target, NEW)
                allowed = {NEW}  # it failed while tidying up, after the new bundle stood
            except CannotWrite as raised:
                assert_plain(raised)
                allowed = {OLD}
            except KeyboardInterrupt:
                allowed = {OLD, NEW}
        assert open_bundle(target).read("CARD.md") in allowed, f"operation {at}"
        assert open_bundle(target).verify() == []
        assert all(path.name == kind or path.name.startswith(f".{kind}.") for path in tmp_path.iterdir())
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        _write(target, OLD)
        assert _tree(tmp_path) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_while_writing_leaves_the_old_bundle_and_no_litter(
    tmp_path: Path, kind: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / kind
    _write(target, OLD)
    before = _tree(tmp_path)
    for at in range(1, 4):
        with monkeypatch.context() as patch:
            patch.setattr(archive.os, "fsync", _fails_at(at if kind == "tiny" else 1, code))
            with pytest.raises(CannotWrite) as caught:
                _write(target, NEW)
        assert_plain(caught.value)
        assert _tree(tmp_path) == before


def _fails_at(at: int, code: int) -> Callable[[int], None]:
    calls = iter(range(1, 1_000))

    def fsync(handle: int) -> None:
        if next(calls) == at:
            raise OSError(code, os.strerror(code))

    return fsync


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
@pytest.mark.parametrize("kind", KINDS)
def test_real_writes_that_are_cut_short(tmp_path: Path, kind: str) -> None:
    """The system itself refuses to write past a limit: what a full disk or a quota does."""
    import resource

    target = tmp_path / kind
    _write(target, OLD)
    before = _tree(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for limit in (0, 1, 500, 1_500):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            with pytest.raises(CannotWrite) as caught:
                _write(target, NEW)
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert_plain(caught.value)
            assert _tree(tmp_path) == before
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_when_even_putting_the_old_one_back_fails_it_is_not_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "tiny"
    _write(target, OLD)
    real, calls = Path.replace, []

    def replace(self: Path, there: Path) -> Path:
        calls.append(there)
        if len(calls) > 1:
            raise OSError(errno.EIO, "the disk is gone")
        return real(self, there)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(CannotWrite):
        _write(target, NEW)
    assert any(content == OLD for path, content in _tree(tmp_path).items() if path.endswith("/CARD.md"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_bundle_is_replaced_whole(tmp_path: Path, kind: str) -> None:
    target = tmp_path / kind
    _write(target, OLD)
    tiny_bundle(target, dims=2, size=4)
    assert "deep/er/file" not in {entry.path for entry in open_bundle(target).manifest.files}
    assert not list(target.rglob("er")) and [path.name for path in tmp_path.iterdir()] == [kind]


def test_missing_parents_are_made_and_an_empty_folder_is_used(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "a/b/tiny", dims=2, size=4)
    (tmp_path / "empty").mkdir()
    assert tiny_bundle(tmp_path / "empty", dims=2, size=4).verify() == []


@pytest.mark.parametrize("kind", KINDS)
def test_words_that_are_no_text_are_written_as_questions(tmp_path: Path, kind: str) -> None:
    """Such as the name of a folder of pictures, after a training of hours."""
    facts = {"provenance": Provenance(producer="test", config={"data": "/photos/caf\udce9"}), "credit": "\ud800"}
    manifest = tiny_bundle(tmp_path / kind, dims=2, size=4, facts=facts).manifest
    assert (manifest.provenance.config, manifest.credit) == ({"data": "/photos/caf?"}, "?")


def _other_file(place: Path) -> None:
    place.write_bytes(b"a letter")


def _other_folder(place: Path) -> None:
    (place / "photos").mkdir(parents=True)
    (place / "photos/1.png").write_bytes(b"a photo")


def _web_project(place: Path) -> None:
    """Its manifest.json is another kind of manifest."""
    place.mkdir()
    (place / MANIFEST).write_text('{"name": "my page", "icons": []}', encoding="utf-8")
    (place / "index.html").write_text("a page", encoding="utf-8")


def _bundle_and_notes(place: Path) -> None:
    tiny_bundle(place, dims=2, size=4)
    (place / "notes").mkdir(exist_ok=True)
    (place / "notes/mine.txt").write_text("a thought", encoding="utf-8")


def _newer_bundle(place: Path) -> None:
    tiny_bundle(place, dims=2, size=4)
    edit_manifest(place, format=2)


@pytest.mark.parametrize("make", [_other_file, _other_folder, _web_project, _bundle_and_notes, _newer_bundle])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_a_whole_bundle_is_ever_replaced(tmp_path: Path, kind: str, make: Callable[[Path], None]) -> None:
    target = tmp_path / kind
    if make in (_bundle_and_notes, _newer_bundle) and kind.endswith(".zip"):
        make(tmp_path / "folder")
        shutil.move(tmp_path / "folder", target)  # a folder whose name ends in .zip
    else:
        make(target)
    before = _tree(tmp_path)
    with pytest.raises(CannotWrite) as caught:
        tiny_bundle(target, dims=2, size=4)
    assert_plain(caught.value)
    assert _tree(tmp_path) == before


def test_a_link_to_a_bundle_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    _write(tmp_path / "real", OLD)
    (tmp_path / "tiny").symlink_to(tmp_path / "real", target_is_directory=True)
    _write(tmp_path / "tiny", NEW)
    assert open_bundle(tmp_path / "real").read("CARD.md") == OLD
    assert open_bundle(tmp_path / "tiny").read("CARD.md") == NEW


@pytest.mark.parametrize(
    ("facts", "files", "error"),
    [
        ({}, {"../escape": b""}, UnsafePath),
        ({}, {"/etc/escape": b""}, UnsafePath),
        ({}, {MANIFEST: b"{}"}, ManifestInvalid),
        ({}, {"card.MD": b"the same file on Windows"}, ManifestInvalid),
        ({"name": "../../escape"}, {}, ManifestInvalid),
        ({"graphs": ()}, {}, ManifestInvalid),
        ({"nonsense": 1}, {}, ManifestInvalid),
        ({}, {f"file{index}": b"" for index in range(1_000)}, ManifestInvalid),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_could_not_be_opened_is_not_written(
    tmp_path: Path, kind: str, facts: dict[str, object], files: dict[str, bytes], error: type[BundleError]
) -> None:
    _write(tmp_path / kind, OLD)
    before = _tree(tmp_path)
    with pytest.raises(error) as caught:
        tiny_bundle(tmp_path / kind, dims=2, size=4, facts=facts, files=files)
    assert_plain(caught.value)
    assert _tree(tmp_path) == before


def test_too_large_a_file_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILE_BYTES", 1_000)
    with pytest.raises(TooLarge) as caught:
        save_bundle(
            tmp_path / "tiny", tiny_facts(Toy(2, 4), encoder=False, stores=False), _graphs() | {"x": bytes(1_001)}
        )
    assert_plain(caught.value)
    assert list(tmp_path.iterdir()) == []


def _graphs() -> dict[str, bytes]:
    return {"decoder.onnx": Toy(2, 4).decoder(), "CARD.md": b"", "LICENSE": b"", "preview.png": b""}


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "session.json"
    write_file(target, OLD)
    monkeypatch.setattr(archive.os, "fsync", _fails_at(1, errno.ENOSPC))
    with pytest.raises(CannotWrite, match="disk is full") as caught:
        write_file(target, NEW)
    assert_plain(caught.value)
    assert _tree(tmp_path) == {"session.json": OLD}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_no_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWrite, match="no right"):
        write_file(tmp_path / "file", NEW)
    tmp_path.chmod(0o700)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for write in (lambda: write_file(tmp_path / "file/inside", NEW), lambda: _write(tmp_path / "file/inside", NEW)):
        with pytest.raises(CannotWrite) as caught:
            write()
        assert_plain(caught.value)
