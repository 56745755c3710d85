"""The command line: what it says, what it returns, and one short training from start to bundle."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import open_bundle
from explorer.contract.run import read_config, read_events
from tests.trainers import toys
from trainers.__main__ import COMMANDS, DONE, FAILED, WRONG_CALL, main
from trainers.families import FAMILIES
from trainers.kit.data import load
from trainers.recipes import RECIPES
from trainers.schema import field_helps, schema

pytestmark = pytest.mark.torch
SMALL = ["--width", "4", "--blocks", "0", "--latent", "3", "--batch", "8", "--held-out", "8", "--beta-warmup", "0"]


@pytest.fixture(autouse=True)
def stay_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.__main__.be_considerate", lambda: None)  # it lowers the whole test run's priority


def test_train_resume_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, run, out = toys.folder(tmp_path / "discs"), tmp_path / "run", tmp_path / "bundle"
    assert main(["train", "vae", "--data", str(data), "--max-steps", "6", "--out", str(run), *SMALL]) == DONE
    assert "held-out" in capsys.readouterr().out
    assert read_config(run)["config"]["plan"]["images"] == 48
    assert read_events(run).items[-1].kind == "finished"

    assert main(["resume", str(run)]) == DONE
    assert "Going on after 48 images" in capsys.readouterr().out
    assert main(["export", str(run), "-o", str(out)]) == DONE
    assert open_bundle(out).verify() == []

    assert main(["train", "vae", "--data", str(data), "--out", str(run), *SMALL]) == FAILED
    assert "holds a training already; go on with `resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["fly"], "knows no 'fly': choose one of train"),
        (["train"], "needs a name: ae, vae"),
        (["train", "gna"], "knows no 'gna': choose one of ae, vae"),
        (["train", "vae", "--latent", "0"], "--latent: input should be greater than or equal to 1, got 0."),
        (["train", "vae", "--rate", "2"], "--rate: input should be less than or equal to 1, got 2.0."),
        (["schema", "vae", "more"], "nothing else"),
        (["list", "more"], "nothing else"),
        (["data", "nothing-of-this-name"], "nothing-of-this-name"),
    ],
)
def test_a_wrong_call_returns_2_and_says_what_is_right(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == WRONG_CALL
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "words", [["train", "vae", "--latnt", "3"], ["train", "vae", "--batch", "many"], ["export", "run"]]
)
def test_a_wrong_option_returns_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == WRONG_CALL
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("words", [["export", "no-run", "-o", "x"], ["resume", "no-run"], ["evaluate", "no-bundle"]])
def test_what_cannot_be_done_returns_1_and_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == FAILED
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_a_crash_is_one_sentence_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(_: list[str]) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(COMMANDS, "list", crash)
    assert main(["list"]) == FAILED
    assert capsys.readouterr().err == "Unexpected: ZeroDivisionError: by zero (--debug shows where).\n"
    assert main(["list", "--debug"]) == FAILED
    assert "in crash" in capsys.readouterr().err


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == DONE
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in (*FAMILIES, *RECIPES))


def test_no_words_is_a_wrong_call_and_help_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == WRONG_CALL
    assert main(["--help"]) == DONE
    assert "evaluate" in capsys.readouterr().out


@pytest.mark.parametrize("name", FAMILIES)
def test_a_schema_covers_every_field_with_type_default_and_help(name: str) -> None:
    facts = json.loads(json.dumps(schema(FAMILIES[name])))["fields"]
    assert [fact["name"] for fact in facts] == list(_leaves(FAMILIES[name].config()))
    for fact in facts:
        assert fact["help"].endswith("."), fact["name"]
        assert fact["type"] in {"integer", "number", "text", "switch", "choice"}
        low, high = fact["low"], fact["high"]
        if fact["type"] in {"integer", "number"}:
            assert low is None or low <= fact["default"]
            assert high is None or fact["default"] <= high
        if fact["choices"]:
            assert fact["default"] in fact["choices"]


def _leaves(config: object) -> dict[str, object]:
    found = {}
    for field in fields(config):
        value = getattr(config, field.name)
        found |= _leaves(value) if is_dataclass(value) else {field.name: value}
    return found


def test_a_schema_gives_ranges_and_units() -> None:
    facts = {fact["name"]: fact for fact in schema(FAMILIES["vae"])["fields"]}
    latent, rate = facts["latent"], facts["rate"]
    assert (latent["low"], latent["high"], latent["unit"], latent["group"]) == (1, 512, "numbers", "architecture")
    assert (rate["low"], rate["low_is_allowed"]) == (0, False)
    assert facts["batch"]["low"] == 1
    assert facts["images"]["unit"] == "images"


def test_help_is_inherited() -> None:
    helps = field_helps(FAMILIES["vae"].config)
    assert helps["data"].startswith("Name of a data set")
    assert "KL divergence" in helps["beta"]


def test_max_steps_counts_steps_of_the_batch_given(tmp_path: Path) -> None:
    data = toys.folder(tmp_path / "discs")
    words = ["train", "ae", "--data", str(data), "--out", str(tmp_path / "run"), "--max-steps", "2"]
    assert main([*words, *SMALL[:-2], "--batch", "4"]) == DONE
    assert read_events(tmp_path / "run").items[-1].images == 8


def test_a_training_without_data_leaves_nothing_behind(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main(["train", "vae", "--data", str(tmp_path / "nowhere"), "--out", str(run), *SMALL]) != DONE
    assert not run.exists()


def test_a_recipe_with_another_value_is_no_longer_that_recipe(tmp_path: Path) -> None:
    data = toys.folder(tmp_path / "discs")
    words = ["train", "fashion-ae", "--data", str(data), "--max-steps", "1", "--out", str(tmp_path / "run")]
    assert main([*words, *SMALL[:-2]]) == DONE
    assert read_config(tmp_path / "run")["recipe"] == ""


def test_without_a_folder_a_run_gets_one_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = toys.folder(tmp_path / "discs")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["train", "vae", "--data", str(data), "--max-steps", "1", *SMALL]) == DONE
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["vae", "vae-2"]


def test_the_catalogue_is_json_whose_names_the_command_line_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == DONE
    said = json.loads(capsys.readouterr().out)
    assert [family["name"] for family in said["families"]] == list(FAMILIES)
    fields_of = {family["name"]: {fact["name"]: fact for fact in family["fields"]} for family in said["families"]}
    for family in said["families"]:
        assert set(family["classroom"]) <= set(fields_of[family["name"]])
        assert family["teaches"].endswith(".") and family["needs"].endswith(".")
    for recipe in said["recipes"]:
        assert set(recipe["values"]) == set(fields_of[recipe["family"]])
    assert {name for name, fact in fields_of["vae"].items() if fact["live"]} == {"rate", "beta"}
    assert {entry["name"] for entry in said["data"]} == {"fashion-mnist", "mnist", "faces", "glyphs"}


def test_a_probe_measures_and_names_what_would_go_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainers.probe.SECONDS", 0.05)
    data = toys.folder(tmp_path / "discs")
    words = ["probe", "vae", "--data", str(data), "--out", str(tmp_path / "run"), *SMALL]
    assert main([*words, "--images", "800"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert found["faults"] == []
    assert found["seconds"] == pytest.approx(800 / found["images_per_s"])
    assert found["pictures"] == len(load(str(data), "train"))
    assert found["parameters"] > 100 and found["disk_mb"] > 0
    assert not (tmp_path / "run").exists()

    assert main([*words[:-6], "--width", "4", "--latent", "3", "--batch", "64", "--held-out", "8"]) == DONE
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert "fewer than a batch of 64" in fault


@pytest.mark.slow
def test_snapshots_come_of_their_own_accord(tmp_path: Path) -> None:
    run = tmp_path / "run"
    data = toys.folder(tmp_path / "discs")
    words = ["train", "vae", "--data", str(data), "--max-steps", "16", "--out", str(run), "--snapshots", "4", *SMALL]
    assert main(words) == DONE
    kept = [event for event in read_events(run).items if event.kind == "snapshot"]
    assert [event.images for event in kept] == [8, 32, 72, 128]  # (i / 4)^2 of 128
    assert all(open_bundle(run / event.path).verify() == [] for event in kept)


def test_a_sheet_shows_what_augmentation_does_to_one_picture(tmp_path: Path) -> None:
    data, target = toys.folder(tmp_path / "discs"), tmp_path / "sheet.png"
    assert main(["data", str(data), "--sheet", str(target), "--augmented", "True"]) == DONE
    with Image.open(target) as picture:
        sheet = np.asarray(picture)
    side = (sheet.shape[0] + 2) // 4
    pictures = [sheet[top : top + side - 2, left : left + side - 2] for top in range(0, 4 * side, side)
                for left in range(0, 8 * side, side)]  # fmt: skip
    training = load(str(data), "train").images[..., 0]
    assert any(np.array_equal(pictures[0], known) for known in training)
    changed = sum(not np.array_equal(pictures[0], other) for other in pictures[1:])
    assert changed > 20  # of 31; one in a few hundred keeps all five kinds of change away
    assert main(["data", str(data), "--augmented", "True"]) == WRONG_CALL
