"""What the commands were asked for: frozen, checked, free of everything heavy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda"]  # where models run


@dataclass(frozen=True)
class LaunchOptions:
    """What the window is started with."""

    target: Path | None = None
    device: Device | None = None  # None: what the settings say
    present: bool = False
    screenshot: Path | None = None
    size: tuple[int, int] = (1440, 900)
    panel: str = ""
    theme: str = ""
    session: bool = True  # whether the last session is brought back and kept


@dataclass(frozen=True)
class RenderOptions:
    """One picture, without a window."""

    target: Path
    out: Path
    seed: int | None = None
    psi: float = 1.0
    sigmas: tuple[tuple[int, float], ...] = ()
    device: Device = "auto"
    mixes: tuple["Mix", ...] = ()
    asked: tuple[str, ...] = ()  # names of classes or of values of attributes
    prompt: str | None = None
    negative: str | None = None
    guidance: float | None = None
    steps: int | None = None
    sampler: str = ""
    picture: Path | None = None  # to begin with
    strength: float | None = None
    mask: Path | None = None  # white where the model may paint


@dataclass(frozen=True)
class Mix:
    """Layers ``first`` to ``last`` (counted from 0, both included; None: to the end) take the style of a seed."""

    seed: int
    first: int
    last: int | None
