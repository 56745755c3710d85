"""``python -m tests.benchmarks [BUNDLE ...]``: measure and print one table; exit status 1 when a bar is not met."""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

from explorer.contract.archive import open_bundle
from explorer.places import assets_folder
from explorer.state.library import find_bundles
from tests.benchmarks import bench_film, bench_map, bench_train_page, bench_training, eager, latency, resident, start
from tests.benchmarks.children import user_folders
from tests.benchmarks.rows import Row, print_table
from tests.graphs import tiny_bundle

Measurement = Callable[[], list[Row]]
SPEED_COMES_FROM = {"numpy", "onnxruntime", "onnxruntime-gpu", "pyside6_essentials", "pyside6-essentials", "torch"}
MANY = 512  # dimensions of a toy whose sliders must not lag either
KINDS = ("latency", "start", "resident", "eager", "map", "film", "training", "train-page", "help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; by default everything, on every shipped model."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n", 1)[0])
    parser.add_argument("bundles", nargs="*", type=Path, metavar="BUNDLE", help="models; default: all that ship")
    parser.add_argument("--only", choices=KINDS, action="append", help="measure this alone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions, to try it out")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-") as scratch, user_folders():
        bundles = [path.resolve() for path in chosen.bundles] or find_bundles((assets_folder() / "models",))
        rows: list[Row] = []
        _describe_machine()
        for measure in _measurements(bundles, chosen.only or KINDS, 10 if chosen.quick else 1, Path(scratch)):
            found = measure()
            rows += found
            for row in found:
                print(*filter(None, row.cells), sep=" | ", file=sys.stderr, flush=True)
    _say_load("after")
    print()
    print_table(rows)
    return 1 if any(row.met is False for row in rows) else 0


def _measurements(bundles: Sequence[Path], kinds: Sequence[str], less: int, scratch: Path) -> Iterator[Measurement]:
    for at, bundle in enumerate(bundles):
        other = bundles[at - 1] if len(bundles) > 1 else _copy(bundle, scratch)
        graphs = {graph.role for graph in open_bundle(bundle).manifest.graphs}
        kinds_of = {"latency", "start"}
        if "denoiser" not in graphs:  # ten thousand pictures of one would take hours; see bench_diffusion
            kinds_of |= {"resident", "film"}
        if "decoder" in graphs:  # a style generator has a benchmark of its own, bench_stylegan
            kinds_of |= {"eager"}
        yield from (
            measure
            for kind, measure in (
                ("latency", partial(latency.rows, bundle, 1_000 // less)),
                ("start", partial(start.rows, bundle, max(7 // less, 1))),
                ("resident", partial(resident.rows, bundle, other, 10 / less, 10_000 // less, 50)),
                ("eager", partial(eager.rows, bundle, 500 // less)),
                ("film", partial(bench_film.rows, bundle, max(5 // less, 1))),
            )
            if kind in kinds and kind in kinds_of
        )
    if "latency" in kinds:
        many = tiny_bundle(scratch / f"{MANY}-numbers", dims=MANY, size=16, channels=3)
        yield partial(latency.rows, many.path, 1_000 // less)
    if "map" in kinds:
        yield partial(bench_map.rows, 100 // less)
    if "training" in kinds:
        yield partial(bench_training.cost_rows, 20 / less)
        yield partial(bench_training.start_rows, max(5 // less, 1))
    if "train-page" in kinds:
        yield partial(bench_train_page.rows, assets_folder() / "models" / "fashion-vae", 1_000 // less)
    if "help" in kinds:
        yield partial(start.help_rows, max(9 // less, 1))


def _copy(bundle: Path, scratch: Path) -> Path:
    """A second model to switch to."""
    other = scratch / f"{bundle.name}-copy"
    shutil.copytree(bundle, other)
    return other


def _describe_machine() -> None:
    found = {there.metadata["Name"]: there.version for there in distributions()}
    names = sorted((name for name in found if name.lower() in SPEED_COMES_FROM), key=str.lower)
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {found[name]}" for name in names))
    _say_load("before")


def _say_load(when: str) -> None:
    """How busy the machine is with other things: above the number of cores, times mean little."""
    if hasattr(os, "getloadavg"):
        print(f"load {when}: {os.getloadavg()[0]:.1f} runnable processes on average over a minute")


if __name__ == "__main__":
    sys.exit(main())
