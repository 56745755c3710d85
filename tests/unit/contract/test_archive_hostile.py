"""Damaged and hostile bundles: refused by a sentence, in bounded memory, with nothing written and nothing followed."""

import io
import json
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.contract import holders
from explorer.contract.archive import MANIFEST, MANIFEST_BYTES, open_bundle
from explorer.contract.errors import BundleError, DamagedBundle, NewerFormat, TooLarge, UnsafePath, WrongHash
from tests.graphs import edit_manifest, tiny_bundle, vast_arrays
from tests.unit.contract.conftest import Contents, read_warily
from tests.unit.contract.sentences import assert_plain
from tests.unit.contract.watching import watched

CUTS = 150  # places at which the zip is cut
quickly = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(path: Path) -> BundleError:
    """The first thing that is wrong with a bundle, read warily."""
    assert read_warily(path) is None
    try:
        return open_bundle(path).verify()[0]
    except BundleError as error:
        return error


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the whole bundle, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "bundle"))


# --- folders -------------------------------------------------------------------------------------------------------


def test_a_wrong_hash(folder: Path) -> None:
    content = bytearray((folder / "decoder.onnx").read_bytes())
    content[100] ^= 1
    (folder / "decoder.onnx").write_bytes(content)
    error = refusal(folder)
    assert isinstance(error, WrongHash) and "decoder.onnx" in str(error)


def test_every_wrong_file_is_told(folder: Path) -> None:
    for name in ("decoder.onnx", "CARD.md", "encoded.npz"):
        content = bytearray((folder / name).read_bytes())
        content[5] ^= 1
        (folder / name).write_bytes(content)
    faults = open_bundle(folder).verify()
    assert [type(fault) for fault in faults] == [WrongHash] * 3
    assert all(name in " ".join(map(str, faults)) for name in ("decoder.onnx", "CARD.md", "encoded.npz"))


def test_a_missing_graph(folder: Path) -> None:
    (folder / "encoder.onnx").unlink()
    error = refusal(folder)
    assert isinstance(error, DamagedBundle) and "encoder.onnx is missing" in str(error)


@pytest.mark.parametrize("keep", [0, 1, 100])
def test_a_truncated_file(folder: Path, keep: int) -> None:
    os.truncate(folder / "decoder.onnx", keep)
    error = refusal(folder)
    assert isinstance(error, DamagedBundle) and "truncated" in str(error)


def test_a_file_that_is_truncated_after_opening(folder: Path) -> None:
    bundle = open_bundle(folder)
    os.truncate(folder / "decoder.onnx", 50)
    (folder / "CARD.md").unlink()
    assert [type(fault) for fault in bundle.verify()] == [DamagedBundle, WrongHash]


@pytest.mark.parametrize("version", [2, 10**6, 10**400])
def test_a_newer_format(folder: Path, version: int) -> None:
    edit_manifest(folder, format=version, new_field={"unknown": "to us"})
    error = refusal(folder)
    assert isinstance(error, NewerFormat) and "Update" in str(error)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "LICENSE", "nowhere"])
def test_a_link(folder: Path, target: str) -> None:
    (folder.parent / "outside").write_bytes((folder / "CARD.md").read_bytes())
    (folder / "CARD.md").unlink()
    (folder / "CARD.md").symlink_to(target)
    assert isinstance(refusal(folder), UnsafePath)


def test_a_link_to_a_folder(folder: Path) -> None:
    (folder / "more").symlink_to("/etc", target_is_directory=True)
    assert isinstance(refusal(folder), UnsafePath)


def test_a_manifest_that_is_a_link(folder: Path) -> None:
    (folder / MANIFEST).rename(folder.parent / "elsewhere.json")
    (folder / MANIFEST).symlink_to(folder.parent / "elsewhere.json")
    assert isinstance(refusal(folder), DamagedBundle | UnsafePath)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_in_the_place_of_a_file(folder: Path) -> None:
    (folder / "CARD.md").unlink()
    os.mkfifo(folder / "CARD.md")
    assert isinstance(refusal(folder), DamagedBundle)


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "C:\\x", "a/../../outside", "CARD.md\n", "con"])
def test_a_listed_path_that_leaves_the_folder(folder: Path, path: str) -> None:
    (folder.parent / "outside").write_bytes(b"secret")
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    edit_manifest(folder, files=[*facts["files"], {"path": path, "sha256": "0" * 64, "size": 6}])
    assert isinstance(refusal(folder), UnsafePath)


