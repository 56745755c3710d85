"""A training that is about to be started: what can be trained, the form, a measured estimate, the pictures."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from explorer.contract.errors import ExplorerError
from explorer.tasks.latest import Job, Lane
from explorer.training import pythons, trainer
from explorer.training.catalogue import (
    Catalogue,
    DataReport,
    Estimate,
    Family,
    Knob,
    TrainingFault,
    Value,
    options,
    read_catalogue,
    read_estimate,
)

CLASSROOM, DEFAULTS, OWN = "classroom", "defaults", "own"
MAIN = (
    "data",
    "images",
    "size",
    "latent",
    "beta",
    "width",
    "widest",
    "batch",
    "rate",
    "r1",
    "augment",
    "parameterisation",
    "schedule",
)  # fmt: skip - what is always in sight, in this order
LONGEST_NAME = 60
SHEET = "sheet.png"
AUGMENTED = " Here: one of them, and what the augmentation makes of it when it changes most."


@dataclass(frozen=True)
class Field:
    """One line of the form."""

    knob: Knob
    text: str
    fault: str = ""
    main: bool = False
    own: bool = False  # it differs from the preset


@dataclass(frozen=True)
class Preset:
    """Values to begin with."""

    key: str
    title: str
    sentence: str


@dataclass(frozen=True)
class Form:
    """The whole form as it stands."""

    family: Family
    presets: tuple[Preset, ...]
    preset: str
    fields: tuple[Field, ...]
    name: str

    @property
    def fault(self) -> str:
        """The first thing that is wrong; empty when all can be read."""
        return next((field.fault for field in self.fields if field.fault), "")


@dataclass(frozen=True)
class Missing:
    """Why there is no training here, and what helps."""

    sentence: str
    command: str  # to be typed in a terminal
    installs: bool  # whether the button can do that
    fault: str = ""  # how what was tried went wrong


class NewRunView(Protocol):
    """What the controller needs of the page."""

    def show_missing(self, missing: "Missing") -> None: ...
    def show_installing(self, line: str) -> None: ...
    def show_catalogue(self, catalogue: Catalogue | None, fault: str) -> None: ...
    def show_form(self, form: Form) -> None: ...
    def show_estimate(self, sentence: str, faults: tuple[str, ...], *, busy: bool) -> None: ...
    def show_data(self, sentence: str, sheet: Path | None, *, fault: bool) -> None: ...


class NewRunController:
    """Asks the trainers what there is, and starts what was chosen."""

    def __init__(
        self,
        ask_lane: Lane,
        data_lane: Lane,
        folder: Path,
        scratch: Path,
        view: NewRunView,
        later: Callable[[Callable[[], None]], Callable[[], None]],
        start: Callable[[Path, tuple[str, ...]], None],
        interpreter: pythons.Interpreter,
    ) -> None:
        self._ask_lane, self._data_lane, self._view, self._start = ask_lane, data_lane, view, start
        self._folder, self._scratch, self._interpreter = folder, scratch, interpreter
        self._catalogue: Catalogue | None = None
        self._family: Family | None = None
        self._preset = CLASSROOM
        self._begin: dict[str, Value] = {}  # what the preset says
        self._texts: dict[str, str] = {}  # what a person typed instead
        self._name = ""
        self._asked_data = ("", False)
        self._measure_later = later(self.measure)
        self._shown = self._installing = False

    def open(self) -> None:
        """The page comes into sight: ask what there is, once."""
        self._shown = True
        if self._catalogue is None and not self._installing:
            self._view.show_catalogue(None, "")
            self._interpreter.forget()
            self._ask_lane.submit(lambda _: self._interpreter.found, self._take_python, self._fail_catalogue)

    def choose_python(self, path: str) -> None:
        """Train with that Python from now on."""
        self._interpreter.chosen = path
        self._interpreter.forget()
        self._catalogue = None
        self.open()

    def install(self) -> None:
        """Fetch the packages that training needs."""

        def work(job: Job) -> str:
            words = (self._interpreter.path(), "-m", "pip", "install", pythons.EXTRA)
            return trainer.run(words, job.cancel_with, job.report)

        def done(_: str) -> None:
            self._installing = False
            self.open()

        def failed(error: Exception) -> None:
            self._installing = False
            if not isinstance(error, ExplorerError):
                raise error
            self._view.show_missing(_missing(self._interpreter.found, str(error)))

        self._installing = True  # coming back to the page must not ask something else instead
        self._view.show_installing("Starting …")
        self._ask_lane.submit(work, done, failed, self._view.show_installing)

    def choose_family(self, name: str, preset: str = CLASSROOM) -> None:
        """Fill the form for a family."""
        family = None if self._catalogue is None else self._catalogue.family(name)
        if family is None:
            return
        self._family, self._texts = family, {}
        self.choose_preset(preset)

    def choose_preset(self, key: str) -> None:
        """Begin from these values; what was typed is forgotten."""
        family = self._family
        if family is None or self._catalogue is None:
            return
        recipe = next((recipe for recipe in self._catalogue.recipes if recipe.name == key), None)
        self._texts = {}
        if recipe is not None:
            self._begin = family.defaults | {name: value for name, value in recipe.values.items() if value is not None}
        elif key == CLASSROOM and family.classroom is not None:
            self._begin = family.defaults | family.classroom
        else:
            key, self._begin = DEFAULTS, family.defaults
        self._preset = key
        self._name = self._free_name(key if recipe is not None else family.name)
        self._changed()

    def repeat(self, family: str, values: dict[str, Value], name: str) -> None:
        """Fill the form as a run was started, to change what one likes."""
        if self._catalogue is None or self._catalogue.family(family) is None:
            return
        self._family = self._catalogue.family(family)
        assert self._family is not None
        known = {knob.name for knob in self._family.fields}
        self._begin = self._family.defaults | {key: value for key, value in values.items() if key in known}
        self._preset, self._texts, self._name = OWN, {}, self._free_name(name)
        self._changed()

    def set(self, name: str, text: str) -> None:
        """What a person typed or chose for a field."""
        self._texts[name] = text
        self._changed()

    def rename(self, name: str) -> None:
        """What the run is called."""
        self._name = name
        self._changed()

    def measure(self) -> None:
        """Measure a few real steps of what the form says."""
        words = self._words()
        if words is None or not self._shown or self._form.fault:
            return
        self._view.show_estimate("Measuring a few steps …", (), busy=True)
        self._ask_lane.submit(self._asking("probe", *words), self._take_estimate, self._fail_estimate)

    def start(self) -> None:
        """Start what the form says, or say why not."""
        words = self._words()
        if words is None:
            return
        form = self._form
        if form.fault:
            self._view.show_estimate("", (form.fault,), busy=False)
            return
        self._ask_lane.cancel()
        folder = self._folder / self._free_name(form.name)
        self._start(folder, ("train", *words, "--out", str(folder)))
        self._name = self._free_name(form.name)
        self._view.show_form(self._form)
        self._view.show_estimate("", (), busy=False)

    # inside

    @property
    def _form(self) -> Form:
        family = self._family
        assert family is not None
        fields: list[Field] = []
        for knob in family.fields:
            text = self._texts.get(knob.name, knob.show(self._begin.get(knob.name)))
            fault = ""
            try:
                own = knob.read(text) != self._begin.get(knob.name)
            except TrainingFault as error:
                fault, own = str(error), True
            fields.append(Field(knob, text, fault, knob.name in MAIN, own))
        order = {name: at for at, name in enumerate(MAIN)}
        fields.sort(key=lambda field: order.get(field.knob.name, len(order)))
        return Form(family, self._presets(family), self._preset, tuple(fields), self._name)

    def _presets(self, family: Family) -> tuple[Preset, ...]:
        assert self._catalogue is not None
        found = [Preset(CLASSROOM, "Classroom", "Something worth seeing in about two minutes.")]
        if family.classroom is None:
            found = []
        for recipe in self._catalogue.recipes:
            if recipe.family == family.name:
                kind = "The shipped model" if recipe.shipped else "A longer run"
                found.append(Preset(recipe.name, recipe.name, f"{kind}: {recipe.sentence}"))
        found.append(Preset(DEFAULTS, "Defaults", "What the trainer does when nothing is said."))
        if self._preset == OWN:
            found.append(Preset(OWN, "As that run", "The values of the run that is repeated."))
        return tuple(found)

    def _words(self) -> list[str] | None:
        """The command line of the form, after the verb."""
        family = self._family
        if family is None:
            return None
        form, values = self._form, dict(self._begin)
        if form.fault:
            return [family.name]
        for field in form.fields:
            values[field.knob.name] = field.knob.read(field.text)
        recipe = self._preset if self._preset not in (CLASSROOM, DEFAULTS, OWN) else ""
        if recipe and not any(field.own for field in form.fields):
            return [recipe]  # so that the bundle says whose run it was
        return [family.name, *options(values, family.defaults)]

    def _changed(self) -> None:
        form = self._form
        self._view.show_form(form)
        self._view.show_estimate("", (form.fault,) if form.fault else (), busy=False)
        self._measure_later()
        texts = {field.knob.name: field.text for field in form.fields}
        asked = texts["data"], texts.get("augment", "off") != "off"
        if asked != self._asked_data:
            self._asked_data = asked
            self._look_at(*asked)

    def _look_at(self, data: str, augmented: bool) -> None:
        assert self._catalogue is not None
        known = next((entry for entry in self._catalogue.data if entry.name == data), None)
        if known is not None and not known.ready:
            self._view.show_data(
                f"{known.sentence} It is not on this machine. Get it with: {known.get}", None, fault=True
            )
            return
        self._view.show_data("Looking at the pictures …", None, fault=False)
        self._scratch.mkdir(parents=True, exist_ok=True)
        sheet = self._scratch / SHEET
        words = ("data", data, "--json", "True", "--sheet", str(sheet), "--augmented", str(augmented))
        take = partial(self._take_data, sheet, augmented)
        self._data_lane.submit(self._asking(*words), take, self._fail_data)

    def _take_data(self, sheet: Path, augmented: bool, text: str) -> None:
        report = DataReport.model_validate_json(text.strip().splitlines()[-1])
        self._view.show_data(f"{report.sentence}{AUGMENTED if augmented else ''}", sheet, fault=False)

    def _fail_data(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_data(str(error), None, fault=True)

    def _take_python(self, found: pythons.Python) -> None:
        if not found.trains:
            self._view.show_missing(_missing(found))
            return
        self._ask_lane.submit(self._asking("list", "--json"), self._take_catalogue, self._fail_catalogue)

    def _asking(self, *words: str) -> Callable[[Job], str]:
        """What asks the trainers, in a thread of its own."""
        return lambda job: trainer.ask(self._interpreter.path(), words, job.cancel_with, job.report)

    def _take_catalogue(self, text: str) -> None:
        try:
            self._catalogue = read_catalogue(text)
        except TrainingFault as error:
            self._fail_catalogue(error)
            return
        self._view.show_catalogue(self._catalogue, "")
        first = next((family.name for family in self._catalogue.families if family.name == "vae"), "")
        if self._family is None:
            self.choose_family(first or self._catalogue.families[0].name)

    def _fail_catalogue(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_catalogue(None, str(error))

    def _take_estimate(self, text: str) -> None:
        estimate: Estimate = read_estimate(text.strip().splitlines()[-1])
        self._view.show_estimate(estimate.sentence, estimate.faults, busy=False)

    def _fail_estimate(self, error: Exception) -> None:
        if not isinstance(error, ExplorerError):
            raise error
        self._view.show_estimate("", (str(error),), busy=False)

    def _free_name(self, wanted: str) -> str:
        """``wanted``, or the first of ``wanted-2``, ``wanted-3``, ... that no run has; fit to be a folder's name."""
        plain = re.sub(r"[^\w.+-]+", "-", wanted.strip()).strip("-.")[:LONGEST_NAME] or "run"
        stem = re.sub(r"-\d+$", "", plain)
        name, count = plain, 1
        while (self._folder / name).exists():
            count += 1
            name = f"{stem}-{count}"
        return name


def _missing(python: pythons.Python, fault: str = "") -> Missing:
    """What is said where a Python does not train."""
    if python.path and not python.fault:
        who = "" if python.path == sys.executable else f" in {python.path}"
        sentence = f"That needs PyTorch, which is not installed{who} ({', '.join(python.lacking)})."
    else:
        sentence = (
            "That needs Python 3.11 or later with PyTorch, which this program does not bring: type the line below in a "
            "terminal, then choose the Python of the new folder. One that is on the PATH is found by itself."
        )
    able = bool(python.path) and not python.fault
    return Missing(sentence, pythons.installing(python), able, fault or python.fault)
