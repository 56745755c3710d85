"""From a file that somebody made to a graph that is whole, checked and of a recent opset; nothing in it is run."""

import hashlib
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, shape_inference, version_converter

from explorer.contract.archive import WEIGHTS_BYTES
from explorer.contract.errors import BundleError, DamagedBundle, TooLarge, UnsafeGraph, UnsafePath, short
from explorer.contract.manifest import Graph
from explorer.contract.paths import safe_path
from explorer.contract.streams import opened
from explorer.contract.zips import TORN
from explorer.foreign.facts import GraphFacts, Shape, Tensor
from explorer.runtime.inspect import check_graph, tensors_of_model
from explorer.runtime.weights import TYPES, is_outside

FILE_BYTES = 2 << 30  # protobuf's own limit; one graph with its weights inside
APART_BYTES = 1 << 30  # of weights, from which on they may stay in a file of their own
INSIDE_BYTES = 1 << 10  # of a tensor that is always inside: shapes and counts, which are looked at
OPSET = 17  # that old graphs are raised to, where onnx can
ENOUGH = 13  # a graph of this opset or later is left as it is
LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING")
LICENCE_BYTES = 100_000
LANGUAGE = {"input_ids", "attention_mask", "token_type_ids", "past_key_values", "position_ids"}
_LFS = b"version https://git-lfs"
_CONVERTED = "its opset {old} is older than what runs here, so it was raised to {new}"

