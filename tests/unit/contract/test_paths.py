"""No accepted name ever leaves its folder, as Linux, macOS or Windows understand it."""

import ntpath
import posixpath
from pathlib import PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explorer.contract.errors import UnsafePath
from explorer.contract.paths import safe_path
from tests.unit.contract.sentences import assert_plain

NASTY = (
    "..", ".", "", " ", "a", "a.", "a ", "...", "~", "~root", "C:", "c:a", "C", "con", "CON.txt", "nul ", "aux .x",
    "com1", "COM¹", "lpt9.onnx", "conin$", "a:b", "a:$DATA", "\\", "\\\\host\\share", "//host", "?", "*", "|", "<",
    "a\n", "\x00", "a\x00b", "\u202e", "\x7f", "\x85", "\u2028", "\ud800", "%2e%2e", "‥", "．．", "-rf", "$HOME",
    "a.onnx",
)  # fmt: skip
paths = st.lists(st.sampled_from(NASTY) | st.text(max_size=4), max_size=8).flatmap(
    lambda parts: st.sampled_from(["/", "\\", "", "//"]).map(lambda joint: joint.join(parts))
) | st.text(max_size=30)


def _reserved(path: str) -> bool:
    """Whether Windows takes it for a device; the function moved in Python 3.13."""
    known = getattr(ntpath, "isreserved", None)
    return known(path) if known is not None else PureWindowsPath(path).is_reserved()


def _accepted(path: str) -> bool:
    try:
        assert safe_path(path) == path
    except UnsafePath as error:
        assert_plain(error)
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(paths)
@example("name\n")
@example("a/../b")
@example("aux .txt")
def test_no_accepted_path_leaves_its_folder(path: str) -> None:
    if not _accepted(path):
        return
    assert posixpath.normpath(posixpath.join("/root", path)) == f"/root/{path}"
    assert ntpath.normpath(ntpath.join("C:\\root", path)) == "C:\\root\\" + path.replace("/", "\\")
    assert ntpath.splitdrive(path)[0] == "" and not _reserved(path)
    assert path.isprintable()
    assert len(path.split("/")) == len(PureWindowsPath(path).parts) == len(posixpath.normpath(path).split("/"))


@pytest.mark.parametrize(
    "path",
    ["decoder.onnx", "a/b.npz", "LICENSE", "Ärger im Büro.png", ".hidden", "a..b", "common.txt", "con1", "1/2/3/4/5/6"],
)
def test_ordinary_names_are_accepted(path: str) -> None:
    assert _accepted(path)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", "C:/x", "c:x", "\\x", "a\\..\\b",
        "\\\\host\\x", "nul", "a/AUX.onnx", "com¹.x", "conout$", "x.", "x ", "x\n", "x\x00.onnx", "x\u202egnp.exe",
        "1/2/3/4/5/6/7", "x" * 101, "a:stream", "a?", "a*",
    ],
)  # fmt: skip
def test_names_that_could_leave_are_refused(path: str) -> None:
    assert not _accepted(path)
