"""Unlimited coloured faces, aligned, with every attribute known exactly.

Splits. Face ``i`` of a split comes from the sha256 of (style, split, i), so the two splits share no seed. Beyond that,
where a style has at least 100,000 combinations of attributes, each combination belongs to one split by its own hash
(one in seven to ``test``), and a draw that belongs to the other split is drawn again: no test face, pixel for pixel, is
ever seen in training. 60,000 faces are for training, 10,000 for testing.

Faces are made in blocks of 500 that are cached one by one, so that work which was stopped goes on where it was.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from trainers.kit import cache
from trainers.kit.data_errors import DataError
from trainers.kit.face_style import FaceStyle, face_style, seed_of
from trainers.kit.pictures import Attribute, Pictures, Progress, Split, check_size, room_for

DEFAULT_STYLE = "toon-head"
DEFAULT_SIZE = 64
COUNTS: dict[Split, int] = {"train": 60_000, "test": 10_000}
BLOCK = 500  # faces in a cached file: about two seconds of work
RECIPE = 1  # counts changes of how faces are drawn, so that a cache from before is not used
TEST_SHARE = 7  # one combination in so many belongs to the test split
SEPARABLE = 100_000  # combinations from which on the splits are kept apart by combination
DRAWS = 1_000  # tries before a pair counts as impossible


@dataclass(frozen=True)
class FacePairs:
    """Pairs of faces that differ in one attribute alone.

    ``first`` and ``second``: uint8 (N, H, W, 3); their labels int64 (N, A), equal except in column ``attribute``.
    """

    attribute: int
    attributes: tuple[Attribute, ...]
    first: np.ndarray
    second: np.ndarray
    first_labels: np.ndarray
    second_labels: np.ndarray


def load_faces(
    style_name: str = DEFAULT_STYLE,
    split: Split = "train",
    *,
    size: int = DEFAULT_SIZE,
    count: int | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Pictures:
    """The first ``count`` faces of a split (all by default), read from the cache; missing ones are made and kept."""
    style = face_style(style_name)
    count = COUNTS[split] if count is None else count
    if not 0 < count <= COUNTS[split]:
        raise DataError(f"faces has {COUNTS[split]:,} pictures in its {split} split: ask for 1 to {COUNTS[split]:,}.")
    folder = faces_folder(style_name, check_size(size))
    paths = [folder / f"{split}-{first:05d}.npz" for first in range(0, count, BLOCK)]
    images = room_for(count, size, 3)
    labels = np.empty((count, len(style.features)), np.int64)
    missing = []
    for first, path in zip(range(0, count, BLOCK), paths, strict=True):
        if (arrays := cache.read(path)) is None:
            missing.append(_Block(style_name, split, size, range(first, first + BLOCK), path))
        else:
            _place(arrays, first, images, labels)
    done = len(paths) - len(missing)
    for block, arrays in _in_parallel(missing, processes):
        _place(arrays, block.faces.start, images, labels)
        done += 1
        if progress is not None:
            progress(min(done * BLOCK, count), count)
    return Pictures(
        name="faces" if style_name == DEFAULT_STYLE else f"faces:{style_name}",
        split=split,
        images=images,
        labels=labels,
        classes=(),
        attributes=style.attributes,
        licence=style.licence,
        credit=style.credit,
        source=f"drawn on this machine with dicebear-styles {version('dicebear-styles')}, kept in {folder}",
    )


def faces_folder(style_name: str, size: int) -> Path:
    """Where the blocks of a style and size are kept; another version of the drawings is another folder."""
    return cache.cache_folder() / "faces" / f"{style_name}-{size}px-{version('dicebear-styles')}-r{RECIPE}"


def draw_face(style: FaceStyle, split: Split, index: int) -> tuple[np.ndarray, str]:
    """Labels (A,) and seed of face ``index`` of a split."""
    seed = seed_of("latent-explorer", "faces", style.name, split, index)
    generator = np.random.default_rng(int(seed, 16))
    labels = style.draw(generator)
    while style.combinations >= SEPARABLE and split_of(labels) != split:
        labels = style.draw(generator)
    return labels, seed


def split_of(labels: np.ndarray) -> Split:
    """The split that a combination of attributes (A,) belongs to."""
    digest = hashlib.sha256(labels.astype("<i8").tobytes()).digest()
    return "test" if int.from_bytes(digest[:8]) % TEST_SHARE == 0 else "train"


def face_pairs(
    attribute: str, count: int, *, style_name: str = DEFAULT_STYLE, size: int = DEFAULT_SIZE, seed: int = 0
) -> FacePairs:
    """``count`` pairs of the same face with another value of ``attribute``, in labels and in pixels; neither split."""
    style = face_style(style_name)
    names = [a.name for a in style.attributes]
    if attribute not in names:
        raise DataError(f"Faces have no attribute {attribute!r}: choose one of {', '.join(names)}.")
    column = names.index(attribute)
    pairs = [_pair(style, column, size, seed_of("latent-explorer", "pairs", attribute, seed, i)) for i in range(count)]
    first, second, first_labels, second_labels = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
    return FacePairs(column, style.attributes, first, second, first_labels, second_labels)


def _pair(style: FaceStyle, column: int, size: int, seed: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(int(seed, 16))
    for _ in range(DRAWS):
        labels = style.draw(generator)
        changed = labels.copy()
        changed[column] = generator.integers(len(style.features[column].choices))
        if not style.is_consistent(changed) or np.array_equal(changed, labels):
            continue  # the change shows or hides another feature, or is none
        first, second = style.render(labels, seed, size), style.render(changed, seed, size)
        if not np.array_equal(first, second):
            return first, second, labels, changed
    raise DataError(f"No two faces of {size} px differ in {style.attributes[column].name!r} alone: choose another one.")


@dataclass(frozen=True)
class _Block:
    """Faces that are made and cached together."""

    style_name: str
    split: Split
    size: int
    faces: range
    path: Path


def _make(block: _Block) -> cache.Arrays:
    style = face_style(block.style_name)
    drawn = [draw_face(style, block.split, index) for index in block.faces]
    arrays = {
        "images": np.stack([style.render(labels, seed, block.size) for labels, seed in drawn]),
        "labels": np.stack([labels for labels, _ in drawn]),
    }
    cache.write(block.path, arrays)
    return arrays


def _in_parallel(blocks: list[_Block], processes: int | None) -> Iterator[tuple[_Block, cache.Arrays]]:
    """Each block as it is finished; made in this process where there is one block or one process."""
    processes = min(processes or os.cpu_count() or 1, len(blocks))
    if processes <= 1:
        for block in blocks:
            yield block, _make(block)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_make, block): block for block in blocks}
        try:
            for future in as_completed(waiting):
                yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _place(arrays: cache.Arrays, first: int, images: np.ndarray, labels: np.ndarray) -> None:
    """Put a block's arrays where they belong; the last block may hold more than was asked for."""
    room = min(len(arrays["images"]), len(images) - first)
    images[first : first + room] = arrays["images"][:room]
    labels[first : first + room] = arrays["labels"][:room]
