"""The graphs of a pipeline: read, checked, their ports described, and what a bundle wants otherwise changed in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import onnx

from explorer.contract.errors import short
from explorer.contract.manifest import Graph, ImageMeaning, LatentMeaning, NumberMeaning, Port, TimestepMeaning
from explorer.contract.ports import ConditionMeaning, Meaning
from explorer.contract.streams import opened, sha256_of
from explorer.foreign.facts import GraphFacts, Tensor
from explorer.foreign.pipelines.changing import LOG_VARIANCE, MEAN, OPSET, split_moments, with_outputs, without_noise
from explorer.foreign.pipelines.facts import DECODER, ENCODER, GRAPH, ROLES, SPACE, TEXT, TEXT_2, UNET, Pipeline
from explorer.foreign.pipelines.files import NotAPipeline, place_of
from explorer.foreign.reading import read_parts
from explorer.runtime.inspect import tensors_of_model

HIDDEN = "hidden_states."
TOKENS, STATES, POOLED, SIZES = "input_ids", "encoder_hidden_states", "text_embeds", "time_ids"
_TYPES = {"float": "float32", "float16": "float16", "int64": "int64", "int32": "int32"}


@dataclass(frozen=True)
class Taken:
    """One graph as the bundle will hold it."""

    part: str
    graph: Graph
    content: bytes
    weights: Path | None  # the file that its weights stay in, where they are large
    hashes: dict[str, str]  # path of each file that it was read from -> sha256
    widths: dict[str, int]  # output -> its last axis
    inside: dict[str, tuple[int | None, ...]]  # input -> its shape as the graph declares it
    rows: int  # of the table of tokens, 0 where it is not known
    read_bytes: int  # of the files that it was read from

    @property
    def numbers(self) -> int:
        """How many weights it has, roughly: its files hold little else."""
        half = any(port.dtype == "float16" for port in (*self.graph.inputs, *self.graph.outputs))
        return self.read_bytes // (2 if half else 4)


def taken_graphs(pipeline: Pipeline, side: int) -> tuple[Taken, ...]:
    """Every graph of a pipeline, described for pictures of ``side`` px.

    Args:
        pipeline: its facts.
        side: px, one of ``sides``.

    Raises:
        NotAPipeline: a graph has other ports than such a part has, or they do not fit each other.
        NotAGraph, UnsafeGraph, UnsafePath, TooLarge, DamagedBundle: as ``foreign.reading.read_parts``.
    """
    root = Path(pipeline.folder)
    graphs = tuple(_taken(pipeline, root, part, side) for part in pipeline.parts)
    _check_fit(pipeline, {taken.part: taken for taken in graphs})
    return graphs


def _taken(pipeline: Pipeline, root: Path, part: str, side: int) -> Taken:
    path = place_of(root, f"{part}/{GRAPH}")
    content, weights, facts = read_parts(path, part, reads_text=part in (TEXT, TEXT_2))
    hashes = {f"{part}/{GRAPH}": facts.sha256, **_hashes_beside(root, part)}
    ports = _Ports(part, facts)
    if part == UNET:
        graph = _unet(ports, pipeline, side)
    elif part == DECODER:
        graph = _decoder(ports, pipeline, side)
    elif part == ENCODER:
        content, graph = _encoder(content, ports, pipeline, side)
    else:
        content, graph = _text_encoder(content, ports, pipeline)
    if weights is not None:
        graph = graph.model_copy(update={"weights": f"{part}/{weights.name}"})
    widths = {tensor.name: tensor.shape[-1] for tensor in facts.outputs if tensor.shape and tensor.shape[-1]}
    declared = {tensor.name: tensor.shape for tensor in facts.inputs}
    rows = facts.rows.get(TOKENS, 0)
    size = sum((root / name).lstat().st_size for name in hashes)
    return Taken(part, graph, content, weights, hashes, widths, declared, rows, size)


def _hashes_beside(root: Path, part: str) -> dict[str, str]:
    """sha256 of the files in which a graph keeps its weights."""
    others = [path for path in (root / part).iterdir() if path.name != GRAPH and path.suffix != ".json"]
    if not others:
        return {}
    model = onnx.load_model_from_string((root / part / GRAPH).read_bytes())
    named = {
        entry.value for tensor in tensors_of_model(model) for entry in tensor.external_data if entry.key == "location"
    }
    hashes: dict[str, str] = {}
    for location in sorted(named):  # that they are plain files beside it was proved when they were read
        place = root / part / location
        with opened(place) as file:
            hashes[f"{part}/{location}"] = sha256_of(file, place)
    return hashes


# --- ports -------------------------------------------------------------------------------------------------------


class _Ports:
    """Describes the tensors of one graph, each as it is declared."""

    def __init__(self, part: str, facts: GraphFacts) -> None:
        self.part, self.facts = part, facts
        self._file = f"{part}/{GRAPH}"

    def take(self, *names: str) -> None:
        """Refuse a graph that asks for more than these inputs."""
        more = next((tensor.name for tensor in self.facts.inputs if tensor.name not in names), None)
        if more is None:
            return
        if "additional_residual" in more:
            what = "is led by a second network (ControlNet)"
        elif more == "timestep_cond":
            what = "is told the strength of guidance (latent consistency)"
        else:
            what = f"wants an input {short(more)!r}"
        raise NotAPipeline(f"{self._file} {what}, which nothing here gives; choose another pipeline.")

    def input(self, name: str, sizes: Sequence[int | None], meaning: Meaning) -> Port:
        """An input of that name; a size of None is as the graph declares it."""
        return self._port(self.facts.inputs, name, sizes, meaning)

    def output(self, name: str, sizes: Sequence[int | None], meaning: Meaning) -> Port:
        """An output of that name."""
        return self._port(self.facts.outputs, name, sizes, meaning)

    def declared(self, tensors: Sequence[Tensor], name: str) -> Tensor:
        """What the graph says of a tensor."""
        found = next((tensor for tensor in tensors if tensor.name == name), None)
        if found is None:
            there = short(", ".join(tensor.name for tensor in tensors))
            raise NotAPipeline(
                f"{self._file} has no {name!r} (it has: {there}); export the pipeline with `optimum-cli export onnx`."
            )
        return found

    def _port(self, tensors: Sequence[Tensor], name: str, sizes: Sequence[int | None], meaning: Meaning) -> Port:
        tensor = self.declared(tensors, name)
        if tensor.dtype not in _TYPES:
            raise NotAPipeline(
                f"{self._file} computes {name!r} in {short(tensor.dtype)}, which is not read here; export it in "
                "float32 or float16."
            )
        same = len(tensor.shape) == len(sizes) and all(
            None in (real, said) or real == said for real, said in zip(tensor.shape, sizes, strict=False)
        )
        if not same:
            wanted, found = (", ".join("any" if size is None else str(size) for size in sizes)), short(tensor.shape)
            raise NotAPipeline(
                f"{self._file} fixes {name!r} to {found}, where ({wanted}) is wanted; choose another size of "
                "pictures, or export the pipeline again."
            )
        shape = tuple(said if said is not None else real for said, real in zip(sizes, tensor.shape, strict=True))
        dtype = cast(Any, _TYPES[tensor.dtype])
        return Port(name=name, dtype=dtype, shape=shape, meaning=meaning)


def _unet(ports: _Ports, pipeline: Pipeline, side: int) -> Graph:
    xl = pipeline.kind == "xl"
    ports.take("sample", "timestep", STATES, *((POOLED, SIZES) if xl else ()))
    latent = (None, pipeline.channels, *_positions(pipeline, side))
    step = ports.declared(ports.facts.inputs, "timestep")
    inputs = [
        ports.input("sample", latent, LatentMeaning(space=SPACE)),
        ports.input("timestep", (None,) * min(len(step.shape), 1), TimestepMeaning(unit="step")),
        ports.input(STATES, (None, pipeline.tokenizers[0].length, None), ConditionMeaning(of="prompt")),
    ]
    if xl:
        inputs.append(ports.input(POOLED, (None, None), ConditionMeaning(of="pooled prompt")))
        inputs.append(ports.input(SIZES, (None, 6), ConditionMeaning(of="sizes")))
    outputs = (ports.output(ports.facts.outputs[0].name, latent, LatentMeaning(space=SPACE)),)
    return Graph(file=f"{UNET}.onnx", role=ROLES[UNET], inputs=tuple(inputs), outputs=outputs)


def _decoder(ports: _Ports, pipeline: Pipeline, side: int) -> Graph:
    ports.take("latent_sample")
    latent = (None, pipeline.channels, *_positions(pipeline, side))
    given = ports.input("latent_sample", latent, LatentMeaning(space=SPACE))
    picture = ports.output("sample", (None, 3, side, side), _picture(side))
    return Graph(file=f"{DECODER}.onnx", role=ROLES[DECODER], inputs=(given,), outputs=(picture,))


def _encoder(content: bytes, ports: _Ports, pipeline: Pipeline, side: int) -> tuple[bytes, Graph]:
    ports.take("sample")
    picture = ports.input("sample", (None, 3, side, side), _picture(side))
    output = ports.facts.outputs[0]
    latent = (None, pipeline.channels, *_positions(pipeline, side))
    both = (None, 2 * pipeline.channels, *latent[2:])
    said = output.shape[1] if len(output.shape) == 4 else None
    moments = said == both[1] or (said is None and output.name == "latent_parameters")
    found = ports.output(output.name, both if moments else latent, LatentMeaning(space=SPACE, part="mean"))
    _check_opset(ports)
    if moments:
        content = split_moments(content, output.name, pipeline.channels)
        spread = LatentMeaning(space=SPACE, part="log_variance")
        outputs = (
            Port(name=MEAN, dtype=found.dtype, shape=latent, meaning=found.meaning),
            Port(name=LOG_VARIANCE, dtype=found.dtype, shape=latent, meaning=spread),
        )
    else:
        content, outputs = without_noise(content), (found,)
    return content, Graph(file=f"{ENCODER}.onnx", role=ROLES[ENCODER], inputs=(picture,), outputs=outputs)


def _text_encoder(content: bytes, ports: _Ports, pipeline: Pipeline) -> tuple[bytes, Graph]:
    part = ports.part
    ports.take(TOKENS)
    tokenizer = pipeline.tokenizers[part == TEXT_2]
    given = ports.input(TOKENS, (None, tokenizer.length), NumberMeaning(of="tokens"))
    features = features_of(pipeline, ports.facts)
    shape = (None, tokenizer.length, None)
    outputs = [ports.output(features, shape, ConditionMeaning(of="prompt"))]
    if part == TEXT_2:
        outputs.append(ports.output(POOLED, (None, None), ConditionMeaning(of="pooled prompt")))
    content = with_outputs(content, [port.name for port in outputs])
    return content, Graph(file=f"{part}.onnx", role=ROLES[part], inputs=(given,), outputs=tuple(outputs))


def features_of(pipeline: Pipeline, facts: GraphFacts) -> str:
    """The output of a text encoder that the U-Net was trained with: of XL the last but one layer's."""
    if pipeline.kind == "sd":
        return "last_hidden_state"
    layers = [tensor.name for tensor in facts.outputs if tensor.name.startswith(HIDDEN)]
    numbers = sorted(int(name.removeprefix(HIDDEN)) for name in layers if name.removeprefix(HIDDEN).isdecimal())
    if len(numbers) < 2:
        raise NotAPipeline(
            f"{short(facts.key)}/{GRAPH} does not give the states of its layers (hidden_states); export the pipeline "
            "with `optimum-cli export onnx`."
        )
    return f"{HIDDEN}{numbers[-2]}"


