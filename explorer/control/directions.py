"""The directions panel: every direction as a slider, how one stands to the others, and where in the picture it acts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.archive import write_file
from explorer.contract.errors import CannotWrite, ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.axes import Axis, Frame, Group, axes_of, frame_of, made_key, taught_key
from explorer.control.disentangled import Comparison, compared
from explorer.control.notebooks import Notebooks
from explorer.control.sliders import REACH
from explorer.control.stage import Stage
from explorer.latent.directions import combined, cosines, orthogonalised, where_it_acts
from explorer.media.codes import directions_csv, directions_npz
from explorer.models.capabilities import Decodes, Model
from explorer.state.notebook import LONGEST_NAME, Made
from explorer.state.place import Explore
from explorer.tasks.latest import Job, Lane

INSTRUMENT = "directions"  # the panel's name
Operation = Literal["add", "subtract", "orthogonalise"]
_BETWEEN: dict[Operation, str] = {"add": "+", "subtract": "−", "orthogonalise": "without"}


@dataclass(frozen=True)
class DirectionView:
    """One direction as it is shown; values in standard deviations of the data along it."""

    key: str
    name: str
    group: Group
    short: str  # how good it is, for one line
    sentence: str
    value: float = 0.0
    minimum: float = -REACH
    maximum: float = REACH


@dataclass(frozen=True)
class Kinship:
    """Another direction and the cosine of the angle to it, in [-1, 1]."""

    key: str
    name: str
    cosine: float


@dataclass(frozen=True)
class ChosenView:
    """The chosen direction: how good it is, and how it stands to the others, the closest first."""

    key: str
    name: str
    sentence: str
    own: bool
    others: tuple[Kinship, ...]
    changes: tuple[tuple[str, float], ...] = ()  # attributes, and in what share of pictures a step changes each


@dataclass(frozen=True, eq=False)
class _Ends:
    key: str
    low: Pixels
    high: Pixels


@dataclass(frozen=True, eq=False)
class _Heat:
    key: str
    heat: NDArray[np.float32]


class DirectionsView(Protocol):
    """What the controller needs of the panel."""

    def show_directions(self, views: tuple[DirectionView, ...]) -> None: ...
    def show_value(self, key: str, value: float) -> None: ...
    def show_thumbnails(self, key: str, low: Pixels, high: Pixels) -> None: ...
    def show_chosen(self, chosen: ChosenView | None) -> None: ...
    def show_comparison(self, comparison: Comparison | None) -> None: ...
    def show_heat(self, pixels: Pixels, heat: NDArray[np.float32]) -> None: ...
    def tell(self, sentence: str) -> None: ...


class Walks(Protocol):
    """Who moves the place."""

    def begin(self) -> None: ...
    def to_code(self, code: NDArray[np.float32], words: str) -> None: ...


class DirectionsController:
    """Shows the directions of the model on stage, follows the place, and moves along them."""

    def __init__(
        self, explore: Explore, stage: Stage, notebooks: Notebooks, walk: Walks, lane: Lane, view: DirectionsView
    ) -> None:
        self._explore, self._stage, self._notebooks, self._walk = explore, stage, notebooks, walk
        self._lane, self._view = lane, view
        self._axes: dict[str, Axis] = {}
        self._frame: Frame | None = None
        self._framed: Model | None = None  # whose frame it is
        self._shown: dict[str, float] = {}
        self._visible: tuple[str, ...] = ()
        self._chosen = ""
        self._base: NDArray[np.float32] | None = None  # where the running gesture began
        for signal in (stage.events.model, stage.events.lifted, stage.events.encoded):
            signal.connect(self._measure)
        for signal in (stage.events.directions, stage.events.taught, notebooks.changed):
            signal.connect(self.describe)
        explore.events.directions.connect(self.describe)
        explore.events.place.connect(self.refresh)
        explore.events.instrument.connect(self.refresh)
        explore.events.instrument.connect(self.rest)

    # what is shown

    def describe(self) -> None:
        """Show all directions of the model on stage, the chosen one, and what of it is known."""
        before, code = self._axes, self._code()
        self._axes = {}
        if self._framed is not self._stage.model:  # whoever tells of new notes may hear of a new model first
            self._frame_model()
        if self._frame is not None and code is not None:
            limit = self._explore.directions.layers
            found = axes_of(self._stage, self._notebooks.notes, self._frame, limit)
            self._axes = {axis.key: axis for axis in found}
        if self._chosen not in self._axes:
            self._chosen = next(iter(self._axes), "")
        self._shown = {} if code is None else {key: self._value(axis, code) for key, axis in self._axes.items()}
        self._view.show_directions(
            tuple(
                DirectionView(axis.key, axis.name, axis.group, axis.short, axis.sentence, self._shown[axis.key])
                for axis in self._axes.values()
            )
        )
        self._show_chosen()
        if any(not _same(axis, before.get(key)) for key, axis in self._axes.items()):
            self.rest()

    def refresh(self) -> None:
        """Show where the place stands along every direction now; only what moved, and only while somebody looks."""
        code = self._code()
        if code is None or self._explore.instrument != INSTRUMENT:
            return
        for key, axis in self._axes.items():
            value = self._value(axis, code)
            if value != self._shown[key]:
                self._shown[key] = value
                self._view.show_value(key, value)

    def see(self, keys: tuple[str, ...]) -> None:
        """These rows are in sight now: only they need thumbnails."""
        if keys != self._visible:
            self._visible = keys
            self.rest()

    def rest(self) -> None:
        """The hand is still: renew the heat map and the thumbnails in sight, seen from the picture in view."""
        model, picture = self._stage.model, self._stage.picture
        decodes = self._stage.small
        if self._explore.instrument != INSTRUMENT or decodes is None or self._frame is None:
            return
        if picture is None or picture.model is not model:
            return
        code, frame, pixels = picture.code, self._frame, picture.pixels
        chosen = self._axes.get(self._chosen)
        wanted = tuple(self._axes[key] for key in self._visible if key in self._axes)
        self._lane.submit(
            lambda job: _look(decodes, code, frame, chosen, wanted, job),
            lambda _: None,
            _crash_unless_told,
            lambda found: self._show_look(found, pixels) if self._stage.model is model else None,
        )

    # what a person does

    def choose(self, key: str) -> None:
        """Look closer at one direction."""
        if key in self._axes and key != self._chosen:
            self._chosen = key
            self._show_chosen()
            self.rest()

    def begin(self, key: str) -> None:
        """A gesture on a slider begins: what follows is one step of undo, from where the place is now."""
        self._base = self._code()
        self._walk.begin()
        self.choose(key)

    def move(self, key: str, value: float) -> None:
        """Go along a direction until the projection is ``value`` deviations; part of the running gesture."""
        axis, base = self._axes.get(key), self._base
        if axis is None or base is None or self._frame is None:
            return
        step = (value - self._frame.value(axis, base)) * axis.deviation
        self._walk.to_code((base + np.float32(step) * axis.vector).astype(np.float32), f"Move along “{axis.name}”")

    def reset(self, key: str) -> None:
        """Go back to the middle of a direction."""
        self.begin(key)
        self.move(key, 0.0)

    def combine(self, operation: Operation, others: tuple[str, ...]) -> None:
        """Make an own direction from the chosen one and others, and choose it."""
        axis = self._axes.get(self._chosen)
        beside = [self._axes[key] for key in others if key in self._axes and key != self._chosen]
        if axis is None or not beside:
            self._view.tell("Tick the directions to calculate with in the list of angles first.")
            return
        names = f" {'+' if operation == 'orthogonalise' else _BETWEEN[operation]} ".join(other.name for other in beside)
        recipe = f"{axis.name} {_BETWEEN[operation]} {names}"
        vectors = np.stack([other.vector for other in beside])
        try:
            if operation == "orthogonalise":
                vector = orthogonalised(axis.vector, vectors)
            else:
                signs = np.full(len(beside), 1 if operation == "add" else -1, np.float32)
                vector = combined(np.concatenate([axis.vector[None], vectors]), np.append(np.float32(1), signs))
        except ValueError:
            self._view.tell(f"Nothing is left of “{recipe}”: these directions are the same or opposite.")
            return
        notes = self._notebooks.notes
        made = Made(name=notes.free_name(recipe), vector=tuple(vector.tolist()), recipe=recipe[:400])
        self._notebooks.write(f"Make “{made.name}”", made=(*notes.made, made))
        self.choose(made_key(made.name))

    def rename(self, name: str) -> None:
        """Give the chosen own direction another name."""
        axis, notes = self._axes.get(self._chosen), self._notebooks.notes
        name = name.strip()[:LONGEST_NAME]
        if axis is None or not axis.own or not name or name == axis.name:
            return
        name = notes.free_name(name)
        taught = self._chosen == taught_key(axis.name)
        self._chosen = taught_key(name) if taught else made_key(name)
        self._notebooks.write(
            f"Rename “{axis.name}” to “{name}”",
            traits=tuple(t.model_copy(update={"name": name}) if t.name == axis.name else t for t in notes.traits),
            made=tuple(m.model_copy(update={"name": name}) if m.name == axis.name else m for m in notes.made),
            question=name if notes.question == axis.name else notes.question,
        )

    def delete(self) -> None:
        """Remove the chosen own direction; undo brings it back."""
        axis, notes = self._axes.get(self._chosen), self._notebooks.notes
        if axis is not None and axis.own:
            self._notebooks.write(
                f"Delete “{axis.name}”",
                traits=tuple(trait for trait in notes.traits if trait.name != axis.name),
                made=tuple(made for made in notes.made if made.name != axis.name),
                question="" if notes.question == axis.name else notes.question,
            )

    def save(self, ask: Callable[[str], str]) -> None:
        """Save all directions as ``.npz`` or ``.csv``; ``ask`` takes a name and gives a path, or nothing."""
        model, axes = self._stage.model, tuple(self._axes.values())
        if model is None or not axes:
            self._view.tell("There are no directions to save; teach one of your own first.")
            return
        path = ask(f"{model.manifest.name}-directions.npz")
        if not path:
            return
        target = Path(path) if Path(path).suffix.lower() in (".npz", ".csv") else Path(f"{path}.npz")
        vectors = np.stack([axis.vector for axis in axes])
        deviations = np.array([axis.deviation for axis in axes], np.float32)
        names, words = (
            tuple(axis.name for axis in axes),
            tuple(axis.short.replace("\N{NO-BREAK SPACE}", " ") for axis in axes),
        )
        if target.suffix.lower() == ".csv":
            content = directions_csv(vectors, deviations, names, words)
        else:
            content = directions_npz(vectors, deviations, names, words, model.manifest.name, model.bundle.identity())
        try:
            write_file(target, content)
        except CannotWrite as error:
            self._view.tell(str(error))
        else:
            self._view.tell(f"Saved {len(axes)} directions as {target}.")

    # inside

    def _measure(self) -> None:
        self._frame_model()
        self._lane.cancel()
        self._view.show_comparison(compared(self._stage.model))
        self.describe()

    def _frame_model(self) -> None:
        self._framed = model = self._stage.model
        decodes = None if model is None else model.decodes
        self._frame = None if decodes is None else frame_of(self._stage, decodes)

    def _code(self) -> NDArray[np.float32] | None:
        """The point asked for; None when the place is in another model than the stage."""
        place = self._explore.place
        model = self._stage.at(place)
        if model is None or model.decodes is None:
            return None
        center = model.decodes.prior.center
        fits = place.code is not None and len(place.code) == len(center)
        return np.array(place.code if fits else center, np.float32)

    def _value(self, axis: Axis, code: NDArray[np.float32]) -> float:
        return 0.0 if self._frame is None else self._frame.value(axis, code)

    def _show_chosen(self) -> None:
        axis = self._axes.get(self._chosen)
        if axis is None:
            self._view.show_chosen(None)
            return
        others = [other for other in self._axes.values() if other is not axis]
        angles = cosines(axis.vector, np.stack([other.vector for other in others])) if others else ()
        kin = [Kinship(o.key, o.name, float(angle)) for o, angle in zip(others, angles, strict=True)]
        kin.sort(key=lambda one: -abs(one.cosine))
        self._view.show_chosen(ChosenView(axis.key, axis.name, axis.sentence, axis.own, tuple(kin), axis.changes))

    def _show_look(self, found: _Ends | _Heat, pixels: Pixels) -> None:
        if found.key not in self._axes:
            return
        if isinstance(found, _Ends):
            self._view.show_thumbnails(found.key, found.low, found.high)
        elif found.key == self._chosen:
            self._view.show_heat(pixels, found.heat)


def _same(axis: Axis, other: Axis | None) -> bool:
    return other is not None and np.array_equal(axis.vector, other.vector)


def _look(
    decodes: Decodes, code: NDArray[np.float32], frame: Frame, chosen: Axis | None, wanted: tuple[Axis, ...], job: Job
) -> Iterator[None]:
    """In the worker: where the chosen direction acts, then both ends of those in sight."""
    if chosen is not None:
        job.report(_Heat(chosen.key, where_it_acts(decodes.decode, code, chosen.vector, chosen.deviation)))
        yield
    for axis in wanted:
        here = frame.value(axis, code)
        steps = ((np.array([-REACH, REACH]) - here) * axis.deviation).astype(np.float32)
        low, high = decodes.decode((code + steps[:, None] * axis.vector).astype(np.float32))
        job.report(_Ends(axis.key, low, high))
        yield


def _crash_unless_told(error: Exception) -> None:
    """What a model cannot do is told where its picture is; without thumbnails the sliders still work."""
    if not isinstance(error, ExplorerError):
        raise error
