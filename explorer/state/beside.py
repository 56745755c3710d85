"""A second model beside the first: which one, and whether it walks along."""

from pydantic import BaseModel, ConfigDict

from explorer.state.journey import Number


class Beside(BaseModel):
    """Frozen. ``sigmas`` is where the second model stands while it does not walk along: one number a dimension."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    bundle: str = ""  # path of the second model; empty: none
    linked: bool = True
    sigmas: tuple[Number, ...] | None = None  # standard deviations from the centre of its prior