def _positions(pipeline: Pipeline, side: int) -> tuple[int, int]:
    return side // pipeline.factor, side // pipeline.factor


def _picture(side: int) -> ImageMeaning:
    return ImageMeaning(layout="NCHW", channels=3, height=side, width=side, value_range=(-1.0, 1.0))


def _check_opset(ports: _Ports) -> None:
    if ports.facts.opset < OPSET:
        raise NotAPipeline(f"{ports.part}/{GRAPH} is of opset {ports.facts.opset}; export it with {OPSET} or later.")


def _check_fit(pipeline: Pipeline, graphs: dict[str, Taken]) -> None:
    """What the text encoders give is what the U-Net takes, as far as the graphs say."""
    encoders = [graphs[part] for part in (TEXT, TEXT_2) if part in graphs]
    widths = [encoder.widths.get(encoder.graph.outputs[0].name, 0) for encoder in encoders]
    wanted = graphs[UNET].inside[STATES][-1]
    if wanted and all(widths) and sum(widths) != wanted:
        raise NotAPipeline(
            f"The U-Net takes {wanted} numbers a token, its text encoders give {sum(widths)}; get all parts of the "
            "same pipeline."
        )
    for encoder, tokenizer in zip(encoders, pipeline.tokenizers, strict=True):
        if encoder.rows and tokenizer.tokens > encoder.rows:
            raise NotAPipeline(
                f"{tokenizer.folder} has {tokenizer.tokens:,} tokens, {encoder.part} knows {encoder.rows:,}; get all "
                "parts of the same pipeline."
            )
