"""What goes in and out of a graph: each port's name, type, shape and, so that nothing is guessed, its meaning."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from explorer.contract.errors import short

Name = Annotated[str, Field(min_length=1, max_length=200)]
Size = Annotated[int, Field(ge=1, le=1 << 24)]  # of one axis; more is a mistake or an attack


class Frozen(BaseModel):
    """A fact: validated once, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class ImageMeaning(Frozen):
    """A picture; ``value_range`` holds the numbers that mean black and white."""

    kind: Literal["image"] = "image"
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    channels: Literal[1, 3, 4] = 3
    height: Size | None = Field(default=None, description="pixels; null: any")
    width: Size | None = Field(default=None, description="pixels; null: any")
    value_range: tuple[FiniteFloat, FiniteFloat] = (0.0, 1.0)

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
    """What a model is conditioned on beside labels.

    ``prompt`` is a text's features, (N, L, D), ``pooled prompt`` those of the whole text, (N, D), ``sizes`` the six
    numbers (N, 6) of Podell et al. (2023), arXiv:2307.01952, section 2.2.
    """

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
    shape: tuple[Size | None, ...] = Field(max_length=8)
    meaning: Meaning


ROLE = r"^[a-z][a-z0-9_]*$"  # free, so that a new family needs no new format; known ones below
KNOWN_ROLES = (
    "decoder", "encoder", "mapping", "synthesis", "critic", "denoiser", "text_encoder", "classifier", "inverter",
    "critic_gradient", "energy", "forward", "inverse", "predictor", "translator", "prior", "text_encoder_2",
)  # fmt: skip


class Graph(Frozen):
    """One ONNX graph; at most one graph of a role."""

    file: Name
    role: Annotated[str, Field(pattern=ROLE)]
    inputs: tuple[Port, ...] = Field(min_length=1)
    outputs: tuple[Port, ...] = Field(min_length=1)
    weights: str = Field(
        default="",
        max_length=200,
        description="file with the graph's weights, where they do not fit into it; empty: they are inside",
    )

    @model_validator(mode="after")
    def _ports_have_their_own_names(self) -> Self:
        refuse_doubles("two inputs", [port.name for port in self.inputs])
        refuse_doubles("two outputs", [port.name for port in self.outputs])
        return self

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


def refuse_doubles(what: str, names: list[str]) -> None:
    """Raise a ``ValueError`` that names the first of ``names`` that comes twice."""
    double = next((name for name, count in Counter(names).items() if count > 1), None)
    if double is not None:
        raise ValueError(f"{what} {short(double)!r}")
