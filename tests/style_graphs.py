"""A tiny style generator as real ONNX graphs: linear, so that every answer can be computed by hand.

``StyleToy`` maps z to w = z M, and makes a picture as the sum over layers of w_l B_l, the layer's noise enlarged, and a
grey ground; the layers have 4, 4, 8 and 8 pixels. ``style_bundle`` writes it with every graph that a trained one has.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from explorer.contract.archive import Bundle, pack_arrays, save_bundle
from explorer.contract.manifest import (
    Array,
    Attribute,
    Direction,
    DirectionsStore,
    EmpiricalPrior,
    EncodedStore,
    Graph,
    ImageMeaning,
    LabelMeaning,
    LatentMeaning,
    LatentSpace,
    NoiseMeaning,
    NormalPrior,
    NumberMeaning,
    Port,
    Provenance,
    Reference,
    RowsPrior,
)
from explorer.contract.pixels import to_pixels
from tests.graphs import graph_bytes, png_bytes

F32 = NDArray[np.float32]
Z, W, SIZE, CHANNELS = 3, 5, 8, 3
RESOLUTIONS = (4, 4, 8, 8)
LAYERS = len(RESOLUTIONS)
PIXELS = CHANNELS * SIZE * SIZE
NOISES = (4, 8)  # pixels of the layers that take noise
NOISE_STRENGTH = 0.1
STORED = 60
HAIR = ("short", "long")


@dataclass(frozen=True)
class StyleToy:
    """Everything as numpy; ``styles`` (N, L, W), pictures (N, C, H, W) about 0 to 1, before clipping."""

    seed: int = 0
    mapping: F32 = field(init=False, repr=False, compare=False)  # (Z, W)
    layers: F32 = field(init=False, repr=False, compare=False)  # (L * W, C * H * W)
    ground: F32 = field(init=False, repr=False, compare=False)  # (C * H * W,)
    taste: F32 = field(init=False, repr=False, compare=False)  # (C * H * W,), what the critic likes

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        layers = 0.12 * rng.standard_normal((LAYERS * W, PIXELS)) / np.sqrt(W)
        for name, value in (
            ("mapping", rng.standard_normal((Z, W))),
            ("layers", layers),
            ("ground", np.full(PIXELS, 0.5) + 0.1 * rng.standard_normal(PIXELS)),
            ("taste", rng.standard_normal(PIXELS) / PIXELS),
        ):
            object.__setattr__(self, name, value.astype(np.float32))

    def map(self, z: F32, kind: int | None = None) -> F32:
        """(N, Z) -> (N, W), of a kind of hair where it is asked for."""
        return z @ self.mapping if kind is None else z @ self.mapping + self.kinds[kind]

    @property
    def kinds(self) -> F32:
        """(2, W): what each kind of hair adds to w."""
        return np.array([np.full(W, -1), np.arange(W)], np.float32)

    def draw(self, styles: F32, noises: tuple[F32, ...] | None = None) -> F32:
        """(N, L, W) and one noise a layer (N, 1, s, s) -> (N, C, H, W)."""
        image = (styles.reshape(len(styles), -1) @ self.layers + self.ground).reshape(-1, CHANNELS, SIZE, SIZE)
        for noise in noises or ():
            factor = SIZE // noise.shape[-1]
            image = image + NOISE_STRENGTH * noise.repeat(factor, axis=2).repeat(factor, axis=3)
        return image.astype(np.float32)

    def encode(self, image: F32) -> F32:
        """(N, C, H, W) -> (N, L, W), the least-squares styles."""
        return ((image.reshape(len(image), -1) - self.ground) @ self.inverse).reshape(-1, LAYERS, W)

    @property
    def inverse(self) -> F32:
        """(C * H * W, L * W)."""
        return np.linalg.pinv(self.layers.astype(np.float64)).astype(np.float32)

    def codes(self, count: int = STORED) -> F32:
        """(N, Z)."""
        return np.random.default_rng(self.seed + 1).standard_normal((count, Z)).astype(np.float32)


def style_bundle(
    path: Path, *, seed: int = 0, name: str = "styled", asks: Literal["", "index", "multi_hot"] = ""
) -> Bundle:
    """Write a bundle as the trainer of a style generator would; with ``asks`` its mapping takes a label as well."""
    toy = StyleToy(seed)
    z = toy.codes()
    w = toy.map(z)
    covariance = toy.mapping.T @ toy.mapping
    _, _, axes = np.linalg.svd(w - w.mean(axis=0), full_matrices=False)
    labels = (w @ axes[0] > 0).astype(np.int64)[:, None]
    arrays = {
        "mean": np.zeros(W, np.float32),
        "covariance": covariance.astype(np.float32),
        "w": w,
        "z": z,
        "labels": labels,
        "thumbnails": to_pixels(toy.draw(np.repeat(w[:, None], LAYERS, axis=1)), _image_meaning(SIZE)),
        "axes": axes[:3].astype(np.float32),
        "z_axes": np.eye(Z, dtype=np.float32)[:1],
    }
    files = {
        "mapping.onnx": _mapping(toy, asks),
        "synthesis.onnx": _synthesis(toy),
        "critic.onnx": _critic(toy),
        "encoder.onnx": _encoder(toy),
        "inverter.onnx": _inverter(toy),
        "critic_gradient.onnx": _critic_gradient(toy),
        "latents.npz": pack_arrays(arrays),
        "preview.png": png_bytes(arrays["thumbnails"][0]),
        "CARD.md": f"# {name}\n\nA toy for tests.\n".encode(),
        "LICENSE": b"Apache-2.0\n",
    }
    return save_bundle(path, style_facts(name, asks), files)


def style_facts(name: str = "styled", asks: Literal["", "index", "multi_hot"] = "") -> dict[str, Any]:
    """The manifest fields of ``style_bundle``."""
    shape = {"index": (None, 1), "multi_hot": (None, len(HAIR))}.get(asks)
    label = () if not asks or shape is None else (
        Port(
            name="label", shape=shape, dtype="int64" if asks == "index" else "float32",
            meaning=LabelMeaning(encoding=asks),
        ),
    )  # fmt: skip
    z = Port(name="z", shape=(None, Z), meaning=LatentMeaning(space="z"))
    w = Port(name="w", shape=(None, W), meaning=LatentMeaning(space="w"))
    rows = Port(name="w", shape=(None, LAYERS, W), meaning=LatentMeaning(space="w+"))
    noises = tuple(
        Port(name=f"noise_{k}", shape=(None, 1, size, size), meaning=NoiseMeaning(layer=k))
        for k, size in enumerate(NOISES)
    )
    image, small = _image_port("image", SIZE), _image_port("rgb_4", 4)
    score = Port(name="score", shape=(None, 1), meaning=NumberMeaning(of="realness"))
    loss = Port(name="loss", shape=(None,), meaning=NumberMeaning(of="loss"))
    pull = Port(name="gradient", shape=(None, LAYERS, W), meaning=NumberMeaning(of="gradient"))
    look = Port(name="gradient", shape=image.shape, meaning=NumberMeaning(of="gradient"))
    found = Port(name="w", shape=rows.shape, meaning=LatentMeaning(space="w+", part="mean"))
    target = image.model_copy(update={"name": "target"})

    def store(space: str) -> EncodedStore:
        return EncodedStore(
            space=space,
            data="toy",
            split="generated",
            codes=_array(space),
            labels=_array("labels"),
            thumbnails=_array("thumbnails"),
        )

    return {
        "name": name,
        "family": "stylegan",
        "description": "A linear style generator for tests.",
        "licence": "Apache-2.0",
        "provenance": Provenance(producer="tests"),
        "graphs": (
            Graph(file="mapping.onnx", role="mapping", inputs=(z, *label), outputs=(w,)),
            Graph(file="synthesis.onnx", role="synthesis", inputs=(rows, *noises), outputs=(image, small)),
            Graph(file="critic.onnx", role="critic", inputs=(image,), outputs=(score,)),
            Graph(file="encoder.onnx", role="encoder", inputs=(image,), outputs=(found,)),
            Graph(file="inverter.onnx", role="inverter", inputs=(rows, target, *noises), outputs=(loss, pull)),
            Graph(file="critic_gradient.onnx", role="critic_gradient", inputs=(image,), outputs=(score, look)),
        ),
        "spaces": (
            LatentSpace(name="z", shape=(Z,), prior=NormalPrior()),
            LatentSpace(
                name="w",
                shape=(W,),
                prior=EmpiricalPrior(mean=_array("mean"), covariance=_array("covariance")),
                center=_array("mean"),
            ),
            LatentSpace(name="w+", shape=(LAYERS, W), prior=RowsPrior(rows="w"), resolutions=RESOLUTIONS),
        ),
        "attributes": (Attribute(name="hair", values=HAIR),),
        "stores": (
            store("w"),
            store("z"),
            DirectionsStore(
                space="w",
                vectors=_array("axes"),
                directions=(
                    Direction(
                        name="hair: long",
                        origin="attribute",
                        quality=1.0,
                        quality_metric="balanced accuracy on test pictures",
                        disturbs=(Reference(name="hair", value=0.5), Reference(name="beard", value=0.1)),
                    ),
                    Direction(name="axis 2", origin="pca", quality=0.3, quality_metric="share of variance"),
                    Direction(
                        name="SeFa 1, coarse", origin="sefa", quality=2.0, quality_metric="eigenvalue", layers=(0, 1)
                    ),
                ),
            ),
            DirectionsStore(
                space="z",
                vectors=_array("z_axes"),
                directions=(
                    Direction(
                        name="hair: long",
                        origin="attribute",
                        quality=0.7,
                        quality_metric="balanced accuracy on test pictures",
                        disturbs=(Reference(name="hair", value=0.5), Reference(name="beard", value=0.4)),
                    ),
                ),
            ),
        ),
    }


def _array(key: str) -> Array:
    return Array(file="latents.npz", key=key)


def _image_meaning(size: int) -> ImageMeaning:
    return ImageMeaning(channels=CHANNELS, height=size, width=size)


def _image_port(name: str, size: int) -> Port:
    return Port(name=name, shape=(None, CHANNELS, size, size), meaning=_image_meaning(size))


# --- graphs --------------------------------------------------------------------------------------------------------

_PICTURE = ("N", CHANNELS, SIZE, SIZE)
_ROWS = ("N", LAYERS, W)
_SHAPES = {
    "picture_shape": np.array([0, CHANNELS, SIZE, SIZE], np.int64),
    "rows_shape": np.array([0, LAYERS, W], np.int64),
}


def _drawing(toy: StyleToy, output: str) -> tuple[list[Any], dict[str, Any]]:
    """Nodes and constants from "w" and the noises to ``output``."""
    nodes = [
        helper.make_node("Flatten", ["w"], ["flat_w"], axis=1),
        helper.make_node("Gemm", ["flat_w", "layers", "ground"], ["flat"]),
        helper.make_node("Reshape", ["flat", "picture_shape"], ["quiet"]),
    ]
    before = "quiet"
    constants = {"layers": toy.layers, "ground": toy.ground, "strength": np.float32(NOISE_STRENGTH), **_SHAPES}
    for k, size in enumerate(NOISES):
        constants[f"enlarge_{k}"] = np.array([1, 1, SIZE / size, SIZE / size], np.float32)
        after = output if k == len(NOISES) - 1 else f"noised_{k}"
        nodes += [
            helper.make_node("Mul", [f"noise_{k}", "strength"], [f"weak_{k}"]),
            helper.make_node(
                "Resize", [f"weak_{k}", "", f"enlarge_{k}"], [f"large_{k}"], mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor",
            ),
            helper.make_node("Add", [before, f"large_{k}"], [after]),
        ]  # fmt: skip
        before = after
    return nodes, constants


def _noise_inputs() -> dict[str, tuple[object, ...]]:
    return {f"noise_{k}": ("N", 1, size, size) for k, size in enumerate(NOISES)}


def _mapping(toy: StyleToy, asks: str) -> bytes:
    """w = z M, and with a label its row of ``toy.kinds`` beside."""
    constants: dict[str, Any] = {"mapping": toy.mapping, "kinds": toy.kinds, "axis": np.array([1], np.int64)}
    inputs: dict[str, tuple[object, ...]] = {"z": ("N", Z)}
    plain = helper.make_node("MatMul", ["z", "mapping"], ["plain" if asks else "w"])
    if not asks:
        return graph_bytes([plain], inputs=inputs, outputs={"w": ("N", W)}, constants={"mapping": toy.mapping})
    inputs["label"] = ("N", 1 if asks == "index" else len(HAIR))
    taken = [
        helper.make_node("Squeeze", ["label", "axis"], ["row"]),
        helper.make_node("Gather", ["kinds", "row"], ["kind"], axis=0),
    ] if asks == "index" else [helper.make_node("MatMul", ["label", "kinds"], ["kind"])]  # fmt: skip
    nodes = [plain, *taken, helper.make_node("Add", ["plain", "kind"], ["w"])]
    types = {"label": TensorProto.INT64} if asks == "index" else {}
    return graph_bytes(nodes, inputs=inputs, outputs={"w": ("N", W)}, constants=constants, types=types)


def _synthesis(toy: StyleToy) -> bytes:
    nodes, constants = _drawing(toy, "image")
    nodes.append(helper.make_node("AveragePool", ["quiet"], ["rgb_4"], kernel_shape=[2, 2], strides=[2, 2]))
    outputs = {"image": _PICTURE, "rgb_4": ("N", CHANNELS, 4, 4)}
    return graph_bytes(nodes, inputs={"w": _ROWS, **_noise_inputs()}, outputs=outputs, constants=constants)


def _critic(toy: StyleToy) -> bytes:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "taste"], ["score"]),
    ]
    return graph_bytes(
        nodes, inputs={"image": _PICTURE}, outputs={"score": ("N", 1)}, constants={"taste": toy.taste[:, None]}
    )


def _critic_gradient(toy: StyleToy) -> bytes:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "taste"], ["score"]),
        helper.make_node("Mul", ["image", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "taste_picture"], ["gradient"]),
    ]
    constants = {
        "taste": toy.taste[:, None],
        "zero": np.float32(0),
        "taste_picture": toy.taste.reshape(1, CHANNELS, SIZE, SIZE),
    }
    return graph_bytes(
        nodes, inputs={"image": _PICTURE}, outputs={"score": ("N", 1), "gradient": _PICTURE}, constants=constants
    )


def _encoder(toy: StyleToy) -> bytes:
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("Sub", ["flat", "ground"], ["offset"]),
        helper.make_node("MatMul", ["offset", "inverse"], ["flat_w"]),
        helper.make_node("Reshape", ["flat_w", "rows_shape"], ["w"]),
    ]
    constants = {"ground": toy.ground, "inverse": toy.inverse, "rows_shape": _SHAPES["rows_shape"]}
    return graph_bytes(nodes, inputs={"image": _PICTURE}, outputs={"w": _ROWS}, constants=constants)


def _inverter(toy: StyleToy) -> bytes:
    """loss = mean square of the difference; its gradient by w, written out."""
    nodes, constants = _drawing(toy, "image")
    nodes += [
        helper.make_node("Sub", ["image", "target"], ["difference"]),
        helper.make_node("Flatten", ["difference"], ["flat_difference"], axis=1),
        helper.make_node("Mul", ["flat_difference", "flat_difference"], ["square"]),
        helper.make_node("ReduceMean", ["square", "axis"], ["loss"], keepdims=0),
        helper.make_node("Mul", ["flat_difference", "twice_mean"], ["outer"]),
        helper.make_node("MatMul", ["outer", "layers_t"], ["flat_gradient"]),
        helper.make_node("Reshape", ["flat_gradient", "rows_shape"], ["gradient"]),
    ]
    constants |= {
        "axis": np.array([1], np.int64),
        "twice_mean": np.float32(2 / PIXELS),
        "layers_t": np.ascontiguousarray(toy.layers.T),
    }
    inputs = {"w": _ROWS, "target": _PICTURE, **_noise_inputs()}
    return graph_bytes(nodes, inputs=inputs, outputs={"loss": ("N",), "gradient": _ROWS}, constants=constants)
