"""How a person paints over a picture: the brush, as a frozen value."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

THINNEST, WIDEST = 0.01, 0.3


class RetouchLook(BaseModel):
    """``brush`` is the radius as a share of the picture's side."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    brush: Annotated[float, Field(ge=THINNEST, le=WIDEST)] = 0.08
    erase: bool = False
