"""The TensorBoard files of a training say what its journal says."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from explorer.contract import run as contract
from tests.trainers import toys
from trainers.__main__ import DONE, FAILED, main
from trainers.kit.journal import Journal
from trainers.kit.tensorboard import FOLDER, TensorBoard

pytestmark = pytest.mark.torch
SMALL = ["--width", "4", "--blocks", "0", "--latent", "3", "--batch", "8", "--held-out", "8", "--report", "16"]


@pytest.fixture(autouse=True)
def stay_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.__main__.be_considerate", lambda: None)  # it lowers the whole test run's priority


def read(run: Path) -> EventAccumulator:
    found = EventAccumulator(str(run / FOLDER))
    found.Reload()
    return found


def test_its_curves_and_pictures_are_those_of_the_journal_also_after_resuming(tmp_path: Path) -> None:
    data, run = toys.folder(tmp_path / "discs"), tmp_path / "run"
    words = ["train", "vae", "--data", str(data), "--out", str(run), "--images", "64", "--milestone", "32", *SMALL]
    assert main([*words, "--log", "tensorboard"]) == DONE
    assert main(["resume", str(run)]) == DONE
    events = contract.read_events(run).items
    found = read(run)
    for split, name in (("train", "KL"), ("train", "gradient norm"), ("held-out", "objective")):
        wanted = [(e.images, e.values[name]) for e in events if isinstance(e, contract.Metric) and e.split == split]
        got = [(scalar.step, scalar.value) for scalar in found.Scalars(f"{split}/{name}")]
        assert [step for step, _ in got] == [images for images, _ in wanted]
        assert [value for _, value in got] == pytest.approx([value for _, value in wanted], rel=1e-6)
    assert [picture.step for picture in found.Images("samples")] == [32, 64]
    path = next(e.path for e in events if isinstance(e, contract.Sample) and e.of == "samples")
    shown = found.Images("samples")[0].encoded_image_string
    with Image.open(run / path) as wanted, Image.open(io.BytesIO(shown)) as got:
        np.testing.assert_array_equal(np.asarray(got.convert("L")), np.asarray(wanted))


def test_what_a_killed_process_wrote_too_much_is_hidden(tmp_path: Path) -> None:
    contract.write_config(tmp_path, {})
    killed = Journal(tmp_path, writes=True, log=TensorBoard(tmp_path))
    killed.started("vae", "discs", 96, "CPU")
    for images in (16, 32, 48):
        killed.metrics(images, "train", {"KL": float(images)})
    killed.close()
    resumed = Journal(tmp_path, writes=True, log=TensorBoard(tmp_path))
    resumed.resumed(32)
    resumed.metrics(48, "train", {"KL": 1.0})
    resumed.close()
    assert [(scalar.step, scalar.value) for scalar in read(tmp_path).Scalars("train/KL")] == [
        (16, 16.0), (32, 32.0), (48, 1.0)
    ]  # fmt: skip


def test_where_it_is_not_installed_one_sentence_says_how_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    data, run = toys.folder(tmp_path / "discs"), tmp_path / "run"
    assert main(["train", "vae", "--data", str(data), "--out", str(run), *SMALL, "--log", "tensorboard"]) == FAILED
    assert capsys.readouterr().err == (
        "--log tensorboard needs TensorBoard: pip install 'latent-explorer[tensorboard]'.\n"
    )
    assert not run.exists()


def test_a_log_that_cannot_be_written_is_a_warning_and_the_training_goes_on(tmp_path: Path) -> None:
    class Broken:
        def write(self, event: contract.Event) -> None:
            raise OSError(28, "No space left on device")

        def picture(self, *_: object) -> None:
            raise AssertionError("it was told to be silent")

        def close(self) -> None: ...

    contract.write_config(tmp_path, {})
    journal = Journal(tmp_path, writes=True, log=Broken())
    journal.started("vae", "discs", 96, "CPU")
    journal.picture(8, "samples", toys.discs(4), 2)
    assert [event.kind for event in contract.read_events(tmp_path).items] == ["started", "warning", "sample"]
