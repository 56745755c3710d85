"""From a PyTorch module to an ONNX graph with a proof that both compute the same."""

import logging
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import torch
from torch import Tensor, nn

from explorer.contract.errors import ExplorerError
from explorer.contract.manifest import Graph, Port

OPSET = 20
PROOF_SIZES = (1, 3)  # an axis that is free on paper only fails at one of them
Written = dict[tuple[object, ...], onnx.ModelProto]
_WRITTEN: Written = {}  # graphs of this process's earlier snapshots, by what they were made of
TOLERANCE = 1e-4  # of outputs in the order of 1; float32 sums in another order differ by a few 1e-6


class ParityError(ExplorerError):
    """The exported graph does not compute what the trained module does."""


@dataclass(frozen=True)
class Exported:
    """One graph of a bundle: its description and its file."""

    graph: Graph
    content: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """What ``save_bundle`` takes."""
        return {self.graph.file: self.content}


def export_graph(
    module: nn.Module,
    role: str,
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    graph: nn.Module | None = None,
    tolerance: float = TOLERANCE,
) -> Exported:
    """Export ``module`` as ``<role>.onnx``; axis 0 of every port is free and called ``batch``.

    ``module`` takes the inputs in order and gives a tensor, or a tuple in the order of the outputs. ``graph`` is what
    is written where the module itself cannot be; it is proved against the module. A module built like one that this
    process wrote before has its weights put into that graph, which takes a tenth of the time; where the proof then
    fails, because the exporter had computed with the weights, the graph is written anew.

    Raises:
        ParityError: onnxruntime and PyTorch differ by more than ``tolerance`` at one of two batch sizes.
    """
    module = deepcopy(module).cpu().float().eval()
    source = module if graph is None else graph
    key = role, str(source), inputs, outputs, tuple((name, value.shape) for name, value in _numbers(source).items())
    content = _renewed(key, source)
    try:
        if content is not None:
            prove(content, module, inputs, outputs, tolerance)
    except ParityError:
        content = None
    if content is None:
        content = _to_onnx(source, inputs, outputs)
        model = onnx.load_from_string(content)
        onnx.checker.check_model(model, full_check=True)
        prove(content, module, inputs, outputs, tolerance)
        _WRITTEN[key] = model
    return Exported(Graph(file=f"{role}.onnx", role=role, inputs=inputs, outputs=outputs), content)


def _renewed(key: tuple[object, ...], module: nn.Module) -> bytes | None:
    """The graph that was written for ``key`` with the weights of ``module``; None: there is none yet."""
    model = _WRITTEN.get(key)
    if model is None:
        return None
    weights = _numbers(module)
    for stored in model.graph.initializer:
        if stored.name in weights:
            array = weights[stored.name].detach().cpu().numpy()
            if tuple(stored.dims) == array.shape:
                stored.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(array), stored.name))
    return model.SerializeToString()


def _numbers(module: nn.Module) -> dict[str, Tensor]:
    """All that a graph may hold: parameters and buffers, those included that no checkpoint keeps."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def prove(
    content: bytes,
    module: nn.Module,
    inputs: tuple[Port, ...],
    outputs: tuple[Port, ...],
    tolerance: float = TOLERANCE,
) -> float:
    """Run the graph and the module on the same random inputs; the largest difference.

    Raises:
        ParityError: as ``export_graph``.
    """
    session = _session(content)
    worst = 0.0
    for size in PROOF_SIZES:
        feeds = {port.name: example(port, size, seed=size) for port in inputs}
        with torch.inference_mode():
            answer = module(*(torch.from_numpy(feed) for feed in feeds.values()))
        wanted = dict(
            zip((port.name for port in outputs), (answer,) if isinstance(answer, Tensor) else answer, strict=True)
        )
        got = {name: np.asarray(value) for name, value in zip(wanted, session.run(list(wanted), feeds), strict=True)}
        for name, value in wanted.items():
            if got[name].shape != tuple(value.shape):
                raise ParityError(
                    f"{name}: the graph gives {got[name].shape} at batch {size}, PyTorch {tuple(value.shape)}."
                )
            gap = float(np.abs(got[name] - value.numpy()).max())
            if not gap <= tolerance:
                raise ParityError(f"{name}: the graph is off by {gap:.2e} at batch {size}, allowed is {tolerance:.0e}.")
            worst = max(worst, gap)
    return worst


def example(port: Port, size: int, seed: int) -> np.ndarray:
    """Random values that the port could get, with ``size`` rows: pictures within their range, else normal numbers."""
    generator = np.random.default_rng(seed)
    shape = (size, *(axis or 1 for axis in port.shape[1:]))
    if port.dtype != "float32":
        return np.zeros(shape, port.dtype)
    if port.meaning.kind == "image":
        return generator.uniform(*port.meaning.value_range, shape).astype(np.float32)
    return generator.standard_normal(shape).astype(np.float32)


def run_graph(content: bytes, feeds: Mapping[str, np.ndarray], batch: int = 250) -> tuple[np.ndarray, ...]:
    """All outputs of a graph for many rows, some at a time."""
    session = _session(content)
    count = len(next(iter(feeds.values())))
    parts = [
        session.run(None, {name: feed[first : first + batch] for name, feed in feeds.items()})
        for first in range(0, count, batch)
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _to_onnx(module: nn.Module, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> bytes:
    batch = torch.export.Dim("batch", min=1)
    examples = tuple(torch.from_numpy(example(port, 2, seed=0)) for port in inputs)
    with warnings.catch_warnings(), _quiet("torch.onnx", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        program = torch.onnx.export(
            module,
            examples,
            dynamo=True,
            opset_version=OPSET,
            input_names=[port.name for port in inputs],
            output_names=[port.name for port in outputs],
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return _without_traces(program.model_proto)


def _without_traces(model: onnx.ModelProto) -> bytes:
    """Drop what the exporter notes about source lines and file names: it is of no use later and names this machine."""
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    return model.SerializeToString()


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class _quiet:
    """Lets the named loggers speak only of errors for a while."""

    def __init__(self, *names: str) -> None:
        self._loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self._levels = [logger.level for logger in self._loggers]
        for logger in self._loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self._loggers, self._levels, strict=True):
            logger.setLevel(level)