_BEGINNINGS = (
    (_LFS, "is only a pointer of Git LFS: get the file itself with `git lfs pull`, then drop that."),
    (b"\x89HDF", "is a Keras or HDF5 file; export the model to ONNX with tf2onnx, then drop that."),
    (b"<", "is a web page, not a model; get the file itself (on GitHub: the “Raw” button)."),
    (b"GGUF", "is a language model (GGUF), which makes no pictures; choose another model."),
    (b"\x89PNG", "is a picture; open it in a model, or choose it together with one."),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_SUFFIXES = {
    **dict.fromkeys(
        (".pt", ".pth", ".ckpt", ".pkl", ".bin"),
        "is a PyTorch file, which may run code when it is read, so it is never read here; export it to ONNX "
        "(torch.onnx.export), or try `python -m trainers import`.",
    ),
    ".safetensors": "holds weights without the network they belong to; try `python -m trainers import`, or export "
    "the model to ONNX.",
    **dict.fromkeys(
        (".h5", ".keras"), "is a Keras model; export it to ONNX with tf2onnx, then drop that."
    ),
    ".tflite": "is a TensorFlow Lite model; export the original to ONNX, then drop that.",
    ".pb": "is a TensorFlow graph; export it to ONNX with tf2onnx, then drop that.",
    ".json": "is no ONNX graph; export a TensorFlow.js model to ONNX first.",
}  # fmt: skip


class NotAGraph(BundleError):
    """A file is something other than an ONNX graph that could be explored."""


def read_graph(path: Path, key: str, *, reads_text: bool = False) -> tuple[bytes, GraphFacts]:
    """A graph of one file with its weights inside, its opset raised where that is needed, and what it says of itself.

    Args:
        path: the .onnx file.
        key: names it in what is found out.
        reads_text: it is known to be a text encoder; else one that takes text alone is refused.

    Raises:
        NotAGraph, UnsafeGraph, UnsafePath, TooLarge, DamagedBundle: as their sentences say.
    """
    content, _, facts = _read(path, key, apart=False, reads_text=reads_text)
    return content, facts


def read_parts(path: Path, key: str, *, reads_text: bool = False) -> tuple[bytes, Path | None, GraphFacts]:
    """As ``read_graph``, but more than ``APART_BYTES`` of weights that lie in one file beside the graph stay there.

    Returns:
        The graph, the file of its weights or None where they are inside, and what it says of itself. The graph names
        that file without its folder, and holds tensors of up to ``INSIDE_BYTES`` itself.

    Raises:
        As ``read_graph``.
    """
    return _read(path, key, apart=True, reads_text=reads_text)


def _read(path: Path, key: str, *, apart: bool, reads_text: bool) -> tuple[bytes, Path | None, GraphFacts]:
    name = short(path.name)
    content = _content(path, FILE_BYTES)
    _refuse_others(path, content)
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as error:
        raise NotAGraph(f"{name} is not an ONNX graph, or is damaged; export or download it again.") from error
    if not model.graph.node or not model.graph.output:
        raise NotAGraph(f"{name} holds no graph that computes something; export the model again.")
    kept, weights = _set_apart(model, path) if apart else ([], None)
    _take_in(model, path, WEIGHTS_BYTES if apart else FILE_BYTES)
    model.graph.initializer.extend(kept)
    sha256 = hashlib.sha256(content).hexdigest()
    named = "" if weights is None else weights.name
    plain = Graph.model_construct(file=name, role="foreign", inputs=(), outputs=(), weights=named)
    check_graph(model.SerializeToString(), plain, None if weights is None else weights.stat().st_size)
    _drop_given(model)
    model, was = _raised(model, name)
    model = _with_shapes(model)
    facts = _facts(model, key, path.name, sha256, len(content), was)
    words = {tensor.name for tensor in facts.inputs}
    if (
        not reads_text
        and words & LANGUAGE
        and not any(len(tensor.shape) == 4 for tensor in (*facts.inputs, *facts.outputs))
    ):
        raise NotAGraph(f"{name} is a language model, which makes no pictures; choose another model.")
    return model.SerializeToString(), weights, facts


def licence_beside(path: Path) -> str:
    """The text of a licence file in the same folder; empty where there is none."""
    for name in LICENCES:
        place = path.parent / name
        try:
            if place.is_file() and not place.is_symlink():
                text = place.read_bytes()[:LICENCE_BYTES].decode(errors="replace")
                return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
        except OSError:
            continue
    return ""


# --- files -------------------------------------------------------------------------------------------------------


def _content(path: Path, limit: int) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotAGraph(f"{short(path.name)} is no file; choose the .onnx file itself.")
        if path.stat().st_size > limit:
            raise TooLarge(f"{short(path.name)} is larger than {limit >> 30} GiB, more than one ONNX graph may be.")
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> DamagedBundle:
    return DamagedBundle(
        f"{short(path.name)} cannot be read ({error.strerror or error}); check the disk and the rights."
    )


def _refuse_others(path: Path, content: bytes) -> None:
    """A sentence of its own for each other thing that people take for an ONNX graph."""
    name, suffix = short(path.name), path.suffix.lower()
    if not content:
        raise NotAGraph(f"{name} is empty; get it again.")
    for start, sentence in _BEGINNINGS:
        if content.startswith(start):
            raise NotAGraph(f"{name} {sentence}")
    if content.startswith(b"PK\x03\x04") or zipfile.is_zipfile(path):
        raise NotAGraph(f"{name} {_of_zip(path)}")
    if _PICKLE.match(content) or suffix == ".pkl":
        raise NotAGraph(f"{name} {_SUFFIXES['.pt']}")
    if content[4:8] == b"TFL3":
        raise NotAGraph(f"{name} {_SUFFIXES['.tflite']}")
    if suffix in _SUFFIXES:
        raise NotAGraph(f"{name} {_SUFFIXES[suffix]}")


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:10_000]
    except TORN:
        names = []
    if any("/code/" in name and name.endswith(".py") for name in names):
        return "is a TorchScript model, which is a program; export it to ONNX (torch.onnx.export), then drop that."
    if any(name.endswith("data.pkl") for name in names):
        return _SUFFIXES[".pt"]
    if any(name.endswith("model.weights.h5") for name in names):
        return _SUFFIXES[".keras"]
    return "is a zip; unpack it and drop the .onnx files inside, or open it as a model if it is one."


@dataclass(frozen=True)
class _Piece:
    """Where one tensor lies in another file, in bytes."""

    place: Path
    offset: int
    length: int


