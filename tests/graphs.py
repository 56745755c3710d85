"""Tiny real ONNX graphs and whole bundles, the same bytes every time, with ports and meanings as shipped bundles have.

``Toy`` is an autoencoder that can be computed by hand: ``decode`` and ``encode`` are the numpy answers that a session
on ``decoder()`` and ``encoder()`` must give. The functions below it each make one graph that something is wrong with.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.lib import format as npy
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from explorer.contract.archive import MANIFEST, Bundle, pack_arrays, save_bundle
from explorer.contract.manifest import (
    Array,
    Attribute,
    Dimension,
    Direction,
    DirectionsStore,
    EncodedStore,
    Graph,
    ImageMeaning,
    LatentMeaning,
    LatentSpace,
    Measurement,
    NormalPrior,
    Port,
    Prior,
    Provenance,
)
from explorer.contract.pixels import to_pixels

F32 = NDArray[np.float32]
OPSET = 18
IR_VERSION = 10
SPACE = "z"
STORED = 40  # pictures in the encoded store
LOG_VARIANCE = -2.0  # of a live dimension; a dead one has the prior's, 0
CLASSES = ("shirt", "shoe", "bag", "coat")
ENDLESS = 1 << 62  # trips of a loop that nobody lives to see end


@dataclass(frozen=True)
class Toy:
    """A linear autoencoder: image = sigmoid(W z + b), (N, C, H, W) in [0, 1]; the encoder is its least-squares inverse.

    ``dead`` dimensions change nothing in the picture and keep the prior as their posterior.
    """

    dims: int = 4
    size: int = 8
    channels: int = 1
    seed: int = 0
    dead: tuple[int, ...] = ()
    weights: F32 = field(init=False, repr=False, compare=False)  # (D, C*H*W)
    bias: F32 = field(init=False, repr=False, compare=False)  # (C*H*W,)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        # falling strength, so that dimensions have an order
        strength = np.linspace(1.0, 0.3, self.dims) * 2.0 / np.sqrt(self.dims)
        weights = rng.standard_normal((self.dims, self.pixels)) * strength[:, None]
        weights[list(self.dead)] = 0.0
        object.__setattr__(self, "weights", weights.astype(np.float32))
        object.__setattr__(self, "bias", (0.3 * rng.standard_normal(self.pixels)).astype(np.float32))

    @property
    def pixels(self) -> int:
        """Numbers in one picture."""
        return self.channels * self.size * self.size

    def decode(self, z: F32) -> F32:
        """(N, D) -> (N, C, H, W) in [0, 1]."""
        logits = z @ self.weights + self.bias
        return (1.0 / (1.0 + np.exp(-logits))).reshape(-1, self.channels, self.size, self.size).astype(np.float32)

    def encode(self, image: F32) -> tuple[F32, F32]:
        """(N, C, H, W) in [0, 1] -> mean, log-variance, (N, D) each."""
        flat = np.clip(image.reshape(len(image), -1), 1e-4, 1.0 - 1e-4)
        mean = (np.log(flat / (1.0 - flat)) - self.bias) @ self._inverse
        return mean.astype(np.float32), np.tile(self._log_variances, (len(image), 1))

    def decoder(self, *, batch: int | None = None, input_name: str = "z", output_name: str = "image") -> bytes:
        """The graph of ``decode``; ``batch`` fixes the first axis."""
        rows = "N" if batch is None else batch
        nodes = [
            helper.make_node("Gemm", [input_name, "weights", "bias"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], [output_name]),
        ]
        constants = {"weights": self.weights, "bias": self.bias, "shape": self._image_shape}
        return graph_bytes(
            nodes,
            inputs={input_name: (rows, self.dims)},
            outputs={output_name: (rows, self.channels, self.size, self.size)},
            constants=constants,
        )

    def encoder(self, *, batch: int | None = None) -> bytes:
        """The graph of ``encode``: "image" -> "mean", "log_variance"."""
        rows = "N" if batch is None else batch
        nodes = [
            helper.make_node("Flatten", ["image"], ["raw"], axis=1),
            helper.make_node("Clip", ["raw", "low", "high"], ["flat"]),
            helper.make_node("Sub", ["one", "flat"], ["rest"]),
            helper.make_node("Div", ["flat", "rest"], ["odds"]),
            helper.make_node("Log", ["odds"], ["logits"]),
            helper.make_node("Sub", ["logits", "bias"], ["centred"]),
            helper.make_node("MatMul", ["centred", "inverse"], ["mean"]),
            helper.make_node("Gemm", ["raw", "nothing", "log_variances"], ["log_variance"]),
        ]
        constants = {
            "low": np.float32(1e-4),
            "high": np.float32(1.0 - 1e-4),
            "one": np.float32(1.0),
            "bias": self.bias,
            "inverse": self._inverse,
            "nothing": np.zeros((self.pixels, self.dims), np.float32),
            "log_variances": self._log_variances,
        }
        return graph_bytes(
            nodes,
            inputs={"image": (rows, self.channels, self.size, self.size)},
            outputs={"mean": (rows, self.dims), "log_variance": (rows, self.dims)},
            constants=constants,
        )

    def codes(self, count: int = STORED) -> F32:
        """(N, D) points of the prior."""
        return np.random.default_rng(self.seed + 1).standard_normal((count, self.dims)).astype(np.float32)

    @property
    def image_meaning(self) -> ImageMeaning:
        """What the picture port means."""
        return ImageMeaning(channels=self.channels, height=self.size, width=self.size)  # type: ignore[arg-type]

    @property
    def _inverse(self) -> F32:
        return np.linalg.pinv(self.weights.astype(np.float64)).astype(np.float32)

    @property
    def _log_variances(self) -> F32:
        values = np.full(self.dims, LOG_VARIANCE, np.float32)
        values[list(self.dead)] = 0.0
        return values

    @property
    def _image_shape(self) -> NDArray[np.int64]:
        return np.array([0, self.channels, self.size, self.size], np.int64)  # 0: as the input has it


# --- graphs that something is wrong with ---------------------------------------------------------------------------


def nan_decoder(toy: Toy) -> bytes:
    """Not a number in every pixel, and no file check can know: the square root of a negative number."""
    nodes = [
        helper.make_node("Gemm", ["z", "weights", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["flat"]),
        helper.make_node("Sub", ["flat", "two"], ["negative"]),
        helper.make_node("Sqrt", ["negative"], ["root"]),
        helper.make_node("Reshape", ["root", "shape"], ["image"]),
    ]
    return _decoder(toy, nodes, {"two": np.float32(2.0)})


def hanging_decoder(toy: Toy, trips: int = ENDLESS) -> bytes:
    """Runs a loop of ``trips`` rounds before it answers; it can be cancelled between two rounds."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still_going"]),
            helper.make_node("Sin", ["carried"], ["turned"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("carried", TensorProto.FLOAT, ["N", toy.pixels]),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("turned", TensorProto.FLOAT, ["N", toy.pixels]),
        ],
    )
    nodes = [
        helper.make_node("Gemm", ["z", "weights", "bias"], ["logits"]),
        helper.make_node("Add", ["trips", "none"], ["turns"]),  # no constant, which would be refused unread
        helper.make_node("Loop", ["turns", "true", "logits"], ["looped"], body=body),
        helper.make_node("Sigmoid", ["looped"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    return _decoder(toy, nodes, {"trips": np.int64(trips), "none": np.int64(0), "true": np.bool_(True)})


def folding_decoder(toy: Toy, products: int = 2_000) -> bytes:
    """A few kilobytes of matrix products that depend on no input, so that a runtime may do them all while it loads."""
    powers = [f"power{index}" for index in range(products)]
    nodes = [
        helper.make_node("ConstantOfShape", ["square"], ["power0"]),
        *(helper.make_node("MatMul", [one, "power0"], [other]) for one, other in pairwise(powers)),
        helper.make_node("ReduceMin", [powers[-1]], ["least"], keepdims=0),
        helper.make_node("Gemm", ["z", "weights", "bias"], ["logits"]),
        helper.make_node("Add", ["logits", "least"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    return _decoder(toy, nodes, {"square": np.array([1_024, 1_024], np.int64)})


def custom_operator_decoder(toy: Toy, domain: str = "com.example.unknown") -> bytes:
    """Needs an operator that only somebody's own library has."""
    nodes = [
        helper.make_node("Gemm", ["z", "weights", "bias"], ["logits"]),
        helper.make_node("Surprise", ["logits"], ["flat"], domain=domain),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    return _decoder(toy, nodes, {}, domain=domain)


def external_data_decoder(toy: Toy, location: str = "weights.bin") -> tuple[bytes, bytes]:
    """A decoder whose weights lie in another file, and the content of that file."""
    model = onnx.load_from_string(toy.decoder())
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    content = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(len(content)))):
        tensor.external_data.add(key=key, value=value)
    return model.SerializeToString(deterministic=True), content


def apart_bundle(path: Path, toy: Toy, **more: Any) -> Bundle:
    """A bundle whose decoder keeps its weights in ``weights.bin``; ``more`` goes to ``tiny_bundle``."""
    content, weights = external_data_decoder(toy)
    facts = tiny_facts(toy, encoder=False, stores=False)
    decoder: Graph = facts["graphs"][0]
    return tiny_bundle(
        path, dims=toy.dims, size=toy.size, channels=toy.channels, seed=toy.seed, encoder=False, stores=False,
        decoder=content, facts={"graphs": (decoder.model_copy(update={"weights": "weights.bin"}),)},
        files={"weights.bin": weights, **more.pop("files", {})}, **more,
    )  # fmt: skip


def huge_tensor_decoder(toy: Toy) -> bytes:
    """Says that its weights are 100 GB, and holds none of them."""
    model = onnx.load_from_string(toy.decoder())
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    tensor.ClearField("raw_data")
    tensor.dims[:] = [toy.dims, 25_000_000_000 // toy.dims]
    return model.SerializeToString(deterministic=True)


def hungry_decoder(toy: Toy) -> bytes:
    """A few hundred bytes that ask for 100 GB of memory when they run."""
    nodes = [
        helper.make_node("ConstantOfShape", ["vast"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Gemm", ["z", "weights", "bias"], ["logits"]),
        helper.make_node("Add", ["logits", "sum"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    return _decoder(toy, nodes, {"vast": np.array([250_000, 100_000], np.int64)})


# --- whole bundles -------------------------------------------------------------------------------------------------


def tiny_bundle(
    path: Path,
    *,
    dims: int = 4,
    size: int = 8,
    channels: int = 1,
    seed: int = 0,
    dead: tuple[int, ...] = (),
    prior: Prior | None = None,
    encoder: bool = True,
    stores: bool = True,
    name: str = "tiny",
    family: str = "vae",
    decoder: bytes | None = None,
    facts: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes | Path] | None = None,
) -> Bundle:
    """Write a bundle as a trainer would: graphs, encoded store, directions, preview, card and licence.

    Args:
        path: a new folder, or a name that ends in ``.zip``.
        dims, size, channels, seed, dead: of the ``Toy`` inside; a ``Toy`` of the same arguments knows the answers.
        prior: standard normal by default; arrays that it names must be in ``files``.
        decoder: another graph in the place of the toy's.
        facts: manifest fields to change. files: more files, or others in the place of those here.
    """
    toy = Toy(dims, size, channels, seed, dead)
    everything = {
        "decoder.onnx": decoder or toy.decoder(),
        "preview.png": _png(toy),
        "CARD.md": f"# {name}\n\nA toy for tests.\n".encode(),
        "LICENSE": b"Apache-2.0\n",
    }
    if encoder:
        everything["encoder.onnx"] = toy.encoder()
    if stores:
        everything["encoded.npz"] = pack_arrays(_encoded(toy))
        everything["directions.npz"] = pack_arrays({"pca": _principal(toy)})
    return save_bundle(
        path,
        tiny_facts(toy, prior=prior, encoder=encoder, stores=stores, name=name, family=family) | dict(facts or {}),
        everything | dict(files or {}),
    )


def tiny_facts(
    toy: Toy,
    *,
    prior: Prior | None = None,
    encoder: bool = True,
    stores: bool = True,
    name: str = "tiny",
    family: str = "vae",
) -> dict[str, Any]:
    """The manifest fields of ``tiny_bundle``, to change one of them."""
    z = Port(name="z", shape=(None, toy.dims), meaning=LatentMeaning(space=SPACE))
    image = Port(name="image", shape=(None, toy.channels, toy.size, toy.size), meaning=toy.image_meaning)
    posterior = tuple(
        Port(name=part, shape=(None, toy.dims), meaning=LatentMeaning(space=SPACE, part=part))  # type: ignore[arg-type]
        for part in ("mean", "log_variance")
    )
    graphs = [Graph(file="decoder.onnx", role="decoder", inputs=(z,), outputs=(image,))]
    if encoder:
        graphs.append(Graph(file="encoder.onnx", role="encoder", inputs=(image,), outputs=posterior))
    dimensions = tuple(
        Dimension(kl_nats=0.0, active=False)
        if index in toy.dead
        else Dimension(kl_nats=0.5 * (1.0 + np.exp(LOG_VARIANCE) - 1.0 - LOG_VARIANCE), active=True)
        for index in range(toy.dims)
    )
    return {
        "name": name,
        "family": family,
        "description": "A linear autoencoder for tests.",
        "licence": "Apache-2.0",
        "data_licence": "none: invented numbers",
        "provenance": Provenance(producer="tests.graphs", seed=toy.seed, images_seen=0, device="none"),
        "quality": (
            Measurement(
                metric="mean squared error of reconstructions",
                value=0.0,
                data="toy",
                split="test",
                samples=STORED,
            ),
        ),
        "graphs": tuple(graphs),
        "spaces": (LatentSpace(name=SPACE, shape=(toy.dims,), prior=prior or NormalPrior(), dimensions=dimensions),),
        "classes": CLASSES if stores else (),
        "attributes": (Attribute(name="bright", values=("no", "yes")),),
        "stores": _stores(toy) if stores else (),
    }


def edit_manifest(bundle: Path, **changes: Any) -> None:
    """Change fields of a bundle folder's manifest as plain JSON, past every check; the value ``...`` removes one."""
    place = bundle / MANIFEST
    facts = json.loads(place.read_text(encoding="utf-8")) | changes
    place.write_text(json.dumps({key: value for key, value in facts.items() if value is not ...}), encoding="utf-8")


def vast_arrays(key: str = "codes") -> bytes:
    """An ``.npz`` of a few hundred bytes whose header promises an array of 100 GB."""
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (25_000_000, 1_000)})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{key}.npy"), header.getvalue() + bytes(64))
    return packed.getvalue()


def _stores(toy: Toy) -> tuple[EncodedStore, DirectionsStore]:
    encoded = EncodedStore(
        space=SPACE,
        data="toy",
        split="test",
        codes=Array(file="encoded.npz", key="codes"),
        log_variances=Array(file="encoded.npz", key="log_variances"),
        labels=Array(file="encoded.npz", key="labels"),
        thumbnails=Array(file="encoded.npz", key="thumbnails"),
    )
    count = len(_principal(toy))
    pca = DirectionsStore(
        space=SPACE,
        vectors=Array(file="directions.npz", key="pca"),
        directions=tuple(
            Direction(name=f"PCA {k + 1}", origin="pca", quality=1.0 / count, quality_metric="share of variance")
            for k in range(count)
        ),
    )
    return encoded, pca


def _encoded(toy: Toy) -> dict[str, NDArray[Any]]:
    codes = toy.codes()
    images = toy.decode(codes)
    return {
        "codes": codes,
        "log_variances": toy.encode(images)[1],
        "labels": np.arange(len(codes), dtype=np.int64) % len(CLASSES),
        "thumbnails": to_pixels(images, toy.image_meaning),
    }


def _principal(toy: Toy) -> F32:
    """Unit rows (K, D), K at most 8, strongest first."""
    codes = toy.codes()
    _, _, rows = np.linalg.svd(codes - codes.mean(axis=0), full_matrices=False)
    rows = rows[: min(8, toy.dims)]
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    return (rows * signs[:, None]).astype(np.float32)


def _png(toy: Toy) -> bytes:
    picture = to_pixels(toy.decode(toy.codes(1)), toy.image_meaning)[0]
    return png_bytes(picture)


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """(H, W, 1 or 3) as a PNG."""
    content = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(content, "PNG")
    return content.getvalue()


def _decoder(toy: Toy, nodes: Sequence[Any], more: Mapping[str, Any], domain: str = "") -> bytes:
    shape = np.array([0, toy.channels, toy.size, toy.size], np.int64)
    return graph_bytes(
        nodes,
        inputs={"z": ("N", toy.dims)},
        outputs={"image": ("N", toy.channels, toy.size, toy.size)},
        constants={"weights": toy.weights, "bias": toy.bias, "shape": shape, **more},
        domain=domain,
    )


def graph_bytes(
    nodes: Sequence[Any],
    *,
    inputs: Mapping[str, tuple[int | str, ...]],
    outputs: Mapping[str, tuple[int | str, ...]],
    constants: Mapping[str, Any],
    domain: str = "",
    types: Mapping[str, int] | None = None,
) -> bytes:
    """A model of float32 ports, but for the inputs that ``types`` names; the same bytes every time."""
    known = types or {}
    graph = helper.make_graph(
        nodes,
        "toy",
        [
            helper.make_tensor_value_info(name, known.get(name, TensorProto.FLOAT), shape)
            for name, shape in inputs.items()
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="tests.graphs")
    return model.SerializeToString(deterministic=True)
