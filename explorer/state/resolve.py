"""From what was asked for to what must be shown: pure, so that equal scenes cost nothing."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.latent.styles import Style
from explorer.state.place import Place


@dataclass(frozen=True)
class Scene:
    """One picture to show: this model at this code of this space, drawn in this style."""

    bundle: str
    code: tuple[float, ...] | None
    space: str = ""
    style: Style = field(default_factory=Style)

    def vector(self, center: NDArray[np.float32]) -> NDArray[np.float32]:
        """The code (D,), or the prior's centre where none was chosen or it belongs to another model's space."""
        if self.code is None or len(self.code) != len(center):
            return center
        return np.asarray(self.code, np.float32)


def resolve(place: Place) -> Scene | None:
    """The scene of a place; None when no model is open."""
    return Scene(place.bundle, place.code, place.space, place.style) if place.bundle else None
