"""What the package does not take of what PyInstaller finds, and why; what each saves is printed by every build.

Nothing here runs in the app. ``latent-explorer.spec`` calls it with PyInstaller's lists of (name in the package, file
on this machine, kind).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

Entry = tuple[str, str, str]

# Modules that are never analysed: other rooms of this repository, extras, and parts of Python for developers.
MODULES = (
    "torch", "torchvision", "lightning_fabric", "tensorboard", "diffusers", "onnxscript", "trainers", "tests",
    "beartype", "hypothesis", "pytest", "_pytest", "IPython", "matplotlib", "scipy", "pandas",  # of tests
    "openTSNE", "imageio_ffmpeg",  # the extras maps and video: ffmpeg is found on the path, the map has its flat form
    "tkinter", "_tkinter", "PIL.ImageTk", "PIL._imagingtk", "lib2to3", "pydoc_data", "ensurepip", "idlelib",
    "turtledemo",
    "ssl", "_ssl",  # the app never goes on the net
    "PIL._avif", "PIL.AvifImagePlugin",  # no picture of that kind is read or written
    "PySide6.QtNetwork", "PySide6.QtDBus",
)  # fmt: skip

QT = r"PySide6/(Qt/)?"


@dataclass(frozen=True)
class Cut:
    """Files that go by their name in the package, with forward slashes."""

    what: str
    pattern: str


CUTS = (
    Cut("CUDA and TensorRT of onnxruntime", r"onnxruntime/capi/\w*onnxruntime_providers_(cuda|tensorrt)\."),
    Cut("translations of Qt", rf"{QT}translations/"),
    Cut("QML", rf"{QT}qml/|Qt6?(Qml|Quick)\w*[.\d]*(so|dll|dylib)|Qt(Qml|Quick)\w*\.framework"),
    Cut(
        "screens without a desktop (eglfs, linuxfb, vnc and the like)",
        rf"{QT}plugins/(egldeviceintegrations|generic)/|{QT}plugins/platforms/(lib)?(qeglfs|qlinuxfb|qvkkhrdisplay|qvnc|qminimal)"
        r"|libQt6EglF[sS]",
    ),
    Cut("the network of Qt", rf"{QT}plugins/(tls|networkinformation)/|Qt6?Network\b"),
    Cut("the look of GTK 3", rf"{QT}plugins/platformthemes/libqgtk3"),
    Cut(
        "formats of pictures that Pillow reads",
        rf"{QT}plugins/imageformats/(lib)?q(tiff|webp|icns|ico|tga|wbmp|gif|pdf)\b",
    ),
    Cut("where packages lay on this machine", r"\.dist-info/(direct_url\.json|RECORD|INSTALLER|REQUESTED)$"),
    Cut("OpenGL in software", r"opengl32sw\.dll|d3dcompiler_\d+\.dll"),
)  # fmt: skip
# Of what ships with the checkout: pictures for the README, and networks with which the trainers measure.
ASSETS = ("data", "fonts", "icons", "models")


@dataclass
class Savings:
    """Bytes on the disk that were left out, by reason."""

    bytes: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, entries: Iterable[Entry]) -> None:
        """Count files under a reason."""
        self.bytes[what] = self.bytes.get(what, 0) + sum(_size(source) for _, source, _ in entries)

    @property
    def lines(self) -> list[str]:
        """One line for each reason, the largest first."""
        ranked = sorted(self.bytes.items(), key=lambda item: -item[1])
        return [f"{size / 1e6:8.1f} MB  {what}" for what, size in ranked]


def without(entries: Iterable[Entry], savings: Savings) -> list[Entry]:
    """``entries`` but those of ``CUTS``, which are counted."""
    kept: list[Entry] = []
    for entry in entries:
        name = entry[0].replace("\\", "/")
        cut = next((cut for cut in CUTS if re.search(cut.pattern, name)), None)
        if cut is None:
            kept.append(entry)
        else:
            savings.add(cut.what, [entry])
    return kept


def without_orphans(
    entries: list[Entry], imports: Callable[[str], Iterable[str]], savings: Savings, what: str
) -> list[Entry]:
    """``entries`` but the shared libraries that no file that stays needs, which are counted as ``what``.

    Args:
        imports: names of the libraries that a file on this machine needs.
    """
    libraries = {Path(entry[0]).name: entry for entry in entries if _is_library(entry)}
    reached: set[str] = set()
    left = [entry for entry in entries if not _is_library(entry)]
    while left:
        _, source, kind = left.pop()
        if kind not in ("BINARY", "EXTENSION"):
            continue
        for name in imports(source):
            if name in libraries and name not in reached:
                reached.add(name)
                left.append(libraries[name])
    orphans = [entry for name, entry in libraries.items() if name not in reached]
    savings.add(what, orphans)
    gone = {entry[0] for entry in orphans}
    return [entry for entry in entries if entry[0] not in gone]


def _is_library(entry: Entry) -> bool:
    """A shared library of Qt or of the system, to which others are linked; those of packages may be opened by name."""
    name, _, kind = entry
    of_system = Path(name).parent in (Path(), Path("PySide6/Qt/lib"))
    return kind == "BINARY" and of_system and not name.startswith("libpython")


def _size(source: str) -> int:
    path = Path(source)
    return path.stat().st_size if path.is_file() else 0
