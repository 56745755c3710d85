"""Trajectories that are kept to go back to and to compare with, as frozen values."""

from pydantic import BaseModel, ConfigDict, Field

from explorer.latent.styles import Style
from explorer.state.journey import Number

MOST = 24
LONGEST_NAME = 60


class Branch(BaseModel):
    """One way from noise to a picture: everything that it follows from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    bundle: str
    space: str = ""
    code: tuple[Number, ...]
    seed: int | None = Field(default=None, ge=0)
    style: Style


class Branches(BaseModel):
    """Those that are kept, and which of them is held against the one in view; -1: none."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kept: tuple[Branch, ...] = Field(default=(), max_length=MOST)
    beside: int = Field(default=-1, ge=-1)
