"""Programs that a frozen program starts do not find its libraries."""

import os
import sys
from pathlib import Path

import pytest

from explorer.frozen import for_others, is_frozen


def test_a_program_with_a_python_changes_nothing() -> None:
    assert not is_frozen()
    assert for_others({"LD_LIBRARY_PATH": "/x", "_PYI_ARCHIVE_FILE": "y"}) == {
        "LD_LIBRARY_PATH": "/x",
        "_PYI_ARCHIVE_FILE": "y",
    }


def test_paths_into_the_folder_are_taken_out_and_others_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "app"), raising=False)
    inside, outside = str(tmp_path / "app" / "PySide6"), str(tmp_path / "cuda")
    given = {
        "LD_LIBRARY_PATH": os.pathsep.join((inside, outside)),
        "QT_PLUGIN_PATH": inside,
        "_PYI_ARCHIVE_FILE": "program",
        "PATH": inside,
    }
    assert for_others(given) == {"LD_LIBRARY_PATH": outside, "PATH": inside}
