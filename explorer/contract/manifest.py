"""The manifest of a bundle: what a model is, which graphs it holds and what every port means, so nothing is guessed."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from explorer.contract.errors import ManifestInvalid, NewerFormat

FORMAT = 1  # raise it when an older reader would misread the file

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Sentence = Annotated[str, Field(max_length=2_000)]


class Frozen(BaseModel):
    """A fact: validated once, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


# --- files -------------------------------------------------------------------------------------------------------


class FileEntry(Frozen):
    """One file of the bundle; ``path`` is relative, with forward slashes."""

    path: Name
    sha256: Sha256
    size: int = Field(ge=0, description="bytes")


# --- what a port means -------------------------------------------------------------------------------------------


class ImageMeaning(Frozen):
    """A picture; ``value_range`` holds the numbers that mean black and white."""

    kind: Literal["image"] = "image"
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    channels: Literal[1, 3, 4] = 3
    height: int | None = Field(default=None, ge=1, description="pixels; null: any")
    width: int | None = Field(default=None, ge=1, description="pixels; null: any")
    value_range: tuple[float, float] = (0.0, 1.0)

    @model_validator(mode="after")
    def _range_is_a_range(self) -> Self:
        if not self.value_range[0] < self.value_range[1]:
            raise ValueError(f"value_range must rise, got {self.value_range}")
        return self


class LatentMeaning(Frozen):
    """A point, or the mean or log-variance of a Gaussian posterior, in a named latent space."""

    kind: Literal["latent"] = "latent"
    space: Name
    part: Literal["point", "mean", "log_variance"] = "point"


class LabelMeaning(Frozen):
    """A class or attributes; ``index`` is an integer, ``one_hot`` and ``multi_hot`` are rows of floats."""

    kind: Literal["label"] = "label"
    encoding: Literal["index", "one_hot", "multi_hot"] = "index"


class TimestepMeaning(Frozen):
    """Where on the diffusion schedule: an integer step, a time in [0, 1], or a noise level sigma."""

    kind: Literal["timestep"] = "timestep"
    unit: Literal["step", "time", "sigma", "log_sigma"] = "step"


class NoiseMeaning(Frozen):
    """Standard normal numbers; ``layer`` says which layer of a style generator they are added to."""

    kind: Literal["noise"] = "noise"
    layer: int | None = None


class ConditionMeaning(Frozen):
    """What a model is conditioned on beside labels, such as text features."""

    kind: Literal["condition"] = "condition"
    of: Name


class NumberMeaning(Frozen):
    """Anything else that is a plain number or vector: logits, features, a loss, a score, a gradient."""

    kind: Literal["number"] = "number"
    of: Name
    unit: str = ""


Meaning = Annotated[
    ImageMeaning | LatentMeaning | LabelMeaning | TimestepMeaning | NoiseMeaning | ConditionMeaning | NumberMeaning,
    Field(discriminator="kind"),
]


class Port(Frozen):
    """One named tensor going in or out of a graph; ``None`` in ``shape`` means any size."""

    name: Name
    dtype: Literal["float32", "float16", "int64", "int32", "uint8", "bool"] = "float32"
    shape: tuple[int | None, ...] = Field(max_length=8)
    meaning: Meaning


ROLE = r"^[a-z][a-z0-9_]*$"  # free, so that a new family needs no new format; known ones below
KNOWN_ROLES = (
    "decoder", "encoder", "mapping", "synthesis", "critic", "denoiser", "text_encoder", "classifier", "inverter",
    "energy", "forward", "inverse", "predictor", "translator", "prior",
)  # fmt: skip


class Graph(Frozen):
    """One ONNX graph; at most one graph of a role."""

    file: Name
    role: Annotated[str, Field(pattern=ROLE)]
    inputs: tuple[Port, ...] = Field(min_length=1)
    outputs: tuple[Port, ...] = Field(min_length=1)

    def input(self, kind: str) -> Port | None:
        """The first input whose meaning is of ``kind``, or None."""
        return next((port for port in self.inputs if port.meaning.kind == kind), None)

    def output(self, kind: str, part: str | None = None) -> Port | None:
        """The first output whose meaning is of ``kind`` (and, for latents, is that ``part``), or None."""
        return next(
            (
                port
                for port in self.outputs
                if port.meaning.kind == kind and (part is None or getattr(port.meaning, "part", None) == part)
            ),
            None,
        )


# --- latent spaces -----------------------------------------------------------------------------------------------


class Array(Frozen):
    """One array inside an ``.npz`` file of the bundle."""

    file: Name
    key: Name


