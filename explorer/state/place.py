"""Where the person stands: the model in view, the point in its latent space, and how it is shown."""

from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict, Field

from explorer.latent.styles import Style
from explorer.state.beside import Beside
from explorer.state.branches import Branches
from explorer.state.criticlook import CriticLook
from explorer.state.directionslook import DirectionsLook
from explorer.state.gridlook import GridLook
from explorer.state.journey import FLOAT32_MAX, Journey, Number
from explorer.state.layerlook import LayerLook
from explorer.state.mapview import MapLook
from explorer.state.mixlook import MixLook
from explorer.state.retouchlook import RetouchLook
from explorer.state.trajectorylook import TrajectoryLook
from explorer.state.variationslook import VariationsLook

__all__ = ["FLOAT32_MAX", "Explore", "Number", "Place"]


class Place(BaseModel):
    """A point in one model's latent space; frozen, so that every former place can be kept and gone back to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    bundle: str = ""  # path of the model; empty: none is open
    space: str = ""  # which of the model's spaces the code is in; empty: the one it is met in
    code: tuple[Number, ...] | None = None  # one number a dimension, latent units; None: the centre of the prior
    seed: int | None = Field(default=None, ge=0)  # the code was drawn with it and not touched since
    locked: frozenset[int] = frozenset()  # dimensions that random and reset leave alone
    style: Style = Style()  # how a style generator draws the point; other models pass it over


class Explore(EventedModel):
    """What the Explore page shows; changed on the main thread only, by ``History``."""

    model_config = ConfigDict(validate_assignment=True)
    place: Place = Place()
    smooth: bool = True  # how small pictures are enlarged: crisp pixels, or interpolated
    instrument: str = "sliders"  # the open instrument panel
    map: MapLook = MapLook()
    journey: Journey = Journey()
    grid: GridLook = GridLook()
    mixing: MixLook = MixLook()
    beside: Beside = Beside()
    trajectory: TrajectoryLook = TrajectoryLook()
    variations: VariationsLook = VariationsLook()
    branches: Branches = Branches()
    retouch: RetouchLook = RetouchLook()
    layers: LayerLook = LayerLook()
    critic: CriticLook = CriticLook()
    directions: DirectionsLook = DirectionsLook()