def _set_apart(model: onnx.ModelProto, path: Path) -> tuple[list[TensorProto], Path | None]:
    """Take large tensors whose many bytes lie in one file out of the graph: as they are to be put back, and that file.

    Raises:
        As ``_piece``.
    """
    found = list[tuple[int, _Piece]]()
    for at, tensor in enumerate(model.graph.initializer):
        if is_outside(tensor) and tensor.data_type in TYPES:
            piece = _piece(tensor, path, WEIGHTS_BYTES)
            found += [(at, piece)] if piece.length > INSIDE_BYTES else []
    places = {piece.place for _, piece in found}
    if len(places) != 1 or sum(piece.length for _, piece in found) <= APART_BYTES:
        return [], None
    kept: list[TensorProto] = []
    for at, piece in reversed(found):
        tensor = TensorProto()
        tensor.CopyFrom(model.graph.initializer[at])
        tensor.data_location = TensorProto.EXTERNAL
        del tensor.external_data[:], model.graph.initializer[at]
        for key, value in (("location", piece.place.name), ("offset", piece.offset), ("length", piece.length)):
            tensor.external_data.add(key=key, value=str(value))
        kept.append(tensor)
    return kept, places.pop()


def _take_in(model: onnx.ModelProto, path: Path, limit: int) -> None:
    """Read weights that lie beside the graph, in files of up to ``limit`` bytes, into it.

    Raises:
        As ``_piece``. TooLarge: they are more than one graph may hold.
    """
    total = 0
    for tensor in tensors_of_model(model):
        if not is_outside(tensor):
            continue
        piece = _piece(tensor, path, limit)
        total += piece.length
        if total > FILE_BYTES:
            raise TooLarge(f"The weights of {short(path.name)} are larger than {FILE_BYTES >> 30} GiB together.")
        try:
            with opened(piece.place) as file:
                file.seek(piece.offset)
                tensor.raw_data = file.read(piece.length)
        except OSError as error:
            raise _unreadable(piece.place, error) from error
        del tensor.external_data[:]
        tensor.data_location = TensorProto.DEFAULT


def _piece(tensor: TensorProto, path: Path, limit: int) -> _Piece:
    """Where a tensor of the graph at ``path`` lies, in a file of at most ``limit`` bytes.

    Raises:
        UnsafePath: it is said to lie elsewhere, or behind a link. UnsafeGraph, TooLarge, DamagedBundle.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    place, size = _beside(path, location, limit)
    offset = _whole(entries.get("offset", "0"))
    length = _whole(entries.get("length", str(max(size - offset, 0))))
    if offset + length > size:
        raise DamagedBundle(f"{short(location)} is shorter than {short(path.name)} says; get both files again.")
    return _Piece(place, offset, length)


def _beside(path: Path, location: str, limit: int) -> tuple[Path, int]:
    refused = UnsafePath(
        f"{short(path.name)} keeps its weights in {short(location)!r}, which does not lie beside it; "
        "put both files into one folder, or export the model with the weights inside."
    )
    try:
        safe_path(location)
    except UnsafePath as error:
        raise refused from error
    place = path.parent
    for part in location.split("/"):
        place = place / part
        if place.is_symlink():
            raise refused
    if not place.exists():
        raise DamagedBundle(
            f"{short(path.name)} keeps its weights in {short(location)}, which is missing; put both into one folder."
        )
    found = place.lstat()
    if not stat.S_ISREG(found.st_mode):  # to open a pipe would wait for ever
        raise refused
    if found.st_size > limit:
        raise TooLarge(f"{short(location)} is larger than {limit >> 30} GiB, more than one ONNX graph may be.")
    return place, found.st_size


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,12}", text):
        raise UnsafeGraph(f"A weight says it begins at {short(text)!r}, which is no number; do not use this model.")
    return int(text)


# --- graphs ------------------------------------------------------------------------------------------------------


def _drop_given(model: onnx.ModelProto) -> None:
    """Old exporters list weights among the inputs too; what has a value is no question to a person."""
    given = {tensor.name for tensor in model.graph.initializer}
    asked = [value for value in model.graph.input if value.name not in given]
    del model.graph.input[:]
    model.graph.input.extend(asked)
    if model.ir_version < 4:  # the first that allows weights which are no inputs
        model.ir_version = 4


def _raised(model: onnx.ModelProto, name: str) -> tuple[onnx.ModelProto, int | None]:
    """The graph in a recent opset, and its former one; itself and None where it is recent, or onnx cannot."""
    opset = _opset(model)
    if opset >= ENOUGH:
        return model, None
    try:
        raised = version_converter.convert_version(_with_open_weights(model), OPSET)
        onnx.checker.check_model(raised)  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:  # the converter raises RuntimeError, its C++ part whatever it likes
        if opset < 7:  # the oldest that onnxruntime runs
            raise NotAGraph(
                f"{name} is of opset {opset}, too old to run, and cannot be converted ({short(error, 80)}); "
                "export the model again with opset 13 or later."
            ) from error
        return model, None
    raised.graph.initializer.extend(tensor for tensor in model.graph.initializer if is_outside(tensor))
    _drop_given(raised)
    return raised, opset


def _with_open_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with what lies in another file among its inputs: the checker would look for that file."""
    outside = [tensor for tensor in model.graph.initializer if is_outside(tensor)]
    if not outside:
        return model
    lean = onnx.ModelProto()
    lean.CopyFrom(model)
    del lean.graph.initializer[:]
    lean.graph.initializer.extend(tensor for tensor in model.graph.initializer if not is_outside(tensor))
    lean.graph.input.extend(
        helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)) for tensor in outside
    )
    return lean