class NormalPrior(Frozen):
    """N(0, I)."""

    kind: Literal["normal"] = "normal"


class UniformPrior(Frozen):
    """Independent uniform numbers in [low, high]."""

    kind: Literal["uniform"] = "uniform"
    low: float = -1.0
    high: float = 1.0


class EmpiricalPrior(Frozen):
    """A Gaussian fitted to codes: ``mean`` (D,) and ``covariance`` (D, D), float32."""

    kind: Literal["empirical"] = "empirical"
    mean: Array
    covariance: Array


class CodebookPrior(Frozen):
    """Each position holds one of the rows of ``vectors`` (K, D)."""

    kind: Literal["codebook"] = "codebook"
    vectors: Array


Prior = Annotated[
    NormalPrior | UniformPrior | EmpiricalPrior | CodebookPrior,
    Field(discriminator="kind"),
]


class Dimension(Frozen):
    """What is known of one latent dimension.

    ``kl_nats`` is the mean KL of its posterior to the prior over held-out data; ``active`` follows Burda et al.
    (2016), section 5.2: the variance of the posterior mean over the data exceeds 0.01. ``meaning`` names the attribute
    that this one number predicts best, ``score`` how well, on held-out data, as ``score_metric`` says.
    """

    kl_nats: float | None = None
    active: bool | None = None
    meaning: str = ""
    score: float | None = None
    score_metric: str = ""


class LatentSpace(Frozen):
    """A space to move in; ``shape`` without the batch axis, (D,) for vectors or (C, H, W)."""

    name: Name
    shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1, max_length=4)
    prior: Prior
    center: Array | None = Field(default=None, description="truncation centre, such as the mean w of a style GAN")
    dimensions: tuple[Dimension, ...] = ()

    @model_validator(mode="after")
    def _one_entry_a_dimension(self) -> Self:
        if self.dimensions and (len(self.shape) != 1 or len(self.dimensions) != self.shape[0]):
            raise ValueError(f"{self.name}: {len(self.dimensions)} dimensions described, shape is {self.shape}")
        return self


# --- diffusion, labels, stores -----------------------------------------------------------------------------------


class Diffusion(Frozen):
    """How the denoiser was trained; ``alphas_bar`` (steps,) float32 is the cumulative signal level of Ho et al. (2020)."""

    parameterisation: Literal["eps", "v", "x0"]
    alphas_bar: Array
    steps: int = Field(ge=1)
    space: str = Field(default="", description="the latent space it works in; empty: pixels")
    null_label: int | None = None
    null_condition: Array | None = None
    guidance_range: tuple[float, float] = (0.0, 10.0)


class Attribute(Frozen):
    """One property with named values; a store's label column holds the index of the value."""

    name: Name
    values: tuple[str, ...] = Field(min_length=1)


class EncodedStore(Frozen):
    """Encoded data: ``codes`` (N, D) float32, ``labels`` (N,) or (N, A) int64, ``thumbnails`` (N, H, W, C) uint8.

    ``log_variances`` (N, D) where the encoder has a posterior. A label column belongs to the manifest's ``classes`` when
    ``labels`` is (N,), else to ``attributes`` in their order.
    """

    kind: Literal["encoded"] = "encoded"
    space: Name
    data: Name
    split: Name
    codes: Array
    log_variances: Array | None = None
    labels: Array | None = None
    thumbnails: Array | None = None


class Direction(Frozen):
    """One named row of a directions store, with the number that says how good it is, on held-out data."""

    name: Name
    origin: Literal["pca", "attribute", "sefa", "picks", "other"]
    quality: float | None = None
    quality_metric: str = ""
    deviation: float | None = Field(default=None, description="standard deviation of the data along it, latent units")


class DirectionsStore(Frozen):
    """Directions of a latent space: ``vectors`` (K, D) float32 of unit length, row k described by ``directions[k]``."""

    kind: Literal["directions"] = "directions"
    space: Name
    vectors: Array
    directions: tuple[Direction, ...] = Field(min_length=1)


Store = Annotated[EncodedStore | DirectionsStore, Field(discriminator="kind")]


# --- where it comes from and how good it is ----------------------------------------------------------------------


class Reference(Frozen):
    """A value to read a measurement against: a floor, a ceiling, a published result."""

    name: Name
    value: float


class Measurement(Frozen):
    """One measured number with everything needed to read it."""

    metric: Name = Field(description="the full name, never an abbreviation alone")
    value: float
    unit: str = ""
    better: Literal["lower", "higher", "neither"] = "lower"
    data: Name
    split: Name
    samples: int = Field(ge=1)
    features: str = Field(default="", description="the feature extractor, for metrics that have one")
    note: Sentence = ""
    references: tuple[Reference, ...] = ()


