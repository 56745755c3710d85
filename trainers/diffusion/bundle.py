"""Makes a bundle of a trained diffusion model: the denoiser, its schedule, a sheet of samples by class, and a card."""

from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from trainers.diffusion.config import DiffusionConfig
from trainers.diffusion.learner import DiffusionLearner
from trainers.diffusion.unet import NULL, UNet
from trainers.kit.card import Figure, licence_text, write_card
from trainers.kit.export import Exported, export_graph, run_graph
from trainers.kit.grids import enlarged, grid, png
from trainers.kit.provenance import Opened, provenance
from trainers.kit.sampling import denoised, guided
from trainers.kit.stores import label_facts

LICENCE = "Apache-2.0"
SCHEDULE = "schedule.npz"
COLUMNS = 10
ROWS = 10  # of the sheet of samples, where there are no classes
FIGURE_PX = 56
STEPS = 25
SHOWN_GUIDANCE = 2.0
WEIGHTS = (0.0, 1.0, 2.0, 4.0, 8.0)
GUIDANCE_RANGE = 0.0, 10.0


def export(run: Opened, target: Path, *, whole: bool) -> Path:
    """Write the bundle; with ``whole`` the figures and the card as well, else only what is needed to step in.

    Raises:
        ParityError: the graph does not compute what the module does. CannotWrite: no space, no right.
    """
    learner = cast(DiffusionLearner, run.learner)
    graph = _denoiser(learner.averaged, run)
    facts, files = _facts(run, learner, graph), dict(graph.files)
    files[SCHEDULE] = pack_arrays({"alphas_bar": learner.levels.astype(np.float32)})
    drawn = _Drawn(graph, learner, run)
    files["preview.png"] = png(drawn.preview())
    if whole:
        figures, sheets = drawn.figures()
        files |= sheets
        files["CARD.md"] = write_card(facts, figures, [_paragraph(run, learner)]).encode()
    files["LICENSE"] = licence_text(LICENCE, run.train).encode()
    save_bundle(target, facts, files)
    return target


class _Unlabelled(nn.Module):
    """The network of a model that is told nothing but the step."""

    def __init__(self, unet: UNet) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        return self.unet(x, step)


def _denoiser(unet: UNet, run: Opened) -> Exported:
    _, height, width, channels = run.train.images.shape
    noisy = m.ImageMeaning(channels=channels, height=height, width=width, value_range=(-1.0, 1.0))
    shape = (None, channels, height, width)
    what = m.NumberMeaning(of=run.facts.config.parameterisation)
    inputs = [
        m.Port(name="x", shape=shape, meaning=noisy),
        m.Port(name="step", shape=(None,), meaning=m.TimestepMeaning(unit="step")),
    ]
    if unet.values:
        label = m.LabelMeaning(encoding="index")
        inputs.append(m.Port(name="label", dtype="int64", shape=(None, len(unet.values)), meaning=label))
    module = unet if unet.values else _Unlabelled(unet)
    return export_graph(module, "denoiser", tuple(inputs), (m.Port(name="predicted", shape=shape, meaning=what),))


