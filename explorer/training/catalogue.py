"""What can be trained, as ``python -m trainers list --json`` says it; the trainers are never imported."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.contract.errors import ExplorerError

Value = bool | int | float | str


class TrainingFault(ExplorerError):
    """A trainer cannot be started, asked or understood; the sentence says what to do."""


class Knob(BaseModel):
    """One thing that can be chosen; ``low`` and ``high`` bound numbers, ``choices`` are all there are."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    group: str = ""
    type: Literal["integer", "number", "text", "switch", "choice", "path"]
    default: Value | None = None
    choices: tuple[str, ...] | None = None
    low: float | None = None
    low_is_allowed: bool = True
    high: float | None = None
    unit: str = ""
    help: str = ""
    live: bool = False  # may be changed while it trains

    def read(self, text: str) -> Value:
        """What a person typed, as a value of this knob.

        Raises:
            TrainingFault: one sentence with the range.
        """
        words = text.strip().replace(",", "").replace(" ", "")
        if self.type in ("text", "path", "choice"):
            return text.strip()
        if self.type == "switch":
            return words.lower() in ("true", "on", "yes", "1")
        try:
            number = float(words)
            whole = int(number) if self.type == "integer" and number == int(number) else None
        except (ValueError, OverflowError):
            number, whole = float("nan"), None
        below = self.low is not None and (number < self.low or (number == self.low and not self.low_is_allowed))
        above = self.high is not None and number > self.high
        if number != number or below or above or (self.type == "integer" and whole is None):
            raise TrainingFault(f"{self.title}: {self.range_words}, not “{text.strip()[:20]}”.")
        return number if whole is None else whole

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ").capitalize()

    @property
    def range_words(self) -> str:
        """``a whole number from 1 to 512``."""
        what = "a whole number" if self.type == "integer" else "a number"
        low = None if self.low is None else f"{'from' if self.low_is_allowed else 'above'} {self.low:,g}"
        high = None if self.high is None else f"to {self.high:,g}"
        return " ".join(part for part in (what, low, high) if part)

    def show(self, value: Value | None) -> str:
        """A value as a person reads and types it."""
        if value is None:
            return ""
        if isinstance(value, bool | str):
            return str(value)
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"


class Family(BaseModel):
    """One kind of model that can be trained."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    sentence: str
    teaches: str = ""
    needs: str = ""
    fields: tuple[Knob, ...]
    classroom: dict[str, Value] | None = None

    @property
    def title(self) -> str:
        """Its name for people: what stands before the colon of its sentence."""
        return self.sentence.partition(":")[0].partition("(")[0].strip()

    @property
    def defaults(self) -> dict[str, Value]:
        """Every value that nobody chose."""
        return {knob.name: knob.default for knob in self.fields if knob.default is not None}


class Recipe(BaseModel):
    """The run behind a shipped model, or one of record."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    family: str
    sentence: str
    shipped: bool
    values: dict[str, Value | None]


class DataSet(BaseModel):
    """Pictures to train on; ``get`` is the command that fetches what is missing."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    sentence: str
    size: int
    channels: int
    ready: bool
    get: str = ""


class Catalogue(BaseModel):
    """All that can be trained here."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    families: tuple[Family, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    data: tuple[DataSet, ...] = ()

    def family(self, name: str) -> Family | None:
        """The family of that name."""
        return next((family for family in self.families if family.name == name), None)


class Estimate(BaseModel):
    """What a measured dry run says; megabytes, seconds, images."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    images_per_s: float
    seconds: float
    memory_mb: float
    memory_free_mb: float
    parameters: int
    device: str
    disk_mb: float
    disk_free_mb: float
    batch_fits: int | None
    pictures: int
    faults: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """One line for people."""
        return (
            f"About {duration(self.seconds)} on this machine ({self.images_per_s:,.0f} images/s); "
            f"{self.parameters / 1e6:.2f} million parameters, {self.memory_mb:,.0f} MB of memory, "
            f"{self.disk_mb:,.0f} MB on disk."
        )


class DataReport(BaseModel):
    """What ``python -m trainers data NAME --json True`` found."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    counts: tuple[tuple[str, int], ...]
    size: int
    channels: int
    classes: tuple[str, ...] = ()
    attributes: tuple[dict[str, Any], ...] = Field(default=())
    licence: str = ""
    credit: str = ""
    where: str = ""
    note: str = ""

    @property
    def sentence(self) -> str:
        """One or two lines for people."""
        counts = " and ".join(
            f"{count:,} to {'train' if split == 'train' else 'test'} on" for split, count in self.counts
        )
        kinds = f"{len(self.classes)} classes" if self.classes else f"{len(self.attributes)} attributes of each"
        known = kinds if self.classes or self.attributes else "nothing said about them"
        colour = "grey" if self.channels == 1 else "colour"
        return f"{counts}; {self.size} px, {colour}, {known}. {self.licence}. {self.note}".strip()


def read_catalogue(text: str) -> Catalogue:
    """What ``list --json`` said.

    Raises:
        TrainingFault: it is not a catalogue.
    """
    try:
        return Catalogue.model_validate_json(text)
    except ValidationError as error:
        raise TrainingFault(
            "The trainers that are installed do not fit this version of the app; install both again."
        ) from error


def read_estimate(text: str) -> Estimate:
    """What ``probe`` said.

    Raises:
        TrainingFault: it is not an estimate.
    """
    try:
        return Estimate.model_validate_json(text)
    except ValidationError as error:
        raise TrainingFault("The measurement gave no numbers; start the training to see what is wrong.") from error


def options(values: dict[str, Value], defaults: dict[str, Value]) -> list[str]:
    """The words of a command line for what differs from the defaults."""
    words: list[str] = []
    for name, value in values.items():
        if defaults.get(name) != value:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.4 h``."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
