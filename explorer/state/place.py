"""Where the person stands: the model in view, the point in its latent space, and how it is shown."""

from typing import Annotated

from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict, Field

from explorer.state.mapview import MapLook

FLOAT32_MAX = 3.4028234663852886e38  # what a number of a code can be
Number = Annotated[float, Field(allow_inf_nan=False, ge=-FLOAT32_MAX, le=FLOAT32_MAX)]


class Place(BaseModel):
    """A point in one model's latent space; frozen, so that every former place can be kept and gone back to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    bundle: str = ""  # path of the model; empty: none is open
    code: tuple[Number, ...] | None = None  # one number a dimension, latent units; None: the centre of the prior
    seed: int | None = Field(default=None, ge=0)  # the code was drawn with it and not touched since
    locked: frozenset[int] = frozenset()  # dimensions that random and reset leave alone


class Explore(EventedModel):
    """What the Explore page shows; changed on the main thread only, by ``History``."""

    model_config = ConfigDict(validate_assignment=True)
    place: Place = Place()
    smooth: bool = True  # how small pictures are enlarged: crisp pixels, or interpolated
    instrument: str = "sliders"  # the open instrument panel
    map: MapLook = MapLook()
