"""What a person who installs with pip gets."""

import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout, built by its own backend without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    built = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("latent_explorer-*.whl")
    return zipfile.ZipFile(path)


def text_of(wheel: zipfile.ZipFile, ending: str) -> str:
    (name,) = (name for name in wheel.namelist() if name.endswith(f".dist-info/{ending}"))
    return wheel.read(name).decode()


def test_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    assert "latent-explorer = explorer.cli:main" in text_of(wheel, "entry_points.txt")
    assert {"explorer/cli.py", "trainers/__main__.py"} <= set(wheel.namelist())


def test_wheel_brings_every_shipped_file(wheel: zipfile.ZipFile) -> None:
    shipped = {
        f"explorer/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "assets").rglob("*") if path.is_file()
    }
    assert "explorer/assets/data/fashion-mnist-small.npz" in shipped
    assert shipped <= set(wheel.namelist())


def test_wheel_brings_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"explorer", "trainers"}
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_wheel_brings_the_licences(wheel: zipfile.ZipFile) -> None:
    assert "Apache License" in text_of(wheel, "licenses/LICENSE")
    assert "SIL OPEN FONT LICENSE" in wheel.read("explorer/assets/fonts/OFL.txt").decode()
    assert "MIT License" in wheel.read("explorer/assets/data/LICENSE").decode()


def test_app_alone_needs_no_training_framework(wheel: zipfile.ZipFile) -> None:
    required = Parser().parsestr(text_of(wheel, "METADATA")).get_all("Requires-Dist", [])
    base = {re.split(r"[<>=!;\[ ]", line)[0].lower() for line in required if "extra ==" not in line}
    assert "torch" not in base
    assert {"pyside6-essentials", "onnxruntime-gpu", "onnxruntime", "numpy"} <= base
