"""Graphs in the shapes that other people export: one autoencoder that can be computed by hand, in every dress.

Each maker takes a ``Toy``; what comes out must be its pictures, whatever the layout, range, type or batch.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.graphs import Toy

Shape = Sequence[int | str]
Ports = Mapping[str, tuple[int, Shape]]
FLOAT, INT64, UINT8 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.UINT8
RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0), "other": (-3.0, 5.0)}
CLASSES = 5


def model(
    nodes: Sequence[Any], inputs: Ports, outputs: Ports, constants: Mapping[str, Any], opset: int = 17
) -> onnx.ModelProto:
    """A model of typed ports."""
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, (kind, shape) in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="somebody")


def decoder(
    toy: Toy, *, layout: str = "NCHW", numbers: str = "0..1", batch: int | str = "N", uint8: bool = False
) -> bytes:
    """z -> picture; ``layout`` is NCHW, NHWC, HWC, CHW, HW, flat or flat-last, ``batch`` N, a number, or none (0)."""
    low, high = (0.0, 255.0) if uint8 else RANGES[numbers]
    c, s = toy.channels, toy.size
    rows = batch or 1
    nodes = [
        helper.make_node("Gemm", ["z2", "weights", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["unit"]),
        helper.make_node("Mul", ["unit", "span"], ["spanned"]),
        helper.make_node("Add", ["spanned", "low"], ["ranged"]),
        helper.make_node("Reshape", ["ranged", "four"], ["nchw"]),
    ]
    first = "Reshape" if batch == 0 else "Identity"
    nodes.insert(0, helper.make_node(first, ["z", "row"] if batch == 0 else ["z"], ["z2"]))
    shapes: dict[str, tuple[Shape, Shape]] = {
        "NCHW": ((rows, c, s, s), (-1, c, s, s)), "NHWC": ((rows, s, s, c), (-1, s, s, c)),
        "HWC": ((s, s, c), (s, s, c)), "CHW": ((c, s, s), (c, s, s)), "HW": ((s, s), (s, s)),
        "flat": ((rows, c * s * s), (-1, c * s * s)), "flat-last": ((rows, c * s * s), (-1, c * s * s)),
    }  # fmt: skip
    shown, said = shapes[layout]
    if batch == 0 and layout.startswith("flat"):
        shown, said = (c * s * s,), (-1,)
    last = layout in ("NHWC", "HWC", "flat-last")
    nodes += [
        helper.make_node("Transpose", ["nchw"], ["ordered"], perm=(0, 2, 3, 1) if last else (0, 1, 2, 3)),
        helper.make_node("Reshape", ["ordered", "said"], ["shaped"]),
    ]
    if uint8:
        nodes += [
            helper.make_node("Round", ["shaped"], ["rounded"]),
            helper.make_node("Cast", ["rounded"], ["out"], to=UINT8),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["shaped"], ["out"]))
    constants = {
        "weights": toy.weights, "bias": toy.bias, "four": np.array([-1, c, s, s], np.int64),
        "said": np.array(said, np.int64), "span": np.float32(high - low), "low": np.float32(low),
    }  # fmt: skip
    if batch == 0:
        constants["row"] = np.array([1, toy.dims], np.int64)
    z: Shape = (toy.dims,) if batch == 0 else (rows, toy.dims)
    made = model(nodes, {"z": (FLOAT, z)}, {"out": (UINT8 if uint8 else FLOAT, shown)}, constants)
    return made.SerializeToString()


def encoder(toy: Toy, *, numbers: str = "0..1", split: bool = False, shifted: float = 0.0) -> bytes:
    """picture NCHW -> mean and log-variance, as two outputs or (``split``) one; ``shifted`` spoils it."""
    low, high = RANGES[numbers]
    flat = "flat"
    nodes = [
        helper.make_node("Sub", ["x", "low"], ["lifted"]),
        helper.make_node("Div", ["lifted", "span"], ["unit"]),
        helper.make_node("Reshape", ["unit", "row"], ["raw"]),
        helper.make_node("Clip", ["raw", "least", "most"], [flat]),
        helper.make_node("Sub", ["one", flat], ["rest"]),
        helper.make_node("Div", [flat, "rest"], ["odds"]),
        helper.make_node("Log", ["odds"], ["logits"]),
        helper.make_node("Sub", ["logits", "bias"], ["centred"]),
        helper.make_node("MatMul", ["centred", "inverse"], ["plain"]),
        helper.make_node("Add", ["plain", "shift"], ["mu"]),
        helper.make_node("Mul", ["mu", "zero"], ["nothing"]),
        helper.make_node("Sub", ["nothing", "two"], ["logvar"]),
    ]
    outputs: dict[str, tuple[int, Shape]] = {"mu": (FLOAT, ("N", toy.dims)), "logvar": (FLOAT, ("N", toy.dims))}
    if split:
        nodes.append(helper.make_node("Concat", ["mu", "logvar"], ["moments"], axis=1))
        outputs = {"moments": (FLOAT, ("N", 2 * toy.dims))}
    constants = {
        "low": np.float32(low), "span": np.float32(high - low), "row": np.array([-1, toy.pixels], np.int64),
        "least": np.float32(1e-4), "most": np.float32(1 - 1e-4), "one": np.float32(1), "zero": np.float32(0),
        "two": np.float32(2), "shift": np.float32(shifted), "bias": toy.bias, "inverse": np.linalg.pinv(toy.weights),
    }  # fmt: skip
    x: Shape = ("N", toy.channels, toy.size, toy.size)
    return model(nodes, {"x": (FLOAT, x)}, outputs, constants).SerializeToString()


def labelled(toy: Toy, kind: str) -> bytes:
    """A decoder whose picture is shifted by what its class says; ``kind`` is ``int64``, ``one_hot`` or ``both``."""
    s = toy.size
    table = np.linspace(-2, 2, CLASSES, dtype=np.float32)[:, None]
    inputs: dict[str, tuple[int, Shape]] = {"z": (FLOAT, ("N", toy.dims))}
    nodes = [helper.make_node("Gemm", ["z", "weights", "bias"], ["plain"])]
    last = "plain"
    if kind in ("int64", "both"):
        inputs["label"] = (INT64, ("N",))
        nodes += [
            helper.make_node("Gather", ["table", "label"], ["by_label"]),
            helper.make_node("Add", [last, "by_label"], ["labelled"]),
        ]
        last = "labelled"
    if kind in ("one_hot", "both"):
        inputs["class_onehot"] = (FLOAT, ("N", CLASSES))
        nodes += [
            helper.make_node("MatMul", ["class_onehot", "table"], ["by_row"]),
            helper.make_node("Add", [last, "by_row"], ["rowed"]),
        ]
        last = "rowed"
    nodes += [
        helper.make_node("Sigmoid", [last], ["unit"]),
        helper.make_node("Reshape", ["unit", "four"], ["out"]),
    ]
    constants = {
        "weights": toy.weights, "bias": toy.bias, "table": table, "four": np.array([-1, toy.channels, s, s], np.int64),
    }  # fmt: skip
    return model(nodes, inputs, {"out": (FLOAT, ("N", toy.channels, s, s))}, constants).SerializeToString()


def pyramid(*, channels: int = 3) -> tuple[bytes, bytes]:
    """Encoder and decoder of spatial codes of any size, whose three outputs add up to the picture.

    The code is nine times the mean over blocks of 4 x 4 in three channels, and a fourth that is nothing; the outputs
    are the red, green and blue of it at a quarter of the size, half of it, and all of it.
    """
    pool = [
        helper.make_node("AveragePool", ["x"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["small", "four"], ["code"]),
    ]
    four = np.zeros((4, channels, 1, 1), np.float32)
    four[:channels, :channels, 0, 0] = 9 * np.eye(channels)
    x: Shape = ("N", channels, "H", "W")
    first = model(pool, {"x": (FLOAT, x)}, {"code": (FLOAT, ("N", 4, "h", "w"))}, {"four": four})
    nodes, constants = list[Any](), dict[str, Any]()
    for at, (name, factor) in enumerate((("a", 1), ("b", 2), ("c", 4))):
        back = np.zeros((channels, 4, 1, 1), np.float32)
        back[at, at] = 1 / 9
        constants |= {f"back_{name}": back, f"block_{name}": np.ones((channels, 1, factor, factor), np.float32)}
        nodes += [
            helper.make_node("Conv", ["code", f"back_{name}"], [f"small_{name}"]),
            helper.make_node("ConvTranspose", [f"small_{name}", f"block_{name}"], [name], group=channels,
                             strides=[factor, factor]),
        ]  # fmt: skip
    outputs: dict[str, tuple[int, Shape]] = {
        name: (FLOAT, ("N", channels, f"{name}h", f"{name}w")) for name in ("a", "b", "c")
    }
    second = model(nodes, {"code": (FLOAT, ("N", 4, "h", "w"))}, outputs, constants)
    return first.SerializeToString(), second.SerializeToString()


def inverter(*, size: int | str = 16, batch: int | str = 1, channels: int = 3, enlarge: int = 1) -> bytes:
    """A picture of a picture: the negative, ``enlarge`` times as large."""
    nodes = [
        helper.make_node("Sub", ["one", "x"], ["negative"]),
        helper.make_node("ConvTranspose", ["negative", "block"], ["out"], group=channels, strides=[enlarge, enlarge]),
    ]
    constants = {"one": np.float32(1), "block": np.ones((channels, 1, enlarge, enlarge), np.float32)}
    out = "H2" if isinstance(size, str) else size * enlarge
    return model(
        nodes,
        {"x": (FLOAT, (batch, channels, size, size if size != "H" else "W"))},
        {"out": (FLOAT, (batch, channels, out, out if out != "H2" else "W2"))},
        constants,
    ).SerializeToString()


def denoiser(*, size: int = 8, labelled: bool = False) -> bytes:
    """x_t and t (and a class) -> the noise that is exact for pictures that are all grey: x / sqrt(1 - alpha_bar)."""
    beta = np.linspace(1e-4, 0.02, 1000)
    scale = (1 / np.sqrt(1 - np.cumprod(1 - beta))).astype(np.float32).reshape(-1, 1, 1, 1)
    inputs: dict[str, tuple[int, Shape]] = {
        "sample": (FLOAT, ("N", 1, size, size)), "timestep": (INT64, ("N",)),
    }  # fmt: skip
    nodes = [
        helper.make_node("Gather", ["scale", "timestep"], ["by"]),
        helper.make_node("Mul", ["sample", "by"], ["e"]),
    ]
    constants: dict[str, Any] = {"scale": scale}
    last = "e"
    if labelled:
        inputs["class_labels"] = (INT64, ("N",))
        constants["table"] = np.zeros((CLASSES, 1, 1, 1), np.float32)
        nodes += [
            helper.make_node("Gather", ["table", "class_labels"], ["row"]),
            helper.make_node("Add", ["e", "row"], ["f"]),
        ]
        last = "f"
    nodes.append(helper.make_node("Identity", [last], ["out"]))
    return model(nodes, inputs, {"out": (FLOAT, ("N", 1, size, size))}, constants).SerializeToString()


def whole_autoencoder(toy: Toy, *, opset: int = 6) -> bytes:
    """784 numbers -> the same, mu and logvar: no batch axis, of an opset too old to run."""
    inverse = np.linalg.pinv(toy.weights).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "inverse"], ["mu"]),
        helper.make_node("MatMul", ["x", "spread"], ["logvar"]),
        helper.make_node("Exp", ["logvar"], ["variance"]),
        helper.make_node("Mul", ["variance", "noise"], ["drawn"]),
        helper.make_node("Add", ["mu", "drawn"], ["z"]),
        helper.make_node("MatMul", ["z", "weights"], ["plain"]),
        helper.make_node("Add", ["plain", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["out"]),
    ]
    constants = {
        "inverse": inverse, "spread": np.zeros_like(inverse), "noise": np.zeros(toy.dims, np.float32),
        "weights": toy.weights, "bias": toy.bias,
    }  # fmt: skip
    outputs: Ports = {
        "out": (FLOAT, (toy.pixels,)), "mu": (FLOAT, (toy.dims,)), "logvar": (FLOAT, (toy.dims,)),
    }  # fmt: skip
    return model(nodes, {"x": (FLOAT, (toy.pixels,))}, outputs, constants, opset=opset).SerializeToString()


def critic(toy: Toy) -> bytes:
    """picture -> a score."""
    nodes = [
        helper.make_node("Reshape", ["x", "row"], ["flat"]),
        helper.make_node("ReduceMean", ["flat"], ["score"], axes=[1], keepdims=1),
    ]
    x: Shape = ("N", toy.channels, toy.size, toy.size)
    constants = {"row": np.array([-1, toy.pixels], np.int64)}
    return model(nodes, {"x": (FLOAT, x)}, {"score": (FLOAT, ("N", 1))}, constants).SerializeToString()


def with_external(content: bytes, folder: Path, name: str, location: str, *, write: bool = True) -> Path:
    """The graph with its largest constant in the file ``location``; the path of the graph."""
    made = onnx.load_model_from_string(content)
    tensor = max(made.graph.initializer, key=lambda one: len(one.raw_data))
    if write:
        (folder / location).parent.mkdir(parents=True, exist_ok=True)
        (folder / location).write_bytes(tensor.raw_data)
    length = len(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path
