"""From the start of a process to the first painted picture, beside a process that imports the same and opens a session.

As a program: ``python -m tests.benchmarks.start app|bare BUNDLE BEGAN``, where BEGAN is the parent's clock.
"""

import json
import statistics
import sys
from pathlib import Path

from tests.benchmarks.children import ask, clock_s, run
from tests.benchmarks.rows import Row, at_most

DRAWING = ("decoder.onnx", "mapping.onnx", "synthesis.onnx", "denoiser.onnx")  # what the first picture needs
ABOVE_S = 1.0  # above the bare imports and a session
HELP_ABOVE_S = 0.2  # above a Python that does nothing: --help is instant
PARTS = ("python", "imports", "window", "model", "picture")


def rows(bundle: Path, starts: int) -> list[Row]:
    """Medians of several starts, app and bare in turn, after one of each that warms the disk."""
    app, bare = [], []
    for count in range(starts + 1):
        bare_s = ask("tests.benchmarks.start", "bare", bundle, repr(clock_s()))["ready"]
        parts = ask("tests.benchmarks.start", "app", bundle, repr(clock_s()))
        if count:
            bare.append(bare_s)
            app.append(parts)
    typical = sorted(app, key=lambda parts: parts["picture"])[len(app) // 2]
    spans = [typical[part] - (typical[PARTS[at - 1]] if at else 0.0) for at, part in enumerate(PARTS)]
    words = ", ".join(f"{part} {span:.2f}" for part, span in zip(PARTS, spans, strict=True))
    base = statistics.median(bare)
    return [
        at_most(
            f"{bundle.name}: start to first picture",
            typical["picture"], base + ABOVE_S, "s", f"bare imports and session {base:.2f} s", f" ({words})",
        )
    ]  # fmt: skip


def help_rows(starts: int) -> list[Row]:
    """``latent-explorer --help`` as a whole process."""
    times: dict[tuple[str, ...], list[float]] = {("-c", "pass"): [], ("-m", "explorer.cli", "--help"): []}
    for _ in range(starts):
        for arguments, seconds in times.items():
            began = clock_s()
            run(*arguments)
            seconds.append(clock_s() - began)
    nothing, told = (statistics.median(seconds) for seconds in times.values())
    return [
        at_most(
            "latent-explorer --help", told, nothing + HELP_ABOVE_S, "s", f"a Python that does nothing {nothing:.2f} s"
        )
    ]


def _bare(bundle: Path, began: float) -> dict[str, float]:
    """What no start can do without: Qt, numpy, pydantic, onnxruntime and a session of the decoder."""
    import numpy  # noqa: F401
    import onnxruntime
    import pydantic  # noqa: F401
    from PySide6 import QtWidgets  # noqa: F401

    for name in DRAWING:
        if (bundle / name).exists():
            onnxruntime.InferenceSession(str(bundle / name), providers=["CPUExecutionProvider"])
    return {"ready": clock_s() - began}


def _app(bundle: Path, began: float) -> dict[str, float]:
    """The command itself, with a look at the clock at each station."""
    at = {"python": clock_s() - began}
    from explorer.cli import imported_app, main

    program = imported_app()
    at["imports"] = clock_s() - began

    class Watched(program.App):
        def open(self) -> None:
            super().open()
            at["window"] = clock_s() - began
            self.stage.events.model.connect(lambda: at.setdefault("model", clock_s() - began))
            self.window.picture.canvas.painted.connect(self._on_first)

        def _on_first(self) -> None:
            at.setdefault("picture", clock_s() - began)
            self.window.close()

    program.App = Watched
    status = main([str(bundle), "--fresh"])
    if status:
        raise RuntimeError(f"the app ended with {status}")
    return at


if __name__ == "__main__":
    which, place, parents_clock = sys.argv[1:]
    print(json.dumps({"app": _app, "bare": _bare}[which](Path(place), float(parents_clock))))
