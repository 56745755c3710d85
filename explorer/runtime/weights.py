"""Weights in a file of their own: where each tensor says that it lies is checked, then its bytes are lent to a session.

onnxruntime never opens that file. A graph could name any other in its place.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from explorer.contract.errors import UnsafeGraph, short
from explorer.contract.manifest import Graph

# What is read from another file, as onnx stores it: little-endian, nothing packed.
TYPES: dict[int, str] = {
    TensorProto.FLOAT: "<f4", TensorProto.FLOAT16: "<f2", TensorProto.DOUBLE: "<f8",
    TensorProto.INT8: "<i1", TensorProto.INT16: "<i2", TensorProto.INT32: "<i4", TensorProto.INT64: "<i8",
    TensorProto.UINT8: "<u1", TensorProto.UINT16: "<u2", TensorProto.UINT32: "<u4", TensorProto.UINT64: "<u8",
}  # fmt: skip
_ENTRIES = {"location", "offset", "length", "checksum"}
_NUMBER = re.compile(r"[0-9]{1,12}")
FEW = 8  # whole numbers that may be a shape or a count, which are looked at before a graph is loaded


@dataclass(frozen=True)
class Place:
    """Where one tensor lies in the file of weights; offset and length in bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int
    length: int


def is_outside(tensor: TensorProto) -> bool:
    """Whether a tensor says that it lies in another file."""
    return tensor.data_location == TensorProto.EXTERNAL or bool(tensor.external_data)


def places(model: onnx.ModelProto, graph: Graph, size: int) -> Iterator[Place]:
    """Where the outer graph's weights lie in a file of ``size`` bytes, one after the other, each checked.

    Raises:
        UnsafeGraph: one is said to lie elsewhere, or not to be what it must be.
    """
    names = Counter(tensor.name for tensor in model.graph.initializer)
    names.update(sparse.values.name for sparse in model.graph.sparse_initializer)
    for tensor in model.graph.initializer:
        if not is_outside(tensor):
            continue
        if not tensor.name or names[tensor.name] > 1:
            raise _refused(graph, tensor, "share their name with others")
        yield _place(tensor, graph, size)


def lent(content: bytes, graph: Graph, weights: NDArray[np.uint8] | None) -> dict[str, NDArray[Any]]:
    """The tensors of a checked graph that lie in ``weights``, by name: views of it, no copies where they are aligned.

    Raises:
        As ``places``.
    """
    if weights is None:
        return {}
    model = onnx.load_model_from_string(content)
    return {place.name: _view(place, weights) for place in places(model, graph, weights.size)}


def _view(place: Place, weights: NDArray[np.uint8]) -> NDArray[Any]:
    values = np.frombuffer(weights, place.dtype, math.prod(place.shape), place.offset)
    return np.require(values.reshape(place.shape), requirements=["C", "A"])


def _place(tensor: TensorProto, graph: Graph, size: int) -> Place:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    dtype = TYPES.get(tensor.data_type)
    shape = tuple(tensor.dims)
    offset, length = entries.get("offset", "0"), entries.get("length", "")
    if not location or location not in (graph.weights, graph.weights.rsplit("/", 1)[-1]):
        raise _refused(graph, tensor, f"lie in {short(location)!r}, which is not the file that the manifest names")
    if dtype is None:
        raise _refused(graph, tensor, "are of a type that is not read from another file")
    plain = tensor.data_location == TensorProto.EXTERNAL and len(entries) == len(tensor.external_data)
    if not (plain and set(entries) <= _ENTRIES and _NUMBER.fullmatch(offset) and _NUMBER.fullmatch(length)):
        raise _refused(graph, tensor, "say in an unusual way where they lie")
    count = math.prod(shape) if len(shape) <= FEW and min(shape, default=1) > 0 else 0
    if not count or int(length) != count * np.dtype(dtype).itemsize:
        raise _refused(graph, tensor, f"have {length} bytes, which is not what their shape needs")
    if int(offset) + int(length) > size:
        raise _refused(graph, tensor, "reach beyond the end of their file")
    if tensor.data_type == TensorProto.INT64 and count <= FEW:
        raise _refused(graph, tensor, "are a few whole numbers, which must be inside the graph")
    return Place(tensor.name, shape, dtype, int(offset), int(length))


def _refused(graph: Graph, tensor: TensorProto, why: str) -> UnsafeGraph:
    return UnsafeGraph(f"{graph.file}: the weights {short(tensor.name)!r} {why}; do not use this model.")
