"""What a graph is made of, found out before onnxruntime sees it: nothing outside the file, no foreign code."""

from collections.abc import Iterator, Mapping

import onnx
from google.protobuf.message import DecodeError

from explorer.contract.errors import PortMismatch, UnsafeGraph
from explorer.contract.manifest import Graph, Port

NODES = 100_000
DEPTH = 16  # graphs inside graphs
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}  # what onnxruntime implements itself, no library needed

_TYPES = {
    "float32": "tensor(float)", "float16": "tensor(float16)", "int64": "tensor(int64)", "int32": "tensor(int32)",
    "uint8": "tensor(uint8)", "bool": "tensor(bool)",
}  # fmt: skip


def check_graph(content: bytes, graph: Graph) -> None:
    """Refuse external data, custom operators and absurd sizes.

    Raises:
        UnsafeGraph: with the reason.
    """
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as error:
        raise UnsafeGraph(f"{graph.file} is not an ONNX graph; export the model again.") from error
    own = {function.domain for function in model.functions}
    for count, node in enumerate(_nodes(model)):
        if count >= NODES:
            raise UnsafeGraph(f"{graph.file} has more than {NODES:,} operators; do not use this model.")
        if node.domain not in DOMAINS and node.domain not in own:
            raise UnsafeGraph(
                f"{graph.file} uses the operator {node.domain}.{node.op_type}, which needs code from elsewhere; "
                "export the model with standard ONNX operators."
            )
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise UnsafeGraph(
                f"{graph.file} keeps weights in another file, which a model may not; export it with the weights inside."
            )


def check_ports(
    graph: Graph,
    inputs: Mapping[str, tuple[str, tuple[object, ...]]],
    outputs: Mapping[str, tuple[str, tuple[object, ...]]],
) -> None:
    """Compare the loaded graph's ports, name -> (onnxruntime type, shape), with the manifest's.

    Raises:
        PortMismatch: a port is missing, of another type or shape, or an input is not described.
    """
    for described, real, way in ((graph.inputs, inputs, "input"), (graph.outputs, outputs, "output")):
        for port in described:
            if port.name not in real:
                there = ", ".join(real) or "none"
                raise PortMismatch(
                    f"{graph.file} has no {way} {port.name!r} (it has: {there}); export the model again."
                )
            kind, shape = real[port.name]
            if kind != _TYPES[port.dtype] or not _fits(port, shape):
                raise PortMismatch(
                    f"{graph.file}: the {way} {port.name!r} is {kind} {list(shape)}, the manifest says {port.dtype} "
                    f"{list(port.shape)}; export the model again."
                )
    unknown = set(inputs) - {port.name for port in graph.inputs}
    if unknown:
        raise PortMismatch(f"{graph.file} wants an input {min(unknown)!r} that the manifest does not describe.")


def _fits(port: Port, shape: tuple[object, ...]) -> bool:
    """Whether fixed sizes agree; a name or None in the graph's shape means any size."""
    if len(shape) != len(port.shape):
        return False
    return all(not isinstance(real, int) or said in (None, real) for said, real in zip(port.shape, shape, strict=True))


def _graphs(model: onnx.ModelProto) -> Iterator[tuple[onnx.GraphProto | onnx.FunctionProto, int]]:
    waiting: list[tuple[onnx.GraphProto | onnx.FunctionProto, int]] = [(model.graph, 0)]
    waiting += [(function, 0) for function in model.functions]
    while waiting:
        graph, depth = waiting.pop()
        if depth > DEPTH:
            raise UnsafeGraph(f"A graph nests deeper than {DEPTH} levels; do not use this model.")
        yield graph, depth
        for node in graph.node:
            for attribute in node.attribute:
                inner = [attribute.g] if attribute.HasField("g") else []
                waiting += [(found, depth + 1) for found in (*inner, *attribute.graphs)]


def _nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    return (node for graph, _ in _graphs(model) for node in graph.node)


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    for graph, _ in _graphs(model):
        if isinstance(graph, onnx.GraphProto):
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from ([attribute.t] if attribute.HasField("t") else [])
                yield from attribute.tensors
                sparse_values = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
                for sparse in (*sparse_values, *attribute.sparse_tensors):
                    yield from (sparse.values, sparse.indices)
