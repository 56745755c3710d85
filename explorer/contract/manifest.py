"""The manifest of a bundle: what a model is, which graphs it holds and what every port means, so nothing is guessed."""

import json
import re
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, Field, FiniteFloat, ValidationError, model_validator

from explorer.contract.errors import ManifestInvalid, NewerFormat, short
from explorer.contract.ports import KNOWN_ROLES as KNOWN_ROLES
from explorer.contract.ports import ROLE as ROLE
from explorer.contract.ports import ConditionMeaning as ConditionMeaning
from explorer.contract.ports import Frozen, Graph, LatentMeaning, Name, Size, refuse_doubles
from explorer.contract.ports import ImageMeaning as ImageMeaning
from explorer.contract.ports import LabelMeaning as LabelMeaning
from explorer.contract.ports import Meaning as Meaning
from explorer.contract.ports import NoiseMeaning as NoiseMeaning
from explorer.contract.ports import NumberMeaning as NumberMeaning
from explorer.contract.ports import Port as Port
from explorer.contract.ports import TimestepMeaning as TimestepMeaning

FORMAT = 1  # raise it when an older reader would misread the file

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
LABELS = 50_000  # of one property; the largest set that models are trained on has 21,841
Label = Annotated[str, Field(max_length=200)]
Sentence = Annotated[str, Field(max_length=2_000)]


# --- files -------------------------------------------------------------------------------------------------------


class FileEntry(Frozen):
    """One file of the bundle; ``path`` is relative, with forward slashes."""

    path: Name
    sha256: Sha256
    size: int = Field(ge=0, description="bytes")


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
    low: FiniteFloat = -1.0
    high: FiniteFloat = 1.0

    @model_validator(mode="after")
    def _range_is_a_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"high must be above low, got {self.low} and {self.high}")
        return self


class EmpiricalPrior(Frozen):
    """A Gaussian fitted to codes: ``mean`` (D,) and ``covariance`` (D, D), float32."""

    kind: Literal["empirical"] = "empirical"
    mean: Array
    covariance: Array


class CodebookPrior(Frozen):
    """Each position holds one of the rows of ``vectors`` (K, D)."""

    kind: Literal["codebook"] = "codebook"
    vectors: Array


class RowsPrior(Frozen):
    """Every row of a point (L, D) follows the prior of the vector space ``rows``, and all rows are equal."""

    kind: Literal["rows"] = "rows"
    rows: Name


