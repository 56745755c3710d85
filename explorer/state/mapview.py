"""How the map of a latent space is shown: what a person chose there, as a frozen value."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class MapLook(BaseModel):
    """Colours, filters, projection and tiles of the map; what a model does not have is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    column: str = ""  # of the labels that colour the points; one that the data lacks stands for the first
    hidden: frozenset[str] = frozenset()  # values of that column that are not drawn
    projection: Literal["plane", "tsne"] = "plane"  # the flat map, or neighbourhoods alone
    points: bool = True  # whether they are drawn at all
    tiles: bool = True  # decoded pictures under the points
    keep_rest: bool = True  # moving on the map leaves all other directions where they are; else at the data's mean
