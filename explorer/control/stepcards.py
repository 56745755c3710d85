"""Formula cards of one step of a trajectory, with its numbers."""

import numpy as np

from explorer.control.formulas import FORMULAS, Reading
from explorer.control.stage import Unfolding
from explorer.latent.retouch import Retouch
from explorer.samplers.diffusion import Step


def step_readings(unfolding: Unfolding, step: Step) -> tuple[Reading, ...]:
    """Forward process, signal-to-noise ratio, guidance where there is any, and the sampler's own step."""
    cards = [_forward(step), _snr(step)]
    if step.unconditional is not None:
        cards.append(_guidance(step))
    cards.append(_move(unfolding, step))
    retouch = unfolding.decoder.sampling.retouch
    if retouch is not None:
        cards += _begun(unfolding, retouch)
    return tuple(cards)


def _begun(unfolding: Unfolding, retouch: Retouch) -> list[Reading]:
    size = f"{retouch.picture.width} × {retouch.picture.height}"
    found: list[Reading] = []
    if retouch.strength < 1:
        first = unfolding.steps[0].step
        words = f"begins at t = {first:g} of {len(unfolding.decoder.schedule) - 1}"
        found.append(Reading(FORMULAS["sdedit"], (size, "seed or point", f"{first:g}"), words))
    if retouch.mask is not None:
        share = f"{retouch.free.mean():.0%}"
        again = f"each step is walked {retouch.rounds} times" if retouch.rounds > 1 else "each step is walked once"
        found.append(Reading(FORMULAS["repaint"], (share, size), again))
    return found


def _forward(step: Step) -> Reading:
    level = step.signal**2
    return Reading(
        FORMULAS["forward"],
        (f"{level:.4g}", f"{_size(step.x):.3f}", f"{step.step:g}"),
        f"{step.signal:.3f} x₀ + {step.noise:.3f} ε",
    )


def _snr(step: Step) -> Reading:
    return Reading(FORMULAS["snr"], (f"{step.signal**2:.4g}",), f"{step.snr:.4g}")


def _guidance(step: Step) -> Reading:
    assert step.unconditional is not None
    apart = _size(step.conditional - step.unconditional)
    return Reading(
        FORMULAS["guidance"],
        (f"{step.weight:.3g}", f"{_size(step.conditional):.3f}", f"{apart:.3f}"),
        f"moved by {abs(step.weight - 1) * apart:.3f} beyond the conditional prediction",
    )


def _move(unfolding: Unfolding, step: Step) -> Reading:
    sampling, schedule = unfolding.decoder.sampling, unfolding.decoder.schedule
    places = schedule.places(sampling)
    last = step.index + 1 >= len(places)
    signal, noise = (1.0, 0.0) if last else schedule.at(float(places[step.index + 1]))
    key = sampling.sampler if sampling.sampler != "ddim" or sampling.eta == 0 else "ddpm"
    formula = FORMULAS[key]
    slope = schedule.velocity(step.step)
    values = {
        "euler": (
            f"{slope[0]:.4g}",
            f"{slope[1]:.4g}",
            "to the end" if last else f"{places[step.index + 1] - step.step:g}",
        ),
        "ddim": (f"{signal:.3f}", f"{noise:.3f}"),
        "ddpm": (f"{signal:.3f}", f"{noise:.3f}", f"{1.0 if sampling.sampler == 'ddpm' else sampling.eta:.2f}"),
        "heun": (f"{step.noise / step.signal:.3f}", f"{noise / signal:.3f}"),
        "dpm": (f"{signal:.3f}", "∞" if last else f"{np.log(signal / noise) - np.log(step.signal / step.noise):.3f}"),
    }[key]
    return Reading(formula, values, "the picture itself" if last else f"to t = {places[step.index + 1]:g}")


def _size(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
