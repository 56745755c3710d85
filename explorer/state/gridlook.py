"""How the grid of two directions is laid out: what a person chose there, as a frozen value."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FURTHEST = 4.0  # deviations
Size = Literal[3, 5, 7]


class GridLook(BaseModel):
    """Keys of the directions of rows and columns (one that a model lacks stands for its first), size and reach."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    rows: str = ""
    columns: str = ""
    size: Size = 5  # cells a side; the middle one is the point in view
    reach: Annotated[float, Field(ge=0.0, le=FURTHEST)] = 2.0  # deviations from the middle to the edge
