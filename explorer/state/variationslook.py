"""What changes along the rows and columns of the grid of variations."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

AxisName = Literal["label", "weight", "seed", "steps", "sampler", "eta", "spacing", "strength"]


class VariationsLook(BaseModel):
    """Two different things of a diffusion model that vary; all else is as it is in view."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    rows: AxisName = "label"
    columns: AxisName = "weight"
