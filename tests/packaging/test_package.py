"""The app as one folder without Python does what the app with a Python does; ``make package`` runs this."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import open_bundle
from explorer.training.pythons import VARIABLE
from tests.foreign_graphs import decoder
from tests.graphs import Toy

ROOT = Path(__file__).resolve().parents[2]
NAME = "latent-explorer.exe" if os.name == "nt" else "latent-explorer"
OTHER = "LATENT_EXPLORER_PACKAGE"  # names a folder to test instead, such as one that was unpacked
FOLDER = Path(os.environ.get(OTHER, ROOT / "dist" / "latent-explorer"))
MODELS = ROOT / "assets" / "models"
BROUGHT = FOLDER / "_internal" / "explorer" / "assets" / "models"
LIMIT_S = 120
HEADER_PX = 60  # of the window, in which stands how long a picture took

pytestmark = [
    pytest.mark.package,
    pytest.mark.skipif(not (OTHER in os.environ or (FOLDER / NAME).is_file()), reason="make package has not built it"),
]

# The program with a Python, told that it has none.
WITHOUT = "import sys; sys.frozen = True; from explorer.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python, and nothing else, is on the path, and no variable leads to one."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # Qt complains of others
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", VARIABLE):
        monkeypatch.delenv(name, raising=False)


def package(*words: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return run(FOLDER / NAME, *words, folder=folder)


def installed(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, *words, folder=ROOT)


def run(*words: str | Path, folder: Path | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def well(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, where it ended well and without a complaint."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.usefixtures("nowhere")
def test_it_says_its_version() -> None:
    assert well(package("--version")) == well(installed("-m", "explorer.cli", "--version"))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("model", sorted(path.name for path in MODELS.iterdir()))
def test_it_brings_the_models_and_renders_the_same_bytes(model: str, tmp_path: Path) -> None:
    assert "fine" in well(package("check", BROUGHT / model))
    well(package("render", BROUGHT / model, "-o", tmp_path / "package.png", "--seed", "7"))
    well(installed("-m", "explorer.cli", "render", MODELS / model, "-o", tmp_path / "installed.png", "--seed", "7"))
    assert (tmp_path / "package.png").read_bytes() == (tmp_path / "installed.png").read_bytes()
    # The picture brings its recipe, and finds the model by its identity among those that ship.
    well(package("render", tmp_path / "package.png", "-o", tmp_path / "again.png"))
    assert np.array_equal(pixels(tmp_path / "again.png"), pixels(tmp_path / "package.png"))


@pytest.mark.usefixtures("nowhere")
def test_it_opens_a_model_shows_the_same_window_and_quits(tmp_path: Path) -> None:
    words = ("--device", "cpu", "--screenshot")
    well(package(*words, tmp_path / "package.png", BROUGHT / "fashion-vae"))
    well(installed("-m", "explorer.cli", *words, tmp_path / "installed.png", MODELS / "fashion-vae"))
    one, other = pixels(tmp_path / "package.png"), pixels(tmp_path / "installed.png")
    assert one.shape == other.shape == (900, 1440, 3)
    assert len(np.unique(one.reshape(-1, 3), axis=0)) > 256  # a window with a picture
    assert (one != other).any(axis=2).mean() < 0.002  # how long a picture took is all that differs


@pytest.mark.usefixtures("nowhere")
def test_it_tries_models_of_others_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "theirs.onnx").write_bytes(decoder(Toy()))
    well(package("import", tmp_path / "theirs.onnx", "-o", tmp_path / "mine.lexp", folder=tmp_path))
    assert open_bundle(tmp_path / "mine.lexp").verify() == []
    assert "fine" in well(package("check", tmp_path / "mine.lexp"))


@pytest.mark.usefixtures("nowhere")
def test_what_cannot_be_opened_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"\x80\x04nothing of the kind")
    done = package("import", tmp_path / "no.onnx", "-o", tmp_path / "mine", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("latent-explorer: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.usefixtures("nowhere")
def test_the_train_page_says_how_to_get_a_python(tmp_path: Path) -> None:
    words = ("--panel", "train", "--device", "cpu", "--screenshot")
    well(package(*words, tmp_path / "package.png", BROUGHT / "fashion-vae"))
    well(installed("-c", WITHOUT, *words, tmp_path / "installed.png", MODELS / "fashion-vae"))
    one, other = pixels(tmp_path / "package.png"), pixels(tmp_path / "installed.png")
    assert np.array_equal(one[HEADER_PX:], other[HEADER_PX:])  # tests of the page say what stands there


@pytest.mark.usefixtures("nowhere")
@pytest.mark.skipif(os.name == "nt", reason="the Python of this test is a shell script")
def test_the_train_page_asks_the_python_that_the_variable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.dumps({"families": [], "recipes": [], "data": []})
    python, seen = tmp_path / "python", tmp_path / "seen"
    python.write_text(
        f"#!/bin/sh\n[ $1 = -c ] && echo '[]' && exit\n"
        f"echo \"$@ [$LD_LIBRARY_PATH] [$QT_PLUGIN_PATH] [$PYTHONPATH]\" >'{seen}'\necho '{said}'\n"
    )
    python.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(python))
    package("--panel", "train", "--device", "cpu", MODELS / "fashion-vae", "--screenshot", tmp_path / "page.png")
    assert seen.read_text() == "-m trainers list --json [] [] []\n"


def test_what_has_no_place_in_it_is_not_there() -> None:
    names = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*")]
    for unwanted in ("torch", "providers_cuda", "providers_tensorrt", "/translations", "/qml", "Quick", "WebEngine"):
        assert not [name for name in names if unwanted in name]
    assert not [name for name in names if name.startswith(("_internal/trainers", "_internal/tests"))]


def test_nothing_in_it_names_the_machine_that_built_it() -> None:
    machine = str(ROOT).encode()
    assert not [path for path in FOLDER.rglob("*") if path.is_file() and machine in path.read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="what desktops on Linux need")
def test_what_the_desktop_needs_is_beside_it() -> None:
    share = FOLDER / "share"
    assert (share / "applications" / "latent-explorer.desktop").is_file()
    assert (share / "mime" / "packages" / "latent-explorer.xml").is_file()
    assert (share / "icons" / "hicolor" / "512x512" / "apps" / "latent-explorer.png").is_file()


@pytest.mark.skipif(sys.platform != "linux" or OTHER in os.environ, reason="the archive of the build on Linux")
def test_the_archive_holds_the_folder() -> None:
    (path,) = FOLDER.parent.glob("latent-explorer-*-linux-*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {member.name for member in archive.getmembers()}
        (owner,) = {member.uname for member in archive.getmembers()}
    assert packed == {FOLDER.name, *(str(inside.relative_to(FOLDER.parent)) for inside in FOLDER.rglob("*"))}
    assert owner == "root"
