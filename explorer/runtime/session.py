# pyright: basic, reportMissingTypeStubs=false, reportAttributeAccessIssue=false
# onnxruntime ships no types.
"""A loaded graph behind a Protocol: run it, cancel it, and know the truth about where it runs."""

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from explorer.contract.errors import Cancelled, ModelFault, short
from explorer.contract.manifest import Graph
from explorer.frozen import is_frozen
from explorer.options import Device
from explorer.runtime.inspect import check_graph, check_ports
from explorer.runtime.pixels import with_pixels
from explorer.runtime.providers import CPU, Choice, brought, choose_providers, has_cuda_driver
from explorer.runtime.watchdog import S_PER_GB, Watchdog
from explorer.runtime.weights import lent

Array = NDArray[Any]
RUN_LIMIT_S = 30.0  # one call of one graph; a picture takes milliseconds, a large model on a slow CPU seconds
NOWHERE = str(Path(os.devnull) / "none")  # no folder of any system

# Everything onnxruntime raises while loading or running a graph; they share no base class below Exception.
_FAULTS = tuple(
    getattr(ort_errors, name)
    for name in (
        "Fail", "InvalidArgument", "NoSuchFile", "NoModel", "EngineError", "RuntimeException", "InvalidProtobuf",
        "ModelLoaded", "NotImplemented", "InvalidGraph", "EPFail",
    )
)  # fmt: skip

# What onnxruntime says before it comes to the point: its name and code, a source file, a C++ signature.
_PREAMBLE = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : |"
    r"\S+\.(?:cc|h):\d+ (?:(?:\w+ )?onnxruntime::[^()]*\([^()]*(?:\(\)[^()]*)*\) )?"
)
_REASON_CHARACTERS = 160


class Session(Protocol):
    """What the rest of the program needs of a loaded graph."""

    @property
    def provider(self) -> str:
        """The provider that really runs it."""
        ...

    @property
    def reason(self) -> str:
        """Why it does not run on what was wished; empty when there is nothing to explain."""
        ...

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name.

        Raises:
            Cancelled: ``cancel`` was called meanwhile. ModelFault: the runtime failed or took too long.
        """
        ...

    def cancel(self) -> None:
        """Stop the call that is running, if one is, from any thread; it ends within some 15 ms."""
        ...


class OrtSession:
    """A graph loaded by onnxruntime; a GPU that fails falls back to the CPU and says so in ``reason``."""

    def __init__(
        self,
        content: bytes,
        name: str,
        choice: Choice,
        watchdog: Watchdog,
        create: Callable[[bytes, Sequence[str]], ort.InferenceSession],
        limit_s: float | None = None,
    ) -> None:
        self._content, self._name, self._choice, self._watchdog, self._create = content, name, choice, watchdog, create
        self.limit_s = watchdog.limit_s if limit_s is None else limit_s
        self.reason = choice.reason
        self._options: ort.RunOptions | None = None
        self._guard = threading.Lock()
        self._late = False
        self._session = self._load(choice.providers)
        if self.provider != choice.providers[0]:
            self.reason = "the CUDA libraries could not be loaded; install latent-explorer[cuda]"
        if self.provider == CPU:
            self._content = b""  # nothing to fall back to, so nothing to keep

    @property
    def provider(self) -> str:
        return self._session.get_providers()[0]

    @property
    def raw(self) -> ort.InferenceSession:
        """onnxruntime's own session, to measure what the rest of the program adds to it."""
        return self._session

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        options = ort.RunOptions()
        with self._guard:
            self._options, self._late = options, False
        try:
            with self._watchdog.guard(self._stop_late, self.limit_s):
                values = self._session.run(None, dict(feeds), options)
        except _FAULTS as error:
            if self._late:
                raise ModelFault(
                    f"{self._name} gave no answer within {self.limit_s:g} s and was stopped; "
                    "choose a smaller model, or export this one again."
                ) from error
            if options.terminate:
                raise Cancelled from error
            if self.provider == CPU:
                raise ModelFault(f"{self._name} failed to run: {_reason(error)}. Export the model again.") from error
            self.reason = f"the GPU failed ({_reason(error)})"
            self._session, self._content = self._load((CPU,)), b""
            return self.run(feeds)
        finally:
            with self._guard:
                self._options = None
        names = [port.name for port in self._session.get_outputs()]
        return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}

    def cancel(self) -> None:
        with self._guard:
            if self._options is not None:
                self._options.terminate = True

    def _stop_late(self) -> None:
        self._late = True
        self.cancel()

    def _load(self, providers: Sequence[str]) -> ort.InferenceSession:
        try:
            return self._create(self._content, providers)
        except _FAULTS as error:
            raise ModelFault(f"{self._name} cannot be loaded: {_reason(error)}. Export the model again.") from error


