"""From noise to a picture, step by step, and back: every step can be watched, kept, and gone on from.

x_t = a x_0 + s eps, where a = sqrt(abar_t) is the signal and s = sqrt(1 - abar_t) the noise, Ho et al. (2020),
arXiv:2006.11239, equation 4. A network predicts eps, x_0 or v = a eps - s x_0; guidance is linear, so it is applied to
what the network predicts, whichever it is.
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.latent.sampling import Sampling, SpacingName
from explorer.samplers.known import Known, renoised

Parameterisation = Literal["eps", "v", "x0"]
Array = NDArray[np.float32]
Kept = NDArray[Any]  # float32, or float16 where many are kept
Predict = Callable[[Array, float], tuple[Array, Array | None]]  # x (N, C, H, W), step -> with and without the condition

KARRAS_RHO = 7.0  # Karras et al. (2022), arXiv:2206.00364, equation 5
ROUNDS = 3  # network calls for each step of an inversion
NOISIEST = 80.0  # noise per signal where Karras spacing begins and up to which Heun corrects, same paper, table 1


@dataclass(frozen=True, eq=False)
class Schedule:
    """``levels`` (T,) is abar, falling; steps are numbers in [0, T - 1], between whole ones the log-SNR is linear.

    ``offset``, ``spare`` and ``last`` are habits of other programs, see ``contract.manifest.Diffusion``: what is added
    to each step of "leading" spacing, whether the step nearest to the picture is laid out and left out, and the signal
    level that DDIM and DDPM end with.
    """

    levels: NDArray[np.float64]
    offset: int = 0
    spare: bool = False
    last: float = 1.0

    def __len__(self) -> int:
        return len(self.levels)

    @cached_property
    def half_log_snr(self) -> NDArray[np.float64]:
        """lambda = log(a / s) of each step, (T,), falling; Lu et al. (2022), arXiv:2206.00927, section 3."""
        levels: list[float] = self.levels.tolist()
        return np.asarray([0.5 * math.log(level / (1 - level)) for level in levels], np.float64)

    def at(self, step: float) -> tuple[float, float]:
        """Signal a and noise s at a step."""
        if float(step).is_integer():
            level = float(self.levels[int(step)])
            return math.sqrt(level), math.sqrt(1 - level)
        value = float(np.interp(step, np.arange(len(self)), self.half_log_snr))
        level = 1 / (1 + math.exp(-2 * value))
        return math.sqrt(level), math.sqrt(1 - level)

    @cached_property
    def _bend(self) -> NDArray[np.float64]:
        """d lambda / dt at each step, (T,)."""
        return np.gradient(self.half_log_snr)

    def velocity(self, step: float) -> tuple[float, float]:
        """d a / dt and d s / dt at a step, t counted in steps; they follow from d lambda / dt, for a^2 + s^2 = 1."""
        signal, noise = self.at(step)
        bend = float(np.interp(step, np.arange(len(self)), self._bend))
        return signal * noise**2 * bend, -noise * signal**2 * bend

    def places(self, sampling: Sampling) -> NDArray[np.float64]:
        """The steps that a way visits, from noise to picture; after the last one comes the picture."""
        return self.steps(sampling.steps, sampling.spacing, sampling.strength)

    def steps(self, count: int, spacing: SpacingName, strength: float = 1.0) -> NDArray[np.float64]:
        """At most ``count`` steps, falling, of the ``strength``, in [0, 1], of all that lie nearest to the picture.

        "trailing" and "leading" as Lin et al. (2023), arXiv:2305.08891, table 2, name them; "uniform" takes both ends.
        """
        total = max(round(strength * len(self)), 1)
        count = min(count, total)
        if spacing == "karras":
            return self._karras(count, total)
        if self.spare and spacing in ("leading", "uniform") and count < total:
            return self._spaced(count + 1, total, spacing)[:-1]
        return self._spaced(count, total, spacing)

    def _spaced(self, count: int, total: int, spacing: SpacingName) -> NDArray[np.float64]:
        if spacing == "trailing":
            found = np.rint(total - np.arange(count) * (total / count)) - 1
        elif spacing == "leading":
            found = np.minimum((np.arange(count) * (total // count))[::-1] + self.offset, total - 1)
        else:
            found = np.rint(np.linspace(0, total - 1, count))[::-1] if count > 1 else np.array([total - 1.0])
        return found.astype(np.float64)

    def _karras(self, count: int, total: int) -> NDArray[np.float64]:
        ratio = np.exp(-self.half_log_snr[:total])  # noise per signal, rising
        high, low = min(float(ratio[-1]), NOISIEST), float(ratio[0])
        ramp = np.linspace(0, 1, count) if count > 1 else np.zeros(1)
        root = 1 / KARRAS_RHO
        wanted = np.power(high**root + ramp * (low**root - high**root), KARRAS_RHO)
        logs: list[float] = np.log(wanted).tolist()
        known, steps = np.log(ratio), np.arange(total, dtype=np.float64)
        return np.asarray([float(np.interp(log, known, steps)) for log in logs], np.float64)


@dataclass(frozen=True, eq=False)
class Step:
    """One visited step: where it is, what came in, and what the network said; pictures are (N, C, H, W) float32."""

    index: int
    step: float
    signal: float
    noise: float
    x: Kept
    conditional: Kept  # as predicted, with the condition
    unconditional: Kept | None  # without it, or with the negative one; None where it was not asked
    weight: float
    rescale: float
    what: Parameterisation

    def predicted(self, weight: float | None = None) -> Kept:
        """What the network says under guidance of ``weight``, by default that of the step; costs no network call.

        Classifier-free guidance, Ho and Salimans (2022), arXiv:2207.12598, equation 6, where 1 follows the condition.
        """
        weight = self.weight if weight is None else weight
        return guided(self.conditional, self.unconditional, weight, self.rescale)

    def clean(self, weight: float | None = None) -> Array:
        """The estimate of x_0."""
        return clean_of(self.x, self.predicted(weight), self.signal, self.noise, self.what)

    def eps(self, weight: float | None = None) -> Array:
        """The estimate of the noise."""
        return eps_of(self.x, self.predicted(weight), self.signal, self.noise, self.what)

    def pull(self) -> Array:
        """What the condition adds to the clean estimate: that with it less that without it; zeros where not asked."""
        if self.unconditional is None:
            return np.zeros_like(self.x)
        facts = self.signal, self.noise, self.what
        return clean_of(self.x, self.conditional, *facts) - clean_of(self.x, self.unconditional, *facts)

    def halved(self) -> "Step":
        """The same in half precision, for where many are kept."""
        unconditional = None if self.unconditional is None else self.unconditional.astype(np.float16)
        x, conditional = self.x.astype(np.float16), self.conditional.astype(np.float16)
        return replace(self, x=x, conditional=conditional, unconditional=unconditional)

    @property
    def snr(self) -> float:
        """Signal-to-noise ratio abar / (1 - abar)."""
        return (self.signal / self.noise) ** 2


def guided(conditional: Kept, unconditional: Kept | None, weight: float, rescale: float = 0.0) -> Kept:
    """unconditional + weight (conditional - unconditional); ``rescale`` of Lin et al. (2023), equations 15 and 16."""
    if unconditional is None or weight == 1:
        return conditional
    if weight == 0:
        return unconditional
    mixed = unconditional + _single(weight) * (conditional - unconditional)
    if rescale == 0:
        return mixed
    axes = tuple(range(1, mixed.ndim))
    spread = mixed.std(axis=axes, keepdims=True)
    factor = conditional.std(axis=axes, keepdims=True) / np.maximum(spread, _single(1e-12))
    return mixed * (_single(rescale) * factor + _single(1 - rescale))


def clean_of(x: Kept, predicted: Kept, signal: float, noise: float, what: Parameterisation) -> Array:
    """x_0 of a prediction; of v: Salimans and Ho (2022), arXiv:2202.00512, appendix D."""
    if what == "x0":
        return predicted
    if what == "v":
        return _single(signal) * x - _single(noise) * predicted
    return (x - _single(noise) * predicted) / _single(signal)


def eps_of(x: Kept, predicted: Kept, signal: float, noise: float, what: Parameterisation) -> Array:
    """The noise of a prediction."""
    if what == "eps":
        return predicted
    if what == "v":
        return _single(noise) * x + _single(signal) * predicted
    return (x - _single(signal) * predicted) / _single(noise)


def sample(
    predict: Predict,
    x: Array,
    schedule: Schedule,
    what: Parameterisation,
    sampling: Sampling,
    first: int = 0,
    before: Step | None = None,
    clip: bool = False,
    known: Known | None = None,
) -> Generator[Step, None, Array]:
    """Walk from noise to a picture.

    Args:
        predict: The network: with and without the condition, in one call.
        x: Standard normal numbers (N, C, H, W), or what x is at step ``first``.
        schedule: The noise levels that the network was trained with.
        what: What the network predicts.
        sampling: Sampler, steps, guidance.
        first: Index of the step to begin at.
        before: The step before it, which DPM-Solver++(2M) remembers.
        clip: Clean estimates are kept within [-1, 1] on the way.
        known: What has to stay of a picture; put in its place before every network call.

    Yields:
        Every step after its network call, in order.

    Returns:
        The picture (N, C, H, W), not clipped.
    """
    places = schedule.places(sampling)
    weights = sampling.weights(len(places))
    for index in range(first, len(places)):
        place, last = float(places[index]), index + 1 == len(places)
        level = schedule.at(place)
        again = 0 if known is None or known.free is None or last else known.rounds - 1
        while True:
            held = x if known is None else known.held(x, *level)
            step = _visit(predict, held, schedule, what, sampling, place, index, float(weights[index]))
            if last:
                yield step
                return _ended(step, schedule, sampling) if known is None else known.held(step.clean(), 1.0, 0.0)
            if not again:
                yield step
            target = float(places[index + 1])
            x = _moved(predict, schedule, sampling, step, before, target, clip=clip)
            if not again:
                break
            x = renoised(x, *schedule.at(target), level, fresh_noise(sampling.seed, index, x.shape, again))
            again -= 1
        before = step
    return x


def _ended(step: Step, schedule: Schedule, sampling: Sampling) -> Array:
    """The picture after the last step: its clean estimate, or where the schedule says so, with a rest of noise."""
    if schedule.last == 1.0 or sampling.sampler not in ("ddim", "ddpm"):
        return step.clean()
    return _ode(step.clean(), step.eps(), math.sqrt(schedule.last), math.sqrt(1 - schedule.last))


def _visit(
    predict: Predict,
    x: Array,
    schedule: Schedule,
    what: Parameterisation,
    sampling: Sampling,
    place: float,
    index: int,
    weight: float,
) -> Step:
    signal, noise = schedule.at(place)
    conditional, unconditional = predict(x, place)
    return Step(index, place, signal, noise, x, conditional, unconditional, weight, sampling.rescale, what)


def _moved(
    predict: Predict,
    schedule: Schedule,
    sampling: Sampling,
    step: Step,
    before: Step | None,
    target: float,
    *,
    clip: bool,
) -> Array:
    """x at the next step."""
    signal, noise = schedule.at(target)
    clean, eps = _estimates(step, clip)
    if sampling.sampler == "dpm":
        return _dpm(step, clean, before, signal, noise, clip)
    if sampling.sampler == "heun" and step.noise <= NOISIEST * step.signal:
        guess = _ode(clean, eps, signal, noise)
        conditional, unconditional = predict(guess, target)
        there = guided(conditional, unconditional, step.weight, sampling.rescale)
        return _heun(step, clean, eps, eps_of(guess, there, signal, noise, step.what), signal, noise)
    if sampling.sampler == "euler":
        return _euler(step, clean, eps, schedule.velocity(step.step), target - step.step)
    eta = {"ddpm": 1.0, "ddim": sampling.eta}.get(sampling.sampler, 0.0)
    if eta == 0:
        return _ode(clean, eps, signal, noise)
    return _ancestral(step, clean, eps, signal, noise, eta, fresh_noise(sampling.seed, step.index, step.x.shape))


def _estimates(step: Step, clip: bool) -> tuple[Array, Array]:
    clean = step.clean()
    if not clip:
        return clean, step.eps()
    kept = clean.clip(-1, 1)
    return kept, (step.x - _single(step.signal) * kept) / _single(step.noise)


def _ode(clean: Array, eps: Array, signal: float, noise: float) -> Array:
    """DDIM, Song et al. (2021), arXiv:2010.02502, equation 12 with sigma = 0: Euler's step on dx/d(s/a) in x / a."""
    return _single(signal) * clean + _single(noise) * eps


