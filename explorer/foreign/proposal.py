"""What a bundle of foreign graphs would be: a pure value that guesses make and a person's answers change."""

from typing import Literal

from pydantic import Field

from explorer.contract.ports import Frozen
from explorer.foreign.forms import PictureForm

Role = Literal["decoder", "encoder", "translator", "denoiser", "critic", "unused"]
PriorKind = Literal["normal", "uniform", "measured"]
Parameterisation = Literal["eps", "v", "x0"]
ScheduleKind = Literal["linear", "scaled", "cosine"]
ROLE_WORDS: dict[str, str] = {
    "decoder": "makes pictures from a code",
    "encoder": "makes a code of a picture",
    "translator": "makes a picture of a picture",
    "denoiser": "takes noise out, step by step",
    "critic": "scores pictures",
    "unused": "is left out",
}
ROLES = tuple(ROLE_WORDS)


class Extra(Frozen):
    """An input beside the main one. Label, one-hot and numbers become further numbers of the code.

    ``label`` takes the index of the largest of ``size`` numbers, ``one_hot`` the row that has a one there, ``number``
    the numbers as they are; ``constant`` is always given ``value``; ``timestep`` is that of a denoiser.
    """

    name: str
    kind: Literal["label", "one_hot", "number", "constant", "timestep"]
    dtype: str
    shape: tuple[int, ...] = Field(description="as in the first run, the batch axis among it")
    size: int = 1
    value: float = 0.0
    guessed: bool = Field(default=False, description="the number of classes is not known from the graph")


class Part(Frozen):
    """What one graph is to be.

    ``main`` is the input that holds the code or the picture, of ``main_shape`` in the first run; ``batch`` is 0 where
    any number of pictures goes at once, else how many.
    """

    graph: str
    role: Role
    main: str
    main_dtype: str
    main_shape: tuple[int, ...]
    batch: int = 0
    outputs: tuple[str, ...] = ()
    summed: bool = False
    picture_in: PictureForm | None = None
    picture_out: PictureForm | None = None
    latent: tuple[int, ...] = ()
    latent_bare: bool = False
    split: bool = Field(default=False, description="mean and log-variance come as one output")
    log_variance: str = ""
    extras: tuple[Extra, ...] = ()
    factor: int = Field(default=1, description="pixels a side, at full size, of one position of a code")
    sizes: tuple[int, ...] = Field(default=(), description="sides in pixels that can be chosen, where any will do")


class Proposed(Frozen):
    """What a bundle would be, as it would be saved now."""

    name: str
    told: tuple[str, ...] = Field(default=(), description="what else a person should know")

    @property
    def fault(self) -> str:
        """Why nothing could be shown with it, as a sentence; empty where a bundle can be saved."""
        return ""


class Proposal(Proposed):
    """The whole bundle, of graphs that were dropped by themselves."""

    parts: tuple[Part, ...]
    prior: PriorKind = "normal"
    shift: tuple[float, ...] = Field(default=(), description="of codes, so that they are about N(0, 1); a channel each")
    scale: tuple[float, ...] = ()
    parameterisation: Parameterisation = "eps"
    schedule: ScheduleKind = "linear"
    time_unit: Literal["step", "fraction"] = "step"
    belongs: bool | None = Field(default=None, description="whether encoder and decoder do, where that was measured")

    def part(self, role: str) -> Part | None:
        """The part of that role, or None."""
        return next((part for part in self.parts if part.role == role), None)

    @property
    def side(self) -> int:
        """Pixels a side, where that can be chosen; else 0."""
        part = next((part for part in self.parts if part.sizes and part.role != "unused"), None)
        if part is None:
            return 0
        return part.latent[1] * part.factor if part.role == "decoder" else part.main_shape[-2]

    def with_part(self, changed: Part) -> "Proposal":
        """The same with another value for the part of that graph."""
        parts = tuple(changed if part.graph == changed.graph else part for part in self.parts)
        return self.model_copy(update={"parts": parts})

    @property
    def fault(self) -> str:
        """See ``Proposed``."""
        roles = {part.role for part in self.parts}
        if roles & {"decoder", "translator", "denoiser"}:
            return ""
        if "encoder" in roles:
            return "This only makes codes of pictures; drop the decoder that belongs to it together with it."
        if "critic" in roles:
            return "This only scores pictures; drop the generator that belongs to it together with it."
        return "None of these graphs makes pictures; say above which one does, or drop others."
