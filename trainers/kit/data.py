"""The front door to pictures: ``load`` by name, ``report`` to prepare a set and say what was found.

Names and their fixed splits:

- ``fashion-mnist``: 60,000 + 10,000 grey 28 px, as its authors split it; where it is absent, the first 10,000 and
  2,000 of each split that are shipped stand in, and ``Pictures.note`` says so.
- ``mnist``: 60,000 + 10,000 grey 28 px, as its authors split it.
- ``faces`` (``faces:STYLE`` for another style): 60,000 + 10,000 drawn, any size; split by combination of attributes.
- ``glyphs``: letters and digits in the installed fonts; split by font family.
- ``folder`` with a path, or a path alone: the user's own pictures; split by the hash of each file.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from explorer.contract.errors import UnknownName
from trainers.kit import cache
from trainers.kit.data_errors import MissingSource
from trainers.kit.folder import load_folder
from trainers.kit.glyphs import load_glyphs
from trainers.kit.idx import FASHION, MNIST, command, load_idx
from trainers.kit.pictures import SPLITS, Attribute, Pictures, Progress, Split, check_size, first, fitted

__all__ = ["DATA_VARIABLE", "NAMES", "Attribute", "DataReport", "Pictures", "Progress", "Split", "load", "report"]

DATA_VARIABLE = "LATENT_EXPLORER_DATA"
ROOT = Path(__file__).resolve().parents[2]
SMALL_FASHION = tuple(  # in a checkout, and where the package is installed
    assets / "data" / "fashion-mnist-small.npz" for assets in (ROOT / "assets", ROOT / "explorer" / "assets")
)
NAMES = ("fashion-mnist", "mnist", "faces", "glyphs", "folder")


@dataclass(frozen=True)
class DataReport:
    """What ``report`` found: pictures in each split, of ``size`` px a side, and what may be done with them."""

    name: str
    counts: tuple[tuple[Split, int], ...]
    size: int
    channels: int
    classes: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    licence: str
    credit: str
    where: str
    note: str

    @property
    def lines(self) -> list[str]:
        """The report in sentences, for people."""
        counts = " and ".join(
            f"{count:,} for {'training' if split == 'train' else 'testing'}" for split, count in self.counts
        )
        depth = "grey" if self.channels == 1 else "colour"
        lines = [f"{self.name}: {counts}, {self.size} x {self.size} px, {depth}."]
        if self.classes:
            lines.append(f"{len(self.classes)} classes: {', '.join(self.classes)}.")
        if self.attributes:
            known = ", ".join(f"{a.name} ({len(a.values)})" for a in self.attributes)
            lines.append(f"{len(self.attributes)} attributes of every picture: {known}.")
        lines += [f"Where: {self.where}.", f"Licence: {self.licence}.", f"Credit: {self.credit}."]
        return [*lines, self.note] if self.note else lines


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

    ``size``: pixels a side, 28 to 1,024; ``channels``: 1 grey, 3 colour; ``count``: the first so many; None keeps what
    the set has. ``folder``: the pictures of ``folder``, or where the files of ``mnist`` and ``fashion-mnist`` lie.
    ``progress`` is told while pictures are being made, not while they are read from the cache.
    MissingSource, with the command that helps, if the set is not on this machine; UnknownName if there is none such.
    """
    if split not in SPLITS:
        raise UnknownName(f"There is no split {split!r}: choose train or test.")
    if size is not None:
        check_size(size)
    pictures = _source(name, folder)(split, size, channels, count, progress)
    pictures = first(pictures, count)
    return replace(pictures, images=fitted(pictures.images, size, channels))


def report(
    name: str, *, size: int | None = None, progress: Progress | None = None, folder: Path | None = None
) -> DataReport:
    """Prepare both splits of a data set and say what was found; the errors of ``load``."""
    splits = [load(name, split, size=size, progress=progress, folder=folder) for split in SPLITS]
    pictures = splits[0]
    return DataReport(
        name=pictures.name,
        counts=tuple((p.split, len(p)) for p in splits),
        size=pictures.images.shape[1],
        channels=pictures.images.shape[3],
        classes=pictures.classes,
        attributes=pictures.attributes,
        licence=pictures.licence,
        credit=pictures.credit,
        where=pictures.source,
        note=pictures.note,
    )


def user_folder(name: str) -> Path:
    """Where the user's own copy of a set is looked for: in the folder that LATENT_EXPLORER_DATA names, or the cache."""
    base = os.environ.get(DATA_VARIABLE)
    return (Path(base) if base else cache.cache_folder()) / name


Source = Callable[[Split, int | None, int | None, int | None, Progress | None], Pictures]


def _source(name: str, folder: Path | None) -> Source:
    """What gives the pictures of ``name``, asked with (split, size, channels, count, progress)."""
    family, _, variant = name.partition(":")
    if family == "faces":
        return lambda split, size, _channels, count, progress: _faces(variant, split, size, count, progress)
    if name == "fashion-mnist":
        return lambda split, *_: _fashion(split, folder or user_folder(name))
    if name == "mnist":
        return lambda split, *_: load_idx(MNIST, split, folder or user_folder(name))
    if name == "glyphs":
        return lambda split, size, _channels, _count, progress: load_glyphs(
            split, **_given(size=size), progress=progress, folders=None if folder is None else [folder]
        )
    if name == "folder" and folder is None:
        raise UnknownName("Which folder? Give its path in place of the name, such as --data ~/Pictures/cats.")
    if name == "folder" or os.sep in name or Path(name).expanduser().is_dir():
        path = folder if folder is not None else Path(name).expanduser()
        return lambda split, size, channels, _count, progress: load_folder(
            path, split, **_given(size=size), channels=channels, progress=progress
        )
    raise UnknownName(f"There is no data set {name!r}: choose one of {', '.join(NAMES)}, or give a folder.")


def _given(**options: int | None) -> dict[str, int]:
    """The options that were given; a source has its own defaults for the others."""
    return {name: value for name, value in options.items() if value is not None}


def _faces(style: str, split: Split, size: int | None, count: int | None, progress: Progress | None) -> Pictures:
    try:
        from trainers.kit import faces  # the drawing packages are an optional extra
    except ModuleNotFoundError as error:
        raise MissingSource(
            f"faces needs the package {error.name}. Get it with: pip install 'latent-explorer[train]'"
        ) from error
    return faces.load_faces(style or faces.DEFAULT_STYLE, split, **_given(size=size), count=count, progress=progress)


def _fashion(split: Split, folder: Path) -> Pictures:
    """The full set, or the shipped part of it."""
    try:
        return load_idx(FASHION, split, folder)
    except MissingSource:
        small = next((path for path in SMALL_FASHION if path.is_file()), None)
        if small is None:
            raise
    with np.load(small, allow_pickle=False) as archive:
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
        source=str(small),
        note=f"This is the small set that is shipped. Get all 70,000 pictures with: {command(FASHION, folder)}",
    )
