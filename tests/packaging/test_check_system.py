"""The script that looks for Qt's system libraries says exactly what is missing and what to type."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "check_system.py"


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script on a Linux without a screen, with apt, where every library loads."""
    spec = importlib.util.spec_from_file_location("check_system", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(module, "can_load", lambda library: True)
    monkeypatch.setattr(module, "imports_qt", lambda: 0)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return module


def lose(check: ModuleType, monkeypatch: pytest.MonkeyPatch, *libraries: str) -> list[list[str]]:
    """Takes libraries away; the list that comes back holds what apt is then asked to install."""
    asked: list[list[str]] = []
    monkeypatch.setattr(check, "can_load", lambda library: library not in libraries)
    monkeypatch.setattr(check, "apt_install", lambda packages: bool(asked.append(packages)) or True)
    return asked


def test_nothing_missing_asks_for_nothing(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = lose(check, monkeypatch)
    assert check.check_qt() == 0
    assert asked == []


def test_exactly_the_missing_packages_are_installed(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = lose(check, monkeypatch, "libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    assert check.check_qt() == 0
    assert asked == [["libgl1", "libglib2.0-0"]]


def test_screen_libraries_are_asked_for_only_where_there_is_one(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lose(check, monkeypatch, "libxcb-cursor.so.0")
    assert check.check_qt() == 0
    assert asked == []
    monkeypatch.setenv("DISPLAY", ":0")
    assert check.check_qt() == 0
    assert asked == [["libxcb-cursor0"]]


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "Type: sudo apt-get install libegl1"),
        ("dnf", "Type: sudo dnf install 'libEGL.so.1()(64bit)'"),
        ("pacman", "Type: sudo pacman -S --needed "),
        (None, "packages that hold: libEGL.so.1"),
    ],
)
def test_where_it_may_not_install_it_prints_the_line_to_type(
    check: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    manager: str | None,
    line: str,
) -> None:
    lose(check, monkeypatch, "libEGL.so.1")
    monkeypatch.setattr(check, "apt_install", lambda packages: False)
    monkeypatch.setattr(check.shutil, "which", lambda name: name if name == manager else None)
    assert check.check_qt() == 1
    assert line in capsys.readouterr().err


def test_a_failed_install_is_tried_once_more_with_fresh_lists(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(command: list[str], **_: object) -> object:
        ran.append(command[1])
        failed = ran == ["install"]  # the first time
        return type("Result", (), {"returncode": int(failed)})

    monkeypatch.setattr(check, "root_prefix", list)
    monkeypatch.setattr(check.subprocess, "run", run)
    assert check.apt_install(["libgl1"])
    assert ran == ["install", "update", "install"]


def test_an_old_python_is_told_so(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "OLDEST_PYTHON", (99,))
    assert check.check_python() == 1
    assert "make run PYTHON=" in capsys.readouterr().err


def test_a_package_takes_the_libraries_of_a_screen_along(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = lose(check, monkeypatch, "libxcb-cursor.so.0")
    assert check.check_package() == 0
    assert asked == [["libxcb-cursor0"]]
