"""Decoding through the app beside PyTorch eager: the same network, the same weights, as many threads.

As a program: ``python -m tests.benchmarks.eager BUNDLE RUNS`` prints milliseconds as JSON.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.children import ask
from tests.benchmarks.rows import Row

FASTER = 1.5
BATCHES = (1, 16)
BLOCK = 25  # calls of one kind in a row, so that both see the same machine
FIRST = 5  # calls of each block that do not count: the threads of the other kind fall asleep meanwhile
SAME = 1e-4  # largest difference of outputs in [0, 1]


def rows(bundle: Path, runs: int) -> list[Row]:
    """How many times as fast the app decodes; its time includes the conversion to pixels, PyTorch's does not.

    The bar is for one picture, which is what a move of the hand asks for. Many at once are nearly all multiplication,
    at which both run the processor at its limit; they are shown without a bar.
    """
    found = ask("tests.benchmarks.eager", bundle, str(runs))
    return [
        Row(
            f"{bundle.name}: decode through the app, {'one picture' if batch == 1 else f'{batch} at once'}",
            f"{torch_ms / app_ms:.2f} times as fast ({app_ms:.2f} ms)",
            f"PyTorch eager {torch_ms:.2f} ms, {found['threads']} threads, difference {found['difference']:.0e}",
            f"at least {FASTER:g} times" if batch == 1 else "",
            torch_ms >= FASTER * app_ms if batch == 1 else None,
        )
        for batch, (app_ms, torch_ms) in zip(BATCHES, found["times"], strict=True)
    ]


def _measure(bundle: Path, runs: int) -> dict[str, object]:
    import onnx
    import psutil
    import torch

    from explorer.contract.archive import open_bundle
    from explorer.contract.manifest import ImageMeaning
    from explorer.models.load import load_model
    from explorer.runtime.session import Runtime
    from trainers.autoencoders.config import Architecture
    from trainers.autoencoders.model import Autoencoder
    from trainers.autoencoders.networks import PictureShape

    threads = psutil.cpu_count(logical=False) or os.cpu_count() or 1  # what onnxruntime takes
    torch.set_num_threads(threads)
    opened = open_bundle(bundle)
    graph = opened.manifest.graph("decoder")
    meaning = graph.outputs[0].meaning
    assert isinstance(meaning, ImageMeaning) and meaning.height
    network = Autoencoder(
        PictureShape(meaning.height, meaning.channels),
        Architecture(**opened.manifest.provenance.config["architecture"]),
    ).eval()
    content = opened.read(graph.file)
    weights = {
        tensor.name.removeprefix("decoder."): torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
        for tensor in onnx.load_from_string(content).graph.initializer
        if tensor.name.startswith("decoder.")
    }
    network.decoder.load_state_dict(weights)
    model = load_model(bundle, Runtime("cpu"))
    codes = model.decodes.prior.sample(np.random.default_rng(0), max(BATCHES))

    def eager(batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network.likelihood.picture(network.decoder(torch.from_numpy(batch))).numpy()

    session = Runtime("cpu").open(content, graph)
    exported = session.run({graph.inputs[0].name: codes})[graph.outputs[0].name]
    difference = float(np.abs(exported - eager(codes)).max())
    if difference > SAME:
        raise RuntimeError(f"{bundle.name}: PyTorch and the graph differ by {difference:.1e}, so they are not the same")
    times = [_beside(model.decodes.decode, eager, codes[:batch], runs) for batch in BATCHES]
    return {"threads": threads, "difference": difference, "times": times}


def _beside(
    ours: Callable[[np.ndarray], object], theirs: Callable[[np.ndarray], object], codes: np.ndarray, runs: int
) -> tuple[float, float]:
    """Median milliseconds of both, called in turn in blocks."""
    times: tuple[list[float], list[float]] = [], []
    for _ in range(max(runs // BLOCK, 1)):
        for call, taken in zip((ours, theirs), times, strict=True):
            for number in range(FIRST + BLOCK):
                start = time.perf_counter()
                call(codes)
                if number >= FIRST:
                    taken.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]), int(sys.argv[2]))))
