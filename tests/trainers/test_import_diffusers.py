"""UNet2DModel of diffusers becomes a bundle whose graph computes what diffusers does, under its scheduler's noise."""

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explorer.contract.archive import open_bundle
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from trainers.foreign.errors import CannotImport
from trainers.foreign.importing import import_model
from trainers.foreign.refusals import read_json
from trainers.foreign.states import tensors_of
from trainers.foreign.torchfiles import read_weights
from trainers.foreign.unet2d import build, schedule_of, shape_of
from trainers.kit.export import run_graph
from trainers.kit.torchvision_pair import make_importable

diffusers = pytest.importorskip("diffusers")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of diffusers itself

SMALL: dict[str, Any] = {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "layers_per_block": 1,
    "block_out_channels": (8, 16),
    "norm_num_groups": 4,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 8,
}


def unet(**changes: Any) -> Any:
    make_importable()
    torch.manual_seed(0)
    return diffusers.UNet2DModel(**{**SMALL, **changes}).eval()


def refusal(path: Path) -> str:
    with pytest.raises(CannotImport) as caught:
        import_model(path, path.parent / "bundle")
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and not (path.parent / "bundle").exists()
    return sentence


def changed(folder: Path, file: str, **facts: Any) -> Path:
    """``folder`` with other values in one of its configurations."""
    place = folder / file
    place.write_text(json.dumps({**json.loads(place.read_text()), **facts}))
    return folder


@pytest.mark.slow
def test_a_pipeline_with_classes_and_a_variance_is_imported(tmp_path: Path) -> None:
    model = unet(num_class_embeds=4, out_channels=2)
    scheduler = diffusers.DDIMScheduler(num_train_timesteps=50, beta_schedule="scaled_linear", beta_end=0.1)
    model.save_pretrained(tmp_path / "digits" / "unet")
    scheduler.save_pretrained(tmp_path / "digits" / "scheduler")
    index = {"_class_name": "DDIMPipeline", "unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", "DDIM"]}
    (tmp_path / "digits" / "model_index.json").write_text(json.dumps(index))
    bundle = open_bundle(import_model(tmp_path / "digits", tmp_path / "bundle"))
    assert bundle.verify() == [] and bundle.manifest.name == "digits"
    assert bundle.manifest.classes == ("class 0", "class 1", "class 2", "class 3")

    facts = bundle.manifest.diffusion
    assert facts is not None and facts.parameterisation == "eps" and facts.steps == 50
    betas = np.linspace(0.0001**0.5, 0.1**0.5, 50) ** 2
    np.testing.assert_allclose(bundle.array(facts.alphas_bar), np.cumprod(1 - betas), rtol=1e-4)

    rng = np.random.default_rng(0)
    for count in (1, 3):
        x = rng.standard_normal((count, 1, 8, 8)).astype(np.float32)
        step, label = np.array([49.0, 7.0, 0.0], np.float32)[:count], np.array([3, 0, 1])[:count]
        with torch.no_grad():
            answer = model(torch.from_numpy(x), torch.from_numpy(step), torch.from_numpy(label)).sample
        (got,) = run_graph(bundle.read("denoiser.onnx"), {"x": x, "step": step, "label": label})
        np.testing.assert_allclose(got, answer[:, :1].numpy(), atol=1e-4, rtol=0)
    opened = load_model(bundle.path, Runtime("cpu", threads=1))
    assert opened.decodes is not None
    picture = opened.decodes.decode(rng.standard_normal((1, 64)).astype(np.float32))
    assert picture.shape == (1, 8, 8, 1) and picture.std() > 0


