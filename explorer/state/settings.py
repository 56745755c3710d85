"""What the person prefers, kept between starts."""

from typing import Literal

from psygnal import EventedModel
from pydantic import ConfigDict

from explorer.state.filmchoice import FilmChoice


class Settings(EventedModel):
    """Preferences; stored as JSON in the user's configuration folder."""

    model_config = ConfigDict(validate_assignment=True, extra="ignore")
    theme: Literal["dark", "light", "high-contrast"] = "dark"
    python: str = ""  # that trains, where a person chose one; empty: looked for
    device: Literal["auto", "cpu", "cuda"] = "auto"
    opened: tuple[str, ...] = ()  # paths of models opened by hand, newest first
    film: FilmChoice = FilmChoice()  # how a path was saved last
    proved: tuple[str, ...] = ()  # identities of models from outside that were tried, newest first
    hidden: frozenset[str] = frozenset()  # models taken out of the library
