"""The arithmetic panel: sums of pictures and of the means of groups, and analogies, as points to go to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import ExplorerError
from explorer.contract.pixels import Pixels
from explorer.control.groups import labelled, labels_of, marks_name, marks_of, row_name
from explorer.control.notebooks import Notebooks
from explorer.control.stage import Stage
from explorer.latent.arithmetic import analogy, group_mean, weighted_sum
from explorer.models.capabilities import Decodes
from explorer.models.stores import Encoded
from explorer.state.notebook import HEAVIEST, LONGEST_NAME, Code, Notes, Point, Term, unused
from explorer.tasks.latest import Job, Lane

Mode = Literal["sum", "analogy"]

HERE = "here"  # the key of the picture in view
TRAY = 24  # pictures of the data offered at a time
KEPT = 512  # decoded pictures; older ones are decoded again when they are wanted
EVERYTHING = ""  # the filter that lets all pictures through
SLOTS = ("a", "b", "c")
EMPTY_SUM = "Take pictures or groups from below: the sum of their numbers is a picture again."
EMPTY_ANALOGY = "Fill a, b and c from below: ? is to c as b is to a."


@dataclass(frozen=True, eq=False)
class Choice:
    """Something to calculate with; ``pixels`` None: still to come."""

    key: str  # "here", "group:NAME" or "row:NUMBER"
    name: str
    pixels: Pixels | None
    count: int = 1  # of pictures that it is the mean of


@dataclass(frozen=True, eq=False)
class TermView:
    """One term as it is shown."""

    name: str
    minus: bool
    weight: float
    pixels: Pixels | None


@dataclass(frozen=True, eq=False)
class Result:
    """What comes out; ``pixels`` None: still to come, or nothing to calculate yet."""

    pixels: Pixels | None
    sentence: str
    ready: bool  # whether there is a point to go to


class ArithmeticView(Protocol):
    """What the controller needs of the panel."""

    def show_mode(self, mode: Mode) -> None: ...
    def show_terms(self, terms: tuple[TermView, ...]) -> None: ...
    def show_slots(self, slots: tuple[Choice | None, ...]) -> None: ...
    def show_result(self, result: Result) -> None: ...
    def show_groups(self, groups: tuple[Choice, ...]) -> None: ...
    def show_pictures(self, pictures: tuple[Choice, ...]) -> None: ...
    def show_filters(self, labels: tuple[str, ...], marks: tuple[str, ...]) -> None: ...
    def tell(self, sentence: str) -> None: ...


class Walks(Protocol):
    """Who moves the place."""

    def begin(self) -> None: ...
    def to_code(self, code: NDArray[np.float32], words: str) -> None: ...


class ArithmeticController:
    """Keeps terms and groups in the notebook, and decodes what is in sight; the result comes first."""

    def __init__(
        self,
        stage: Stage,
        notebooks: Notebooks,
        walk: Walks,
        lane: Lane,
        view: ArithmeticView,
        rng: np.random.Generator,
    ) -> None:
        self._stage, self._notebooks, self._walk, self._lane = stage, notebooks, walk, lane
        self._view, self._rng = view, rng
        self._mode: Mode = "sum"
        self._filter = EVERYTHING
        self._rows: tuple[int, ...] = ()  # of the data, offered now
        self._pictures: dict[Code, Pixels] = {}
        self._gesture = 0
        self._decodes: Decodes | None = None  # who made the pictures
        for signal in (stage.events.lifted, stage.events.encoded):
            signal.connect(self.renew)
        notebooks.changed.connect(self.refresh)

    # what there is to take

    def renew(self) -> None:
        """Other data: offer some of it."""
        self.offer()

    def offer(self, chosen: str | None = None) -> None:
        """Offer other pictures of the data, all or those with the label ``chosen``; None keeps the filter."""
        data = self._stage.offered
        labels = labels_of(data)
        self._filter = self._filter if chosen is None else chosen
        if self._filter not in labels:
            self._filter = EVERYTHING
        members = np.arange(0 if data is None else len(data))
        if data is not None and self._filter:
            members = np.flatnonzero(labelled(data, self._filter))
        count = min(TRAY, len(members))
        self._rows = tuple(sorted(self._rng.choice(members, count, replace=False).tolist())) if count else ()
        self.refresh()

    def make_group(self, chosen: str, name: str = "") -> None:
        """Keep the mean of all pictures with a label such as ``mouth: smile``, or of marked ones, as a group."""
        data, trait = self._stage.offered, None
        for side in (True, False):
            for known in self._notebooks.notes.traits:
                if chosen == marks_name(known.name, side):
                    trait = [pick.code for pick in known.picks if pick.more is side]
        if trait is not None:
            codes = np.array(trait, np.float32)
            self._keep_group(codes, np.arange(len(codes)), name or chosen)
        elif data is not None and chosen in labels_of(data):
            self._keep_group(data.codes, np.flatnonzero(labelled(data, chosen)), name or chosen)
        else:
            self._view.tell("Choose what the pictures of the group have in common first.")

    def add_group(self, rows: NDArray[np.int64], name: str) -> None:
        """Keep the mean of these pictures of the data as a group, such as those inside a lasso."""
        data = self._stage.offered
        if data is not None:
            self._keep_group(data.codes, rows, name)

    def delete_group(self, name: str) -> None:
        """Forget a group; terms that were taken from it stay."""
        groups = self._notebooks.notes.groups
        self._notebooks.write(f"Delete the group “{name}”", groups=tuple(g for g in groups if g.name != name))

    # sums

    def take(self, key: str) -> None:
        """Put something into the sum, as a further term."""
        point = self._point(key)
        if point is not None:
            terms = self._notebooks.notes.terms
            self._notebooks.write(f"Take “{point.name}”", terms=(*terms, Term(point=point)))

    def remove(self, index: int) -> None:
        """Take a term out."""
        terms = self._notebooks.notes.terms
        if 0 <= index < len(terms):
            words = f"Take “{terms[index].point.name}” out"
            self._notebooks.write(words, terms=terms[:index] + terms[index + 1 :])

    def turn(self, index: int) -> None:
        """Change the sign of a term."""
        terms = self._notebooks.notes.terms
        if 0 <= index < len(terms):
            self._put(index, terms[index].model_copy(update={"minus": not terms[index].minus}), "Change a sign")

    def begin(self) -> None:
        """A gesture on a weight begins: what follows is one step of undo."""
        self._gesture += 1

    def weigh(self, index: int, weight: float) -> None:
        """Give a term another weight; part of the running gesture."""
        terms = self._notebooks.notes.terms
        if 0 <= index < len(terms) and np.isfinite(weight):
            changed = terms[index].model_copy(update={"weight": min(max(weight, 0.0), HEAVIEST)})
            self._put(index, changed, f"Weigh “{changed.point.name}”", self._gesture)

    def clear(self) -> None:
        """Begin anew: no terms, or no analogy."""
        if self._mode == "sum":
            self._notebooks.write("Clear the sum", terms=())
        else:
            self._notebooks.write("Clear the analogy", analogy=(None, None, None))

    # analogies

    def fill(self, slot: int, key: str) -> None:
        """Put something into a (0), b (1) or c (2) of the analogy."""
        point = self._point(key)
        if point is not None:
            slots = list(self._notebooks.notes.analogy)
            slots[slot] = point
            self._notebooks.write(f"Fill {SLOTS[slot]} of the analogy", analogy=(slots[0], slots[1], slots[2]))

    def show(self, mode: Mode) -> None:
        """Turn to sums or to analogies."""
        self._mode = mode
        self._view.show_mode(mode)
        self.refresh()

    def go(self) -> None:
        """Go to the result."""
        code = self._result()
        if code is not None:
            self._walk.begin()
            self._walk.to_code(code, "Go to the result")

    # what follows

    def refresh(self) -> None:
        """Show everything as it is now, and have decoded what is not known yet; the result first."""
        model = self._stage.model
        decodes = self._stage.small
        if decodes is not self._decodes:
            self._decodes = decodes
            self._pictures.clear()
        self._show()
        if decodes is None:
            self._lane.cancel()
            return
        missing = tuple(code for code in self._wanted() if code not in self._pictures)
        if missing:
            self._lane.submit(
                lambda job: _draw(decodes, missing, job),
                lambda _: None,
                _crash_unless_told,
                lambda found: self._learn(*found) if self._stage.model is model else None,
            )

    def _learn(self, code: Code, pixels: Pixels) -> None:
        self._pictures[code] = pixels
        while len(self._pictures) > KEPT:
            self._pictures.pop(next(iter(self._pictures)))
        self._show()

    def _show(self) -> None:
        notes, data, seen = self._notebooks.notes, self._stage.offered, self._pictures.get
        self._view.show_terms(
            tuple(TermView(t.point.name, t.minus, t.weight, seen(t.point.code)) for t in notes.terms)
        )  # fmt: skip
        self._view.show_slots(
            tuple(None if point is None else Choice("", point.name, seen(point.code)) for point in notes.analogy)
        )
        self._view.show_groups(tuple(Choice(f"group:{g.name}", g.name, seen(g.code), g.count) for g in notes.groups))
        self._view.show_pictures(
            () if data is None
            else tuple(Choice(f"row:{row}", row_name(data, row), self._row_pixels(data, row)) for row in self._rows)
        )  # fmt: skip
        self._view.show_filters(labels_of(data), marks_of(notes))
        code = self._result()
        pixels = None if code is None else seen(tuple(code.tolist()))
        self._view.show_result(Result(pixels, self._sentence(notes), code is not None))

    def _sentence(self, notes: Notes) -> str:
        if self._mode == "analogy":
            a, b, c = (None if point is None else point.name for point in notes.analogy)
            return EMPTY_ANALOGY if None in (a, b, c) else f"“{c}” with what makes “{b}” differ from “{a}”."
        if not notes.terms:
            return EMPTY_SUM
        total = sum(term.signed for term in notes.terms)
        if abs(total - 1) < 0.005:
            return "The weights add up to 1, so the result lies among pictures as usual."
        return f"The weights add up to {total:.2g}: with 1 the result would lie among pictures as usual."

    def _result(self) -> NDArray[np.float32] | None:
        model, notes = self._stage.model, self._notebooks.notes
        if model is None or model.decodes is None:
            return None
        if self._mode == "analogy":
            corners = [np.array(point.code, np.float32) for point in notes.analogy if point is not None]
            return analogy(corners[0], corners[1], corners[2]) if len(corners) == len(SLOTS) else None
        if not notes.terms:
            return None
        codes = np.array([term.point.code for term in notes.terms], np.float32)
        weights = np.array([term.signed for term in notes.terms], np.float32)
        return weighted_sum(codes, weights, model.decodes.prior.center)

    def _wanted(self) -> Iterator[Code]:
        """The codes whose pictures are in sight, the most wanted first."""
        notes, data, result = self._notebooks.notes, self._stage.offered, self._result()
        if result is not None:
            yield tuple(result.tolist())
        yield from (term.point.code for term in notes.terms)
        yield from (point.code for point in notes.analogy if point is not None)
        yield from (group.code for group in notes.groups)
        if data is not None and data.thumbnails is None:
            yield from (tuple(data.codes[row].tolist()) for row in self._rows)

    def _row_pixels(self, data: Encoded, row: int) -> Pixels | None:
        return self._pictures.get(tuple(data.codes[row].tolist())) if data.thumbnails is None else data.thumbnails[row]

    def _point(self, key: str) -> Point | None:
        data, picture = self._stage.offered, self._stage.picture
        kind, _, name = key.partition(":")
        if key == HERE and picture is not None and picture.model is self._stage.model:
            return Point(name="this picture", code=tuple(picture.code.tolist()))
        if kind == "row" and data is not None and int(name) < len(data):
            return Point(name=row_name(data, int(name)), code=tuple(data.codes[int(name)].tolist()))
        return next((group for group in self._notebooks.notes.groups if kind == "group" and group.name == name), None)

    def _put(self, index: int, term: Term, words: str, gesture: int | None = None) -> None:
        terms = self._notebooks.notes.terms
        self._notebooks.write(words, gesture, terms=(*terms[:index], term, *terms[index + 1 :]))

    def _keep_group(self, codes: NDArray[np.float32], rows: NDArray[np.int64], name: str) -> None:
        groups = self._notebooks.notes.groups
        try:
            mean = group_mean(codes, rows)
        except ValueError:
            self._view.tell("No picture is in that group, so it has no mean; choose another one.")
            return
        name = unused(name.strip()[:LONGEST_NAME] or "group", {group.name for group in groups})
        group = Point(name=name, code=tuple(mean.tolist()), count=len(rows))
        self._notebooks.write(f"Make the group “{name}”", groups=(*groups, group))


def _draw(decodes: Decodes, missing: tuple[Code, ...], job: Job) -> Iterator[None]:
    for code in missing:
        job.report((code, decodes.decode(np.array([code], np.float32))[0]))
        yield


def _crash_unless_told(error: Exception) -> None:
    """What a model cannot do is told where its picture is."""
    if not isinstance(error, ExplorerError):
        raise error
