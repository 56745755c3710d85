"""Which Python runs the trainers: the one of this program, or, where the program has none, one that is found."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec

from pydantic import TypeAdapter

from explorer.frozen import for_others, is_frozen
from explorer.training.catalogue import TrainingFault

VARIABLE = "LATENT_EXPLORER_PYTHON"  # names a Python, before everything else
NEEDED = ("torch", "lightning_fabric", "tyro", "psutil", "safetensors", "onnxscript")
OF_OTHERS = ("trainers", *NEEDED)  # a Python that is not this program's may have none of it
EXTRA = "latent-explorer[train]"
VENV = "latent-trainers"  # what a new environment is called, in the folder where a person types the line
ANSWER_S = 60.0  # a Python on a slow disk begins within seconds
_NAMES = ("python3", "python")  # that are looked for on the path
_STUB = "/usr/bin/python3" if sys.platform == "darwin" else ""  # too old, or a window that wants to install Xcode
_SAID = TypeAdapter(list[str])
_ASK = (
    "import importlib.util as u, json, sys; old = sys.version_info < (3, 11);"
    "print(json.dumps([n for n in sys.argv[1:] if old or u.find_spec(n) is None]))"
)


@dataclass(frozen=True)
class Python:
    """One Python and what it lacks to train; ``path`` empty: there is none."""

    path: str = ""
    lacking: tuple[str, ...] = ()
    fault: str = ""  # why it cannot be asked, as one sentence

    @property
    def trains(self) -> bool:
        """Whether trainings can be started with it."""
        return bool(self.path) and not self.lacking and not self.fault


@dataclass
class Interpreter:
    """The Python that runs the trainers, looked for when it is first needed; ``chosen`` is a person's own, or empty."""

    chosen: str = ""
    _found: Python | None = field(default=None, init=False)

    @property
    def found(self) -> Python:
        """What was found; asks other programs the first time, so better in a thread."""
        if self._found is None:
            self._found = find_python(self.chosen)
        return self._found

    def forget(self) -> None:
        """Look for it anew the next time."""
        self._found = None

    def path(self) -> str:
        """What starts it.

        Raises:
            TrainingFault: there is none.
        """
        if self.found.path and not self.found.fault:
            return self.found.path
        raise TrainingFault(self.found.fault or "There is no Python that trains; the page “Train” says how to get one.")


def find_python(chosen: str = "") -> Python:
    """The first of these that can train, else the first that is one: the variable, ``chosen``, our own, the path."""
    named = [path for path in (os.environ.get(VARIABLE, ""), chosen) if path]
    if not named and not is_frozen():
        return own()
    looked = [ask(path) for path in named] or [ask(path) for path in on_path()]
    return next((python for python in looked if python.trains), looked[0] if looked else Python())


def installing(python: Python) -> str:
    """What to type in a terminal so that it trains; without any, so that there is one."""
    if python.path and not python.fault:
        starts = "" if python.path == sys.executable else f'"{python.path}" -m '
        return f'{starts}pip install "{EXTRA}"'
    maker, folder = ("py", "Scripts\\") if os.name == "nt" else ("python3", "bin/")
    return f'{maker} -m venv {VENV} && {VENV}{os.sep}{folder}pip install "{EXTRA}"'


def own() -> Python:
    """The Python of this program."""
    return Python(sys.executable, tuple(name for name in NEEDED if find_spec(name) is None))


def on_path() -> Iterable[str]:
    """Pythons that a terminal would start, once each."""
    found = dict.fromkeys(path for name in _NAMES if (path := shutil.which(name)))
    return [path for path in found if path != _STUB]


def ask(path: str) -> Python:
    """Start a Python and ask what it lacks."""
    try:
        said = subprocess.run(
            [path, "-c", _ASK, *OF_OTHERS],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ANSWER_S, check=True,
            env=for_others(os.environ), creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        lacking = _SAID.validate_json(said.stdout.splitlines()[-1])
        return Python(path, tuple(lacking))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Python(path, fault=f"{path} is no Python that can be started; choose another one.")
