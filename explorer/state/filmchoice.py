"""How a person saved a path last, so that the next time begins with it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["gif", "webp", "png", "mp4", "sheet", "npz", "csv"]


class FilmChoice(BaseModel):
    """What becomes of a path: a film, a folder of pictures, a sheet of its keyframes, or their numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Kind = "gif"
    fps: Annotated[int, Field(ge=1, le=50)] = 25  # browsers show a faster GIF at 10
    scale: Annotated[int, Field(ge=1, le=16)] = 4
    smooth: bool = True
    loop: bool = True
    folder: str = ""  # where the last one went
