"""Weights of our own families become the bundle of their run, from a checkpoint or beside their configuration."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.contract.archive import open_bundle
from tests.trainers import toys
from trainers.__main__ import DONE, FAILED, main
from trainers.foreign.errors import CannotImport
from trainers.foreign.importing import import_model
from trainers.kit.export import run_graph

pytestmark = pytest.mark.torch
SMALL = ["--width", "4", "--blocks", "0", "--latent", "3", "--batch", "8", "--held-out", "8", "--beta-warmup", "0"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few steps."""
    place = tmp_path_factory.mktemp("trained")
    data, run = toys.folder(place / "discs"), place / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainers.__main__.be_considerate", lambda: None)  # it lowers the whole test run's priority
        assert main(["train", "vae", "--data", str(data), "--max-steps", "4", "--out", str(run), *SMALL]) == DONE
    return run


def decoded(bundle: Path) -> np.ndarray:
    return run_graph(open_bundle(bundle).read("decoder.onnx"), {"z": np.ones((1, 3), np.float32)})[0]


def test_a_checkpoint_and_a_state_dict_give_the_bundle_of_the_run(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = trained / "checkpoints" / "best" / "state.safetensors"
    assert main(["export", str(trained), "-o", str(tmp_path / "exported")]) == DONE
    assert main(["import", str(state), "-o", str(tmp_path / "imported")]) == DONE
    assert "Wrote" in capsys.readouterr().out
    np.testing.assert_array_equal(decoded(tmp_path / "imported"), decoded(tmp_path / "exported"))
    assert open_bundle(tmp_path / "imported").manifest.provenance.images_seen == 32

    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(trained / "config.json", alone)
    start = "averages.autoencoder."
    plain = {f"module.{key.removeprefix(start)}": value for key, value in load_file(state).items()}
    torch.save({"state_dict": plain, "epoch": 3}, alone / "net.pt")
    np.testing.assert_array_equal(
        decoded(import_model(alone / "net.pt", tmp_path / "from-torch")), decoded(tmp_path / "exported")
    )


def test_weights_of_another_run_are_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copy(trained / "config.json", tmp_path)
    for tensors in ({"encoder.weight": torch.zeros(2)}, {"averages.autoencoder.decoder.weight": torch.zeros(2)}):
        save_file(tensors, tmp_path / "net.safetensors")
        with pytest.raises(CannotImport, match=r"does not fit its config.json"):
            import_model(tmp_path / "net.safetensors", tmp_path / "bundle")


def test_a_run_folder_says_how_it_is_exported(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(trained), "-o", "bundle"]) == FAILED
    assert "python -m trainers export" in capsys.readouterr().err
