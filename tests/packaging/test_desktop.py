"""What desktops are told about the app agrees with what the app opens; the icons have their sizes."""

import configparser
import io
import plistlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import ZIPPED
from explorer.control.outside import FOREIGN
from explorer.control.sessions import SUFFIX as SESSION
from explorer.media.recipes import SUFFIXES as PICTURES
from tests.packaging.scripts import PACKAGING, load

SPEC = PACKAGING / "latent-explorer.spec"
DESKTOP = PACKAGING / "latent-explorer.desktop"
MIME = PACKAGING / "mime" / "latent-explorer.xml"
WINDOWS = PACKAGING / "windows" / "latent-explorer.iss"
NAMESPACE = "{http://www.freedesktop.org/standards/shared-mime-info}"
OWN = ZIPPED[0]  # the only suffix that is taken over
MODEL = "application/x-latent-explorer-model"
OPENED = {*ZIPPED, ".onnx", ".json", *PICTURES}  # what the app opens, by the last suffix


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All icons, drawn."""
    folder = tmp_path_factory.mktemp("icons")
    load("make_icons").make_icons(folder)
    return folder


def types() -> dict[str, list[str]]:
    """The MIME types with their patterns of names."""
    root = ElementTree.parse(MIME).getroot()
    return {
        str(kind.get("type")): [str(glob.get("pattern")) for glob in kind.iter(f"{NAMESPACE}glob")] for kind in root
    }


def entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] - keys keep their case
    parser.read(DESKTOP, encoding="utf-8")
    return parser["Desktop Entry"]


def info_plist() -> dict[str, object]:
    """The facts of the app for macOS, as the spec gives them to ``BUNDLE``."""
    text = SPEC.read_text("utf-8")
    found: list[dict[str, object]] = []
    given = {
        "Analysis": lambda *_, **__: Fake(), "PYZ": lambda *_: None, "EXE": lambda *_, **__: None,
        "COLLECT": lambda *_, **__: None, "BUNDLE": lambda *_, **more: found.append(more["info_plist"]),
    }  # fmt: skip
    block = text[text.index("    BUNDLE(") :]
    names = {"folder": None, "ICONS": Path(), "VERSION": "0", **given}
    exec("\n".join(line.removeprefix("    ") for line in block.splitlines()), names)
    return found[0]


class Fake:
    """Stands for what PyInstaller gives back."""

    binaries = datas = pure = scripts = ()


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-utils is not installed")
def test_the_desktop_entry_is_valid_by_the_official_check() -> None:
    done = subprocess.run(["desktop-file-validate", DESKTOP], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_desktop_entry_has_what_an_application_needs() -> None:
    fields = entry()
    assert (fields["Type"], fields["Terminal"]) == ("Application", "false")
    assert fields["Exec"] == "latent-explorer %f"
    assert fields["Icon"] == fields["StartupWMClass"] == DESKTOP.stem
    for name in ("Categories", "Keywords", "MimeType"):
        assert fields[name].endswith(";")


def test_the_app_is_found_by_its_window_under_the_name_of_the_entry() -> None:
    source = (PACKAGING.parent / "explorer" / "app.py").read_text("utf-8")
    assert f'setDesktopFileName("{DESKTOP.stem}")' in source


def test_the_types_are_those_that_the_app_opens() -> None:
    assert types() == {
        MODEL: [f"*{OWN}"],
        "application/x-latent-explorer-session": [f"*{SESSION}"],
        "application/x-onnx": ["*.onnx"],
    }
    assert ".onnx" in FOREIGN
    assert entry()["MimeType"].rstrip(";").split(";") == list(types())


@pytest.mark.skipif(shutil.which("update-mime-database") is None, reason="shared-mime-info is not installed")
def test_the_system_takes_the_types(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    shutil.copy(MIME, tmp_path / "packages")
    done = subprocess.run(["update-mime-database", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    known = (tmp_path / "globs").read_text().splitlines()
    assert {f"{kind}:{pattern}" for kind, patterns in types().items() for pattern in patterns} <= set(known)


def test_windows_takes_over_the_own_suffix_and_offers_the_others() -> None:
    text = WINDOWS.read_text("utf-8")
    taken = re.findall(r'Subkey: "Software\\Classes\\(\.\w+)"; ValueType: string; ValueData: "{#Kind}"', text)
    assert taken == [OWN]
    offered = re.findall(r'SupportedTypes"; ValueType: string; ValueName: "(\.\w+)"', text)
    assert set(offered) == OPENED
    assert f'ValueData: "{MODEL}"' in text


def test_macos_takes_over_the_own_suffix_and_offers_the_others() -> None:
    facts = plistlib.loads(plistlib.dumps(info_plist()))  # it can be written
    (declared,) = facts["UTExportedTypeDeclarations"]
    assert declared["UTTypeTagSpecification"]["public.filename-extension"] == [OWN.removeprefix(".")]
    assert declared["UTTypeTagSpecification"]["public.mime-type"] == [MODEL]
    documents = facts["CFBundleDocumentTypes"]
    (owned,) = [kind for kind in documents if kind["LSHandlerRank"] == "Owner"]
    assert owned["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    offered = {f".{suffix}" for kind in documents for suffix in kind.get("CFBundleTypeExtensions", ())}
    assert offered == OPENED - {OWN}


def test_icons_have_the_sizes_that_their_folders_say(icons: Path) -> None:
    sizes = {16, 22, 24, 32, 48, 64, 128, 256, 512}
    found = {path.parent.parent.name: path for path in icons.rglob("*.png")}
    assert set(found) == {f"{size}x{size}" for size in sizes}
    for size in sizes:
        with Image.open(found[f"{size}x{size}"]) as icon:
            assert (icon.size, icon.mode) == ((size, size), "RGBA")
            corner, middle = icon.getpixel((0, 0)), icon.getpixel((size // 2, size // 2))
            assert isinstance(corner, tuple) and isinstance(middle, tuple)
            assert corner[3] < 64 and middle[3] == 255  # the corners are round
    assert (icons / "hicolor" / "scalable" / "apps" / "latent-explorer.svg").is_file()


@pytest.mark.parametrize(("suffix", "sizes"), [("ico", {16, 24, 32, 48, 64, 128, 256}), ("icns", {32, 128, 256, 512})])
def test_icons_of_other_systems_hold_their_sizes(icons: Path, suffix: str, sizes: set[int]) -> None:
    with Image.open(icons / f"latent-explorer.{suffix}") as icon:
        held = {size[0] * (size[2] if len(size) > 2 else 1) for size in icon.info["sizes"]}
        assert sizes <= held


def test_the_shipped_icon_is_the_drawing(icons: Path) -> None:
    shipped = PACKAGING.parent / "assets" / "icons" / "latent-explorer-256.png"
    paths = (icons / "hicolor" / "256x256" / "apps" / "latent-explorer.png", shipped)
    one, other = (np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGBA"), int) for path in paths)
    gap = np.abs(one - other)
    assert gap.mean() < 1.0  # of 255; it was drawn by another version of Qt


def test_every_file_that_the_build_names_exists() -> None:
    root = PACKAGING.parent
    left_out = load("left_out")
    named = [root / "assets" / name for name in left_out.ASSETS]
    named += [root / "explorer" / "cli.py", root / "LICENSE", SPEC, DESKTOP, MIME, WINDOWS]
    named += [PACKAGING / "ci" / "packages.yml"]
    assert not [path for path in named if not path.exists()]
    for name in re.findall(r'ROOT / "(\w+)" / "([\w.]+)"', SPEC.read_text("utf-8")):
        assert name[0] == "build" or root.joinpath(*name).exists(), name