def _euler(step: Step, clean: Array, eps: Array, velocity: tuple[float, float], width: float) -> Array:
    """Euler's step on dx/dt = a' x_0 + s' eps: the probability-flow ODE of Song et al. (2021), arXiv:2011.13456,
    equation 13, in x and t themselves, with f x - g^2 / 2 * score written in terms of both estimates."""
    return step.x + _single(width) * (_single(velocity[0]) * clean + _single(velocity[1]) * eps)


def _ancestral(step: Step, clean: Array, eps: Array, signal: float, noise: float, eta: float, fresh: Array) -> Array:
    """The same with fresh noise, equations 12 and 16; eta = 1 is the ancestral step of DDPM."""
    share = max(1 - (step.signal / signal) ** 2, 0.0)
    deviation = eta * (noise / step.noise) * math.sqrt(share)
    rest = math.sqrt(max(noise**2 - deviation**2, 0.0))
    return _single(signal) * clean + _single(rest) * eps + _single(deviation) * fresh


def _heun(step: Step, clean: Array, eps: Array, eps_there: Array, signal: float, noise: float) -> Array:
    """The trapezoid of both slopes, Karras et al. (2022), algorithm 1 without churn, in x / a over s / a."""
    here, there = step.noise / step.signal, noise / signal
    slope = _single((there - here) / 2) * (eps_there - eps)
    return _single(signal) * (clean + _single(there) * eps + slope)


