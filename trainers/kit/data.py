"""The front door to pictures: ``load`` by name; what each name means stands beside it.

Names and their fixed splits:

- ``fashion-mnist``: 60,000 + 10,000 grey 28 px, as its authors split it; where it is absent, the first 10,000 and
  2,000 of each split that are shipped stand in, and ``Pictures.source`` says so.
- ``mnist``: 60,000 + 10,000 grey 28 px, as its authors split it.
- ``faces`` (``faces:STYLE`` for another style): 60,000 + 10,000 drawn; see ``faces``.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.contract.errors import UnknownName
from trainers.kit import cache
from trainers.kit.data_errors import MissingSource
from trainers.kit.idx import FASHION, MNIST, command, load_idx
from trainers.kit.pictures import SPLITS, Attribute, Pictures, Progress, Split, check_size, first, fitted

__all__ = ["Attribute", "Pictures", "Progress", "Split", "load"]

DATA_VARIABLE = "LATENT_EXPLORER_DATA"
SMALL_FASHION = Path(__file__).resolve().parents[2] / "assets" / "data" / "fashion-mnist-small.npz"
NAMES = ("fashion-mnist", "mnist", "faces")


def load(
    name: str,
    split: Split = "train",
    *,
    size: int | None = None,
    channels: int | None = None,
    count: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Pictures:
    """One split of the data set ``name``, ready in memory.

    ``size``: pixels a side, 28 to 128; ``channels``: 1 grey, 3 colour; ``count``: the first so many; None keeps what
    the set has. ``folder``: where to look first. ``progress`` is told while pictures are being made, not while read.
    MissingSource, with the command that helps, if the set is not on this machine; UnknownName if there is none such.
    """
    if split not in SPLITS:
        raise UnknownName(f"There is no split {split!r}: choose train or test.")
    if size is not None:
        check_size(size)
    family, _, variant = name.partition(":")
    if family == "faces":
        pictures = _faces(variant, split, size, count, progress)
    elif name == "fashion-mnist":
        pictures = _fashion(split, _folders(name, folder))
    elif name == "mnist":
        pictures = load_idx(MNIST, split, _folders(name, folder))
    else:
        raise UnknownName(f"There is no data set {name!r}: choose one of {', '.join(NAMES)}.")
    pictures = first(pictures, count)
    return replace(pictures, images=fitted(pictures.images, size, channels))


def user_folder(name: str) -> Path:
    """Where the user's own copy of a set is looked for: in the folder that LATENT_EXPLORER_DATA names, or the cache."""
    base = os.environ.get(DATA_VARIABLE)
    return (Path(base) if base else cache.cache_folder()) / name


def _folders(name: str, folder: Path | None) -> list[Path]:
    if folder is not None:
        return [folder]
    return [user_folder(name), *([Path(os.environ[DATA_VARIABLE])] if os.environ.get(DATA_VARIABLE) else [])]


def _faces(variant: str, split: Split, size: int | None, count: int | None, progress: Progress | None) -> Pictures:
    try:
        from trainers.kit import faces  # an optional extra: the drawing packages
    except ModuleNotFoundError as error:
        raise MissingSource(
            f"faces needs the package {error.name}. Get it with: pip install 'latent-explorer[train]'"
        ) from error
    return faces.load_faces(
        variant or faces.DEFAULT_STYLE, split, size=size or faces.DEFAULT_SIZE, count=count, progress=progress
    )


def _fashion(split: Split, folders: list[Path]) -> Pictures:
    """The full set, or the shipped part of it."""
    try:
        return load_idx(FASHION, split, folders)
    except MissingSource:
        if not SMALL_FASHION.is_file():
            raise
    with np.load(SMALL_FASHION, allow_pickle=False) as archive:
        images, labels = archive[f"{split}_images"], archive[f"{split}_labels"]
    return Pictures(
        name=FASHION.name,
        split=split,
        images=images[..., None],
        labels=labels.astype(np.int64),
        classes=FASHION.classes,
        attributes=(),
        licence=FASHION.licence,
        credit=FASHION.credit,
        source=f"the {len(images):,} pictures in {SMALL_FASHION}; to get all: {command(FASHION, folders[0])}",
    )
