"""Which frame of a trajectory is in view, and what of it is shown."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FrameKind = Literal["noisy", "clean", "noise", "change", "pull"]


class TrajectoryLook(BaseModel):
    """``at`` is the share of the way from noise (0) to the picture (1), so that it outlives other step counts."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    at: float = Field(default=1.0, ge=0.0, le=1.0)
    kind: FrameKind = "clean"

    def frame(self, steps: int) -> int:
        """Which of ``steps`` + 1 frames it is: one for each step, the last is the picture."""
        return round(self.at * steps)