def _dpm(step: Step, clean: Array, before: Step | None, signal: float, noise: float, clip: bool) -> Array:
    """DPM-Solver++(2M), Lu et al. (2022), arXiv:2211.01095, algorithm 2."""
    width = math.log(signal / noise) - math.log(step.signal / step.noise)
    aim = clean
    if before is not None:
        ratio = (math.log(step.signal / step.noise) - math.log(before.signal / before.noise)) / width
        lean = _single(1 / (2 * ratio))
        aim = (1 + lean) * clean - lean * _estimates(before, clip)[0]
    return _single(noise / step.noise) * step.x - _single(signal * math.expm1(-width)) * aim


def fresh_noise(seed: int, index: int, shape: tuple[int, ...], again: int = 0) -> Array:
    """Standard normal numbers of one step, the same on every machine and for every picture of a batch by its place."""
    return np.random.default_rng((seed, index, again)).standard_normal(shape, dtype=np.float32)


def stirred(step: Step, share: float, seed: int) -> Array:
    """x of a step where so much of its noise, in [0, 1], was drawn anew: the clean estimate stays, the norm is kept."""
    if share == 0:
        return step.x
    fresh = fresh_noise(seed, step.index, step.x.shape)
    eps = _single(math.sqrt(1 - share**2)) * step.eps() + _single(share) * fresh
    return _single(step.signal) * step.clean() + _single(step.noise) * eps


