"""What holds for every test: no screen, one thread, and no sight of the developer's own files."""

import os

# Read once, when Qt, torch or onnxruntime are first imported: so they stand before every other import.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # parallel test processes that each use all cores are slower than one

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.pipelines import Built

# A busy machine is no fault of the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
settings.load_profile("tests")

USER_FOLDERS = {  # platformdirs and Qt look here on Linux and macOS
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "WIN_PD_OVERRIDE_APPDATA": "config",  # platformdirs on Windows
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "data",
}


@pytest.fixture(autouse=True)
def user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of its own for each test and for the processes it starts; returns the one that holds them all."""
    home = tmp_path_factory.mktemp("home")
    for variable, name in USER_FOLDERS.items():
        monkeypatch.setenv(variable, str(home / name))
    return home


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> "Callable[..., Built]":
    """Makes small pipelines of random weights, as ``tests.pipelines.build`` does, each once in a test run."""
    from tests.pipelines import builder  # it needs torch and diffusers

    return builder(tmp_path_factory)
