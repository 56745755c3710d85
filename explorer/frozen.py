"""What differs where the program is one folder without Python, as ``packaging/latent-explorer.spec`` makes it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Variables by which PyInstaller and its hooks lead to the libraries of the folder.
_SEARCHED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "QT_PLUGIN_PATH", "QML2_IMPORT_PATH")
_MARK = "_PYI_"


def is_frozen() -> bool:
    """Whether this is such a program: then ``sys.executable`` is the program itself and runs no Python code."""
    return bool(getattr(sys, "frozen", False))


def for_others(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` for programs that are not ours, which must not find the libraries of this folder first."""
    if not is_frozen():
        return dict(environment)
    ours = Path(str(getattr(sys, "_MEIPASS", Path(sys.executable).parent)))
    others = {name: value for name, value in environment.items() if not name.startswith(_MARK)}
    for name in _SEARCHED:
        folders = [folder for folder in others.pop(name, "").split(os.pathsep) if folder]
        if outside := [folder for folder in folders if not Path(folder).is_relative_to(ours)]:
            others[name] = os.pathsep.join(outside)
    return others
