"""Our samplers against those of diffusers, from the same noise, with the same answers of a network."""

from typing import Any

import numpy as np
import pytest

from explorer.latent.sampling import Sampling
from explorer.samplers.diffusion import Array, Schedule, sample

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.torch

BETAS = np.linspace(1e-4, 0.02, 1_000)
LEVELS = np.cumprod(1 - BETAS)


def network(x: Any, step: float) -> Any:
    """Something smooth that is not linear in x; the same for tensors and arrays."""
    level = LEVELS[round(step)]
    return 0.7 * x * np.sqrt(1 - level) + 0.2 * x**3 / (1 + x**2) - 0.1


def ours(noise: Array, **facts: Any) -> Array:
    walk = sample(
        lambda x, t: (network(x, t).astype(np.float32), None), noise, Schedule(LEVELS), "eps", Sampling(**facts)
    )
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


def theirs(noise: Array, scheduler: Any, steps: int) -> Array:
    scheduler.set_timesteps(steps)
    x = torch.from_numpy(noise)
    for step in scheduler.timesteps:
        x = scheduler.step(network(x, float(step)).float(), step, x).prev_sample
    return x.numpy()


@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_ddim(spacing: Any) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 1, 4, 4), dtype=np.float32)
    scheduler = diffusers.DDIMScheduler(
        num_train_timesteps=1_000,
        trained_betas=BETAS,
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        timestep_spacing=spacing,
    )
    wanted = theirs(noise, scheduler, 20)
    got = ours(noise, sampler="ddim", steps=20, spacing=spacing)
    np.testing.assert_allclose(got, wanted, atol=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of diffusers itself
def test_dpm_solver() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 1, 4, 4), dtype=np.float32)
    scheduler = diffusers.DPMSolverMultistepScheduler(
        num_train_timesteps=1_000,
        trained_betas=BETAS,
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        final_sigmas_type="zero",
        timestep_spacing="trailing",
    )
    got = ours(noise, sampler="dpm", steps=25)
    np.testing.assert_allclose(got, theirs(noise, scheduler, 25), atol=1e-3)
