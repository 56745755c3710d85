"""A folder of the user's own pictures; its sub-folders, where there are any, are the classes.

Pictures are turned as their camera says, cut to the square in their middle and resized. A file that cannot be read is
left out and named. Splits. The sha256 of a file's content decides: one picture in ten is for testing, whatever the file
is called, and copies of one picture lie in the same split.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from trainers.kit import cache
from trainers.kit.data_errors import BrokenSource, MissingSource
from trainers.kit.pictures import SPLITS, Pictures, Progress, Split, as_array, check_size, room_for

DEFAULT_SIZE = 64
TEST_SHARE = 10  # one picture in so many is for testing
NAMED = 5  # broken files that are named; the rest are counted
RECIPE = 1  # counts changes of how files are read, so that a cache from before is not used
UNREADABLE = (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError)
SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def load_folder(
    folder: Path,
    split: Split,
    *,
    size: int = DEFAULT_SIZE,
    channels: int | None = None,
    progress: Progress | None = None,
) -> Pictures:
    """One split of the pictures in ``folder``; grey if all are grey and ``channels`` does not say otherwise.

    MissingSource if there is no such folder, BrokenSource if none of its files can be read.
    """
    if not folder.is_dir():
        raise MissingSource(f"There is no folder {folder}: give one that holds pictures.")
    check_size(size)
    Image.init()
    known = {suffix for suffix, form in Image.registered_extensions().items() if form in Image.OPEN}
    files = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in known and p.is_file() and p.name[0] != "."]
    if not files:
        raise MissingSource(f"There are no pictures in {folder}: put some there, such as PNG or JPEG files.")
    arrays = cache.remember(_cache_path(folder, files, size, channels), lambda: _read(files, size, channels, progress))
    broken = json.loads(str(arrays["broken"]))
    places = arrays[f"{split}_places"]
    if not len(places):
        raise BrokenSource(
            f"Of the {len(files) - len(broken):,} readable pictures in {folder} none is in the {split} split:"
            " add more (50 or so)."
        )
    names = [_class_of(path, folder) for path in files]
    classes = tuple(sorted(set(names))) if any(path.parent != folder for path in files) else ()
    return Pictures(
        name="folder",
        split=split,
        images=arrays[f"{split}_images"],
        labels=np.array([classes.index(names[place]) for place in places], np.int64) if classes else None,
        classes=classes,
        attributes=(),
        licence="the pictures' own",
        credit=f"the makers of the pictures in {folder.name}",
        source=str(folder),
        note=_left_out([files[place].relative_to(folder).as_posix() for place in broken]),
    )


def _read(files: list[Path], size: int, channels: int | None, progress: Progress | None) -> cache.Arrays:
    """Pictures of the readable files and their places in ``files``, by split; and the places of the broken ones."""
    room_for(len(files), size, 3)
    images: dict[Split, list[np.ndarray]] = {split: [] for split in SPLITS}
    places: dict[Split, list[int]] = {split: [] for split in SPLITS}
    broken = []
    grey = True
    for place, path in enumerate(files):
        try:
            picture = _open(path)
        except UNREADABLE:
            broken.append(place)
        else:
            split = split_of(path)
            grey = grey and picture.mode == "L"
            images[split].append(as_array(picture, size, 3))
            places[split].append(place)
        if progress is not None:
            progress(place + 1, len(files))
    if len(broken) == len(files):
        raise BrokenSource(
            f"None of the {len(files):,} files in {files[0].parent} can be read as a picture: replace them."
        )
    if channels is None:
        channels = 1 if grey else 3
    return {"broken": np.array(json.dumps(broken))} | dict(_stacked(images, places, size, channels))


def _stacked(
    images: dict[Split, list[np.ndarray]], places: dict[Split, list[int]], size: int, channels: int
) -> Iterator[tuple[str, np.ndarray]]:
    for split in SPLITS:
        shape = (len(images[split]), size, size, 3)
        colour = np.stack(images[split]) if images[split] else np.empty(shape, np.uint8)
        yield f"{split}_images", colour if channels == 3 else _luma(colour)
        yield f"{split}_places", np.array(places[split], np.int64)


def _luma(colour: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, 3) -> (N, H, W, 1), as Pillow turns colour to grey (ITU-R 601-2)."""
    grey = np.empty((*colour.shape[:3], 1), np.uint8)
    for place, image in enumerate(colour):
        grey[place] = as_array(Image.fromarray(image), image.shape[0], 1)
    return grey


def _open(path: Path) -> Image.Image:
    """The square in the middle of a picture, upright, mode L or RGB, what is transparent on white."""
    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file)
        if picture.mode in SIXTEEN_BIT:
            picture = Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
        if picture.mode == "1":
            picture = picture.convert("L")
        if picture.mode != "L":
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
        side = min(picture.size)
        return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)


def split_of(path: Path) -> Split:
    """The split a file belongs to, by its content."""
    return "test" if int(cache.sha256(path)[:16], 16) % TEST_SHARE == 0 else "train"


def _class_of(path: Path, folder: Path) -> str:
    """The sub-folder a file lies in; for one beside the sub-folders, the folder itself."""
    inner = path.relative_to(folder)
    return inner.parts[0] if len(inner.parts) > 1 else folder.name


def _left_out(broken: list[str]) -> str:
    if not broken:
        return ""
    more = f" and {len(broken) - NAMED:,} more" if len(broken) > NAMED else ""
    files = "1 file" if len(broken) == 1 else f"{len(broken):,} files"
    return f"{files} could not be read as a picture and were left out: {', '.join(broken[:NAMED])}{more}."


def _cache_path(folder: Path, files: list[Path], size: int, channels: int | None) -> Path:
    """Another content of the folder is another file."""
    listing = "\n".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files)
    key = hashlib.sha256(f"{folder.resolve()}\n{listing}".encode()).hexdigest()[:16]
    return cache.cache_folder() / "folder" / f"{folder.name}-{size}px-{channels or 'own'}-{key}-r{RECIPE}.npz"
