"""From scheduler_config.json of diffusers to the noise levels of training and the steps that its scheduler visits.

Levels are computed in double precision and rounded once, where diffusers multiplies float32; they agree to 1e-5. Known
differences in the steps: "linspace" of the Euler family is rounded to whole steps; Karras spacing always begins at the
noisiest step and visits steps between whole ones; DDIM goes from each step to the next one visited, where diffusers
goes T // n down; and where rounding errors of numpy decide about a half, diffusers may visit the neighbour of a step.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.contract.errors import short
from explorer.contract.manifest import Suggested
from explorer.foreign.pipelines.facts import Scheduler
from explorer.foreign.pipelines.files import Config, NotAPipeline, read_json

FILE = "scheduler/scheduler_config.json"
MOST_STEPS = 10_000  # of training; every published model has 1,000
LEAST_LEVEL = 2.0**-24  # of a schedule that ends in pure noise: diffusers puts it in the place of zero
MOST_BETA = 0.999  # of the cosine schedule, Nichol and Dhariwal (2021), section 3.2
STEPS = 25
WEIGHTS = {"sd": 7.5, "xl": 5.0}  # of guidance, as the pipelines of diffusers begin

SamplerName = Literal["dpm", "ddim", "euler", "heun", "ddpm"]
Spacing = Literal["trailing", "leading", "uniform", "karras"]
_SPACINGS: dict[str, Spacing] = {"leading": "leading", "trailing": "trailing", "linspace": "uniform"}
_PREDICTIONS: dict[str, Literal["eps", "v", "x0"]] = {"epsilon": "eps", "v_prediction": "v", "sample": "x0"}


@dataclass(frozen=True)
class _Habit:
    """Which sampler takes the steps of a scheduler, and what its class does where the configuration is silent."""

    sampler: SamplerName
    spacing: str = "linspace"
    spare: bool = False  # lays out one step more than it takes
    ends_clean: bool = True  # default of set_alpha_to_one
    exact: bool = True  # else it stands in


_HABITS = {
    "DDIMScheduler": _Habit("ddim", "leading"),
    "DDPMScheduler": _Habit("ddpm", "leading"),
    "DPMSolverMultistepScheduler": _Habit("dpm", spare=True),
    "EulerDiscreteScheduler": _Habit("ddim"),  # Euler's step over noise per signal is that of DDIM
    "EulerAncestralDiscreteScheduler": _Habit("ddpm"),
    "HeunDiscreteScheduler": _Habit("heun"),
    "PNDMScheduler": _Habit("dpm", "leading", ends_clean=False, exact=False),
    "LMSDiscreteScheduler": _Habit("dpm", exact=False),
    "KDPM2DiscreteScheduler": _Habit("dpm", exact=False),
    "KDPM2AncestralDiscreteScheduler": _Habit("dpm", exact=False),
    "UniPCMultistepScheduler": _Habit("dpm", spare=True, exact=False),
    "DEISMultistepScheduler": _Habit("dpm", spare=True, exact=False),
    "DPMSolverSinglestepScheduler": _Habit("dpm", spare=True, exact=False),
}


def read_scheduler(root: Path, kind: Literal["sd", "xl"]) -> Scheduler:
    """The scheduler of a pipeline.

    Raises:
        NotAPipeline: it is one that is not known here, or its numbers make no schedule. Others as ``read_json``.
    """
    config = read_json(root, FILE)
    name = config.text("_class_name")
    habit = _HABITS.get(name)
    if habit is None:
        raise NotAPipeline(
            f"{FILE} names the scheduler {short(name) or 'nothing'}, whose steps are not known here; choose a "
            "pipeline with DDIM, DPM-Solver, Euler, Heun, DDPM or PNDM, or export it with one of these."
        )
    prediction = config.text("prediction_type", "epsilon")
    if prediction not in _PREDICTIONS:
        raise NotAPipeline(
            f"{FILE} says that the U-Net predicts {short(prediction)!r}, which is not known here; choose a pipeline "
            "that predicts epsilon, v_prediction or sample."
        )
    levels = alphas_bar(config)
    named = config.text("timestep_spacing", habit.spacing)
    spacing = _SPACINGS.get(named)
    if spacing is None:
        raise NotAPipeline(f"{FILE} spaces steps by {short(named)!r}, which is not known here; export it again.")
    if config.flag("use_karras_sigmas", default=False):
        spacing = "karras"
    eases = name in ("DDIMScheduler", "PNDMScheduler") and not config.flag("set_alpha_to_one", habit.ends_clean)
    return Scheduler(
        name=name,
        alphas_bar=tuple(levels.tolist()),
        parameterisation=_PREDICTIONS[prediction],
        suggested=Suggested(sampler=habit.sampler, spacing=spacing, steps=STEPS, weight=WEIGHTS[kind]),
        steps_offset=config.whole("steps_offset", 0, 0, 100),
        spare_step=habit.spare,
        last_level=float(levels[0]) if eases else 1.0,
        told=_told(config, name, habit, spacing),
    )


def alphas_bar(config: Config) -> NDArray[np.float32]:
    """The signal level of each step of training, (T,), falling within (0, 1).

    Raises:
        NotAPipeline: there are too many steps, or the numbers make no such levels.
    """
    steps = config.whole("num_train_timesteps", 1_000, 2, MOST_STEPS)
    kept = np.asarray(np.cumprod(1 - _betas(config, steps)), np.float64)
    if config.flag("rescale_betas_zero_snr", default=False):
        kept = _until_noise(kept)
    levels = kept.astype(np.float32)
    if not np.isfinite(levels).all() or levels[0] >= 1 or levels[-1] <= 0 or (np.diff(levels) >= 0).any():
        raise NotAPipeline(f"{FILE} makes noise levels that do not rise from step to step; export the pipeline again.")
    return levels


def _betas(config: Config, steps: int) -> NDArray[np.float64]:
    """The share of noise that each step adds, (T,)."""
    given = config.numbers("trained_betas", 0.0, 1.0, MOST_STEPS)
    if given:
        if len(given) != steps:
            raise NotAPipeline(f"{FILE} lists {len(given)} betas for {steps} steps; export the pipeline again.")
        return np.asarray(given, np.float64)
    schedule = config.text("beta_schedule", "linear")
    low, high = config.number("beta_start", 1e-4, 0.0, 1.0), config.number("beta_end", 0.02, 0.0, 1.0)
    if schedule == "linear":
        return np.linspace(low, high, steps)
    if schedule == "scaled_linear":  # Rombach et al. (2022), arXiv:2112.10752, as in their code
        return np.square(np.linspace(math.sqrt(low), math.sqrt(high), steps))
    if schedule == "squaredcos_cap_v2":  # Nichol and Dhariwal (2021), arXiv:2102.09672, equation 17
        time = np.arange(steps + 1, dtype=np.float64) / steps
        level = np.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2
        return np.asarray(np.minimum(1 - level[1:] / level[:-1], MOST_BETA), np.float64)
    raise NotAPipeline(
        f"{FILE} has the beta_schedule {short(schedule)!r}, which is not known here; choose a pipeline with linear, "
        "scaled_linear or squaredcos_cap_v2."
    )


def _until_noise(kept: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels that end in noise alone: Lin et al. (2023), arXiv:2305.08891, algorithm 1."""
    root = np.sqrt(kept)
    if not root[0] > root[-1]:
        return kept  # no schedule at all, as is found out later
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return np.asarray(np.maximum(root**2, LEAST_LEVEL), np.float64)


