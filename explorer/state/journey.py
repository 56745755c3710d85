"""A path through one model's latent space: keyframes and how to go from one to the next."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FLOAT32_MAX = 3.4028234663852886e38  # what a number of a code can be
Number = Annotated[float, Field(allow_inf_nan=False, ge=-FLOAT32_MAX, le=FLOAT32_MAX)]
Code = tuple[Number, ...]

KEYFRAMES = 200


class Journey(BaseModel):
    """Frozen, so that a former journey can be gone back to. Keyframe i is at t = i; a closed one has one leg more."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    bundle: str = ""  # path of the model that the keyframes belong to
    space: str = ""  # which of its spaces they are in
    keyframes: Annotated[tuple[Code, ...], Field(max_length=KEYFRAMES)] = ()
    kind: Literal["linear", "spherical", "spline"] = "spherical"
    even: bool = False  # every moment changes the picture by as much as every other
    loop: bool = False  # from the last keyframe back to the first
    leg_s: Annotated[float, Field(ge=0.1, le=60.0)] = 1.5  # seconds from one keyframe to the next

    @property
    def legs(self) -> int:
        """How many legs it has."""
        count = len(self.keyframes)
        return 0 if count < 2 else count if self.loop else count - 1

    @property
    def duration_s(self) -> float:
        """How long it takes to walk it once."""
        return self.legs * self.leg_s
