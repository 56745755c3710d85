"""Which picture is shown as the critic sees it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Subject = Literal["view", "dropped"]


class CriticLook(BaseModel):
    """``subject`` is the picture in view, or the one that was dropped to be judged."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    subject: Subject = "view"
