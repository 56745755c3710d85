"""Makes a bundle of a diffusion model from outside: the denoiser, its schedule, a few pictures and a card."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract import manifest as m
from explorer.contract.archive import pack_arrays, save_bundle
from explorer.contract.errors import short
from explorer.contract.pixels import to_pixels
from trainers.foreign.origin import UNKNOWN_LICENCE, Origin
from trainers.foreign.sheets import sheet
from trainers.foreign.unet2d import Denoiser, Schedule, Shape
from trainers.kit.export import Exported, export_graph, run_graph
from trainers.kit.grids import png
from trainers.kit.sampling import denoised

TOLERANCE = 1e-3  # of what is predicted, which is in the order of 1
SCHEDULE, LEVELS = "schedule.npz", "alphas_bar"
STEPS = 20  # of the pictures on the card
SMALL_PX = 64  # up to which several are drawn; a large one takes minutes
SHOWN = 8


def export(denoiser: Denoiser, shape: Shape, schedule: Schedule, origin: Origin, target: Path) -> Path:
    """Write the bundle.

    Raises:
        ParityError: the graph does not compute what the module does. CannotWrite, TooLarge: as their sentences say.
    """
    size = (None, shape.channels, shape.height, shape.width)
    picture = m.ImageMeaning(
        channels=shape.channels,  # type: ignore[arg-type]
        height=shape.height,
        width=shape.width,
        value_range=(-1.0, 1.0),
    )
    label = m.Port(name="label", dtype="int64", shape=(None,), meaning=m.LabelMeaning(encoding="index"))
    inputs = (
        m.Port(name="x", shape=size, meaning=picture),
        m.Port(name="step", shape=(None,), meaning=m.TimestepMeaning(unit="step")),
        *((label,) if shape.classes else ()),
    )
    output = m.Port(name="predicted", shape=size, meaning=m.NumberMeaning(of=schedule.parameterisation))
    graph = export_graph(denoiser, "denoiser", inputs, (output,), tolerance=TOLERANCE)
    pictures = _Drawn(graph, shape, schedule).pictures(SHOWN if shape.height <= SMALL_PX else 1)
    origin = replace(origin, checked=(*origin.checked, *_checked(denoiser, schedule)))
    facts = _facts(shape, schedule, origin, graph)
    caption = f"Samples, {STEPS} steps of DPM-Solver++(2M), noise of seed 0, none left out"
    files = {
        **graph.files,
        SCHEDULE: pack_arrays({LEVELS: schedule.levels}),
        "preview.png": png(pictures[0]),
        "samples.png": sheet(pictures),
        "CARD.md": origin.card(facts, {"samples.png": caption}, _paragraphs(denoiser, schedule)).encode(),
    }
    save_bundle(target, facts, files)
    return target


@dataclass(frozen=True)
class _Drawn:
    """Pictures by the exported graph."""

    graph: Exported
    shape: Shape
    schedule: Schedule

    def pictures(self, count: int) -> np.ndarray:
        """uint8 (N, H, W, C), of every class in turn where there are classes."""
        shape = self.shape
        noise = np.random.default_rng(0).standard_normal((count, shape.channels, shape.height, shape.width), np.float32)
        labels = np.arange(count) % max(shape.classes, 1)

        def predict(x: np.ndarray, step: float) -> np.ndarray:
            feeds = {"x": x.astype(np.float32), "step": np.full(count, step, np.float32)}
            if shape.classes:
                feeds["label"] = labels
            return run_graph(self.graph.content, feeds)[0]

        clean = denoised(noise, predict, self.schedule.levels.astype(np.float64), self.schedule.parameterisation, STEPS)
        meaning = m.ImageMeaning(channels=shape.channels, value_range=(-1.0, 1.0))  # type: ignore[arg-type]
        return to_pixels(clean.astype(np.float32), meaning)


def _facts(shape: Shape, schedule: Schedule, origin: Origin, graph: Exported) -> dict[str, Any]:
    files = ", ".join(origin.files)
    return {
        "name": origin.name,
        "family": "diffusion",
        "description": short(
            f"A diffusion model of {shape.width} x {shape.height} px, a UNet2DModel imported from {files}.", 400
        ),
        "licence": UNKNOWN_LICENCE,
        "provenance": origin.provenance,
        "graphs": (graph.graph,),
        "spaces": (),
        "diffusion": m.Diffusion(
            parameterisation=schedule.parameterisation,
            alphas_bar=m.Array(file=SCHEDULE, key=LEVELS),
            steps=len(schedule.levels),
        ),
        "classes": tuple(f"class {index}" for index in range(shape.classes)),
    }


def _checked(denoiser: Denoiser, schedule: Schedule) -> tuple[str, ...]:
    count = len(denoiser.unet.state_dict())
    said = (
        "The file was read as data: nothing in it was run.",
        f"All {count} tensors fit the network that diffusers builds of the configuration; each number is finite.",
        f"Graph and PyTorch agree to {TOLERANCE:g} at two batch sizes.",
    )
    return (*said, schedule.note) if schedule.note else said


def _paragraphs(denoiser: Denoiser, schedule: Schedule) -> list[str]:
    parameters = sum(parameter.numel() for parameter in denoiser.parameters())
    return [
        f"A UNet2DModel of diffusers with {parameters / 1e6:.2f} million parameters, which predicts "
        f"{schedule.parameterisation} in {len(schedule.levels):,} steps. Pictures are -1 where black and 1 where white."
    ]
