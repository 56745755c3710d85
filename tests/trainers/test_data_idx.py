"""IDX files against bytes made by hand."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from trainers.kit.data import load
from trainers.kit.data_errors import BrokenSource
from trainers.kit.idx import read_idx

PICTURES = bytes(range(12))


def idx_bytes(content: bytes, *shape: int, kind: int = 8) -> bytes:
    return bytes((0, 0, kind, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + content


@pytest.mark.parametrize("packed", [False, True])
def test_reads_what_was_written(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("pictures.gz" if packed else "pictures")
    content = idx_bytes(PICTURES, 2, 3, 2)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(read_idx(path), np.arange(12).reshape(2, 3, 2))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00\x08",
        idx_bytes(PICTURES, 2, 3, 3),  # more promised than there
        idx_bytes(PICTURES + b"!", 2, 3, 2),  # more there than promised
        idx_bytes(PICTURES, 2, 3, 2, kind=13),  # floats
        idx_bytes(PICTURES, 2**31, 2**31, 2**31),
        bytes((0, 0, 8, 200)),  # 200 axes, no lengths
    ],
)
def test_refuses_what_is_not_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken").write_bytes(content)
    with pytest.raises(BrokenSource, match="broken"):
        read_idx(tmp_path / "broken")


def test_refuses_a_torn_gzip(tmp_path: Path) -> None:
    (tmp_path / "torn.gz").write_bytes(gzip.compress(idx_bytes(PICTURES, 2, 3, 2))[:-9])
    with pytest.raises(BrokenSource, match="get it again"):
        read_idx(tmp_path / "torn.gz")


def test_mnist_from_the_users_folder(tmp_path: Path) -> None:
    for prefix, labels in (("train", b"\x03\x07"), ("t10k", b"\x09\x00")):
        (tmp_path / f"{prefix}-images.idx3-ubyte").write_bytes(idx_bytes(bytes(2 * 784), 2, 28, 28))
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels, 2))
    test = load("mnist", "test", folder=tmp_path)
    assert (
        test.images.shape == (2, 28, 28, 1) and test.labels.tolist() == [9, 0] and test.classes == tuple("0123456789")
    )
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(b"\x01\x02\x03", 3))
    with pytest.raises(BrokenSource, match="belong together"):
        load("mnist", "test", folder=tmp_path)
