"""What a graph is made of, found out before onnxruntime sees it: nothing outside the file, no foreign code."""

from collections.abc import Iterable, Iterator, Mapping

import onnx
from google.protobuf.message import DecodeError

from explorer.contract.errors import PortMismatch, UnsafeGraph, short
from explorer.contract.manifest import Graph, Port
from explorer.runtime.weights import is_outside, places

NODES = 100_000  # with every call of a function counted as the operators inside it
DEPTH = 16  # graphs inside graphs, functions that call functions
ELEMENTS = 1 << 30  # numbers in one tensor that a graph says it has: 4 GB as float32
TRIPS = 1_000_000  # of a loop that says how often it turns; others end by the time limit of a run
MAKERS = {"ConstantOfShape": 0, "Expand": 1, "Loop": 0}  # what a few numbers blow up, and which input holds them
MOST_AXES = 8
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}  # what onnxruntime implements itself, no library needed

_TYPES = {
    "float32": "tensor(float)", "float16": "tensor(float16)", "int64": "tensor(int64)", "int32": "tensor(int32)",
    "uint8": "tensor(uint8)", "bool": "tensor(bool)",
}  # fmt: skip

_Body = onnx.GraphProto | onnx.FunctionProto


def check_graph(content: bytes, graph: Graph, weights_bytes: int | None = None) -> None:
    """Refuse custom operators, absurd sizes, and weights elsewhere than in the file that ``graph`` names for them.

    Args:
        content: the graph's own file.
        graph: its description.
        weights_bytes: the size of its file of weights; None: there is none.

    Raises:
        UnsafeGraph: with the reason.
    """
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as error:
        raise UnsafeGraph(f"{graph.file} is not an ONNX graph; export the model again.") from error
    own = {function.domain for function in model.functions}
    for node in _nodes(model.graph, *model.functions):
        if node.domain not in DOMAINS and node.domain not in own:
            raise UnsafeGraph(
                f"{graph.file} uses the operator {short(node.domain)}.{short(node.op_type)}, which needs code from "
                "elsewhere; export the model with standard ONNX operators."
            )
    if _size(model) > NODES:
        raise UnsafeGraph(f"{graph.file} has more than {NODES:,} operators; do not use this model.")
    outside = sum(is_outside(tensor) for tensor in tensors_of_model(model))
    if outside and (not graph.weights or weights_bytes is None):
        raise UnsafeGraph(
            f"{graph.file} keeps weights in another file, which a model may not; export it with the weights inside."
        )
    if outside != sum(1 for _ in places(model, graph, weights_bytes or 0)):
        raise UnsafeGraph(
            f"{graph.file} keeps weights of an inner graph in another file; export it with those weights inside."
        )
    _check_sizes(model, graph.file)


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
                there = short(", ".join(real)) or "none"
                raise PortMismatch(
                    f"{graph.file} has no {way} {short(port.name)!r} (it has: {there}); export the model again."
                )
            kind, shape = real[port.name]
            if kind != _TYPES[port.dtype] or not _fits(port, shape):
                raise PortMismatch(
                    f"{graph.file}: the {way} {short(port.name)!r} is {kind} {short(list(shape))}, the manifest says "
                    f"{port.dtype} {list(port.shape)}; export the model again."
                )
    unknown = set(inputs) - {port.name for port in graph.inputs}
    if unknown:
        raise PortMismatch(
            f"{graph.file} wants an input {short(min(unknown))!r} that the manifest does not describe; "
            "export the model again."
        )


def _check_sizes(model: onnx.ModelProto, file: str) -> None:
    """What a graph says of its sizes, before anything is made of it.

    Raises:
        UnsafeGraph: a tensor or a loop is beyond every picture model.
    """
    for graph in _graphs(model.graph, *model.functions):
        ports = () if isinstance(graph, onnx.FunctionProto) else (*graph.input, *graph.output)
        for value in (*graph.value_info, *ports):
            _refuse_vast(_count(axis.dim_value for axis in value.type.tensor_type.shape.dim), value.name, file)
        known = dict(_constants(graph))
        for node in graph.node:
            at = MAKERS.get(node.op_type)
            numbers = known.get(node.input[at]) if at is not None and len(node.input) > at else None
            if numbers is None:
                continue
            if node.op_type != "Loop":
                _refuse_vast(_count(numbers), node.op_type, file)
            elif _count(numbers) > TRIPS:
                raise UnsafeGraph(f"{file} holds a loop of {short(numbers[0], 24)} turns; do not use this model.")
    for tensor in tensors_of_model(model):
        _refuse_vast(_count(tensor.dims), tensor.name, file)


