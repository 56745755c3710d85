"""From a bundle on disk to a model that answers: which graphs it holds decides what it can do."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.contract.archive import Bundle, open_bundle
from explorer.contract.errors import BundleError, ExplorerError, ModelFault
from explorer.contract.manifest import Graph, LatentSpace, RowsPrior
from explorer.latent.priors import Prior, prior_of
from explorer.models.autoencoder import Decoder, Encoder, latent_space_of
from explorer.models.capabilities import Codes, Decodes, Encodes, Model, Unfolds
from explorer.models.denoiser import with_steps
from explorer.models.graphs import Graphs, weights_of
from explorer.models.stores import read_directions, read_encoded
from explorer.models.styles import SLOW_MS, with_styles
from explorer.models.translator import with_translation
from explorer.runtime.providers import RunsOn
from explorer.runtime.session import Runtime, Session

TIMED_RUNS = 5
TIMED_S = 0.3  # after this long the time is known well enough


def load_model(path: Path, runtime: Runtime, cancellable: Callable[[Callable[[], None]], None] | None = None) -> Model:
    """Open, prove and load a bundle, and time it; call it in the worker.

    Args:
        path: a folder or a zip.
        runtime: opens the sessions.
        cancellable: is given what stops a graph that does not answer, before the first one is run.

    Raises:
        BundleError, ModelFault: as their sentences say.
    """
    bundle = open_bundle(path)
    graphs = Graphs(bundle, runtime)
    run_ms: float | None = None
    if cancellable is not None:
        cancellable(graphs.cancel)
    model = assembled(bundle, str(path), graphs, lambda: run_ms)
    try:
        if model.unfolds is not None:
            run_ms = _timed_step(model.unfolds)
        elif model.decodes is not None:
            run_ms = _timed(model.decodes)
    except ModelFault:
        if model.unfolds is None:
            raise  # else it may break off on the way: what came before can be looked at, and the fault is told there
    if model.styles is not None and run_ms is not None and run_ms > SLOW_MS:
        return assembled(bundle, str(path), graphs, lambda: run_ms, run_ms)
    return model


def assembled(
    bundle: Bundle,
    key: str,
    graphs: Graphs,
    run_ms: Callable[[], float | None] = lambda: None,
    slow_ms: float = 0.0,
) -> Model:
    """What the graphs of a bundle can do together; ``run_ms`` says how long a picture takes, once that is known.

    ``slow_ms``: so long a picture of a style generator was found to take, where that is worth a preview.

    Raises:
        BundleError, ModelFault: as their sentences say.
    """

    def runs_on() -> RunsOn:
        first = graphs.first
        return RunsOn("", "no graph is loaded") if first is None else RunsOn(first.provider, first.reason, run_ms())

    decodes, encodes = _decoder(bundle, graphs.open), _encoder(bundle, graphs.open)
    plain = Model(key, bundle, runs_on, graphs.cancel, decodes, encodes, graphs=graphs)
    if decodes is not None:
        return plain
    return with_translation(with_steps(with_styles(plain, graphs, slow_ms), graphs), graphs)


def size_bytes(model: Model) -> int:
    """Roughly what a loaded model takes: its weights once, and as much again for what onnxruntime makes of them."""
    files, weights = model.manifest.files, model.manifest.weights
    return 2 * sum(entry.size for entry in files if entry.path.endswith(".onnx") or entry.path in weights)


def check_bundle(path: Path, runtime: Runtime) -> list[ExplorerError]:
    """Everything that is wrong with a bundle's files, graphs and stores, as errors; empty when all is well."""
    try:
        bundle = open_bundle(path)
    except BundleError as error:
        return [error]
    faults: list[ExplorerError] = [*bundle.verify()]
    if faults:
        return faults
    for graph in bundle.manifest.graphs:
        try:
            runtime.open(bundle.read(graph.file), graph, weights_of(bundle, graph))
        except ExplorerError as error:
            faults.append(error)
    for space in bundle.manifest.spaces:
        for read in (read_encoded, read_directions):
            try:
                read(bundle, space.name)
            except ExplorerError as error:
                faults.append(error)
    return faults


def _decoder(bundle: Bundle, opened: Callable[[Graph], Session]) -> Decodes | None:
    graph = bundle.manifest.graph("decoder")
    if graph is None:
        return None
    space = bundle.manifest.space(latent_space_of(graph.input("latent")) or "")
    latent_diffusion = bundle.manifest.graph("denoiser") is not None  # its decoder is a step of another way
    if space is None or not (len(space.shape) == 1 or (len(space.shape) == 3 and not latent_diffusion)):
        return None
    prior = prior_of(space, bundle.array)
    return Decoder(opened(graph), graph, space, prior if len(space.shape) == 1 else _of_data(prior, bundle, space))


def _of_data(prior: Prior, bundle: Bundle, space: LatentSpace) -> Prior:
    """A prior of codes with positions, which independent numbers make nothing of: drawn from what was encoded."""
    encoded = read_encoded(bundle, space.name)
    if encoded is None or not len(encoded):
        return prior
    codes = encoded.codes.reshape(len(encoded), -1)

    def drawn(rng: np.random.Generator, count: int) -> Codes:
        return codes[rng.integers(len(codes), size=count)]

    return replace(prior, draw=drawn)


def _encoder(bundle: Bundle, opened: Callable[[Graph], Session]) -> Encodes | None:
    graph = bundle.manifest.graph("encoder")
    if graph is None:
        return None
    space = bundle.manifest.space(latent_space_of(graph.output("latent")) or "")
    whole = bundle.manifest.graph("decoder") is not None and bundle.manifest.graph("denoiser") is None
    placed = space is not None and len(space.shape) == 3 and whole
    known = space is not None and (len(space.shape) == 1 or placed or isinstance(space.prior, RowsPrior))
    return Encoder(opened(graph), graph, space) if space is not None and known else None


def _timed_step(unfolds: Unfolds) -> float:
    """Milliseconds of one picture: of its second step, times their number."""
    walk, steps = unfolds.unfold(unfolds.prior.center[None]), len(unfolds.schedule.places(unfolds.sampling))
    next(walk)
    start = time.perf_counter()
    next(walk, None)
    return (time.perf_counter() - start) * 1_000 * steps


def _timed(decodes: Decodes) -> float:
    """Median milliseconds of one picture, after a first run that does not count."""
    code = decodes.prior.center[None]
    times: list[float] = []
    began = time.perf_counter()
    for _ in range(TIMED_RUNS + 1):
        start = time.perf_counter()
        decodes.decode(code)
        times.append((time.perf_counter() - start) * 1_000)
        if time.perf_counter() - began > TIMED_S:
            break
    return statistics.median(times[1:] or times)
