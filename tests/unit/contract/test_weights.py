"""Files of weights: larger than any other file may be, copied and proved in pieces, and never held whole."""

import errno
import hashlib
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from explorer.contract import archive, streams, zips
from explorer.contract.archive import Bundle, bundle_in_memory, facts_of, open_bundle, save_bundle
from explorer.contract.errors import CannotWrite, DamagedBundle, ManifestInvalid, TooLarge, UnsafePath, WrongHash
from tests.graphs import Toy, apart_bundle, edit_manifest, external_data_decoder
from tests.unit.contract.sentences import assert_plain

TOY = Toy(dims=4, size=16)
GRAPH, WEIGHTS = external_data_decoder(TOY)
LIMIT = len(WEIGHTS) - 1  # that weights are larger than


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return apart_bundle(tmp_path / "whole", TOY)


def sources(bundle: Bundle) -> dict[str, bytes | Path]:
    return {entry.path: bundle.source(entry.path) for entry in bundle.manifest.files}


# --- reading -------------------------------------------------------------------------------------------------------


def test_they_are_mapped_read_only(bundle: Bundle) -> None:
    mapped = bundle.mapped("weights.bin")
    assert mapped.tobytes() == WEIGHTS and mapped.dtype == np.uint8
    assert not mapped.flags.writeable and isinstance(mapped, np.memmap)


def test_in_a_zip_and_in_memory_they_are_read(bundle: Bundle, tmp_path: Path) -> None:
    files = {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files}
    for other in (
        bundle_in_memory(facts_of(bundle.manifest), files),
        save_bundle(tmp_path / "other.zip", facts_of(bundle.manifest), files),
    ):
        mapped = other.mapped("weights.bin")
        assert mapped.tobytes() == WEIGHTS and not mapped.flags.writeable
        assert other.source("weights.bin") == WEIGHTS
        assert other.verify() == []


def test_an_empty_file_is_mapped_too(tmp_path: Path) -> None:
    assert apart_bundle(tmp_path / "empty", TOY, files={"nothing": b""}).mapped("nothing").size == 0


def test_they_are_hashed_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.mapped("weights.bin")
    monkeypatch.setattr(streams.hashlib, "file_digest", None)
    assert open_bundle(bundle.path).mapped("weights.bin").tobytes() == WEIGHTS


def test_changed_ones_are_refused(bundle: Bundle) -> None:
    bundle.mapped("weights.bin")
    change(bundle.path / "weights.bin")
    for use in (bundle.mapped, bundle.source, bundle.read):
        with pytest.raises(WrongHash, match="changed or damaged") as caught:
            use("weights.bin")
        assert_plain(caught.value)
    assert [type(fault) for fault in bundle.verify()] == [WrongHash]


