"""How noise becomes a picture, as far as a person decides it: what is asked for, how strictly, by which sampler."""

from typing import Annotated, Literal

import numpy as np
from numpy import ndarray
from pydantic import BaseModel, ConfigDict, Field

from explorer.latent.retouch import Retouch
from explorer.latent.shapes import Float64

SamplerName = Literal["dpm", "ddim", "euler", "heun", "ddpm"]
SpacingName = Literal["trailing", "leading", "uniform", "karras"]

WEIGHT_LOW, WEIGHT_HIGH = -5.0, 20.0
MOST_STEPS = 1_000
ANYTHING = -1  # the value of an attribute, or the class, that nothing is said of

PROMPT = 2_000  # letters of a prompt that are kept; a model reads some 75 words

Factor = Annotated[float, Field(ge=0.0, le=1.0)]


class Sampling(BaseModel, frozen=True):
    """Everything beside the noise that decides what a diffusion model draws of it; other models pass it over.

    ``curve`` scales what guidance adds over the trajectory, evenly spaced from noise to picture; empty: the same all
    along. Outside a curve, where it is 0, the condition is followed without guidance (weight 1).
    """

    model_config = ConfigDict(extra="forbid")
    label: tuple[int, ...] = ()  # the class, or a value for each attribute; ANYTHING leaves one open, empty all
    negative: tuple[int, ...] = ()  # what guidance leads away from; empty: from a picture of anything
    prompt: str = Field(default="", max_length=PROMPT)  # what is asked for in words, of a model that reads them
    negative_prompt: str = Field(default="", max_length=PROMPT)  # what guidance leads away from, in words
    weight: float = Field(default=2.0, ge=WEIGHT_LOW, le=WEIGHT_HIGH)  # 0 ignores the label, 1 follows it
    curve: tuple[Factor, ...] = Field(default=(), max_length=64)
    rescale: Factor = 0.0  # how far guided predictions are brought back to the spread they had without guidance
    sampler: SamplerName = "dpm"
    steps: int = Field(default=25, ge=1, le=MOST_STEPS)
    spacing: SpacingName = "trailing"
    eta: Factor = 0.0  # fresh noise in every step of ddim: 0 none, 1 as much as ddpm
    seed: int = Field(default=0, ge=0)  # of the fresh noise
    base: "Sampling | None" = None  # a fork: up to step ``since`` the way is that of ``base``
    since: int = Field(default=0, ge=0)
    stir: Factor = 0.0  # how much of the noise in x is drawn anew where the fork begins
    retouch: Retouch | None = None  # a picture to begin with, and what of it stays

    def in_steps(self, steps: int) -> "Sampling":
        """The same in another number of steps; a fork begins at the same share of the way."""
        since = min(round(self.since * steps / self.steps), steps - 1)
        base = None if self.base is None else self.base.in_steps(steps)
        return self.model_copy(update={"steps": steps, "since": since, "base": base})

    @property
    def strength(self) -> float:
        """How far into the noise the way begins, as a share of all noise levels."""
        return 1.0 if self.retouch is None else self.retouch.strength

    @property
    def asks(self) -> bool:
        """Whether anything is asked for."""
        return any(value != ANYTHING for value in self.label)

    @property
    def random(self) -> bool:
        """Whether the way draws fresh noise."""
        return self.sampler == "ddpm" or (self.sampler == "ddim" and self.eta > 0)

    def weights(self, count: int) -> Float64[ndarray, " count"]:
        """The guidance weight of each of ``count`` steps, from noise to picture."""
        if not self.curve:
            return np.full(count, self.weight)
        known = np.linspace(0, 1, len(self.curve))
        factor = np.interp(np.linspace(0, 1, count), known, np.array(self.curve))
        return 1 + (self.weight - 1) * factor
