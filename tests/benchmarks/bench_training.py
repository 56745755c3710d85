"""``python -m tests.benchmarks.bench_training``: what a training costs beside bare steps, and how soon it begins."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric

from explorer.contract.run import read_events
from tests.benchmarks.rows import Row, at_most, print_table
from trainers.families import FAMILIES
from trainers.kit.loop import Material, to_batch
from trainers.kit.pictures import Pictures
from trainers.kit.randomness import Draw, Order, Share
from trainers.kit.training import Training
from trainers.recipes import RECIPES

STEPS, TURNS = 150, 5
OVERHEAD, LATE_S = 1.03, 2.0


def rows(turns: int = TURNS) -> list[Row]:
    """The loop with journal, averages and checkpoints beside the bare steps of fashion-vae's network."""
    torch.set_num_threads(1)
    config = RECIPES["fashion-vae"].config
    images = np.random.default_rng(0).integers(0, 255, (4_000, 28, 28, 1)).astype(np.uint8)
    pictures = Pictures("noise", "train", images, None, (), (), "CC0", "drawn here", "memory")
    batch = config.plan.batch
    plan = replace(config.plan, images=STEPS * batch, milestone=10**9, held_out=128, snapshots=0)
    material, held_out = Material(images), Material(images[:128])
    bare, whole = [], []
    for turn in range(turns + 1):
        learner = _learner(config, pictures)
        order = Order(len(images), batch, 0)
        began = time.perf_counter()
        for step in range(STEPS):
            draw = Draw(0, step, Share(), torch.device("cpu"))
            learner.update(to_batch(material.rows(order.batch(step)), torch.device("cpu")), draw, step * batch)
        bare.append(time.perf_counter() - began)
        with tempfile.TemporaryDirectory() as folder:
            learner = _learner(config, pictures)
            fabric = Fabric(accelerator="cpu", devices=1)
            training = Training(Path(folder), "vae", "noise", learner, plan, fabric, lambda *_: None, lambda _: None)
            began = time.perf_counter()
            training.go(material, held_out)
            whole.append(time.perf_counter() - began - _last_milestone_s(learner, held_out))
        if turn == 0:  # the first turn only warms up
            bare, whole = [], []
    ratio = statistics.median(w / b for w, b in zip(whole, bare, strict=True))
    return [
        at_most(
            f"loop, journal and averages, {STEPS} steps of fashion-vae's network", ratio, OVERHEAD, "times",
            f"bare steps {statistics.median(bare) / STEPS * 1_000:.2f} ms each",
        ),
        _start_row(turns),
    ]  # fmt: skip


def _learner(config, pictures: Pictures):
    return FAMILIES["vae"].make_learner(config, pictures, Fabric(accelerator="cpu", devices=1))


def _last_milestone_s(learner, held_out: Material) -> float:
    """The run's end evaluates, draws and saves once, which a recipe does thirty times in all; timed by itself."""
    began = time.perf_counter()
    learner.evaluate(held_out)
    learner.samples()
    return time.perf_counter() - began


def _start_row(turns: int) -> Row:
    """From the start of the process to its first event, beside ``import torch`` alone."""
    importing, starting = [], []
    for _ in range(max(turns // 2, 1)):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        importing.append(time.perf_counter() - began)
        with tempfile.TemporaryDirectory() as folder:
            run, now = Path(folder) / "run", time.time()
            words = [sys.executable, "-m", "trainers", "train", "fashion-vae", "--max-steps", "1", "--out", str(run)]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."})
            started = next(event for event in read_events(run).items if event.kind == "started")
            starting.append(started.time_s - now)
    late = statistics.median(starting) - statistics.median(importing)
    return at_most(
        "start of the trainer to its first step, above import torch", late, LATE_S, "s",
        f"import torch {statistics.median(importing):.2f} s",
    )  # fmt: skip


if __name__ == "__main__":
    print_table(rows())
