"""The graphs of one bundle, each loaded when it is first asked for, and those made from them by cutting or tapping."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import Bundle
from explorer.contract.manifest import Graph
from explorer.runtime.session import Runtime, Session


class Graphs:
    """Used in the worker's thread only, but for ``cancel``."""

    def __init__(self, bundle: Bundle, runtime: Runtime) -> None:
        self._bundle, self._runtime = bundle, runtime
        self._sessions: dict[str, Session] = {}

    @property
    def first(self) -> Session | None:
        """The one that was loaded first, or None."""
        return next(iter(self._sessions.values()), None)

    def open(self, graph: Graph) -> Session:
        """The session of a graph of the manifest.

        Raises:
            UnsafeGraph, PortMismatch, ModelFault, DamagedBundle: as their sentences say.
        """
        return self.derived(graph.role, graph, lambda content: content)

    def role(self, role: str) -> tuple[Session, Graph] | None:
        """The session of the graph of that role and its description; None where the bundle has none.

        Raises:
            As ``open``.
        """
        graph = self._bundle.manifest.graph(role)
        return None if graph is None else (self.open(graph), graph)

    def content(self, graph: Graph) -> bytes:
        """The file of a graph of the manifest.

        Raises:
            DamagedBundle: it is not what the manifest says.
        """
        return self._bundle.read(graph.file)

    def derived(self, key: str, graph: Graph, change: Callable[[bytes], bytes]) -> Session:
        """The session of a graph whose file was changed in memory, kept as ``key``; ``graph`` describes the result.

        Raises:
            As ``open``.
        """
        if key not in self._sessions:
            content = change(self._bundle.read(graph.file))
            self._sessions[key] = self._runtime.open(content, graph, weights_of(self._bundle, graph))
        return self._sessions[key]

    @property
    def derived_keys(self) -> tuple[str, ...]:
        """Everything that is loaded, by key."""
        return tuple(self._sessions)

    def drop(self, key: str) -> None:
        """Let a derived session go."""
        self._sessions.pop(key, None)

    def cancel(self) -> None:
        """Stop whatever runs, from any thread."""
        for session in tuple(self._sessions.values()):
            session.cancel()


def weights_of(bundle: Bundle, graph: Graph) -> NDArray[np.uint8] | None:
    """The bytes of a graph's file of weights; None where they are inside it.

    Raises:
        WrongHash, DamagedBundle, UnsafePath: the file is not what the manifest says.
    """
    return bundle.mapped(graph.weights) if graph.weights else None
