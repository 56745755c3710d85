"""Bundles in folders as entries of a list."""

import shutil
import sys
from pathlib import Path

import pytest

from explorer.contract.archive import facts_of, open_bundle, save_bundle
from explorer.contract.manifest import Graph, LatentSpace, NormalPrior
from explorer.state.library import Item, Library, find_bundles, find_identity, read_item
from tests.graphs import Toy, tiny_bundle, tiny_facts


def test_bundles_are_found_by_name_folder_by_folder(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first / "b", first / "a.ZIP", first / "d.lexp", second / "c"):
        path.parent.mkdir(exist_ok=True)
        tiny_bundle(path)
    tiny_bundle(first / ".hidden")
    tiny_bundle(first / "deep" / "inside")
    (first / "notes.txt").write_text("no bundle")
    (first / "empty").mkdir()
    found = find_bundles((first, tmp_path / "missing", second))
    assert [path.name for path in found] == ["a.ZIP", "b", "d.lexp", "c"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_bundle_has_one_path_whether_or_not_links_lead_to_it(tmp_path: Path) -> None:
    real = tiny_bundle(tmp_path / "real").path
    (tmp_path / "models").mkdir()
    (tmp_path / "models/link").symlink_to(real)
    (tmp_path / "models/loop.zip").symlink_to(tmp_path / "models/loop.zip")
    (tmp_path / "way").symlink_to(tmp_path / "models")
    assert find_bundles((tmp_path / "way",)) == [real]


def test_a_folder_that_may_not_be_looked_into_is_listed_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    real = Path.is_file

    def refuse(self: Path) -> bool:
        if self.parent == closed:
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "is_file", refuse)
    (path,) = find_bundles((tmp_path,))
    assert "Permission denied" in read_item(path).fault


def test_an_item_of_a_folder_and_of_its_zip_have_one_identity(tmp_path: Path) -> None:
    folder, packed = (read_item(tiny_bundle(tmp_path / name).path) for name in ("tiny", "tiny.zip"))
    assert folder.identity == packed.identity != ""
    assert folder == Item(
        str(tmp_path / "tiny"), "tiny", "VAE · 8 px · 4 numbers", (tmp_path / "tiny/preview.png").read_bytes(),
        folder.identity,
    )  # fmt: skip


def test_the_subtitle_says_what_is_known(tmp_path: Path) -> None:
    free = tiny_facts(Toy())["graphs"][:1]
    critic = Graph(**(dict(free[0]) | {"role": "critic", "outputs": (free[0].inputs[0],), "inputs": free[0].outputs}))
    box = LatentSpace(name="z", shape=(2, 2), prior=NormalPrior())
    cases = {
        "new-family · 16 px · 3 numbers": {"dims": 3, "size": 16, "family": "new-family"},
        "VAE": {"facts": {"graphs": (critic,)}, "encoder": False},
        "VAE · 8 px": {"facts": {"spaces": (box,)}, "stores": False},
    }
    for number, (subtitle, how) in enumerate(cases.items()):
        assert read_item(tiny_bundle(tmp_path / str(number), **how).path).subtitle == subtitle  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["torn.zip", "torn"])
def test_a_broken_bundle_says_why(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "torn.zip":
        path.write_bytes(b"no zip")
    else:
        tiny_bundle(path)
        (path / "decoder.onnx").unlink()
    item = read_item(path)
    assert (item.path, item.title, item.subtitle) == (str(path), "torn", "cannot be opened")
    assert item.fault.endswith("get the model again.")
    assert (item.preview_png, item.identity) == (None, "")


def test_a_preview_that_was_changed_makes_the_bundle_broken(tmp_path: Path) -> None:
    path = tiny_bundle(tmp_path / "tiny").path
    preview = path / "preview.png"
    preview.write_bytes(bytes(preview.stat().st_size))
    assert read_item(path).fault.startswith("preview.png was changed or damaged")


def test_a_bundle_without_a_preview_is_fine(tmp_path: Path) -> None:
    bundle = open_bundle(tiny_bundle(tmp_path / "tiny").path)
    files = {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files if entry.path != "preview.png"}
    item = read_item(save_bundle(tmp_path / "plain", facts_of(bundle.manifest), files).path)
    assert (item.fault, item.preview_png) == ("", None)


def test_a_bundle_is_found_by_its_identity_and_not_by_its_name(tmp_path: Path) -> None:
    one, other = (tiny_bundle(tmp_path / str(seed), seed=seed).path for seed in (1, 2))
    copy = Path(shutil.copytree(other, tmp_path / "copy"))
    identity = read_item(other).identity
    assert find_identity(identity, (tmp_path / "nowhere", one, copy, other)) == copy
    assert find_identity("0" * 64, (one, other)) is None


def test_the_list_tells_when_it_changes() -> None:
    library, told = Library(), []
    library.events.items.connect(told.append)
    item = Item("a", "A", "")
    library.items = (item,)
    library.items = (item,)
    assert told == [(item,)]
