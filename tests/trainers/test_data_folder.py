"""A user's own folder: classes, broken files, orientation, a split by content."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainers.kit import folder as folder_module
from trainers.kit.data import load, report
from trainers.kit.data_errors import BrokenSource, DataError, MissingSource


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """60 coloured pictures of two classes, and three files that are no pictures."""
    generator = np.random.default_rng(0)
    root = tmp_path / "pets"
    for kind, red in (("cats", 220), ("dogs", 30)):
        (root / kind).mkdir(parents=True)
        for i in range(30):
            pixels = generator.integers(0, 40, (40, 60, 3), np.uint8)
            pixels[..., 0] = red
            Image.fromarray(pixels).save(root / kind / f"{i:02d}.png")
    whole = (root / "cats" / "00.png").read_bytes()
    (root / "cats" / "torn.png").write_bytes(whole[: len(whole) // 2])
    (root / "dogs" / "empty.jpg").write_bytes(b"")
    (root / "dogs" / "text.gif").write_text("not a picture")
    (root / "dogs" / "notes.txt").write_text("no picture, and none that claims to be one")
    return root


def test_sub_folders_are_classes(pets: Path) -> None:
    train, test = load(str(pets), "train", size=32), load(str(pets), "test", size=32)
    assert train.classes == test.classes == ("cats", "dogs")
    assert len(train) + len(test) == 60 and 1 <= len(test) <= 15
    for pictures in (train, test):
        assert pictures.images.shape[1:] == (32, 32, 3)
        assert np.array_equal(pictures.images[..., 0].mean((1, 2)) < 128, pictures.labels == 1)


def test_broken_files_are_left_out_and_named(pets: Path) -> None:
    note = load(str(pets), "train", size=32).note
    assert note.startswith("3 files could not be read")
    assert all(name in note for name in ("cats/torn.png", "dogs/empty.jpg", "dogs/text.gif")) and "notes" not in note
    assert note in report(str(pets), size=32).lines


def test_many_broken_files_are_counted(tmp_path: Path, pets: Path) -> None:
    for i in range(9):
        (pets / f"broken{i}.png").write_bytes(b"\x89PNG nothing")
    assert "12 files" in (note := load(str(pets), "train").note) and note.endswith("and 7 more.")


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(BrokenSource, match="None of the 1 files"):
        load(str(tmp_path))


def test_no_pictures_and_no_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingSource, match="no pictures"):
        load("folder", folder=tmp_path)
    with pytest.raises(MissingSource, match="no folder"):
        load(str(tmp_path / "nowhere"))


def test_too_few_for_two_splits(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "only.png")
    with pytest.raises(DataError, match="add more"):
        load(str(tmp_path), "train"), load(str(tmp_path), "test")


def test_copies_lie_in_one_split_whatever_they_are_called(pets: Path) -> None:
    for path in list((pets / "cats").glob("0*.png")):
        shutil.copy(path, pets / "dogs" / f"copy of {path.name}")
    train, test = load(str(pets), "train"), load(str(pets), "test")
    assert len(train) + len(test) == 70
    assert not {p.tobytes() for p in train.images} & {p.tobytes() for p in test.images}


def test_what_was_read_is_not_read_again(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(str(pets), "train")
    monkeypatch.setattr(folder_module, "_open", None)
    assert np.array_equal(load(str(pets), "train").images, first.images)
    Image.new("RGB", (30, 30)).save(pets / "cats" / "new.png")
    with pytest.raises(TypeError):  # the folder changed: it is read anew
        load(str(pets), "train")


def test_grey_pictures_stay_grey_and_have_no_classes(tmp_path: Path) -> None:
    for i in range(60):
        Image.new("L", (30, 30), i).save(tmp_path / f"{i}.png")
    pictures = load(str(tmp_path), "train", size=28)
    assert pictures.images.shape[1:] == (28, 28, 1) and pictures.labels is None and pictures.classes == ()
    assert load(str(tmp_path), "train", channels=3).images.shape[3] == 3


def test_pictures_are_upright_square_and_on_white(tmp_path: Path) -> None:
    tall = np.zeros((30, 60, 3), np.uint8)
    tall[:, :20] = 255  # the left third: turned by the camera's note, the top
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise to show
    picture = Image.fromarray(tall)
    picture.save(tmp_path / "turned.png", exif=exif)
    upright = np.asarray(folder_module._open(tmp_path / "turned.png"))
    assert upright.shape == (30, 30, 3)
    assert upright[1].mean() > 200 and upright[-2].mean() < 50
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert np.asarray(folder_module._open(tmp_path / "clear.png")).min() == 255
    Image.fromarray(np.full((30, 30), 40_000, np.uint16)).save(tmp_path / "deep.png")
    assert np.asarray(folder_module._open(tmp_path / "deep.png")).max() == 40_000 // 256
