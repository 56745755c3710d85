"""The Train page with a long run, and the sliders while a training runs on the same cores.

As a program: ``python -m tests.benchmarks.bench_train_page RUN`` prints what it found as JSON.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.app import App, settle  # isort: skip - before Qt, see app.py
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from explorer.bench import _Pulse, _until
from explorer.contract import run as contract
from explorer.options import LaunchOptions
from explorer.places import runs_folder
from explorer.training import trainer
from explorer.training.record import Record
from tests.benchmarks.children import ask
from tests.benchmarks.rows import Row, at_most

EVENTS, SNAPSHOTS = 100_000, 200
OPEN_S, FRAME_MS = 1.0, 16.0
FRAMES = 240  # of scrolling down and up again
TIMES_SLOWER, LONGEST_MS = 2.0, 100.0  # of the sliders, beside a training
WARM = 2_000  # images; a training that has been through its first steps


def rows(bundle: Path, moves: int) -> list[Row]:
    """A long run in the page, and a storm of slider moves with and without a training."""
    return [*_page_rows(), *_slider_rows(bundle, moves)]


def _page_rows() -> list[Row]:
    folder = runs_folder() / "long"
    long_run(folder)
    found = ask("tests.benchmarks.bench_train_page", folder)
    return [
        at_most(
            f"Train: a run of {EVENTS:,} events and {SNAPSHOTS} snapshots, click to drawn",
            found["open_s"], OPEN_S, "s", f"its journal alone, read without a window {found['read_s']:.2f} s",
        ),
        at_most(
            "Train: scrolling it, 99 % of frames", found["frame_late"], FRAME_MS, "ms", more=f" ({found['frame']:.2f})"
        ),
    ]  # fmt: skip


def _slider_rows(bundle: Path, moves: int) -> list[Row]:
    """One after the other and in turn, so that both see the same machine."""
    alone, beside = list[dict[str, float]](), list[dict[str, float]]()
    for _ in range(2):
        alone.append(ask("explorer.cli", "bench", bundle, "--moves", str(moves), "--json"))
        with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as place:
            run = Path(place) / "run"
            order = trainer.begin(
                sys.executable, run, trainer.Order(words=("train", "vae", "--out", str(run), "--images", "100000000"))
            )
            try:
                record = Record(run)
                _wait(lambda record=record: record.read() and record.view().images > WARM)
                beside.append(ask("explorer.cli", "bench", bundle, "--moves", str(moves), "--json"))
            finally:
                trainer.end(order.pid, order.time_s)
                trainer.reap()
    median, before = (statistics.mean(found["hand_median"] for found in both) for both in (beside, alone))
    longest = max(found["gap_max"] for found in beside)
    return [
        at_most(
            f"{bundle.name}: hand to painted picture beside a training, median",
            median, TIMES_SLOWER * before, "ms", f"without one {before:.2f} ms",
        ),
        at_most(
            f"{bundle.name}: longest gap of the event loop beside a training",
            longest, LONGEST_MS, "ms", f"an empty loop {max(found['empty_gap_max'] for found in beside):.2f} ms",
        ),
    ]  # fmt: skip


def long_run(folder: Path) -> None:
    """A run folder of ``EVENTS`` events that looks like one of weeks."""
    (folder / contract.SAMPLES).mkdir(parents=True)
    contract.write_config(folder, {"family": "vae", "config": {"data": "fashion-mnist"}})
    every, random, began = EVENTS // SNAPSHOTS, np.random.default_rng(0), time.time() - EVENTS
    facts = {"family": "vae", "data": "fashion-mnist", "device": "CPU", "pid": 1, "host": "elsewhere"}
    events: list[contract.Event] = [contract.Started(time_s=began, total_images=EVENTS * 64, **facts)]
    for at in range(1, EVENTS - 3 * SNAPSHOTS):
        now = {"images": at * 64, "time_s": began + at}
        if at % 2:
            events.append(contract.Progress(images_per_s=64, remaining_s=EVENTS - at, **now))
        else:
            numbers = {name: float(100 / at) for name in ("objective", "reconstruction", "KL", "ELBO", "gradient norm")}
            events.append(contract.Metric(split="train", values=numbers, **now))
        if at % every == 0:
            for of in ("samples", "reconstructions"):
                path = folder / contract.SAMPLES / f"{at:010d}-{of}.png"
                Image.fromarray(random.integers(0, 255, (118, 478), np.uint8)).save(path)
                events.append(contract.Sample(path=path.relative_to(folder).as_posix(), of=of, **now))
            events.append(contract.Snapshot(path=f"{contract.SNAPSHOTS}/{at:010d}", **now))
    events.append(contract.Finished(images=EVENTS * 64, time_s=began + EVENTS, why="done"))
    journal = "".join(f"{event.model_dump_json()}\n" for event in events)
    (folder / contract.EVENTS).write_text(journal, encoding="utf-8")


def _page(folder: Path) -> dict[str, float]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    record, began = Record(folder), time.perf_counter()
    record.read()
    read = time.perf_counter() - began
    settle()
    app = App(LaunchOptions(device="cpu", session=False), QApplication(sys.argv[:1]))
    app.open()
    _until(app, lambda: app.idle)
    page = app.window.train
    began = time.perf_counter()
    app.show_page("train")
    app.room.training.choose(folder)
    _until(app, lambda: app.room.training.seen.chosen is not None and bool(page.run.samples._rows))
    opened = time.perf_counter() - began
    bar, loop = page.run._area.verticalScrollBar(), QEventLoop()

    def scroll(left: int) -> None:
        bar.setValue(round(bar.maximum() * (1 - abs(2 * left / FRAMES - 1))))

    pulse = _Pulse(FRAMES, scroll, loop.quit)
    pulse.start()
    loop.exec()
    app.window.close()
    return {
        "read_s": read, "open_s": opened,
        "frame": statistics.median(pulse.busy), "frame_late": float(np.percentile(pulse.busy, 99)),
    }  # fmt: skip


def _wait(ready: Callable[[], bool]) -> None:
    """Look now and then until something holds."""
    while not ready():
        threading.Event().wait(0.1)


if __name__ == "__main__":
    print(json.dumps(_page(Path(sys.argv[1]))))
