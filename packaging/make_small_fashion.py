"""Makes ``assets/data/fashion-mnist-small.npz``: the small, class-balanced part of Fashion-MNIST that ships.

    python packaging/make_small_fashion.py [FOLDER with the four idx .gz files]

10,000 training and 2,000 test pictures, drawn without replacement with a fixed seed: the training pictures from the
official training split alone, the test pictures from the official test split alone. Same input, same bytes.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # package dataset-fashion-mnist
OUT = Path(__file__).resolve().parents[1] / "assets" / "data" / "fashion-mnist-small.npz"
SEED = 2017  # the year of the data set, Xiao et al., arXiv:1708.07747
CLASSES = 10
TRAIN_PER_CLASS = 1000
TEST_PER_CLASS = 200


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in a gzipped IDX file of unsigned bytes: big-endian magic 0x000008NN, NN sizes, then the values."""
    raw = gzip.decompress(path.read_bytes())
    if raw[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{path} is not an IDX file of bytes.")
    shape = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def draw_balanced(labels: NDArray[np.uint8], per_class: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of ``per_class`` examples of every class, in random order: (N,) -> (CLASSES * per_class,)."""
    picks = [rng.choice(np.flatnonzero(labels == label), per_class, replace=False) for label in range(CLASSES)]
    return rng.permutation(np.concatenate(picks))


def main(folder: Path) -> None:
    rng = np.random.default_rng(SEED)
    arrays: dict[str, NDArray[np.uint8]] = {}
    for split, prefix, per_class in (("train", "train", TRAIN_PER_CLASS), ("test", "t10k", TEST_PER_CLASS)):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        chosen = draw_balanced(labels, per_class, rng)
        arrays[f"{split}_images"] = images[chosen]
        arrays[f"{split}_labels"] = labels[chosen]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(OUT, **arrays)
    sys.stdout.write(f"{OUT}: {OUT.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN)
