"""Where things lie on this machine: what ships with the program, and the user's own folders."""

from pathlib import Path

import platformdirs

APP = "latent-explorer"


def assets_folder() -> Path:
    """What ships: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "assets"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "assets"


def model_folders() -> tuple[Path, Path]:
    """The shipped models and the user's own."""
    return assets_folder() / "models", Path(platformdirs.user_data_dir(APP, appauthor=False)) / "models"


def runs_folder() -> Path:
    """Trainings, one folder each."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "runs"


def config_folder() -> Path:
    """Preferences."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def state_folder() -> Path:
    """The session and the log."""
    return Path(platformdirs.user_state_dir(APP, appauthor=False))