def _opset(model: onnx.ModelProto) -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    try:
        return shape_inference.infer_shapes(model)
    except Exception:  # noqa: BLE001 - a graph that cannot be inferred may still run
        return model


def _facts(model: onnx.ModelProto, key: str, file: str, sha256: str, size: int, was: int | None) -> GraphFacts:
    graph = model.graph
    gives = {output: node.op_type for node in graph.node for output in node.output}
    notes = (_CONVERTED.format(old=was, new=_opset(model)),) if was is not None else ()
    return GraphFacts(
        key=key,
        file=short(file, 100),
        sha256=sha256,
        size=size,
        producer=short(f"{model.producer_name} {model.producer_version}".strip(), 60),
        opset=_opset(model),
        was_opset=was,
        nodes=len(graph.node),
        inputs=tuple(_tensor(value, file) for value in graph.input),
        outputs=tuple(_tensor(value, file) for value in graph.output),
        ends={value.name: gives.get(value.name, "") for value in graph.output},
        rows=dict(_tables(graph)),
        notes=notes,
    )


def _tensor(value: onnx.ValueInfoProto, file: str) -> Tensor:
    if not value.type.HasField("tensor_type"):
        raise NotAGraph(f"{short(file)}: {short(value.name)!r} is no plain tensor; export the model with tensors only.")
    kind = value.type.tensor_type
    sizes: list[int | None] = [axis.dim_value if axis.dim_value > 0 else None for axis in kind.shape.dim]
    shape: Shape = tuple(sizes)
    return Tensor(name=value.name, dtype=TensorProto.DataType.Name(kind.elem_type).lower(), shape=shape)


def _tables(graph: onnx.GraphProto) -> Iterator[tuple[str, int]]:
    """Which integer inputs look up rows of a table, and how many rows it has: the number of classes."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    same = {value.name: value.name for value in graph.input}
    for node in graph.node:
        if node.op_type in ("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten") and node.input:
            if node.input[0] in same:
                same[node.output[0]] = same[node.input[0]]
        elif node.op_type == "Gather" and len(node.input) == 2 and node.input[1] in same:
            table = weights.get(node.input[0])
            if table is not None and table.dims:
                yield same[node.input[1]], int(table.dims[0])
        elif node.op_type == "OneHot" and len(node.input) == 3 and node.input[0] in same:
            depth = weights.get(node.input[1])
            if depth is not None:
                yield same[node.input[0]], int(onnx.numpy_helper.to_array(depth).reshape(-1)[0])