class _Drawn:
    """Pictures by the exported graph, of a noise that is the same for every class and weight in a column."""

    def __init__(self, graph: Exported, learner: DiffusionLearner, run: Opened) -> None:
        self._graph, self._learner = graph, learner
        self._values = learner.values
        _, height, width, channels = run.train.images.shape
        self._shape = channels, height, width
        self._names = run.train.classes

    def preview(self) -> np.ndarray:
        """One guided sample, of the last class."""
        label = None if not self._values else np.array([[count - 1 for count in self._values]])
        return self._draw(self._noise(1), label, SHOWN_GUIDANCE)[0]

    def figures(self) -> tuple[list[Figure], dict[str, bytes]]:
        """A sheet of samples by class, and one of the same noise under several weights."""
        if len(self._values) != 1:
            count = ROWS * COLUMNS
            labels = None if not self._values else self._some_labels(count)
            sheet = self._draw(self._noise(count), labels, 1.0)
            caption = f"{count} samples, {STEPS} steps, noise of seed 0, none left out"
            return [Figure("samples.png", caption)], {"samples.png": _sheet(sheet)}
        classes = self._values[0]
        labels = np.repeat(np.arange(classes), COLUMNS)[:, None]
        noise = np.tile(self._noise(COLUMNS), (classes, 1, 1, 1))
        files = {"samples.png": _sheet(self._draw(noise, labels, 1.0))}
        few = np.arange(COLUMNS)[:, None] % classes
        over = [self._draw(self._noise(COLUMNS), few, weight) for weight in WEIGHTS]
        files["guidance.png"] = _sheet(np.concatenate(over))
        names = ", ".join(self._names)
        return [
            Figure(
                "samples.png",
                f"{COLUMNS} noises of seed 0, the same in every row, none left out; a row each for {names}; "
                f"weight 1, {STEPS} steps",
            ),
            Figure(
                "guidance.png",
                "The same ten noises, one of each class, under guidance of weight "
                + ", ".join(f"{weight:g}" for weight in WEIGHTS)
                + " from top to bottom; 0 ignores the class",
            ),
        ], files

    def _some_labels(self, count: int) -> np.ndarray:
        rng = np.random.default_rng(1)
        return np.stack([rng.integers(values, size=count) for values in self._values], 1)

    def _noise(self, count: int) -> np.ndarray:
        return np.random.default_rng(0).standard_normal((count, *self._shape), np.float32)

    def _draw(self, noise: np.ndarray, labels: np.ndarray | None, weight: float) -> np.ndarray:
        """uint8 (N, H, W, C)."""

        def ask(x: np.ndarray, step: float, told: np.ndarray | None) -> np.ndarray:
            feeds = {"x": x, "step": np.full(len(x), step, np.float32)}
            if told is not None:
                feeds["label"] = told.astype(np.int64)
            return run_graph(self._graph.content, feeds)[0]

        def predict(x: np.ndarray, step: float) -> np.ndarray:
            if labels is None or weight == 1:
                return ask(x, step, labels)
            return guided(ask(x, step, labels), ask(x, step, np.full_like(labels, NULL)), weight)

        config: DiffusionConfig = self._learner.config
        clean = denoised(noise, predict, self._learner.levels, config.parameterisation, STEPS)
        return np.rint((clean.transpose(0, 2, 3, 1) + 1) * 127.5).clip(0, 255).astype(np.uint8)


def _sheet(pictures: np.ndarray) -> bytes:
    return png(grid(np.stack([enlarged(picture, FIGURE_PX) for picture in pictures]), COLUMNS))


def _facts(run: Opened, learner: DiffusionLearner, graph: Exported) -> dict[str, Any]:
    config = learner.config
    return {
        "name": run.name,
        "family": run.facts.family,
        "description": run.description,
        "licence": LICENCE,
        "data_licence": run.train.licence,
        "credit": f"Trained on {run.train.name}: {run.train.credit}",
        "provenance": provenance(run),
        "graphs": (graph.graph,),
        "spaces": (),
        "diffusion": m.Diffusion(
            parameterisation=config.parameterisation,
            alphas_bar=m.Array(file=SCHEDULE, key="alphas_bar"),
            steps=config.steps,
            null_label=NULL if learner.values and config.unconditional > 0 else None,
            guidance_range=GUIDANCE_RANGE,
        ),
        **label_facts(run.train),
    }


def _paragraph(run: Opened, learner: DiffusionLearner) -> str:
    config, unet = learner.config, learner.averaged
    parameters = sum(parameter.numel() for parameter in unet.parameters())
    told = (
        "It was trained without labels."
        if not learner.values
        else f"In {config.unconditional:.0%} of the pictures it was not told the label, which guidance needs."
    )
    return (
        f"A U-Net of {parameters / 1e6:.2f} million parameters, {config.schedule} schedule of {config.steps:,} steps, "
        f"predicts {config.parameterisation}. {told} Pictures are -1 where black and 1 where white; a label of {NULL} "
        "means that nothing is said."
    )
