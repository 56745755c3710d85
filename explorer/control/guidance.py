"""What a diffusion model is asked for, how strictly, and by which sampler: changed through the walk."""

from typing import Any, Protocol

import numpy as np

from explorer.contract.manifest import Attribute
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.sampling import ANYTHING, MOST_STEPS, PROMPT, WEIGHT_HIGH, WEIGHT_LOW, Sampling
from explorer.state.place import Explore

KEY = "guidance"  # of the instrument
KNOTS = 16  # of a curve that is drawn by hand
CURVES: dict[str, tuple[float, ...]] = {
    "constant": (),
    "interval": (0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "early": (1.0, 0.0),
    "late": (0.0, 1.0),
}
DETAILS = ("sampler", "spacing", "eta", "seed")  # of ``Sampling``, by the name that the panel tells


class GuidanceView(Protocol):
    """What the controller needs of the panel."""

    def show_columns(self, columns: tuple[Attribute, ...], refusal: str, *, words: bool) -> None: ...
    def show_counts(self, prompt: tuple[int, int], negative: tuple[int, int]) -> None:
        """How many tokens each text has, and how many are read."""
        ...

    def show_sampling(self, sampling: Sampling, curve: str) -> None: ...


class GuidanceController:
    """Shows and changes the sampling of the place."""

    def __init__(self, explore: Explore, stage: Stage, walk: Walk, view: GuidanceView) -> None:
        self._explore, self._stage, self._walk, self._view = explore, stage, walk, view
        for signal in (stage.events.model, explore.events.instrument):
            signal.connect(self.describe)
        explore.events.place.connect(self.refresh)

    def describe(self) -> None:
        """Show what the model on stage can be asked for."""
        model = self._stage.model
        if model is not None and model.unfolds is not None and self._explore.instrument == KEY:
            words = model.unfolds.prompter is not None
            self._view.show_columns(model.unfolds.columns, model.unfolds.refusal, words=words)
            self.refresh()

    def refresh(self) -> None:
        """The place changed."""
        if self._explore.instrument == KEY:
            self._view.show_sampling(self._sampling, self.curve)
            self.count(self._sampling.prompt, self._sampling.negative_prompt)

    @property
    def curve(self) -> str:
        """The name of the curve, empty where it was drawn by hand."""
        return next((name for name, curve in CURVES.items() if curve == self._sampling.curve), "")

    # what a person does

    def begin(self) -> None:
        """A gesture on a slider or the curve begins."""
        self._walk.begin()

    def ask(self, column: int, value: int) -> None:
        """Ask for a value of an attribute, or for anything."""
        self._set("Ask for something else", label=self._with(self._sampling.label, column, value))

    def forget(self) -> None:
        """Ask for nothing in particular."""
        self._set("Ask for nothing", label=self._with((), 0, ANYTHING))

    def avoid(self, column: int, value: int) -> None:
        """Lead away from a value of an attribute, or from nothing in particular."""
        negative = self._with(self._sampling.negative, column, value)
        self._set("Lead away from something else", negative=negative if any(v != ANYTHING for v in negative) else ())

    def say(self, prompt: str) -> None:
        """Ask in words."""
        self._walk.begin()
        self._set("Ask in other words", prompt=prompt[:PROMPT])

    def say_not(self, prompt: str) -> None:
        """Lead away from what words say."""
        self._walk.begin()
        self._set("Lead away from other words", negative_prompt=prompt[:PROMPT])

    def count(self, prompt: str, negative: str) -> None:
        """Both texts are being typed: tell how much of them is read."""
        model = self._stage.model
        prompter = None if model is None or model.unfolds is None else model.unfolds.prompter
        if prompter is not None:
            self._view.show_counts(prompter.count(prompt), prompter.count(negative))

    def weigh(self, weight: float) -> None:
        """Follow what is asked for so strictly; part of the running gesture."""
        if np.isfinite(weight):
            weight = round(min(max(weight, WEIGHT_LOW), WEIGHT_HIGH), 2)
            self._set("Change the guidance weight", gesture=True, weight=weight)

    def rescale(self, share: float) -> None:
        """Bring guided predictions back to their spread; part of the running gesture."""
        if np.isfinite(share):
            self._set("Change the rescaling", gesture=True, rescale=round(min(max(share, 0.0), 1.0), 2))

    def bend(self, name: str) -> None:
        """Take one of the known curves."""
        if name not in CURVES:
            return
        self._walk.begin()
        self._set("Change the guidance over the steps", curve=CURVES[name])

    def draw(self, share: float, factor: float) -> None:
        """Draw the curve: at that share of the way so much of the guidance; part of the running gesture."""
        if not (np.isfinite(share) and np.isfinite(factor)):
            return
        known = self._sampling.curve or (1.0,)
        at = np.linspace(0, 1, len(known)) if len(known) > 1 else np.zeros(1)
        curve = np.interp(np.linspace(0, 1, KNOTS), at, np.array(known))
        curve[round(min(max(share, 0.0), 1.0) * (KNOTS - 1))] = min(max(factor, 0.0), 1.0)
        values = tuple(round(float(value), 3) for value in curve.tolist())
        self._set("Draw the guidance over the steps", gesture=True, curve=values)

    def set(self, name: str, value: Any) -> None:
        """Change how it is sampled: one of ``DETAILS``; numbers are part of the running gesture."""
        if name == "steps":
            steps = int(min(max(value, 1), MOST_STEPS))
            self._walk.restyle("Change the steps", gesture=True, sampling=self._sampling.in_steps(steps))
            return
        if name in DETAILS:
            self._set(f"Change the {name} of the sampler", gesture=name == "eta", **{name: value})

    # inside

    @property
    def _sampling(self) -> Sampling:
        return self._explore.place.style.sampling

    def _with(self, label: tuple[int, ...], column: int, value: int) -> tuple[int, ...]:
        model = self._stage.model
        count = 0 if model is None or model.unfolds is None else len(model.unfolds.columns)
        row = [label[at] if at < len(label) else ANYTHING for at in range(count)]
        if column < count:
            row[column] = value
        return tuple(row)

    def _set(self, words: str, gesture: bool = False, **fields: Any) -> None:
        sampling = self._sampling.model_copy(update=fields)
        self._walk.restyle(words, gesture=gesture, sampling=sampling)