class Runtime:
    """Opens sessions for one wish of device; the only place that knows onnxruntime's settings."""

    def __init__(self, device: Device = "auto", *, threads: int = 0, limit_s: float = RUN_LIMIT_S) -> None:
        self._threads = threads
        self._watchdog = Watchdog(limit_s)
        ort.set_default_logger_severity(4)  # what matters comes as an exception
        ort.disable_telemetry_events()  # what the variable in explorer/__init__.py leaves on, on Windows
        self._choice = choose_providers(
            brought(ort.get_available_providers(), Path(ort_errors.__file__).parent),
            device=device,
            cuda_driver=has_cuda_driver(),
            packaged=is_frozen(),
        )
        if self._choice.providers[0] != CPU:
            ort.preload_dlls()  # finds the CUDA and cuDNN wheels, so that no path has to be set

    def open(self, content: bytes, graph: Graph, weights: NDArray[np.uint8] | None = None) -> Session:
        """Check a graph, load it and compare its ports with what the manifest says; pictures also come as ``PIXELS``.

        Args:
            content: the graph's own file.
            graph: its description.
            weights: the bytes of its file of weights, where it has one; they are read where they lie.

        Raises:
            UnsafeGraph, PortMismatch, ModelFault: as their sentences say.
        """
        check_graph(content, graph, None if weights is None else weights.size)
        image = graph.output("image")
        return self.open_checked(content if image is None else with_pixels(content, image), graph, weights)

    def open_checked(self, content: bytes, graph: Graph, weights: NDArray[np.uint8] | None = None) -> "OrtSession":
        """``open`` for a graph that was checked already."""
        session = self.open_plain(content, graph.file, lent(content, graph, weights))
        check_ports(
            graph,
            inputs={port.name: (port.type, tuple(port.shape)) for port in session.raw.get_inputs()},
            outputs={port.name: (port.type, tuple(port.shape)) for port in session.raw.get_outputs()},
        )
        return session

    def open_plain(self, content: bytes, name: str, tensors: Mapping[str, Array] | None = None) -> "OrtSession":
        """A checked graph of which no manifest says what its ports are; ``tensors`` are its weights from outside."""
        tensors = tensors or {}
        more_s = round(S_PER_GB * sum(values.nbytes for values in tensors.values()) / 1e9)
        create = partial(self._create, tensors=tensors)
        return OrtSession(content, name, self._choice, self._watchdog, create, self._watchdog.limit_s + more_s)

    def close(self) -> None:
        """End the watchdog's thread."""
        self._watchdog.close()

    def _create(self, content: bytes, providers: Sequence[str], tensors: Mapping[str, Array]) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.add_session_config_entry("session.force_spinning_stop", "1")  # idle threads must not burn a core
        # Weights from outside come from memory; should one be missed, there is no folder to find a file in.
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", NOWHERE)
        values = [ort.OrtValue.ortvalue_from_numpy(array) for array in tensors.values()]
        options.add_external_initializers(list(tensors), values)
        # The default, exhaustive search, costs seconds at each new batch size for nothing at our sizes.
        settings = [{"cudnn_conv_algo_search": "HEURISTIC"} if name != CPU else {} for name in providers]
        # Work that depends on no input is done in a run, which can be stopped, not while loading, which cannot: a few
        # kilobytes of matrix products would hold the worker for minutes. Exports come folded already.
        session = ort.InferenceSession(
            content,
            options,
            providers=list(providers),
            provider_options=settings,
            disabled_optimizers=["ConstantFolding"],
        )
        session.lent = values  # it reads them where they lie, so they must live as long
        return session


def check_finite(values: Array, name: str) -> Array:
    """``values`` when all are finite numbers.

    Raises:
        ModelFault: some are not.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        share = 1 - np.isfinite(values).mean()
        raise ModelFault(
            f"{name} answered with {share:.0%} values that are not numbers (NaN or infinite); the training may have "
            "diverged: try another point or an earlier checkpoint."
        )
    return values


def _reason(error: Exception) -> str:
    """The first line of what onnxruntime says, without where in its own code that was."""
    text = _PREAMBLE.sub("", str(error).strip()).splitlines()
    return short(text[0] if text else type(error).__name__, _REASON_CHARACTERS).rstrip(".")
