"""The map: the data in two dimensions, where the person stands on it, and what lies under it as pictures."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.manifest import EncodedStore
from explorer.control.maplayout import TSNE_LEAST, MapPoints, Places, empty_map, flat_map, tsne_map
from explorer.control.maptiles import MapWindow, Tiles, TilesController
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.maps import Plane, own_plane
from explorer.latent.neighbours import Neighbours
from explorer.latent.paths import along
from explorer.models.capabilities import Model
from explorer.models.stores import Encoded
from explorer.state.history import History, change
from explorer.state.mapview import MapLook
from explorer.state.place import Explore
from explorer.tasks.latest import Lane

KEY = "map"  # of the instrument
PATH_STEPS = 24  # pieces of line that a leg of the journey is drawn with
NO_DATA = "This model came without its data, and a map of {count} dimensions needs it; export the model with its data."
TOO_NARROW = "This latent space has one dimension and a map needs two; its slider shows all of it."
TOO_FEW = "The data that came with this model is too little for a map; export the model with more pictures."
READING = "Reading the model's data …"


@dataclass(frozen=True)
class LegendValue:
    """One value of the label column that colours the points."""

    name: str
    count: int
    hidden: bool


class MapView(Protocol):
    """What the controller needs of the panel."""

    def show_message(self, sentence: str) -> None: ...
    def show_points(self, points: MapPoints) -> None: ...
    def show_columns(self, names: tuple[str, ...], chosen: str) -> None: ...
    def show_legend(self, values: tuple[LegendValue, ...], indices: NDArray[np.int64] | None) -> None: ...
    def show_look(self, look: MapLook, *, many: bool) -> None: ...
    def show_position(self, place: tuple[float, float] | None, *, exact: bool) -> None: ...
    def show_tiles(self, tiles: Tiles | None) -> None: ...
    def show_path(self, points: Places, keyframes: Places) -> None: ...
    def show_progress(self, share: float | None) -> None: ...
    def show_note(self, sentence: str) -> None: ...


class MapController:
    """Draws the map of the model on stage while its panel is open, and moves the place by it."""

    def __init__(
        self,
        explore: Explore,
        stage: Stage,
        history: History,
        walk: Walk,
        lanes: tuple[Lane, Lane, Lane],
        view: MapView,
    ) -> None:
        """``lanes``: for the plane, for tiles, and for t-SNE, which needs a worker of its own: its steps are long."""
        self._explore, self._stage, self._history, self._walk, self._view = explore, stage, history, walk, view
        self._plane_lane, tile_lane, self._tsne_lane = lanes
        self._tiles = TilesController(tile_lane, view.show_tiles, view.show_note)
        self._plane: Plane | None = None
        self._points: MapPoints | None = None
        self._search: Neighbours | None = None  # among the codes of the points
        self._described: tuple[Model | None, Encoded | None, str, str] | None = None
        self._embedded: dict[str, MapPoints] = {}  # finished t-SNE by the bundle's identity
        self._window: MapWindow | None = None
        self._look = explore.map
        for signal in (stage.events.model, stage.events.encoded, stage.events.data_fault, explore.events.instrument):
            signal.connect(self.describe)
        explore.events.map.connect(self._change_look)
        explore.events.place.connect(self.refresh)
        explore.events.journey.connect(self._show_path)

    # state -> view

    def describe(self) -> None:
        """Draw the map of the model on stage, unless nobody looks."""
        if self._explore.instrument != KEY:
            self._tiles.clear()
            return
        model, encoded, fault = self._stage.model, self._stage.encoded, self._stage.data_fault
        wanted = (model, encoded, fault, self._explore.map.projection)
        if wanted == self._described:
            self._show_all()
            return
        self._described = wanted
        self._forget()
        if model is None or model.decodes is None:
            self._view.show_message("")
            return
        size = model.decodes.prior.size
        if size == 1:
            self._view.show_message(TOO_NARROW)
        elif encoded is not None:
            self._plane_lane.submit(
                lambda _: flat_map(encoded), lambda found: self._learn(model, encoded, found), self._fail
            )
        elif fault:
            self._view.show_message(fault)
        elif any(isinstance(store, EncodedStore) for store in model.manifest.stores):
            self._view.show_message(READING)
        elif size == 2:
            self._plane, self._points = own_plane(), empty_map(model.decodes.prior)
            self._show_all()
        else:
            self._view.show_message(NO_DATA.format(count=size))

    def refresh(self) -> None:
        """Show where the place lies on the map now."""
        code, points = self._code(), self._points
        if self._explore.instrument != KEY or points is None or self._plane is None:
            return
        if code is None:
            self._view.show_position(None, exact=True)
        elif points.flat:
            x, y = self._plane.project(code[None])[0].tolist()
            self._view.show_position((x, y), exact=True)
        elif self._search is not None:
            x, y = points.places[self._search.nearest(code[None], 1)[0][0, 0]].tolist()
            self._view.show_position((x, y), exact=False)

    def rest(self) -> None:
        """The hand is still: renew the tiles if what they show has changed."""
        code, decodes, look, points = self._code(), self._stage.small, self._explore.map, self._points
        shown = self._explore.instrument == KEY and look.tiles and points is not None and points.flat
        if not shown or code is None or self._plane is None or decodes is None:
            self._tiles.clear()
        elif self._window is not None:
            self._tiles.renew(decodes, self._plane, self._rest_of(code, self._plane), self._window)

    def see(self, window: MapWindow) -> None:
        """This part of the map is in view now, and stays for a while."""
        self._window = window
        self.rest()

    # hand -> state

    def begin(self) -> None:
        """The hand goes down on the map: what follows is one step of undo."""
        self._walk.begin()

    def move(self, x: float, y: float) -> None:
        """Go to a place of the map; on one without inverse, to the picture of the data nearest to it."""
        code, points = self._code(), self._points
        if code is None or points is None or self._plane is None or not np.isfinite([x, y]).all():
            return
        place = np.array([[x, y]], np.float32)
        if points.flat:
            self._walk.to_code(self._plane.lift(place, self._rest_of(code, self._plane))[0], "Move on the map")
        else:
            self.go_to_row(int(points.rows[np.linalg.norm(points.places - place, axis=1).argmin()]))

    def go_to_row(self, row: int) -> None:
        """Go to the code of one picture of the data, within the running gesture."""
        encoded = self._stage.encoded
        if encoded is not None and 0 <= row < len(encoded):
            self._walk.to_code(encoded.codes[row], "Go to a picture of the data")

    def jump_to_row(self, row: int) -> None:
        """Go to one picture of the data, a step of its own."""
        self.begin()
        self.go_to_row(row)

    def suggested_name(self, rows: NDArray[np.int64]) -> str:
        """What a group of these pictures may be called: after the value that most of them have."""
        encoded = self._stage.encoded
        column = None if encoded is None else encoded.column(self._explore.map.column)
        if encoded is None or column is None or not len(rows):
            return "group"
        counts = np.bincount(encoded.labels[rows, column])
        return f"mostly {encoded.columns[column].values[int(counts.argmax())]}"

    def take_back(self) -> None:
        """What looked like a move was the beginning of something else."""
        self._walk.take_back()

    def choose_column(self, name: str) -> None:
        """Colour by another label; all its values are shown."""
        self._set(f"Colour by {name}", column=name, hidden=frozenset())

    def toggle_value(self, name: str) -> None:
        """Hide the points of one value, or show them again."""
        hidden = self._explore.map.hidden
        self._set(f"{'Show' if name in hidden else 'Hide'} {name}", hidden=hidden ^ {name})

    def solo_value(self, name: str) -> None:
        """Show the points of one value alone; again: show all."""
        others = frozenset(value.name for value in self._legend()) - {name}
        alone = self._explore.map.hidden == others
        self._set("Show all values" if alone else f"Show {name} alone", hidden=frozenset() if alone else others)

    def switch_points(self, on: bool) -> None:
        """The data's points, or the tiles alone."""
        self._set("Show points" if on else "Hide points", points=on)

    def switch_tiles(self, on: bool) -> None:
        """Pictures under the points, or none."""
        self._set("Show tiles" if on else "Hide tiles", tiles=on)

    def switch_keep_rest(self, on: bool) -> None:
        """Whether moves on the map leave the other directions where they are, or put them at the data's mean."""
        self._set("Keep the other directions" if on else "Put the other directions at the mean", keep_rest=on)

    def switch_tsne(self, on: bool) -> None:
        """A map of neighbourhoods, or the flat one."""
        self._set("Show the t-SNE map" if on else "Show the flat map", projection="tsne" if on else "plane")

    def stop(self) -> None:
        """Keep the layout that t-SNE has come to."""
        self._tsne_lane.cancel()
        self._view.show_progress(None)

    # inside

    def _set(self, words: str, **changes: Any) -> None:
        change(self._history, self._explore, "map", self._explore.map.model_copy(update=changes), words)

    def _change_look(self) -> None:
        look, before = self._explore.map, self._look
        self._look = look
        if look.projection != before.projection:
            self.describe()
        elif self._explore.instrument == KEY:
            self._view.show_look(look, many=self._many)
            if (look.column, look.hidden) != (before.column, before.hidden):
                self._show_legend()
            self.rest()

    @property
    def _many(self) -> bool:
        """Whether the space has more directions than the map shows."""
        encoded = self._stage.encoded
        return encoded is not None and encoded.codes.shape[1] > 2

    def _forget(self) -> None:
        self._plane_lane.cancel()
        self._tsne_lane.cancel()
        self._tiles.clear()
        self._plane = self._points = self._search = None
        self._view.show_progress(None)
        self._view.show_note("")

    def _learn(self, model: Model, encoded: Encoded, found: tuple[Plane, MapPoints] | None) -> None:
        if self._stage.model is not model or self._stage.encoded is not encoded:
            return
        if found is None:
            self._view.show_message(TOO_FEW)
            return
        self._plane, self._points = found
        self._show_all()
        if self._explore.map.projection == "tsne" and self._many and len(encoded) >= TSNE_LEAST:
            self._embed(model, encoded, self._plane)

    def _embed(self, model: Model, encoded: Encoded, plane: Plane) -> None:
        """Lay the data out by t-SNE, once for each model."""
        known = self._embedded.get(model.bundle.identity())
        if known is not None:
            self._show_layout(encoded, known)
            return

        def show(told: tuple[float, MapPoints]) -> None:
            self._view.show_progress(told[0])
            self._show_layout(encoded, told[1])

        def keep(points: MapPoints) -> None:
            self._embedded[model.bundle.identity()] = points
            self._view.show_progress(None)
            self._show_layout(encoded, points)

        self._view.show_progress(0.0)
        self._tsne_lane.submit(partial(tsne_map, encoded, plane), keep, self._fail, show)

    def _show_layout(self, encoded: Encoded, points: MapPoints) -> None:
        if self._search is None or len(self._search) != len(points.rows):
            self._search = Neighbours(encoded.codes[points.rows])
        self._points = points
        self._show_all()

    def _show_all(self) -> None:
        if self._points is not None and self._explore.instrument == KEY:
            self._view.show_look(self._explore.map, many=self._many)
            self._view.show_points(self._points)
            self._show_legend()
            self._show_path()
            self.refresh()
            self.rest()

    def _show_legend(self) -> None:
        encoded, points = self._stage.encoded, self._points
        column = None if encoded is None else encoded.column(self._explore.map.column)
        if encoded is None or points is None or column is None:
            self._view.show_columns((), "")
            self._view.show_legend((), None)
            return
        names = tuple(found.name for found in encoded.columns)
        self._view.show_columns(names, names[column])
        self._view.show_legend(self._legend(), encoded.labels[points.rows, column])

    def _legend(self) -> tuple[LegendValue, ...]:
        encoded, points, hidden = self._stage.encoded, self._points, self._explore.map.hidden
        column = None if encoded is None else encoded.column(self._explore.map.column)
        if encoded is None or points is None or column is None:
            return ()
        values = encoded.columns[column].values
        counts = np.bincount(encoded.labels[points.rows, column], minlength=len(values))
        return tuple(LegendValue(name, int(n), name in hidden) for name, n in zip(values, counts, strict=True))

    def _show_path(self) -> None:
        """The journey through this model, where the map is flat."""
        journey, model, points, plane = self._explore.journey, self._stage.model, self._points, self._plane
        if points is None or self._explore.instrument != KEY:
            return
        path = keyframes = np.zeros((0, 2), np.float32)
        if plane is not None and points.flat and model is not None and model.decodes is not None:
            center = model.decodes.prior.center
            here = (journey.bundle, journey.space) == (model.key, model.space)
            if journey.keyframes and here and len(journey.keyframes[0]) == len(center):
                codes = np.array(journey.keyframes, np.float32)
                t = np.linspace(0, journey.legs, 1 + PATH_STEPS * journey.legs)
                path = plane.project(along(codes, t, journey.kind, loop=journey.loop, center=center))
                keyframes = plane.project(codes)
        self._view.show_path(path, keyframes)

    def _fail(self, error: Exception) -> None:
        self._view.show_progress(None)
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_note(str(error))

    def _code(self) -> NDArray[np.float32] | None:
        """Where the person stands, (D,); None when that is not in the model on stage."""
        place = self._explore.place
        model = self._stage.at(place)
        if model is None or model.decodes is None:
            return None
        center = model.decodes.prior.center
        fits = place.code is not None and len(place.code) == len(center)
        return np.asarray(place.code, np.float32) if fits else center

    def _rest_of(self, code: NDArray[np.float32], plane: Plane) -> NDArray[np.float32]:
        """What the directions that the map does not show are taken from."""
        return code if self._explore.map.keep_rest else plane.origin
