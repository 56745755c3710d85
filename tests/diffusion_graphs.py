"""A tiny diffusion model as a real ONNX graph whose answers are exact: each class is a normal around its own picture.

``DiffusionToy`` says, as numpy, what the graph must say: E[eps | x_t] for x_0 ~ N(mean of the class, DEVIATION^2), and
for no class that around the mean of all means.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from explorer.contract.archive import Bundle, pack_arrays, save_bundle
from explorer.contract.manifest import (
    Array,
    Diffusion,
    Graph,
    ImageMeaning,
    LabelMeaning,
    NumberMeaning,
    Port,
    Provenance,
    TimestepMeaning,
)
from explorer.samplers.diffusion import Schedule
from tests.graphs import IR_VERSION, OPSET, png_bytes

F32 = NDArray[np.float32]
SIZE, CHANNELS, STEPS, DEVIATION = 8, 1, 100, 0.1
KINDS = ("left", "right", "top")
NULL = -1
LEVELS = np.cumprod(1 - np.linspace(1e-3, 0.2, STEPS)).astype(np.float32)


@dataclass(frozen=True)
class DiffusionToy:
    """Pictures (N, C, H, W) in [-1, 1]."""

    means: F32 = field(init=False, repr=False, compare=False)  # (K + 1, C, H, W), the last one for no class

    def __post_init__(self) -> None:
        means = np.full((len(KINDS), CHANNELS, SIZE, SIZE), -0.8, np.float32)
        means[0, :, :, : SIZE // 2] = means[1, :, :, SIZE // 2 :] = means[2, :, : SIZE // 2] = 0.8
        object.__setattr__(self, "means", np.concatenate([means, means.mean(0, keepdims=True)]).astype(np.float32))

    @property
    def schedule(self) -> Schedule:
        return Schedule(LEVELS.astype(np.float64))

    def eps(self, x: F32, step: float, label: int) -> F32:
        """What the graph answers."""
        a, s = self.schedule.at(float(step))
        return (s * (x - a * self.means[label]) / ((a * DEVIATION) ** 2 + s**2)).astype(np.float32)


def denoiser_bytes(toy: DiffusionToy, spoilt_from: int | None = None) -> bytes:
    """The graph; where ``spoilt_from`` is given it answers NaN from that step downwards."""
    signal, noise = np.sqrt(LEVELS), np.sqrt(1 - LEVELS)
    spread = (signal * DEVIATION) ** 2 + noise**2
    ratio = noise / spread
    if spoilt_from is not None:
        ratio[:spoilt_from] = np.nan
    means = toy.means[[len(KINDS), *range(len(KINDS))]]  # label + 1 is the row: -1 is nothing
    constants = {
        "signal": signal.reshape(-1, 1, 1, 1), "ratio": ratio.reshape(-1, 1, 1, 1), "means": means,
    }  # fmt: skip
    nodes = [
        helper.make_node("Cast", ["step"], ["at"], to=TensorProto.INT64),
        helper.make_node("Gather", ["signal", "at"], ["a"]),
        helper.make_node("Gather", ["ratio", "at"], ["r"]),
        helper.make_node("Squeeze", ["label", "one"], ["flat"]),
        helper.make_node("Add", ["flat", "one_more"], ["row"]),
        helper.make_node("Gather", ["means", "row"], ["mean"]),
        helper.make_node("Mul", ["a", "mean"], ["there"]),
        helper.make_node("Sub", ["x", "there"], ["off"]),
        helper.make_node("Mul", ["r", "off"], ["predicted"]),
    ]
    shape = ("batch", CHANNELS, SIZE, SIZE)
    initializers = [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()]
    initializers += [numpy_helper.from_array(np.array([1], np.int64), name) for name in ("one", "one_more")]
    graph = helper.make_graph(
        nodes,
        "denoiser",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
            helper.make_tensor_value_info("step", TensorProto.FLOAT, ("batch",)),
            helper.make_tensor_value_info("label", TensorProto.INT64, ("batch", 1)),
        ],
        [helper.make_tensor_value_info("predicted", TensorProto.FLOAT, shape)],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def diffusion_bundle(path: Path, *, name: str = "steps", spoilt_from: int | None = None, **facts: Any) -> Bundle:
    """A bundle of the toy; ``facts`` replace fields of its ``Diffusion``."""
    toy = DiffusionToy()
    shape = (None, CHANNELS, SIZE, SIZE)
    picture = ImageMeaning(channels=CHANNELS, height=SIZE, width=SIZE, value_range=(-1.0, 1.0))
    graph = Graph(
        file="denoiser.onnx",
        role="denoiser",
        inputs=(
            Port(name="x", shape=shape, meaning=picture),
            Port(name="step", shape=(None,), meaning=TimestepMeaning()),
            Port(name="label", dtype="int64", shape=(None, 1), meaning=LabelMeaning()),
        ),
        outputs=(Port(name="predicted", shape=shape, meaning=NumberMeaning(of="eps")),),
    )
    stated: dict[str, Any] = {
        "parameterisation": "eps",
        "alphas_bar": Array(file="schedule.npz", key="alphas_bar"),
        "steps": STEPS,
        "null_label": NULL,
    }
    save_bundle(
        path,
        {
            "name": name,
            "family": "diffusion",
            "description": "A toy whose steps are known.",
            "licence": "Apache-2.0",
            "provenance": Provenance(producer="tests"),
            "graphs": (graph,),
            "diffusion": Diffusion(**{**stated, **facts}),
            "classes": KINDS,
        },
        {
            "denoiser.onnx": denoiser_bytes(toy, spoilt_from),
            "schedule.npz": pack_arrays({"alphas_bar": LEVELS}),
            "preview.png": png_bytes(np.full((SIZE, SIZE, 1), 128, np.uint8)),
        },
    )
    from explorer.contract.archive import open_bundle

    return open_bundle(path)
