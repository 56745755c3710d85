"""The window as a picture file, by the command line."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from explorer.training.pythons import VARIABLE
from tests.graphs import tiny_bundle

pytestmark = pytest.mark.journey

LIMIT_S = 50  # the program itself gives up after a minute


@pytest.mark.parametrize("panel", ["sliders", "train"])
def test_each_page_is_saved_though_another_one_holds_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, panel: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))  # so that no trainer is asked
    bundle = tiny_bundle(tmp_path / "bundle", dims=3, size=4).path
    words = ["--panel", panel, "--size", "900x600", "--screenshot", str(tmp_path / "out.png"), str(bundle)]
    done = subprocess.run(
        [sys.executable, "-m", "explorer.cli", *words], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "out.png") as saved:
        assert saved.size == (900, 600)