def inverted(
    predict: Predict, picture: Array, schedule: Schedule, what: Parameterisation, sampling: Sampling
) -> Generator[Step, None, Array]:
    """The noise from which ``sample`` with ddim reaches ``picture``: the probability-flow ODE run backwards.

    Song et al. (2021), arXiv:2010.02502, section 4.3. Each step is solved for where it comes from by a few rounds of
    fixed-point iteration, so that the way back leads to the same picture; follows the weights of ``sampling``.

    Yields:
        The last network call of every step, from picture to noise.
    """
    places = schedule.places(sampling)
    weights = sampling.weights(len(places))
    x, signal, noise = picture, 1.0, 0.0
    for index in range(len(places) - 1, -1, -1):
        place = float(places[index])
        next_signal, next_noise = schedule.at(place)
        guess, weight = x, float(weights[index])
        step = _visit(predict, guess, schedule, what, sampling, place, index, weight)
        for left in range(ROUNDS - 1, -1, -1):
            eps = step.eps()
            guess = _single(next_signal / signal) * (x - _single(noise) * eps) + _single(next_noise) * eps
            if left:
                step = _visit(predict, guess, schedule, what, sampling, place, index, weight)
        yield step
        x, signal, noise = guess, next_signal, next_noise
    return x


def _single(value: float | NDArray[Any]) -> Any:
    """In the precision of pictures, so that a product with one stays in it."""
    return np.float32(value)
