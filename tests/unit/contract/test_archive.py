"""A bundle comes back from disk as it was written: as a folder, as a zip, and zipped by others."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.contract.archive import MANIFEST, facts_of, open_bundle, save_bundle
from explorer.contract.errors import BundleNotFound, DamagedBundle
from explorer.contract.manifest import Array, Manifest
from explorer.contract.zips import INFLATION
from tests.graphs import Toy, tiny_bundle, tiny_facts
from tests.unit.contract.conftest import Contents, read_warily
from tests.unit.contract.sentences import assert_plain


def test_a_folder_and_a_zip_are_the_same_bundle(whole: Path, whole_zip: Path, contents: Contents) -> None:
    folder, packed = open_bundle(whole), open_bundle(whole_zip)
    assert folder.manifest == packed.manifest
    assert folder.identity() == packed.identity()
    assert folder.verify() == packed.verify() == []
    assert read_warily(whole) == read_warily(whole_zip) == contents


def test_the_folder_holds_exactly_the_files_and_the_manifest(whole: Path, contents: Contents) -> None:
    on_disk = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    assert on_disk == {MANIFEST, *contents}
    assert (whole / "decoder.onnx").read_bytes() == contents["decoder.onnx"] == Toy(3, 4).decoder()


def test_hashes_and_sizes_are_those_of_the_files(whole: Path, contents: Contents) -> None:
    for entry in open_bundle(whole).manifest.files:
        assert entry.size == len(contents[entry.path])
        assert entry.sha256 == hashlib.sha256(contents[entry.path]).hexdigest()


def test_the_same_content_gives_the_same_bytes(whole_zip: Path, tmp_path: Path) -> None:
    again = tiny_bundle(tmp_path / "again.zip", dims=3, size=4)
    assert again.path.read_bytes() == whole_zip.read_bytes()


def test_identity_changes_with_any_file(whole: Path, tmp_path: Path) -> None:
    other = tiny_bundle(tmp_path / "other", dims=3, size=4, files={"CARD.md": b"another"})
    assert other.identity() != open_bundle(whole).identity()


def test_arrays_come_back(whole: Path) -> None:
    bundle = open_bundle(whole)
    toy = Toy(3, 4)
    np.testing.assert_array_equal(bundle.array(Array(file="encoded.npz", key="codes")), toy.codes())
    vectors = bundle.array(Array(file="directions.npz", key="pca"))
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(3), atol=1e-6)


def test_a_changed_bundle_is_written_from_the_facts_of_another(whole: Path, contents: Contents, tmp_path: Path) -> None:
    facts = facts_of(open_bundle(whole).manifest)
    copy = save_bundle(tmp_path / "copy", facts | {"description": "Another."}, contents)
    assert copy.manifest == open_bundle(whole).manifest.model_copy(update={"description": "Another."})


def test_files_in_folders_are_kept(tmp_path: Path) -> None:
    files = {"lessons/deep/one.txt": b"one", "lessons/two.txt": b""}
    for place in ("bundle", "bundle.zip", "bundle.lexp"):
        bundle = tiny_bundle(tmp_path / place, files=files)
        assert bundle.read("lessons/deep/one.txt") == b"one"
        assert bundle.read("lessons/two.txt") == b""
        assert bundle.verify() == []


@pytest.mark.parametrize("extra", [{}, {"__MACOSX/._tiny": b"x", "__MACOSX/tiny/._manifest.json": b"x"}])
def test_a_zip_of_the_folder_itself_opens(whole: Path, contents: Contents, tmp_path: Path, extra: Contents) -> None:
    """What a file manager makes: everything one level down, folder entries, its own litter."""
    with zipfile.ZipFile(tmp_path / "finder.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny/", b"")
        for path in [MANIFEST, *contents]:
            archive.write(whole / path, f"tiny/{path}")
        for path, content in extra.items():
            archive.writestr(path, content)
    assert read_warily(tmp_path / "finder.zip") == contents


def test_a_zip_behind_other_bytes_opens(whole_zip: Path, contents: Contents, tmp_path: Path) -> None:
    """Zips may stand behind a program that unpacks them; the content is the same."""
    (tmp_path / "sfx.zip").write_bytes(b"#!/bin/sh\nexit\n" + whole_zip.read_bytes())
    assert read_warily(tmp_path / "sfx.zip") == contents


def test_what_inflates_too_well_is_stored_so_that_it_can_be_read(tmp_path: Path) -> None:
    """A zero-filled file may be part of an honest model; the writer must never write what the reader refuses."""
    zeros = bytes(INFLATION * (64 << 10) + 1)
    bundle = tiny_bundle(tmp_path / "zeros.zip", files={"zeros.bin": zeros})
    assert bundle.read("zeros.bin") == zeros
    assert bundle.path.stat().st_size > len(zeros)


def test_unlisted_files_are_named_but_do_no_harm(whole: Path, contents: Contents, tmp_path: Path) -> None:
    bundle = save_bundle(tmp_path / "bundle", facts_of(open_bundle(whole).manifest), contents)
    (bundle.path / ".DS_Store").write_bytes(b"")
    (bundle.path / "notes.txt").write_text("mine", encoding="utf-8")
    assert open_bundle(bundle.path).unlisted() == ["notes.txt"]
    assert open_bundle(bundle.path).verify() == []


def test_reading_what_is_not_listed_is_refused(whole: Path) -> None:
    for path in ("absent.onnx", MANIFEST, "../secret", "/etc/passwd", "x\n" * 500):
        with pytest.raises(DamagedBundle) as caught:
            open_bundle(whole).read(path)
        assert_plain(caught.value)


@pytest.mark.parametrize("name", ["nothing here", "x" * 300, "nul\x00byte"])
def test_no_bundle_at_the_path(tmp_path: Path, name: str) -> None:
    with pytest.raises((BundleNotFound, DamagedBundle)) as caught:
        open_bundle(tmp_path / name)
    assert_plain(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(BundleNotFound):
        open_bundle(tmp_path / "pipe.zip")
    bundle = tiny_bundle(tmp_path / "tiny")
    (bundle.path / MANIFEST).unlink()
    os.mkfifo(bundle.path / MANIFEST)
    with pytest.raises(DamagedBundle):
        open_bundle(bundle.path)


def test_a_relative_path_works(whole: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(whole)
    assert read_warily(Path()) == contents
    monkeypatch.chdir(whole.parent)
    assert read_warily(Path(whole.name)) == contents


def test_other_programs_read_what_is_written(whole_zip: Path, contents: Contents) -> None:
    with zipfile.ZipFile(whole_zip) as archive:
        assert archive.testzip() is None
        Manifest.model_validate_json(archive.read(MANIFEST))
        with np.load(io.BytesIO(archive.read("encoded.npz")), allow_pickle=False) as stored:
            np.testing.assert_array_equal(stored["codes"], Toy(3, 4).codes())
            assert stored["thumbnails"].shape == (40, 4, 4, 1)


def test_a_wide_toy_has_wide_facts() -> None:
    facts = tiny_facts(Toy(512, 8, 3, dead=(7,)))
    assert facts["spaces"][0].shape == (512,)
    assert facts["spaces"][0].dimensions[7].active is False
