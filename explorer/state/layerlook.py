"""Which layer of which graph is looked at."""

from pydantic import BaseModel, ConfigDict, Field


class LayerLook(BaseModel):
    """``role`` is empty for the first graph there is, ``layer`` -1 for the one in the middle."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    role: str = Field(default="", max_length=60)
    layer: int = Field(default=-1, ge=-1)