def test_they_are_verified_anew(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is remembered of them."""
    monkeypatch.setattr(streams, "_hashes", {})
    bundle.mapped("weights.bin")
    for key in streams._hashes:
        streams._hashes[key] = "0" * 64
    with pytest.raises(WrongHash):
        bundle.mapped("weights.bin")
    assert bundle.verify() == []
    assert bundle.mapped("weights.bin").tobytes() == WEIGHTS


def test_too_short_ones_are_refused(bundle: Bundle) -> None:
    (bundle.path / "weights.bin").write_bytes(WEIGHTS[:-1])
    with pytest.raises(WrongHash):
        bundle.mapped("weights.bin")
    with pytest.raises(DamagedBundle, match="truncated") as caught:
        open_bundle(bundle.path)
    assert_plain(caught.value)


def test_a_link_in_their_place_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    (bundle.path / "weights.bin").rename(tmp_path / "elsewhere")
    (bundle.path / "weights.bin").symlink_to(tmp_path / "elsewhere")
    for use in (bundle.mapped, bundle.source, lambda _: open_bundle(bundle.path)):
        with pytest.raises(UnsafePath, match="is a link") as caught:
            use("weights.bin")
        assert_plain(caught.value)


def test_nothing_else_in_the_folder_is_mapped(bundle: Bundle) -> None:
    (bundle.path / "secret").write_bytes(b"x")
    for path in ("secret", "../whole/weights.bin", "/etc/passwd", "nothing"):
        with pytest.raises((DamagedBundle, UnsafePath)):
            bundle.mapped(path)


def test_verifying_holds_no_file_of_weights(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(32 << 20))
    tracemalloc.start()
    try:
        bundle = apart_bundle(tmp_path / "bundle", TOY, files={"large.bin": large})
        assert bundle.verify() == []
        bundle.mapped("large.bin")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20  # a manifest is read into a buffer of 8


# --- limits --------------------------------------------------------------------------------------------------------


def test_only_weights_may_be_larger_than_a_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILE_BYTES", LIMIT)
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    assert bundle.mapped("weights.bin").size > LIMIT
    with pytest.raises(TooLarge, match="too large to be read at once") as caught:
        bundle.read("weights.bin")
    assert_plain(caught.value)
    with pytest.raises(TooLarge, match="more than is allowed"):
        apart_bundle(tmp_path / "other", TOY, files={"more.bin": WEIGHTS})
    edit_manifest(bundle.path, graphs=[without_weights(bundle)])
    with pytest.raises(TooLarge, match="more than is allowed"):
        open_bundle(bundle.path)


def test_weights_have_a_limit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "WEIGHTS_BYTES", LIMIT)
    with pytest.raises(TooLarge, match="more than is allowed"):
        apart_bundle(tmp_path / "bundle", TOY)


def test_weights_count_in_the_sum_of_all_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = apart_bundle(tmp_path / "bundle", TOY)
    everything = sum(entry.size for entry in bundle.manifest.files)
    monkeypatch.setattr(archive, "BUNDLE_BYTES", everything - len(WEIGHTS))
    monkeypatch.setattr(archive, "WHOLE_BYTES", everything)
    open_bundle(bundle.path)
    for name, limit in (("BUNDLE_BYTES", everything - len(WEIGHTS) - 1), ("WHOLE_BYTES", everything - 1)):
        with monkeypatch.context() as patch:
            patch.setattr(archive, name, limit)
            with pytest.raises(TooLarge, match="add up to more") as caught:
                open_bundle(bundle.path)
            assert_plain(caught.value)


@pytest.mark.parametrize(
    ("named", "sentence"), [("other.bin", "is used but not listed"), ("decoder.onnx", "cannot be anything else")]
)
def test_a_manifest_names_a_listed_file_that_is_nothing_else(bundle: Bundle, named: str, sentence: str) -> None:
    edit_manifest(bundle.path, graphs=[without_weights(bundle) | {"weights": named}])
    with pytest.raises(ManifestInvalid, match=sentence) as caught:
        open_bundle(bundle.path)
    assert_plain(caught.value)


# --- writing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["copy", "copy.zip"])
def test_copied_from_files_it_is_the_same_bundle(bundle: Bundle, tmp_path: Path, kind: str) -> None:
    files = sources(bundle)
    assert all(isinstance(content, Path) for content in files.values())
    copy = save_bundle(tmp_path / kind, facts_of(bundle.manifest), files)
    assert (copy.manifest, copy.identity()) == (bundle.manifest, bundle.identity())
    assert copy.verify() == []


def test_a_bundle_is_replaced_by_a_copy_from_its_own_files(bundle: Bundle) -> None:
    changed = facts_of(bundle.manifest) | {"description": "Another."}
    again = save_bundle(bundle.path, changed, sources(bundle))
    assert again.identity() == bundle.identity() and again.verify() == []


def test_large_ones_do_not_go_into_a_zip(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(tmp_path.rglob("*"))
    for name, limit in (("FILE_BYTES", LIMIT), ("BUNDLE_BYTES", LIMIT)):
        with monkeypatch.context() as patch:
            patch.setattr(archive, name, limit)
            with pytest.raises(CannotWrite, match=r"too large for one file.*name a folder instead") as caught:
                save_bundle(tmp_path / "copy.zip", facts_of(bundle.manifest), sources(bundle))
        assert_plain(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_with_large_ones_is_to_be_unpacked(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        for path in bundle.path.iterdir():
            packed.write(path, path.name)
    open_bundle(tmp_path / "packed.zip")
    monkeypatch.setattr(zips, "MEMBER_BYTES", LIMIT)
    with pytest.raises(TooLarge, match="unpack it first and open the folder") as caught:
        open_bundle(tmp_path / "packed.zip")
    assert_plain(caught.value)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "nothing"])
@pytest.mark.parametrize("target", ["copy", "copy.zip"])
def test_only_plain_files_are_copied(bundle: Bundle, tmp_path: Path, kind: str, target: str) -> None:
    source = tmp_path / "source"
    if kind == "link":
        source.symlink_to(bundle.path / "weights.bin")
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes")
        os.mkfifo(source)
    elif kind == "folder":
        source.mkdir()
    with pytest.raises((UnsafePath, DamagedBundle)) as caught:
        save_bundle(tmp_path / target, facts_of(bundle.manifest), sources(bundle) | {"weights.bin": source})
    assert_plain(caught.value)
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


@pytest.mark.parametrize("target", ["copy", "copy.zip"])
def test_a_file_that_changes_while_it_is_copied(
    bundle: Bundle, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sources(bundle)
    monkeypatch.setattr(archive, "_check_replaceable", lambda _: change(bundle.path / "weights.bin"))
    with pytest.raises(CannotWrite, match="was changed while it was copied") as caught:
        save_bundle(tmp_path / target, facts_of(bundle.manifest), files)
    assert_plain(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_a_disk_that_is_full_amid_a_copy_leaves_nothing(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(file: IO[bytes], to: IO[bytes]) -> None:
        to.write(file.read(100))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(archive, "copy", half)
    with pytest.raises(CannotWrite, match="disk is full") as caught:
        save_bundle(tmp_path / "copy", facts_of(bundle.manifest), sources(bundle))
    assert_plain(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    assert bundle.verify() == []


def change(place: Path) -> None:
    """Another content of the same size."""
    content = bytearray(place.read_bytes())
    content[5] ^= 1
    assert hashlib.sha256(content).digest() != hashlib.sha256(WEIGHTS).digest()
    place.write_bytes(content)
    os.utime(place, ns=(1, 1))


def without_weights(bundle: Bundle) -> dict[str, object]:
    """The decoder's description as JSON, its weights not named."""
    return bundle.manifest.graphs[0].model_dump(mode="json", exclude={"weights"})
