"""``python -m tests.benchmarks.bench_mixing [BUNDLE]``: what a grid of mixes costs beside one bare run of as many.

Without a bundle it is measured on a style generator of the size that is trained here, with random weights.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.control.mixgrid import GridWords, MixGridController
from explorer.control.stage import Stage
from explorer.control.styledraw import Seeds, Wish, draw
from explorer.latent.styles import Style
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.models.styles import StyleGenerator
from explorer.runtime.session import OrtSession, Runtime
from explorer.state.place import Explore
from explorer.tasks.latest import Job
from tests.benchmarks.random_generators import random_generator
from tests.benchmarks.rows import Row, at_most, in_turn, print_table

SIDE = 8
TIMES = 1.15
REPETITIONS = 9


def rows(bundle: Path, repetitions: int = REPETITIONS) -> list[Row]:
    """The 64 cells as the worker draws them, in turn with one run of onnxruntime for the same 64 pictures.

    The styles of the seeds are known by then, as they are once the grid's edges were drawn.
    """
    with closing(Runtime("cpu")) as runtime:
        model = load_model(bundle, runtime)
        generator = model.styles
        assert isinstance(generator, StyleGenerator)
        cells, heads = _wishes(model, generator)
        session = generator._synthesis  # the very session, without anything around it
        assert isinstance(session, OrtSession)
        feeds = generator.feeds(np.stack([wish.rows() for wish in cells]), Style())
        feeds = {name: values.copy() for name, values in feeds.items()}
        times = in_turn(
            repetitions,
            bare=lambda: session.raw.run(None, feeds),
            grid=lambda: _drawn(generator, cells),
            heads=lambda: _drawn(generator, heads),
        )
    count = f"{SIDE} x {SIDE}"
    bare, grid = times["bare"], times["grid"]
    return [
        at_most(
            f"{model.manifest.name}: a grid of {count} mixes",
            grid / bare, TIMES, "times", f"one run of {SIDE * SIDE} pictures {bare:.0f} ms", f" ({grid:.0f} ms)",
        ),
        Row(f"the {2 * SIDE} seeds at its edges, drawn once", f"{times['heads']:.0f} ms"),
    ]  # fmt: skip


def _wishes(model: Model, generator: StyleGenerator) -> tuple[list[Wish], list[Wish]]:
    """The cells and the seeds at the edges, as the controller of the grid wishes for them."""
    explore, stage, nothing = Explore(), Stage(), None
    rng = np.random.default_rng(0)
    control = MixGridController(explore, stage, nothing, nothing, nothing, nothing, Seeds(), rng)  # type: ignore[arg-type]
    words = GridWords(
        tuple(range(SIDE)), tuple(range(100, 100 + SIDE)), SIDE, generator.layers // 2, generator.layers, ""
    )
    wishes = control.wishes(model, generator, words, Style())
    return wishes[2 * SIDE :], wishes[: 2 * SIDE]


def _drawn(generator: StyleGenerator, wishes: list[Wish]) -> None:
    found: list[Any] = []
    for _ in draw(generator, wishes, Job(found.extend)):
        pass
    assert len(found) == len(wishes)


@pytest.mark.torch
def test_a_grid_costs_little_more_than_one_run(tmp_path: Path):
    pytest.importorskip("torch")
    found = rows(random_generator(tmp_path / "random"), 5)
    print_table(found)
    assert all(row.met is not False for row in found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as scratch:
        print_table(rows(Path(sys.argv[1]) if len(sys.argv) > 1 else random_generator(Path(scratch) / "random")))
