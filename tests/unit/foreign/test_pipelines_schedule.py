"""Schedulers of diffusers against ours: the same noise levels, the same steps, and from the same noise the same end."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.foreign.pipelines.facts import Scheduler
from explorer.foreign.pipelines.schedule import LEAST_LEVEL, read_scheduler
from explorer.latent.sampling import Sampling
from explorer.samplers.diffusion import Schedule, sample

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of diffusers itself

SD: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
COUNTS = (2, 4, 5, 10, 16, 20, 25, 28, 40, 50, 75, 100, 150, 200, 250, 500)
# numpy's arange and linspace miss halves by a rounding error, and diffusers then takes the neighbour, or one step more
OTHERWISE = {
    "trailing": (48, 61, 96, 103, 112, 121, 122, 144),
    "linspace": (26, 27, 30, 31, 46, 47, 52, 53, 58, 59, 60),
}


def theirs(name: str, **facts: Any) -> Any:
    """A scheduler of diffusers."""
    from trainers.kit.torchvision_pair import make_importable

    make_importable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import diffusers

    return getattr(diffusers, f"{name}Scheduler")(**{**SD, **facts})


def read(folder: Path, scheduler: Any) -> Scheduler:
    """What is read of the file that it writes."""
    place = folder / "scheduler" / "scheduler_config.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(scheduler.to_json_string())
    return read_scheduler(folder, "sd")


def schedule(found: Scheduler) -> Schedule:
    levels = np.asarray(found.alphas_bar, np.float64)
    return Schedule(levels, found.steps_offset, found.spare_step, found.last_level)


def steps_of(scheduler: Any, count: int) -> np.ndarray:
    """The steps that it visits, each once."""
    scheduler.set_timesteps(count)
    steps = scheduler.timesteps.numpy().astype(float)
    if type(scheduler).__name__ == "PNDMScheduler":
        return np.delete(steps, 1)  # its second step is taken twice, as a multistep method begins
    return np.concatenate([steps[:1], steps[1::2]]) if type(scheduler).__name__.startswith("Heun") else steps


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"beta_schedule": "linear", "beta_start": 1e-4, "beta_end": 0.02},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"trained_betas": np.linspace(1e-4, 0.02, 200).tolist(), "num_train_timesteps": 200},
        {"num_train_timesteps": 500},
        {"rescale_betas_zero_snr": True},
    ],
    ids=["scaled", "linear", "cosine", "given", "short", "zero"],
)
def test_levels(tmp_path: Path, facts: dict[str, Any]) -> None:
    scheduler = theirs("DPMSolverMultistep", **facts)
    levels = np.asarray(read(tmp_path, scheduler).alphas_bar, np.float32)
    wanted = scheduler.alphas_cumprod.numpy()
    if "rescale_betas_zero_snr" in facts:  # float32 loses digits of the last levels, which are differences
        np.testing.assert_allclose(levels[:-20], wanted[:-20], rtol=1e-3)
        assert levels[-1] == wanted[-1] == LEAST_LEVEL
    else:
        np.testing.assert_allclose(levels, wanted, rtol=2e-5)
    assert (np.diff(levels) < 0).all() and levels[0] < 1


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize(
    ("name", "sampler"),
    [
        ("DDIM", "ddim"), ("DDPM", "ddpm"), ("DPMSolverMultistep", "dpm"), ("EulerDiscrete", "ddim"),
        ("EulerAncestralDiscrete", "ddpm"), ("HeunDiscrete", "heun"), ("PNDM", "dpm"), ("UniPCMultistep", "dpm"),
        ("DEISMultistep", "dpm"),
    ],
)  # fmt: skip
def test_steps(tmp_path: Path, name: str, sampler: str, spacing: str) -> None:
    more = {"skip_prk_steps": True} if name == "PNDM" else {}
    scheduler = theirs(name, timestep_spacing=spacing, steps_offset=1, **more)
    found = read(tmp_path, scheduler)
    assert found.suggested.sampler == sampler and found.suggested.steps == 25 and found.suggested.weight == 7.5
    rounds = spacing == "linspace" and name in ("EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete")
    assert any("rounded here" in note for note in found.told) == rounds
    assert any("no counterpart" in note for note in found.told) == (name in ("PNDM", "UniPCMultistep", "DEISMultistep"))
    for count in COUNTS:
        ours = schedule(found).steps(count, found.suggested.spacing)
        np.testing.assert_allclose(ours, steps_of(scheduler, count), atol=0.5 if rounds else 0, err_msg=str(count))


@pytest.mark.parametrize("spacing", ["trailing", "linspace"])
@pytest.mark.parametrize("name", ["DDIM", "DPMSolverMultistep"])
def test_steps_differ_by_one_where_rounding_errors_decide(tmp_path: Path, name: str, spacing: str) -> None:
    scheduler = theirs(name, timestep_spacing=spacing)
    found = read(tmp_path, scheduler)
    for count in range(2, 151):
        ours, wanted = schedule(found).steps(count, found.suggested.spacing), steps_of(scheduler, count)
        if len(ours) != len(wanted):
            assert count in OTHERWISE[spacing] and len(wanted) == count + 1
        elif (ours != wanted).any():
            assert np.abs(ours - wanted).max() == 1


def test_karras_steps_cover_the_same_noise(tmp_path: Path) -> None:
    scheduler = theirs("DPMSolverMultistep", use_karras_sigmas=True)
    found = read(tmp_path, scheduler)
    assert found.suggested.spacing == "karras" and "Karras" in found.told[-1]
    for count in (5, 25, 50):
        np.testing.assert_allclose(schedule(found).steps(count, "karras"), steps_of(scheduler, count), atol=0.51)


def network(x: Any, step: float) -> Any:
    """Something smooth that is not linear in x; the same for tensors and arrays."""
    return (0.9 - step / 5_000) * x + 0.2 * x**3 / (1 + x**2) - 0.1


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("DDIM", {"set_alpha_to_one": False, "clip_sample": False}),
        ("DDIM", {"set_alpha_to_one": True, "clip_sample": False}),
        ("DPMSolverMultistep", {}),
        ("EulerDiscrete", {}),
        ("HeunDiscrete", {}),
    ],
    ids=["ddim-rest", "ddim-clean", "dpm", "euler", "heun"],
)
def test_the_same_noise_ends_the_same(
    tmp_path: Path, name: str, facts: dict[str, Any], prediction: str, spacing: str
) -> None:
    if name == "DDIM" and spacing == "linspace":
        spacing = "trailing"  # theirs goes T // n down from each step, and so not to the next one
    count = 28 if spacing == "linspace" and name in ("EulerDiscrete", "HeunDiscrete") else 25  # 999 / 27 is whole
    scheduler = theirs(name, timestep_spacing=spacing, steps_offset=1, prediction_type=prediction, **facts)
    found = read(tmp_path, scheduler)
    noise = np.random.default_rng(0).standard_normal((1, 4, 4, 4), dtype=np.float32)
    sampling = Sampling(sampler=found.suggested.sampler, spacing=found.suggested.spacing, steps=count)
    walk = sample(
        lambda x, t: (network(x, t).astype(np.float32), None), noise, schedule(found), found.parameterisation, sampling
    )
    ours = None
    while ours is None:
        try:
            next(walk)
        except StopIteration as end:
            ours = end.value

    scheduler.set_timesteps(count)
    # Their Euler begins with sigma times the noise where steps reach the noisiest, which is short of its variance.
    signal, _ = schedule(found).at(schedule(found).places(sampling)[0])
    x = torch.from_numpy(noise)
    x = x / signal if name in ("EulerDiscrete", "HeunDiscrete") else x
    for step in scheduler.timesteps:
        given = scheduler.scale_model_input(x, step)
        x = scheduler.step(network(given, float(step)).float(), step, x).prev_sample
    np.testing.assert_allclose(ours, x.numpy(), atol=2e-3 * max(np.abs(x.numpy()).max(), 1))


def test_zero_means_what_each_class_does_without_it(tmp_path: Path) -> None:
    place = tmp_path / "scheduler" / "scheduler_config.json"
    place.parent.mkdir()
    wanted = {
        "DDIMScheduler": ("leading", 1.0), "PNDMScheduler": ("leading", None), "DDPMScheduler": ("leading", 1.0),
        "EulerDiscreteScheduler": ("uniform", 1.0), "DPMSolverMultistepScheduler": ("uniform", 1.0),
        "LMSDiscreteScheduler": ("uniform", 1.0), "KDPM2DiscreteScheduler": ("uniform", 1.0),
    }  # fmt: skip
    for name, (spacing, last) in wanted.items():
        place.write_text(json.dumps({"_class_name": name, "num_train_timesteps": 100, "trained_betas": None}))
        found = read_scheduler(tmp_path, "xl")
        assert found.suggested.spacing == spacing and found.suggested.weight == 5.0
        assert found.last_level == (found.alphas_bar[0] if last is None else last)
        clips = name in ("DDIMScheduler", "DDPMScheduler")
        assert any("clip" in note for note in found.told) == clips


@pytest.mark.parametrize(
    ("name", "facts", "says"),
    [
        ("DPMSolverMultistep", {"algorithm_type": "sde-dpmsolver++"}, "another kind (sde-dpmsolver++)"),
        ("DPMSolverMultistep", {"solver_order": 3}, "order 3"),
        ("DPMSolverMultistep", {"lambda_min_clipped": -5.1}, "lambda_min_clipped"),
        ("DPMSolverMultistep", {"final_sigmas_type": "sigma_min"}, "sigma_min"),
        ("DPMSolverMultistep", {"use_lu_lambdas": True}, "use_lu_lambdas"),
        ("DDIM", {"thresholding": True}, "thresholding"),
        ("DDPM", {"variance_type": "fixed_large"}, "variance_type"),
        ("EulerDiscrete", {"interpolation_type": "log_linear"}, "interpolates"),
    ],
)
def test_what_is_done_otherwise_is_told(tmp_path: Path, name: str, facts: dict[str, Any], says: str) -> None:
    assert any(says in note for note in read(tmp_path, theirs(name, **facts)).told)
