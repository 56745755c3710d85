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

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
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
from tests.benchmarks.rows import Row, at_most, in_turn, print_table
from tests.graphs import png_bytes

SIDE = 8
TIMES = 1.15
REPETITIONS = 9
PIXELS, NUMBERS = 64, 128  # of the generator with random weights


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


def random_generator(path: Path) -> Path:
    """A bundle with mapping and synthesis of the architecture that is trained here, untrained."""
    import torch  # heavy, and only needed here

    from trainers.gans.config import StyleArchitecture
    from trainers.gans.critic import Critic
    from trainers.gans.encoder import Encoder
    from trainers.gans.generator import Generator
    from trainers.gans.graphs import style_graphs

    torch.manual_seed(0)
    architecture = StyleArchitecture(widest=96)
    generator, critic, encoder = (part(architecture, PIXELS, 3) for part in (Generator, Critic, Encoder))
    graphs = style_graphs(generator, critic, encoder, torch.rand(64, 3, PIXELS, PIXELS) * 2 - 1, 3)
    w = graphs.map(np.random.default_rng(1).standard_normal((2_000, NUMBERS)).astype(np.float32))
    kept = (graphs.mapping, graphs.synthesis)
    mean, covariance = m.Array(file="latents.npz", key="mean"), m.Array(file="latents.npz", key="covariance")
    prior = m.EmpiricalPrior(mean=mean, covariance=covariance)
    facts: dict[str, Any] = {
        "name": "random weights",
        "family": "stylegan",
        "description": "A style generator with random weights, to measure.",
        "licence": "Apache-2.0",
        "provenance": m.Provenance(producer="benchmarks"),
        "graphs": tuple(exported.graph for exported in kept),
        "spaces": (
            m.LatentSpace(name="z", shape=(NUMBERS,), prior=m.NormalPrior()),
            m.LatentSpace(name="w", shape=(NUMBERS,), prior=prior, center=mean),
            m.LatentSpace(
                name="w+", shape=(graphs.num_ws, NUMBERS), prior=m.RowsPrior(rows="w"),
                resolutions=generator.resolutions,
            ),
        ),
    }  # fmt: skip
    arrays = {"mean": w.mean(0), "covariance": np.cov(w, rowvar=False).astype(np.float32)}
    files = {
        **{name: content for exported in kept for name, content in exported.files.items()},
        "latents.npz": pack_arrays(arrays),
        "preview.png": png_bytes(np.zeros((8, 8, 3), np.uint8)),
        "CARD.md": b"# random weights\n",
        "LICENSE": b"Apache-2.0\n",
    }
    return save_bundle(path, facts, files).path


@pytest.mark.torch
def test_a_grid_costs_little_more_than_one_run(tmp_path: Path):
    pytest.importorskip("torch")
    found = rows(random_generator(tmp_path / "random"), 5)
    print_table(found)
    assert all(row.met is not False for row in found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as scratch:
        print_table(rows(Path(sys.argv[1]) if len(sys.argv) > 1 else random_generator(Path(scratch) / "random")))