class Provenance(Frozen):
    """Who or what produced the bundle."""

    producer: Name
    recipe: str = ""
    config: dict[str, Any] = {}
    commit: str = ""
    seed: int | None = None
    images_seen: int | None = Field(default=None, ge=0)
    wall_time_s: float | None = Field(default=None, ge=0)
    device: str = ""
    created: str = Field(default="", description="ISO 8601, UTC")
    versions: dict[str, str] = {}


class Manifest(Frozen):
    """The whole description of one bundle; see ``explorer/README.md`` for the folder it lies in."""

    format: Literal[1] = FORMAT
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,99}$")]
    family: Name
    description: Annotated[str, Field(max_length=400)]
    licence: Name
    data_licence: str = ""
    credit: str = ""
    provenance: Provenance
    quality: tuple[Measurement, ...] = ()
    graphs: tuple[Graph, ...] = Field(min_length=1)
    spaces: tuple[LatentSpace, ...] = ()
    diffusion: Diffusion | None = None
    classes: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    stores: tuple[Store, ...] = ()
    files: tuple[FileEntry, ...] = Field(min_length=1)

    def graph(self, role: str) -> Graph | None:
        """The graph of that role, or None."""
        return next((graph for graph in self.graphs if graph.role == role), None)

    def space(self, name: str) -> LatentSpace | None:
        """The latent space of that name, or None."""
        return next((space for space in self.spaces if space.name == name), None)

    def file(self, path: str) -> FileEntry | None:
        """The entry of that path, or None."""
        return next((entry for entry in self.files if entry.path == path), None)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for what, names in (
            ("two files", [entry.path for entry in self.files]),
            ("two graphs of the role", [graph.role for graph in self.graphs]),
            ("two latent spaces", [space.name for space in self.spaces]),
        ):
            doubles = {name for name in names if names.count(name) > 1}
            if doubles:
                raise ValueError(f"{what} {min(doubles)!r}")
        known_files = {entry.path for entry in self.files}
        for file in _files_named_in(self):
            if file not in known_files:
                raise ValueError(f"{file!r} is used but not listed in files")
        known_spaces = {space.name for space in self.spaces}
        for space in _spaces_named_in(self):
            if space not in known_spaces:
                raise ValueError(f"latent space {space!r} is used but not described")
        return self

    def to_json(self) -> str:
        """The manifest as indented JSON, keys in the order of the model."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def parse_manifest(text: str | bytes) -> Manifest:
    """Read and validate a manifest.

    Raises:
        NewerFormat: its ``format`` is later than this program's.
        ManifestInvalid: it is not JSON or breaks the model; the sentence names the first place.
    """
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(f"manifest.json is not valid JSON ({error}); export the model again.") from error
    if not isinstance(facts, dict):
        raise ManifestInvalid("manifest.json must hold one JSON object; export the model again.")
    version = facts.get("format")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
        raise NewerFormat(
            f"This model has bundle format {version}; this version of Latent Explorer reads up to {FORMAT}. "
            "Update Latent Explorer to open it."
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "as a whole"
        reason = re.sub(r"^Value error, ", "", first["msg"])
        raise ManifestInvalid(f"manifest.json is not valid at {place}: {reason}; export the model again.") from error


def json_schema() -> dict[str, Any]:
    """The JSON schema of a manifest, as stored in ``manifest.schema.json`` beside this file."""
    return Manifest.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def _arrays_in(value: object) -> list[Array]:
    if isinstance(value, Array):
        return [value]
    if isinstance(value, BaseModel):
        return [array for field in type(value).model_fields for array in _arrays_in(getattr(value, field))]
    if isinstance(value, tuple):
        return [array for item in value for array in _arrays_in(item)]
    return []


def _files_named_in(manifest: Manifest) -> list[str]:
    graphs = [graph.file for graph in manifest.graphs]
    return graphs + [array.file for array in _arrays_in((manifest.spaces, manifest.stores, manifest.diffusion))]


def _spaces_named_in(manifest: Manifest) -> list[str]:
    ports = [port for graph in manifest.graphs for port in (*graph.inputs, *graph.outputs)]
    named = [port.meaning.space for port in ports if isinstance(port.meaning, LatentMeaning)]
    named += [store.space for store in manifest.stores]
    if manifest.diffusion is not None and manifest.diffusion.space:
        named.append(manifest.diffusion.space)
    return named
