"""Checks what pip cannot install, installs it with apt where that is possible, and otherwise prints the line to type.

    python3 packaging/check_system.py python         before the virtual environment: can this Python make one?
    .venv/bin/python packaging/check_system.py qt    before the app starts: are Qt's system libraries there?
    ... check_system.py package                      before it is packed: are also those of a screen there, to go along?

Exit status 0: all there, or installed. 1: something is missing, and the last line says what to type.
"""

from __future__ import annotations  # a Python that is too old has to get as far as being told so

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OLDEST_PYTHON = (3, 11)

# Shared libraries that the Qt wheels expect of the system, with their packages on Debian and Ubuntu.
CORE = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11.so.6": "libx11-6",
    "libxcb.so.1": "libxcb1",
}
SCREEN = {  # for the xcb and Wayland platforms: only a window on a real screen needs them
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
# Families that can be asked for a file or that name the packages otherwise.
RPM_INSTALLERS = ("dnf", "zypper")
ARCH_PACKAGES = (
    "glib2 libglvnd fontconfig freetype2 dbus libxkbcommon libx11 libxcb libxkbcommon-x11 xcb-util-cursor "
    "xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil xcb-util wayland"
)


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def root_prefix() -> list[str] | None:
    """What to put before a command to run it as root without a question; None where that cannot be."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def apt_install(packages: Sequence[str]) -> bool:
    """Installs exactly these; refreshes the package lists only where it fails without. True when it worked."""
    prefix = root_prefix()
    if prefix is None or not shutil.which("apt-get"):
        return False
    say(f"Installing with apt: {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(install, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return True
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=environment, check=False)
    return subprocess.run(install, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


def line_to_type(missing: Sequence[str]) -> str:
    """The exact command that brings the missing libraries, as far as this system can be told."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install {' '.join(packages_of(missing))}"
    for installer in RPM_INSTALLERS:
        if shutil.which(installer):
            return f"sudo {installer} install {' '.join(f'{name!r}' for name in map(rpm_capability, missing))}"
    if shutil.which("pacman"):
        return f"sudo pacman -S --needed {ARCH_PACKAGES}"
    return f"install, with your system's package manager, the packages that hold: {' '.join(missing)}"


def rpm_capability(library: str) -> str:
    return f"{library}()(64bit)"


def packages_of(missing: Sequence[str]) -> list[str]:
    known = CORE | SCREEN
    return sorted({known[library] for library in missing})


def check_python() -> int:
    if sys.version_info < OLDEST_PYTHON:
        version = ".".join(map(str, sys.version_info[:3]))
        say(f"Latent Explorer needs Python 3.11 or later, this is {version}. Type: make run PYTHON=python3.12")
        return 1
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return 0
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt_install([package]):
        return 0
    say(f"This Python cannot make virtual environments. Type: sudo apt-get install {package}")
    return 1


def check_qt() -> int:
    return check_libraries(on_screen=bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")))


def check_package() -> int:
    return check_libraries(on_screen=True)


def check_libraries(*, on_screen: bool) -> int:
    if sys.platform != "linux":
        return 0  # the wheels of the other systems need nothing
    wanted = CORE | SCREEN if on_screen else CORE
    missing = [library for library in wanted if not can_load(library)]
    if not missing:
        return 0
    if not apt_install(packages_of(missing)):
        say(f"Qt's system libraries are missing: {' '.join(missing)}\nType: {line_to_type(missing)}")
        return 1
    return imports_qt()


def imports_qt() -> int:
    """The proof: Qt loads. In a process of its own, because the loader of this one keeps its old list of libraries."""
    code = "import PySide6.QtWidgets, PySide6.QtSvg"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if result.returncode:
        say(f"Qt does not load: {result.stderr.strip().splitlines()[-1]}")
    return min(result.returncode, 1)


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    checks = {"python": check_python, "qt": check_qt, "package": check_package}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        raise SystemExit(f"usage: {Path(__file__).name} python|qt|package")
    raise SystemExit(checks[sys.argv[1]]())