def _constants(graph: _Body) -> Iterator[tuple[str, list[int]]]:
    """The few whole numbers of each constant that may be a shape or a count."""
    tensors = [(tensor.name, tensor) for tensor in graph.initializer] if isinstance(graph, onnx.GraphProto) else []
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            tensors += [(node.output[0], attribute.t) for attribute in node.attribute if attribute.HasField("t")]
            yield from ((node.output[0], list(attribute.ints)) for attribute in node.attribute if attribute.ints)
    for name, tensor in tensors:
        if tensor.data_type == onnx.TensorProto.INT64 and _count(tensor.dims) <= MOST_AXES:
            raw = tensor.raw_data[: 8 * MOST_AXES]
            packed = [int.from_bytes(raw[at : at + 8], "little", signed=True) for at in range(0, len(raw), 8)]
            yield name, packed or [int(number) for number in tensor.int64_data[:MOST_AXES]]


def _refuse_vast(count: int, name: str, file: str) -> None:
    if count > ELEMENTS:
        raise UnsafeGraph(
            f"{file} has a tensor of {short(count, 24)} numbers ({short(name)}), more than any model of "
            "pictures needs; do not use this model."
        )


def _count(sizes: Iterable[int]) -> int:
    """The product, or more than is ever allowed: it may have thousands of digits."""
    count = 1
    for size in sizes:
        count = min(count * max(size, 1), 1 << 80)
    return count


def _fits(port: Port, shape: tuple[object, ...]) -> bool:
    """Whether fixed sizes agree; a name or None in the graph's shape means any size."""
    if len(shape) != len(port.shape):
        return False
    return all(not isinstance(real, int) or said in (None, real) for said, real in zip(port.shape, shape, strict=True))


def _size(model: onnx.ModelProto) -> int:
    """How many operators run once functions are written out; a few lines that call each other can mean millions."""
    sizes: dict[tuple[str, str], int] = {}

    def written_out(body: onnx.GraphProto | onnx.FunctionProto) -> int:
        return sum(sizes.get((node.domain, node.op_type), 1) for node in _nodes(body))

    # A function may call one that stands behind it, so it takes as many rounds as there are functions on top of each
    # other. When sizes still grow after that, they call each other in a circle.
    for _ in range(DEPTH + 1):
        before = dict(sizes)
        for function in model.functions:
            sizes[function.domain, function.name] = min(written_out(function), NODES + 1)
        if sizes == before:
            return written_out(model.graph)
    return NODES + 1


def _graphs(*roots: _Body) -> Iterator[_Body]:
    """The graphs and all that are inside them."""
    waiting = [(root, 0) for root in roots]
    while waiting:
        graph, depth = waiting.pop()
        if depth > DEPTH:
            raise UnsafeGraph(f"A graph nests deeper than {DEPTH} levels; do not use this model.")
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                inner = [attribute.g] if attribute.HasField("g") else []
                waiting += [(found, depth + 1) for found in (*inner, *attribute.graphs)]


def _nodes(*roots: _Body) -> Iterator[onnx.NodeProto]:
    return (node for graph in _graphs(*roots) for node in graph.node)


def tensors_of_model(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every constant of a graph, wherever one may stand."""
    for graph in _graphs(model.graph, *model.functions):
        if isinstance(graph, onnx.GraphProto):
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
        else:
            yield from _tensors_of(graph.attribute_proto)
        for node in graph.node:
            yield from _tensors_of(node.attribute)


def _tensors_of(attributes: Iterable[onnx.AttributeProto]) -> Iterator[onnx.TensorProto]:
    for attribute in attributes:
        yield from ([attribute.t] if attribute.HasField("t") else [])
        yield from attribute.tensors
        sparse_values = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
        for sparse in (*sparse_values, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
