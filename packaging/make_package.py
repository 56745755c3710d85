"""Makes the app one folder without Python, and an archive of it: ``dist/``. ``make package`` calls it.

    packaging/.venv/bin/python packaging/make_package.py

On Linux the folder also gets ``share/``: the desktop entry, icons and MIME types, to be copied into a prefix.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import make_icons

ROOT = Path(__file__).resolve().parents[1]
HERE, BUILD, DIST = ROOT / "packaging", ROOT / "build", ROOT / "dist"
NAME = "latent-explorer"


def freeze() -> None:
    """Let PyInstaller make the folder as the spec says."""
    make_icons.make_icons(BUILD / "icons")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"]
    places = ["--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller")]
    # The same input gives the same order in what is stored, so that two builds can be compared.
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    subprocess.run([*command, *places, str(HERE / f"{NAME}.spec")], check=True, env=environment, cwd=ROOT)


def strip_python(folder: Path) -> int:
    """Take the debug symbols out of Python's own library, which some builds of it have; the bytes that saved."""
    saved = 0
    strip = shutil.which("strip")
    for library in (folder / "_internal").glob("libpython*.so*") if strip else ():
        before = library.stat().st_size
        subprocess.run([str(strip), "--strip-unneeded", str(library)], check=True)
        saved += before - library.stat().st_size
    return saved


def add_share(folder: Path) -> None:
    """What a desktop that follows freedesktop.org needs, laid out as in a prefix."""
    share = folder / "share"
    for source, target in (
        (HERE / f"{NAME}.desktop", share / "applications"),
        (HERE / "mime" / f"{NAME}.xml", share / "mime" / "packages"),
    ):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    shutil.copytree(BUILD / "icons" / "hicolor", share / "icons" / "hicolor", dirs_exist_ok=True)


def pack(folder: Path) -> Path:
    """One archive, named after version, system and machine."""
    machine = platform.machine().lower()
    name = (
        f"{NAME}-{version(NAME)}-{ {'darwin': 'macos', 'win32': 'windows'}.get(sys.platform, sys.platform) }-{machine}"
    )
    if sys.platform == "win32":
        return Path(shutil.make_archive(str(DIST / name), "zip", DIST, folder.name))
    target = DIST / f"{name}.tar.gz"
    with tarfile.open(target, "w:gz", compresslevel=9) as archive:
        archive.add(folder, folder.name, filter=_nobody)
    return target


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names of who built it."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def size(folder: Path) -> int:
    """Bytes of all files below a folder; what links lead to counts once."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> None:
    """Build, pack, and say how large it is."""
    freeze()
    folder = DIST / NAME
    symbols = 0
    if sys.platform == "linux":
        symbols = strip_python(folder)
        add_share(folder)
    whole = DIST / "Latent Explorer.app" if sys.platform == "darwin" else folder
    archive = pack(whole)
    sys.stdout.write((BUILD / "savings.txt").read_text(encoding="utf-8"))
    sys.stdout.write(f"{symbols / 1e6:8.1f} MB  debug symbols of Python\n")
    sys.stdout.write(f"{whole.relative_to(ROOT)}: {size(whole) / 1e6:.1f} MB\n")
    sys.stdout.write(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