def test_older_weights_under_their_older_names_without_a_scheduler(tmp_path: Path) -> None:
    model = unet(in_channels=3, out_channels=3)
    model.save_config(tmp_path / "net")
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    state = dict(model.state_dict())
    for new, old in names.items():
        state = {key.replace(new, old): value for key, value in state.items()}
    file = tmp_path / "net" / "diffusion_pytorch_model.bin"
    torch.save(state, file)
    config = read_json(tmp_path / "net" / "config.json")
    shape = shape_of(config, "config.json")
    denoiser = build(config, tensors_of(read_weights(file), file.name), shape, "config.json")
    x, step = torch.randn(2, 3, 8, 8), torch.tensor([10.0, 990.0])
    with torch.no_grad():
        assert torch.equal(denoiser(x, step), model(x, step).sample)
    assert "Ho et al. (2020) is assumed" in schedule_of(file.parent).note
    changed(tmp_path / "net", "config.json", block_out_channels=[8, 24])
    assert "do not fit config.json" in refusal(tmp_path / "net" / "config.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    unet().save_pretrained(tmp_path / "net")
    return tmp_path / "net"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"layers_per_block": 10**9}, "says 1000000000 of its layers_per_block"),
        ({"block_out_channels": [10**9]}, "no sensible block_out_channels"),
        ({"time_embedding_type": "fourier"}, "noise levels instead of steps"),
        ({"class_embed_type": "timestep"}, "is told timestep instead of a class"),
        ({"sample_size": None}, "does not say the size of its pictures"),
        ({"sample_size": 9}, "halves pictures of 9 x 9 px too often"),
        ({"in_channels": 2}, "takes 2 channels and gives 1"),
        ({"block_out_channels": [8, 24]}, "do not fit config.json (see "),
        ({"block_out_channels": [8192, 8192]}, "do not fit config.json (see "),
        ({"down_block_types": ["Nothing", "DownBlock2D"]}, "diffusers cannot build config.json"),
    ],
)
def test_a_configuration_that_does_not_serve_is_refused(facts: dict[str, Any], sentence: str, folder: Path) -> None:
    assert sentence in refusal(changed(folder, "config.json", **facts))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"_class_name": "ScoreSdeVeScheduler"}, "counts no steps of noise"),
        ({"prediction_type": "anything"}, "does not say what is predicted"),
        ({"num_train_timesteps": 10**12}, "does not say what is predicted in how many steps"),
        ({"rescale_betas_zero_snr": True}, "ends in noise without any signal"),
        ({"beta_schedule": "of my own"}, "is no schedule"),
        ({"trained_betas": [0.5, -1.0]}, "does not turn pictures into noise"),
    ],
)
def test_a_scheduler_that_does_not_serve_is_refused(facts: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "scheduler_config.json").write_text(json.dumps({"_class_name": "DDPMScheduler", **facts}))
    with pytest.raises(CannotImport) as caught:
        schedule_of(tmp_path)
    assert sentence in str(caught.value)


def test_every_kind_of_prediction_is_known(tmp_path: Path) -> None:
    for word, what in (("epsilon", "eps"), ("v_prediction", "v"), ("sample", "x0")):
        (tmp_path / "scheduler_config.json").write_text(json.dumps({"prediction_type": word}))
        assert schedule_of(tmp_path).parameterisation == what
    assert shape_of({**SMALL, "block_out_channels": [8, 16], "sample_size": [8, 16]}, "config.json").width == 16


def test_weights_that_are_missing_or_torn_are_refused(folder: Path) -> None:
    weights = folder / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "damaged or was not downloaded completely" in refusal(folder)
    weights.unlink()
    assert "has no weights" in refusal(folder)


def test_pipelines_of_latents_are_refused(folder: Path) -> None:
    index = {"_class_name": "LDMPipeline", "vqvae": ["diffusers", "VQModel"], "unet": ["diffusers", "UNet2DModel"]}
    (folder / "model_index.json").write_text(json.dumps(index))
    assert "is the pipeline LDMPipeline of diffusers, which works in a latent space" in refusal(folder)


def test_without_diffusers_it_says_how_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "diffusers":
            raise ModuleNotFoundError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    assert "pip install 'diffusers" in refusal(folder)