def _told(config: Config, name: str, habit: _Habit, spacing: Spacing) -> tuple[str, ...]:
    """In which ways diffusers would draw otherwise."""
    plain = name.removesuffix("Scheduler")
    told: list[str] = []
    if not habit.exact:
        told.append(f"its scheduler {plain} has no counterpart here; DPM-Solver++(2M) takes the same steps instead")
    if name == "DPMSolverMultistepScheduler":
        usual = {"algorithm_type": "dpmsolver++", "solver_type": "midpoint"}
        other = [value for key, default in usual.items() if (value := config.text(key, default)) != default]
        order = config.whole("solver_order", 2, 1, 3)
        other += [] if order == 2 else [f"order {order}"]
        if other:
            told.append(f"its DPM-Solver is of another kind ({', '.join(map(short, other))}); here it is 2M of order 2")
        if config.facts.get("lambda_min_clipped") not in (None, "-Infinity", -math.inf):
            told.append("its scheduler may leave out the noisiest steps (lambda_min_clipped), which are taken here")
    if name == "DDPMScheduler" and config.text("variance_type", "fixed_small") != "fixed_small":
        told.append("its scheduler adds fresh noise of another strength (variance_type) than is added here")
    clips = config.flag("clip_sample", default=name in ("DDIMScheduler", "DDPMScheduler"))
    if clips and name in ("DDIMScheduler", "DDPMScheduler", "HeunDiscreteScheduler"):
        told.append("its scheduler would clip estimates of the latents to [-1, 1], which is not done here")
    if config.flag("thresholding", default=False):
        told.append("its scheduler limits estimates of the latents (thresholding), which is not done here")
    if config.text("final_sigmas_type", "zero") != "zero":
        told.append("its scheduler would leave a trace of noise in the picture (sigma_min); here none is left")
    for key in ("use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas"):
        if config.flag(key, default=False):
            told.append(f"its scheduler spaces steps in another way ({key}); here they are {spacing}")
    if (
        config.text("interpolation_type", "linear") != "linear"
        or config.text("timestep_type", "discrete") != "discrete"
    ):
        told.append("its scheduler interpolates noise levels in another way than is done here")
    if spacing == "karras":
        told.append("Karras spacing begins at the noisiest step here, and visits steps between whole ones")
    elif spacing == "uniform" and name == "DDIMScheduler":
        told.append("its scheduler takes each step a fixed way down; here each leads to the next one that is visited")
    elif spacing == "uniform" and not habit.spare and name not in ("DDIMScheduler", "DDPMScheduler", "PNDMScheduler"):
        told.append("its scheduler visits steps between whole ones, which are rounded here")
    return tuple(told)
