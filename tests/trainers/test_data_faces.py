"""Drawn faces: exact labels, pairs, disjoint splits, a cache that is used."""

from pathlib import Path

import numpy as np
import pytest

from explorer.contract.errors import CannotWrite
from trainers.kit import cache, faces
from trainers.kit.data import load
from trainers.kit.data_errors import DataError
from trainers.kit.face_style import face_style, seed_of
from trainers.kit.faces import draw_face, face_pairs, faces_folder, split_of

STYLES = ("toon-head", "pixel-art", "voxel-art", "open-peeps", "landscape", "planets", "critters")


@pytest.fixture
def few_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "BLOCK", 6)


def test_faces_are_coloured_aligned_and_on_white(few_faces: None) -> None:
    pictures = load("faces", "train", size=32, count=12)
    assert pictures.images.shape == (12, 32, 32, 3) and pictures.labels.shape == (12, 10)
    assert np.all(pictures.images[:, 0, 0] == 255)
    assert np.ptp(pictures.images.astype(int), axis=-1).max() > 100  # colours
    assert pictures.licence == "CC BY 4.0" and "Johan Melin" in pictures.credit
    names = [attribute.name for attribute in pictures.attributes]
    assert names[:3] == ["beard", "clothes", "eyebrows"] and names[-1] == "skin colour"
    for column, attribute in enumerate(pictures.attributes):
        assert pictures.labels[:, column].max() < len(attribute.values)


def test_skin_label_is_the_colour_of_the_skin() -> None:
    style = face_style("toon-head")
    column = [a.name for a in style.attributes].index("skin colour")
    labels, seed = draw_face(style, "train", 0)
    for value, colour in enumerate(style.features[column].choices):
        labels[column] = value
        picture = style.render(style.settled(labels), seed, 128)
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert np.array_equal(picture[64, 44], wanted)  # the cheek beside the ear


@pytest.mark.parametrize("attribute", ["beard", "mouth", "hair colour", "clothes", "rear hair"])
def test_pairs_differ_in_one_attribute_alone(attribute: str) -> None:
    pairs = face_pairs(attribute, 5, size=64)
    changed = pairs.first_labels != pairs.second_labels
    assert pairs.attributes[pairs.attribute].name == attribute
    assert np.all(changed[:, pairs.attribute]) and changed.sum() == 5
    assert all(not np.array_equal(a, b) for a, b in zip(pairs.first, pairs.second, strict=True))


def test_pairs_differ_only_where_the_attribute_is() -> None:
    pairs = face_pairs("mouth", 8, size=64)
    rows, columns = np.nonzero((pairs.first != pairs.second).any(axis=(0, 3)))
    assert rows.min() > 35 and rows.max() < 50 and columns.min() > 22 and columns.max() < 42


def test_an_attribute_that_is_not_seen_is_none() -> None:
    style = face_style("pixel-art")
    names = [a.name for a in style.attributes]
    worn, colour = names.index("glasses"), names.index("glasses colour")
    drawn = np.array([draw_face(style, "train", i)[0] for i in range(60)])
    assert np.array_equal(drawn[:, worn] == 0, drawn[:, colour] == 0) and 0 < (drawn[:, worn] == 0).sum() < 60
    pairs = face_pairs("glasses", 4, style_name="pixel-art", size=32)  # none puts glasses on: that changes two labels
    assert np.all(pairs.first_labels[:, worn] > 0) and np.all(pairs.second_labels[:, worn] > 0)


@pytest.mark.parametrize("name", STYLES)
def test_every_style_draws_what_its_labels_say(name: str) -> None:
    style = face_style(name)
    labels, seed = draw_face(style, "test", 3)
    assert np.array_equal(style.settled(labels), labels)
    picture = style.render(labels, seed, 48)
    assert picture.shape == (48, 48, 3) and picture.std() > 5
    assert np.array_equal(picture, style.render(labels, seed, 48))


def test_the_same_face_every_time_and_none_twice() -> None:
    style = face_style("toon-head")
    first = np.array([draw_face(style, "train", i)[0] for i in range(300)])
    again = np.array([draw_face(style, "train", i)[0] for i in range(300)])
    assert np.array_equal(first, again)
    assert len(np.unique(first, axis=0)) == 300
    assert np.array_equal(first[0], [0, 0, 0, 4, 3, 2, 0, 4, 1, 3])  # a change of this changes every picture


def test_splits_share_no_combination() -> None:
    style = face_style("toon-head")
    for split in ("train", "test"):
        assert {split_of(draw_face(style, split, i)[0]) for i in range(100)} == {split}


def test_values_are_as_frequent_as_the_style_says() -> None:
    style = face_style("toon-head")
    generator = np.random.default_rng(0)
    drawn = np.array([style.draw(generator) for _ in range(2_000)])
    for column, feature in enumerate(style.features):
        shares = np.bincount(drawn[:, column], minlength=len(feature.weights)) / len(drawn)
        assert np.abs(shares - feature.weights).max() < 0.05
    correlation = np.corrcoef(drawn.T) - np.eye(drawn.shape[1])
    assert np.abs(correlation).max() < 0.1


def test_a_cached_block_is_not_made_again(few_faces: None, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    first = load("faces", "test", size=28, count=9, progress=lambda done, total: told.append((done, total)))
    assert told == [(6, 9), (9, 9)]
    monkeypatch.setattr(faces, "_make", None)
    again = load("faces", "test", size=28, count=9)
    assert np.array_equal(first.images, again.images) and np.array_equal(first.labels, again.labels)


def test_a_damaged_block_is_made_again(few_faces: None) -> None:
    first = load("faces", "test", size=28, count=4)
    path = faces_folder("toon-head", 28) / "test-00000.npz"
    path.write_bytes(path.read_bytes()[:-100])
    assert not cache.is_whole(path)
    again = load("faces", "test", size=28, count=4)
    assert np.array_equal(first.images, again.images) and cache.is_whole(path)


def test_blocks_are_the_same_from_several_processes(few_faces: None) -> None:
    together = faces.load_faces(size=28, count=12, processes=2)
    folder = faces_folder("toon-head", 28)
    for path in folder.iterdir():
        path.unlink()
    alone = faces.load_faces(size=28, count=12, processes=1)
    assert np.array_equal(together.images, alone.images)


def test_more_faces_than_the_split_has() -> None:
    with pytest.raises(DataError, match="10,000"):
        load("faces", "test", count=10_001)


def test_seeds_of_neighbours_are_unlike() -> None:
    assert seed_of("a", 1)[:8] != seed_of("a", 2)[:8] and seed_of("a", 1) == seed_of("a", 1)


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(CannotWrite, match="disk is full"):
        cache.write(tmp_path / "block.npz", {"a": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []
