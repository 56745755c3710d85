"""``python -m tests.benchmarks.bench_stylegan``: style generators through onnxruntime beside PyTorch, and a large one.

Random weights, made on the spot. Beside PyTorch: the same network with the same (folded) weights, on as many threads.
The large one: 1024 px of the published size, dragged in a real window.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from explorer.app import App, settle  # isort: skip - before Qt, see app.py
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from explorer.bench import _until
from explorer.latent.styles import Style
from explorer.models.load import load_model
from explorer.models.styles import StyleGenerator
from explorer.options import LaunchOptions
from explorer.qt.widgets.canvas import Canvas
from explorer.runtime.providers import CUDA
from explorer.runtime.session import Runtime
from tests.benchmarks.children import ask, user_folders
from tests.benchmarks.random_generators import HERE, PUBLISHED, generator_of, random_generator
from tests.benchmarks.rows import Row, at_most, print_table

FASTER = 1.7
SIZES = (64, 256)
THREADS = 2
BLOCKS, BLOCK, FIRST = 8, 12, 4  # blocks of calls of one kind; the first ones of each do not count
SAME = 1e-3  # largest difference of outputs of about 1
LARGE, LARGE_MS = 1024, 150.0
MOVES = 25
BATCHES = (1, 16)  # of the table on a GPU


def rows(size: int, kind: str = HERE, bar: bool = True, threads: int = THREADS) -> list[Row]:
    """How many times as fast one picture is than in PyTorch eager, on so many threads.

    With one thread the ratio also holds on a machine that is busy: threads of PyTorch wait for each other by spinning.
    """
    found = ask("tests.benchmarks.bench_stylegan", "eager", str(size), kind, str(threads))
    ours, theirs = found["ours"], found["theirs"]
    return [
        Row(
            f"style generator {size} px, {kind}: one picture",
            f"{theirs / ours:.2f} times as fast ({ours:.2f} ms)",
            f"PyTorch eager {theirs:.2f} ms, {threads} threads, difference {found['difference']:.0e}",
            f"at least {FASTER:g} times" if bar else "",
            theirs >= FASTER * ours if bar else None,
        )
    ]


def large_rows() -> list[Row]:
    """A network of the published size in a real window: from a move of the hand to its first, early picture."""
    found = ask("tests.benchmarks.bench_stylegan", "large", str(LARGE), PUBLISHED)
    about = f"the whole picture takes {found['whole']:,.0f} ms; opened in {found['open']:.1f} s"
    what = f"{LARGE} px of the published size: hand to first picture ({found['side']} px), median"
    return [
        at_most(what, found["median"], LARGE_MS, "ms", about, f" (slowest {found['slowest']:.0f})"),
        Row(f"{LARGE} px: from the last move to the whole picture", f"{found['rest']:,.0f} ms"),
    ]


def gpu_rows(size: int) -> list[Row]:
    """The table of milliseconds on a GPU, with torch.compile beside; nothing where there is none."""
    found = ask("tests.benchmarks.bench_stylegan", "gpu", str(size), HERE)
    if not found:
        return [Row(f"style generator {size} px on a GPU", "no GPU here, left out")]
    return [
        Row(
            f"style generator {size} px on a GPU, {batch} at once",
            f"onnxruntime {times['ours']:.2f} ms",
            f"PyTorch eager {times['eager']:.2f} ms, torch.compile {times['compiled']:.2f} ms",
        )
        for batch, times in found.items()
    ]


# --- in a process of its own ---------------------------------------------------------------------------------------


def _eager(size: int, kind: str, threads: int) -> dict[str, float]:
    import torch

    torch.set_num_threads(threads)
    generator = generator_of(size, kind)
    with tempfile.TemporaryDirectory() as folder, closing(Runtime("cpu", threads=threads)) as runtime:
        model = load_model(random_generator(Path(folder) / "bundle", size, kind, generator), runtime)
        ours = model.styles
        assert isinstance(ours, StyleGenerator)
        styles = np.random.default_rng(0).standard_normal((1, ours.layers, ours.width)).astype(np.float32)
        noise = [torch.from_numpy(ours.noise_feeds(1, Style())[f"noise_{k}"].copy()) for k in range(ours.layers - 1)]

        def theirs() -> np.ndarray:
            with torch.inference_mode():
                return generator.synthesis(torch.from_numpy(styles), noise)[0].numpy()

        difference = float(np.abs(_numbers(ours, styles) - theirs()).max())
        if difference > SAME * max(float(np.abs(theirs()).max()), 1.0):
            raise RuntimeError(f"PyTorch and the graph differ by {difference:.1e}, so they are not the same")
        times = _in_blocks(ours=lambda: ours.synthesize(styles, Style()), theirs=theirs)
    return {"difference": difference, **times}


def _numbers(generator: StyleGenerator, styles: np.ndarray) -> np.ndarray:
    """The picture (1, C, H, W) before it becomes pixels."""
    answer = generator._synthesis.run(generator.feeds(styles, Style()))
    return answer[generator._image.name]


def _in_blocks(**calls: Callable[[], object]) -> dict[str, float]:
    """Median milliseconds of each, in blocks of calls of one kind: the threads of the other kind fall asleep first."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(BLOCKS):
        for name, call in calls.items():
            for number in range(FIRST + BLOCK):
                start = time.perf_counter()
                call()
                if number >= FIRST:
                    times[name].append((time.perf_counter() - start) * 1_000)
    return {name: statistics.median(found) for name, found in times.items()}


def _large(size: int, kind: str, threads: int) -> dict[str, float]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    settle()
    qt = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        bundle = random_generator(Path(folder) / "bundle", size, kind)
        began = time.perf_counter()
        app = App(LaunchOptions(target=bundle, device="cpu", session=False), qt, Runtime("cpu", threads=threads))
        app.open()
        canvas, latencies = app.window.picture.canvas, list[float]()
        _until(app, lambda: app.stage.model is not None)
        opened = time.perf_counter() - began
        _until(app, lambda: app.showing and app.idle)
        model = app.stage.model
        assert model is not None and model.preview is not None and app.stage.picture is not None
        whole = app.stage.picture.run_ms
        painted: list[int] = []
        canvas.painted.connect(painted.append)
        app.walk.begin()
        for move in range(MOVES):
            start = time.perf_counter()
            app.walk.to_sigma(0, float(np.sin(move / 4)))
            token = app.pictures.token
            _painted(canvas, lambda token=token: token in painted)
            latencies.append((time.perf_counter() - start) * 1_000)
        _until(app, lambda: app.showing and app.stage.picture is not None and app.stage.picture.token == token)
        rest = (time.perf_counter() - start) * 1_000
        side = model.preview.decode(model.preview.prior.center[None]).shape[1]
        app.window.close()
    return {
        "median": statistics.median(latencies), "slowest": max(latencies), "whole": whole, "rest": rest,
        "open": opened, "side": side,
    }  # fmt: skip


def _painted(canvas: Canvas, ready: Callable[[], bool]) -> None:
    """Let the window work until a painting makes something hold."""
    loop = QEventLoop()

    def look(_: int) -> None:
        if ready():
            loop.quit()

    canvas.painted.connect(look)
    if not ready():
        loop.exec()
    canvas.painted.disconnect(look)


def _gpu(size: int, kind: str, _threads: int) -> dict[int, dict[str, float]]:
    """Inputs and outputs stay on the device; empty without one."""
    import onnxruntime as ort
    import torch

    if not torch.cuda.is_available() or CUDA not in ort.get_available_providers():
        return {}
    generator = generator_of(size, kind)
    with tempfile.TemporaryDirectory() as folder, closing(Runtime("cuda")) as runtime:
        model = load_model(random_generator(Path(folder) / "bundle", size, kind, generator), runtime)
        ours = model.styles
        assert isinstance(ours, StyleGenerator)
        if ours._synthesis.provider != CUDA:
            return {}
        session = ours._synthesis.raw  # type: ignore[attr-defined]
        generator = generator.cuda()
        compiled = torch.compile(generator.synthesis)
        found: dict[int, dict[str, float]] = {}
        for batch in BATCHES:
            styles = np.random.default_rng(0).standard_normal((batch, ours.layers, ours.width)).astype(np.float32)
            feeds = ours.feeds(styles, Style())
            binding = session.io_binding()
            for name, values in feeds.items():
                binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(values, "cuda", 0))
            binding.bind_output(ours._image.name, "cuda")
            w = torch.from_numpy(styles).cuda()
            noise = [torch.from_numpy(feeds[f"noise_{k}"].copy()).cuda() for k in range(ours.layers - 1)]

            def torch_call(module: torch.nn.Module, w: torch.Tensor = w, noise: list[torch.Tensor] = noise) -> None:
                with torch.inference_mode():
                    module(w, noise)
                torch.cuda.synchronize()

            found[batch] = _in_blocks(
                ours=lambda binding=binding: session.run_with_iobinding(binding),
                eager=lambda call=torch_call: call(generator.synthesis),
                compiled=lambda call=torch_call: call(compiled),
            )
    return found


@pytest.mark.torch
@pytest.mark.parametrize("size", SIZES)
def test_it_is_faster_than_pytorch(size: int):
    pytest.importorskip("torch")
    found = rows(size)
    print_table(found)
    assert all(row.met is not False for row in found)


def main(arguments: list[str]) -> int:
    """Without arguments the whole table; exit status 1 when a bar is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_stylegan", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("eager", "large", "gpu"))
    parser.add_argument("size", nargs="?", type=int, default=64)
    parser.add_argument("kind", nargs="?", choices=(HERE, PUBLISHED), default=HERE)
    parser.add_argument("threads", nargs="?", type=int, default=THREADS)
    chosen = parser.parse_args(arguments)
    if chosen.what is not None:
        measure = {"eager": _eager, "large": _large, "gpu": _gpu}[chosen.what]
        print(json.dumps(measure(chosen.size, chosen.kind, chosen.threads)))
        return 0
    with user_folders():
        found = [row for size in SIZES for row in rows(size)]
        found += [row for size in SIZES for row in rows(size, bar=False, threads=1)]
        found += rows(64, PUBLISHED, bar=False) + large_rows() + [row for size in SIZES for row in gpu_rows(size)]
    print_table(found)
    return 1 if any(row.met is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
