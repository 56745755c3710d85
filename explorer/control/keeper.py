"""Keeps the session and the settings on disk, so that a restart or a crash brings everything back."""

from collections.abc import Callable
from pathlib import Path

from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict

from explorer.contract.errors import CannotWrite
from explorer.state.beside import Beside
from explorer.state.branches import Branches
from explorer.state.criticlook import CriticLook
from explorer.state.directionslook import DirectionsLook
from explorer.state.gridlook import GridLook
from explorer.state.journey import Journey
from explorer.state.layerlook import LayerLook
from explorer.state.mapview import MapLook
from explorer.state.mixlook import MixLook
from explorer.state.place import Explore, Place
from explorer.state.retouchlook import RetouchLook
from explorer.state.settings import Settings
from explorer.state.storage import restore, store
from explorer.state.trajectorylook import TrajectoryLook
from explorer.state.variationslook import VariationsLook

SESSION = "session.json"
SETTINGS = "settings.json"


class Session(BaseModel):
    """What is brought back: where the person was and how it was shown; fields of ``Explore``."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    place: Place = Place()
    smooth: bool = True
    instrument: str = "sliders"
    map: MapLook = MapLook()
    journey: Journey = Journey()
    grid: GridLook = GridLook()
    mixing: MixLook = MixLook()
    trajectory: TrajectoryLook = TrajectoryLook()
    variations: VariationsLook = VariationsLook()
    branches: Branches = Branches()
    retouch: RetouchLook = RetouchLook()
    layers: LayerLook = LayerLook()
    critic: CriticLook = CriticLook()
    directions: DirectionsLook = DirectionsLook()
    beside: Beside = Beside()


class Keeper:
    """Writes after changes, not during them: ``later`` calls a function once things have been calm for a moment."""

    def __init__(
        self,
        explore: Explore,
        settings: Settings,
        session_file: Path,
        settings_file: Path,
        later: Callable[[Callable[[], None]], Callable[[], None]],
        tell: Callable[[str], None],
    ) -> None:
        self._explore, self._settings, self._tell = explore, settings, tell
        self._session_file, self._settings_file = session_file, settings_file
        self._told: set[Path] = set()
        self._save_session = later(self.save_session)
        self._save_settings = later(self.save_settings)
        self._connect(explore, self._save_session)
        self._connect(settings, self._save_settings)

    def save_session(self) -> None:
        """Write the session now."""
        kept = {name: getattr(self._explore, name) for name in Session.model_fields}
        self._write(self._session_file, Session(**kept))

    def save_settings(self) -> None:
        """Write the settings now."""
        self._write(self._settings_file, self._settings)

    def _write(self, path: Path, model: BaseModel) -> None:
        try:
            store(path, model)
        except CannotWrite as error:
            if path not in self._told:  # once is enough; every change would repeat it
                self._told.add(path)
                self._tell(f"{error} Until then nothing is remembered after closing.")

    @staticmethod
    def _connect(model: EventedModel, slot: Callable[[], None]) -> None:
        def on_change(_info: object) -> None:
            slot()

        model.events.connect(on_change)


def bring_back(explore: Explore, session_file: Path) -> str:
    """Put the stored session's view back; returns a sentence when it was damaged, else an empty one.

    The place is set last, so that the first picture is asked for once.
    """
    session, sentence = restore(session_file, Session)
    for name in Session.model_fields:
        if name != "place":
            setattr(explore, name, getattr(session, name))
    explore.place = session.place
    return sentence
