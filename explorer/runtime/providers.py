"""Which execution provider runs a graph, chosen as a pure function and told as a sentence."""

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.options import Device

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
_WORDS = {CPU: "CPU", CUDA: "CUDA GPU"}


def span(milliseconds: float) -> str:
    """``2.1 ms``, or ``2.9 s`` from a second on."""
    return f"{milliseconds:.1f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


@dataclass(frozen=True)
class RunsOn:
    """The truth about a live session: where it runs, why, and how long one picture took."""

    provider: str
    reason: str = ""  # why not on what was wished; empty when there is nothing to explain
    run_ms: float | None = None  # median of a few timed runs of one picture, after a first one that does not count

    @property
    def short(self) -> str:
        """``CPU · 2.1 ms a picture``."""
        name = _WORDS.get(self.provider, self.provider)
        return name if self.run_ms is None else f"{name} · {span(self.run_ms)} a picture"

    @property
    def sentence(self) -> str:
        """``Running on the CPU: no CUDA driver found.``"""
        where = f"Running on the {_WORDS.get(self.provider, self.provider)}"
        return f"{where}: {self.reason}." if self.reason else f"{where}."


@dataclass(frozen=True)
class Choice:
    """What to ask onnxruntime for, best first, and why it is not more."""

    providers: tuple[str, ...]
    reason: str = ""


def choose_providers(available: Sequence[str], *, device: Device, cuda_driver: bool, packaged: bool = False) -> Choice:
    """Best first, always ending in the CPU: a missing driver means slow, not dead.

    Args:
        available: what this build of onnxruntime was compiled with and brings (not what will work).
        device: the person's wish.
        cuda_driver: whether the CUDA driver library can be loaded.
        packaged: whether this is the program without Python, which brings no CUDA.
    """
    if device == "cpu":
        return Choice((CPU,), "chosen by you")
    if CUDA not in available:
        lacking = "this package brings no CUDA" if packaged else "this onnxruntime was built without CUDA"
        return Choice((CPU,), f"{lacking}; install latent-explorer[cuda]" if device == "cuda" else "")
    if not cuda_driver:
        return Choice((CPU,), "no CUDA driver found")
    return Choice((CUDA, CPU))


def brought(built: Sequence[str], libraries: Path) -> tuple[str, ...]:
    """``built`` but CUDA where its library was left out of the folder ``libraries``, in which onnxruntime looks."""
    if any(libraries.glob("*onnxruntime_providers_cuda.*")):
        return tuple(built)
    return tuple(provider for provider in built if provider != CUDA)


def has_cuda_driver() -> bool:
    """Whether the driver's own library loads; what onnxruntime lists as available says nothing about it."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
