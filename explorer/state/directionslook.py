"""Which layers directions act on, where each layer has a style of its own."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Row = Annotated[int, Field(ge=0, le=64)]
Layers = tuple[Row, Row] | Literal["own"] | None


class DirectionsLook(BaseModel):
    """``layers`` are the first and last one; ``own``: those that each direction is meant for; None: all."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    layers: Layers = None