Prior = Annotated[
    NormalPrior | UniformPrior | EmpiricalPrior | CodebookPrior | RowsPrior,
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
    shape: tuple[Size, ...] = Field(min_length=1, max_length=4)
    prior: Prior
    center: Array | None = Field(default=None, description="truncation centre, such as the mean w of a style GAN")
    dimensions: tuple[Dimension, ...] = ()
    resolutions: tuple[Size, ...] = Field(
        default=(), description="pixels of the layer that each row of a point (L, D) styles, from coarse to fine"
    )

    @model_validator(mode="after")
    def _one_entry_a_dimension(self) -> Self:
        if self.resolutions and (len(self.shape) != 2 or len(self.resolutions) != self.shape[0]):
            raise ValueError(
                f"{short(self.name)}: {len(self.resolutions)} layers have a resolution, shape is {self.shape}"
            )
        if self.dimensions and (len(self.shape) != 1 or len(self.dimensions) != self.shape[0]):
            raise ValueError(f"{short(self.name)}: {len(self.dimensions)} dimensions described, shape is {self.shape}")
        return self


# --- diffusion, labels, stores -----------------------------------------------------------------------------------


class Suggested(Frozen):
    """How its maker draws with a diffusion model: what a person meets first."""

    sampler: Literal["dpm", "ddim", "euler", "heun", "ddpm"] = "dpm"
    spacing: Literal["trailing", "leading", "uniform", "karras"] = "trailing"
    steps: int = Field(default=25, ge=1, le=1_000)
    weight: float = Field(default=2.0, ge=-5.0, le=20.0, description="of classifier-free guidance")
    eta: float = Field(default=0.0, ge=0.0, le=1.0)


class Diffusion(Frozen):
    """How the denoiser was trained; ``alphas_bar`` (steps,) float32 is the signal level of Ho et al. (2020), eq. 4.

    Where it works in a latent space, x is (code - ``shift``) * ``scale``, a code being what the decoder takes, and
    ``preview`` (C + 1, 3) float32 gives the colour in [0, 1] of each position of x: its C numbers and 1 times that.

    The last three fields are habits of other programs' samplers, so that the same steps are visited: a number that is
    added to each step of "leading" spacing; whether steps are laid out for one more than is asked, of which the one
    nearest to the picture is left out; and the signal level that DDIM and DDPM end with.
    """

    parameterisation: Literal["eps", "v", "x0"]
    alphas_bar: Array
    steps: int = Field(ge=1)
    space: str = Field(default="", description="the latent space it works in; empty: pixels")
    null_label: int | None = None
    null_condition: Array | None = None
    guidance_range: tuple[FiniteFloat, FiniteFloat] = (0.0, 10.0)
    scale: float = Field(default=1.0, gt=0.0, le=1e6)
    shift: FiniteFloat = 0.0
    preview: Array | None = None
    suggested: Suggested | None = None
    steps_offset: int = Field(default=0, ge=0, le=100)
    spare_step: bool = False
    last_level: float = Field(default=1.0, gt=0.0, le=1.0)


class TextEncoder(Frozen):
    """A graph that makes features of a prompt, and the byte pairs by which CLIP cuts text: Radford et al. (2021)."""

    role: Annotated[str, Field(pattern=ROLE, description="of its graph")]
    vocabulary: Name = Field(description="file: a JSON object, token -> number")
    merges: Name = Field(description="file: a pair of tokens a line, most frequent first")
    length: int = Field(default=77, ge=3, le=1_024, description="tokens that it takes, with the first and last one")
    padding: int = Field(ge=0, description="the token after the last one")
    features: Name = Field(description="output (N, length, D) that the denoiser is conditioned on")
    pooled: str = Field(default="", description="output (N, D) for the whole text; empty: none is used")


class Prompts(Frozen):
    """How a denoiser is asked in words: the features of its encoders, side by side."""

    encoders: tuple[TextEncoder, ...] = Field(min_length=1, max_length=2)
    zero_when_empty: bool = Field(default=False, description="nothing to lead away from means zeros, not an empty text")


class Attribute(Frozen):
    """One property with named values; a store's label column holds the index of the value."""

    name: Name
    values: tuple[Label, ...] = Field(min_length=1, max_length=LABELS)


class EncodedStore(Frozen):
    """Encoded data: ``codes`` (N, D) float32, ``labels`` (N,) or (N, A) int64, ``thumbnails`` (N, H, W, C) uint8.

    ``log_variances`` (N, D) where the encoder has a posterior. A label column belongs to the manifest's ``classes``
    when ``labels`` is (N,), else to ``attributes`` in their order.
    """

    kind: Literal["encoded"] = "encoded"
    space: Name
    data: Name
    split: Name
    codes: Array
    log_variances: Array | None = None
    labels: Array | None = None
    thumbnails: Array | None = None


class Reference(Frozen):
    """A value to read a measurement against: a floor, a ceiling, a published result."""

    name: Name
    value: float


class Direction(Frozen):
    """One named row of a directions store, with the number that says how good it is, on held-out data."""

    name: Name
    origin: Literal["pca", "attribute", "sefa", "picks", "other"]
    quality: float | None = None
    quality_metric: str = ""
    deviation: float | None = Field(default=None, description="standard deviation of the data along it, latent units")
    layers: tuple[int, int] | None = Field(
        default=None, description="first and last row of a point (L, D) that it is meant for; null: all"
    )
    disturbs: tuple[Reference, ...] = Field(
        default=(), description="how much a step along it changes each attribute, as quality_metric says"
    )


class DirectionsStore(Frozen):
    """Directions of a latent space: ``vectors`` (K, D) float32 of unit length, row k described by ``directions[k]``."""

    kind: Literal["directions"] = "directions"
    space: Name
    vectors: Array
    directions: tuple[Direction, ...] = Field(min_length=1)


Store = Annotated[EncodedStore | DirectionsStore, Field(discriminator="kind")]


# --- where it comes from and how good it is ----------------------------------------------------------------------


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
    config: dict[str, Any] = Field(default_factory=dict)
    commit: str = ""
    seed: int | None = None
    images_seen: int | None = Field(default=None, ge=0)
    wall_time_s: float | None = Field(default=None, ge=0)
    device: str = ""
    created: str = Field(default="", description="ISO 8601, UTC")
    versions: dict[str, str] = Field(default_factory=dict)


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
    graphs: tuple[Graph, ...] = Field(min_length=1, max_length=100)
    spaces: tuple[LatentSpace, ...] = Field(default=(), max_length=100)
    diffusion: Diffusion | None = None
    prompts: Prompts | None = None
    classes: tuple[Label, ...] = Field(default=(), max_length=LABELS)
    attributes: tuple[Attribute, ...] = Field(default=(), max_length=1_000)
    stores: tuple[Store, ...] = ()
    files: tuple[FileEntry, ...] = Field(min_length=1, max_length=999)  # 1,000 with the manifest itself

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
            ("two files", [entry.path.casefold() for entry in self.files]),  # on some systems case makes no difference
            ("two graphs of the role", [graph.role for graph in self.graphs]),
            ("two latent spaces", [space.name for space in self.spaces]),
        ):
            refuse_doubles(what, names)
        known_files = {entry.path for entry in self.files}
        if "manifest.json" in known_files:
            raise ValueError("the manifest lists itself")
        others = _files_named_in(self)
        for file in (*others, *sorted(self.weights)):
            if file not in known_files:
                raise ValueError(f"{short(file)!r} is used but not listed in files")
        for file in sorted(self.weights & {*others}):
            raise ValueError(f"{short(file)!r} holds weights, so it cannot be anything else")
        for encoder in () if self.prompts is None else self.prompts.encoders:
            if self.graph(encoder.role) is None:
                raise ValueError(f"there is no graph of the role {short(encoder.role)!r} to read prompts")
        known_spaces = {space.name for space in self.spaces}
        for space in _spaces_named_in(self):
            if space not in known_spaces:
                raise ValueError(f"latent space {short(space)!r} is used but not described")
        return self

    @property
    def weights(self) -> frozenset[str]:
        """The files that hold nothing but weights of graphs."""
        return frozenset(graph.weights for graph in self.graphs if graph.weights)

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
        raise ManifestInvalid(
            f"manifest.json is not valid JSON ({short(error, 100)}); export the model again."
        ) from error
    if not isinstance(facts, dict):
        raise ManifestInvalid("manifest.json must hold one JSON object; export the model again.")
    version = cast(dict[str, Any], facts).get("format")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
        raise NewerFormat(
            f"This model has bundle format {short(version, 20)}; this version of Latent Explorer reads up to {FORMAT}. "
            "Update Latent Explorer to open it."
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError) -> ManifestInvalid:
    """The first fault that pydantic found, as a sentence."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    at = f" at {short(place, 80)}" if place else ""
    reason = re.sub(r"^Value error, ", "", first["msg"])
    return ManifestInvalid(f"manifest.json is not valid{at}: {short(reason, 120)}; export the model again.")


def json_schema() -> dict[str, Any]:
    """The JSON schema of a manifest, as stored in ``manifest.schema.json`` beside this file."""
    return Manifest.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def _arrays_in(value: object) -> list[Array]:
    if isinstance(value, Array):
        return [value]
    if isinstance(value, BaseModel):
        return [array for field in type(value).model_fields for array in _arrays_in(getattr(value, field))]
    if isinstance(value, tuple):
        return [array for item in cast(tuple[object, ...], value) for array in _arrays_in(item)]
    return []


def _files_named_in(manifest: Manifest) -> list[str]:
    """All but weights."""
    graphs = [graph.file for graph in manifest.graphs]
    encoders = () if manifest.prompts is None else manifest.prompts.encoders
    graphs += [file for encoder in encoders for file in (encoder.vocabulary, encoder.merges)]
    return graphs + [array.file for array in _arrays_in((manifest.spaces, manifest.stores, manifest.diffusion))]


def _spaces_named_in(manifest: Manifest) -> list[str]:
    ports = [port for graph in manifest.graphs for port in (*graph.inputs, *graph.outputs)]
    named = [port.meaning.space for port in ports if isinstance(port.meaning, LatentMeaning)]
    named += [store.space for store in manifest.stores]
    named += [space.prior.rows for space in manifest.spaces if isinstance(space.prior, RowsPrior)]
    if manifest.diffusion is not None and manifest.diffusion.space:
        named.append(manifest.diffusion.space)
    return named
