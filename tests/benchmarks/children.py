"""Fresh processes: what must be measured from the start of a process, or without what another one left behind."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 1_800
USER_FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@contextmanager
def user_folders() -> Generator[None]:
    """Empty user folders for all children, so that nobody's own settings and models are in the measurement."""
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as home:
        before = {name: os.environ.get(name) for name in USER_FOLDERS}
        os.environ.update({name: str(Path(home, name)) for name in USER_FOLDERS})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def ask(module: str, *arguments: str | Path) -> Any:
    """Run ``python -m module arguments`` and give what it prints as JSON."""
    return json.loads(run("-m", module, *arguments))


def run(*arguments: str | Path) -> str:
    """What this Python prints with these arguments; no screen is needed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, *map(str, arguments)]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def clock_s() -> float:
    """Seconds of a clock that parent and child share."""
    return time.monotonic()
