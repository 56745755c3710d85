"""How the mixing desk is laid out: the open page, and the seeds of its grids, as a frozen value."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LARGEST_SEED = 2**31 - 2
Page = Literal["mix", "truncation", "noise", "grid"]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


class MixLook(BaseModel):
    """The grid has the seeds ``rows``, ``rows`` + 1, … downwards and those from ``columns`` on to the right."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    page: Page = "mix"
    rows: Seed = 0
    columns: Seed = 100
    size: Annotated[int, Field(ge=2, le=8)] = 5  # cells a side
    split: Annotated[int, Field(ge=0, le=64)] | None = None  # so many layers, from coarse, are the column's; None: half
    variety: Seed = 0  # the first seed of the pictures that show what psi does to variety