def test_nothing_outside_the_folder_is_opened(folder: Path) -> None:
    (folder / "CARD.md").unlink()
    (folder / "CARD.md").symlink_to("/etc/passwd")
    opened: list[str] = []

    def watcher(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            opened.append(str(Path(arguments[0]).resolve().relative_to(folder.resolve())))

    with watched(watcher), pytest.raises(UnsafePath):
        open_bundle(folder).verify()
    assert opened == [MANIFEST]


@pytest.mark.parametrize("size", [3 << 30, 100 << 30, 10**30])
def test_a_file_that_is_said_to_be_huge(folder: Path, size: int) -> None:
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    edit_manifest(folder, files=[entry | {"size": size} for entry in facts["files"]])
    assert isinstance(refusal(folder), TooLarge)


def test_a_hole_of_many_gigabytes(folder: Path) -> None:
    """A sparse file takes no space on the disk; its size is looked at before it is read."""
    os.truncate(folder / "encoded.npz", 50 << 30)
    assert isinstance(refusal(folder), DamagedBundle)


def test_a_vast_manifest(folder: Path) -> None:
    os.truncate(folder / MANIFEST, MANIFEST_BYTES + 1)
    assert isinstance(refusal(folder), TooLarge)


def test_a_folder_of_too_many_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "FILES", 20)
    for index in range(20):
        (folder / str(index)).touch()
    assert isinstance(refusal(folder), TooLarge)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 10, b"[]", b"null", b'{"format"', b"\xff\xfe{}", b"{}" * 2, b"[" * 10**6]
)
def test_a_manifest_that_is_none(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    refusal(folder)


def test_a_header_of_a_hundred_gigabytes(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "vast", dims=3, size=4, files={"encoded.npz": vast_arrays()})
    error = refusal(bundle.path)
    assert isinstance(error, TooLarge) and "100,000,000,000 bytes" in str(error)


@settings(quickly, max_examples=60)
@given(st.data())
def test_changed_bytes_in_a_folder_are_never_believed(whole: Path, contents: Contents, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([MANIFEST, *contents]))
    place = whole / name
    before = place.read_bytes()
    try:
        place.write_bytes(_damaged(before, data))
        read = read_warily(whole)
    finally:
        place.write_bytes(before)
    assert read is None or read.items() <= contents.items()


def _damaged(content: bytes, data: st.DataObject) -> bytes:
    """Some bytes changed, and perhaps the end cut off or put on."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(changed)))
    return bytes(changed[:cut]) + data.draw(st.binary(max_size=8))


# --- zips ----------------------------------------------------------------------------------------------------------


def test_a_zip_cut_anywhere(whole_zip: Path, tmp_path: Path) -> None:
    content = whole_zip.read_bytes()
    place = tmp_path / "cut.zip"
    ends = {*range(0, len(content), len(content) // CUTS), *range(len(content) - 60, len(content))}
    for end in sorted(ends):
        place.write_bytes(content[:end])
        error = refusal(place)
        assert isinstance(error, DamagedBundle), end
        assert_plain(error)


@settings(quickly, max_examples=150)
@given(st.data())
def test_changed_bytes_in_a_zip_are_never_believed(
    whole_zip: Path, contents: Contents, tmp_path: Path, data: st.DataObject
) -> None:
    """Anywhere, and more often in the directory at the end, which is what the reader believes."""
    content = whole_zip.read_bytes()
    start = data.draw(st.sampled_from([0, content.index(b"PK\x01\x02"), len(content) - 22]))
    place = tmp_path / "changed.zip"
    place.write_bytes(content[:start] + _damaged(content[start:], data))
    read = read_warily(place)
    assert read is None or read == contents


@settings(quickly, max_examples=50)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda content: b"PK\x03\x04" + content))
def test_bytes_that_are_no_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "noise.zip").write_bytes(content)
    assert isinstance(refusal(tmp_path / "noise.zip"), DamagedBundle)


def _rezip(source: Path, target: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            change(new, info, old.read(info))
    return target


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/cron.d/x", "a/../../x", "C:\\x", "..\\x", "\\\\host\\x", "CARD.md ", "nul", "x\ny"]
)
def test_a_zip_with_a_name_that_leaves(whole_zip: Path, tmp_path: Path, name: str) -> None:
    place = Path(shutil.copy(whole_zip, tmp_path / "escape.zip"))
    with zipfile.ZipFile(place, "a") as archived:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        archived.writestr(info, b"x")
    assert isinstance(refusal(place), UnsafePath)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["escape.zip"]


def test_a_zip_with_a_name_that_leaves_by_a_folder(whole_zip: Path, tmp_path: Path) -> None:
    place = Path(shutil.copy(whole_zip, tmp_path / "escape.zip"))
    with zipfile.ZipFile(place, "a") as archived:
        archived.writestr("../folder/", b"")
    assert isinstance(refusal(place), UnsafePath)


def test_a_zip_with_a_link(whole_zip: Path, tmp_path: Path) -> None:
    def change(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        if info.filename == "CARD.md":
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            content = b"/etc/passwd"
        new.writestr(info, content)

    assert isinstance(refusal(_rezip(whole_zip, tmp_path / "link.zip", change)), UnsafePath)


@pytest.mark.filterwarnings("ignore:Duplicate name")  # what the zipfile module says while the test makes one
def test_a_zip_with_a_name_twice(whole_zip: Path, tmp_path: Path) -> None:
    def change(new: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        new.writestr(info.filename, content)
        if info.filename == "decoder.onnx":
            new.writestr(info.filename, content[::-1])

    error = refusal(_rezip(whole_zip, tmp_path / "twice.zip", change))
    assert isinstance(error, DamagedBundle) and "twice" in str(error)


def _patched(source: Path, target: Path, name: str, offset: int, value: bytes) -> Path:
    """Overwrite bytes of one entry of the zip's directory, ``offset`` bytes into it."""
    content = bytearray(source.read_bytes())
    at = content.index(name.encode(), content.index(b"PK\x01\x02")) - 46 + offset
    content[at : at + len(value)] = value
    target.write_bytes(content)
    return target


def test_an_encrypted_zip(whole_zip: Path, tmp_path: Path) -> None:
    place = _patched(whole_zip, tmp_path / "locked.zip", "decoder.onnx", 8, struct.pack("<H", 1))
    error = refusal(place)
    assert isinstance(error, DamagedBundle) and "encrypted" in str(error)


@pytest.mark.parametrize("method", [12, 14, 93, 97, 255], ids=["bzip2", "lzma", "zstandard", "wavpack", "unknown"])
def test_a_zip_packed_in_another_way(whole_zip: Path, tmp_path: Path, method: int) -> None:
    place = _patched(whole_zip, tmp_path / "packed.zip", "decoder.onnx", 10, struct.pack("<H", method))
    assert isinstance(refusal(place), DamagedBundle)


@pytest.mark.parametrize("size", [2_000_000_000, (1 << 32) - 2])
def test_a_zip_that_says_an_entry_unpacks_to_gigabytes(whole_zip: Path, tmp_path: Path, size: int) -> None:
    place = _patched(whole_zip, tmp_path / "vast.zip", MANIFEST, 24, struct.pack("<I", size))
    assert isinstance(refusal(place), TooLarge)


def test_a_zip_whose_entries_claim_more_than_the_file(whole_zip: Path, tmp_path: Path) -> None:
    """Both sizes invented: the packed one would make the unpacked one look harmless."""
    place = _patched(whole_zip, tmp_path / "lies.zip", "encoded.npz", 20, struct.pack("<II", 1 << 30, 1 << 30))
    assert isinstance(refusal(place), DamagedBundle)


def test_a_zip_bomb(whole_zip: Path, tmp_path: Path) -> None:
    place = Path(shutil.copy(whole_zip, tmp_path / "bomb.zip"))
    with zipfile.ZipFile(place, "a", zipfile.ZIP_DEFLATED) as archived:
        archived.writestr("zeros", bytes(50 << 20))
    error = refusal(place)
    assert isinstance(error, TooLarge) and "52,428,800" in str(error)


def test_an_array_bomb_inside_an_honest_bundle(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archived:
        archived.writestr("codes.npy", bytes(50 << 20))
    bundle = tiny_bundle(tmp_path / "bomb", dims=3, size=4, files={"encoded.npz": packed.getvalue()})
    assert isinstance(refusal(bundle.path), TooLarge)


def test_a_zip_of_too_many_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archived:
        for index in range(1_001):
            archived.writestr(str(index), b"")
    assert isinstance(refusal(tmp_path / "many.zip"), TooLarge)


def test_a_zip_without_a_manifest(tmp_path: Path) -> None:
    for names in (["a", "b"], ["top/a"], ["top/a", "top/b/manifest.json"], []):
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archived:
            for name in names:
                archived.writestr(name, b"{}")
        error = refusal(tmp_path / "other.zip")
        assert isinstance(error, DamagedBundle) and MANIFEST in str(error)


def test_a_zip_whose_manifest_is_vast(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "vast.zip", "w") as archived:
        archived.writestr(MANIFEST, b" " * (MANIFEST_BYTES + 1))
    assert isinstance(refusal(tmp_path / "vast.zip"), TooLarge)


def test_a_zip_that_vanishes_after_opening(whole_zip: Path, tmp_path: Path) -> None:
    bundle = open_bundle(Path(shutil.copy(whole_zip, tmp_path / "gone.zip")))
    (tmp_path / "gone.zip").unlink()
    faults = bundle.verify()
    assert len(faults) == len(bundle.manifest.files)
    for fault in faults:
        assert_plain(fault)


class _Trap:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    """An array of objects would run foreign code on loading."""
    packed = io.BytesIO()
    np.savez(packed, codes=np.array([_Trap(tmp_path / "sprung")], dtype=object))
    bundle = tiny_bundle(tmp_path / "trap", dims=3, size=4, files={"encoded.npz": packed.getvalue()})
    assert "plain numbers" in str(refusal(bundle.path))
    assert not (tmp_path / "sprung").exists()
    packed.seek(0)
    np.load(packed, allow_pickle=True)["codes"]
    assert (tmp_path / "sprung").exists()  # so the trap was a real one


def test_a_manifest_of_a_million_labels(folder: Path) -> None:
    edit_manifest(folder, classes=["a"] * 1_000_000)
    assert "classes" in str(refusal(folder))
