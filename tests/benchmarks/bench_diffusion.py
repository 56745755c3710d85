"""``python -m tests.benchmarks.bench_diffusion [BUNDLE]``: a watched trajectory beside bare runs, and beside diffusers.

Without a bundle it is measured on the shipped model.
"""

import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from explorer.control.ways import Walked
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.models.capabilities import Unfolds
from explorer.models.load import load_model
from explorer.places import assets_folder
from explorer.runtime.session import OrtSession, Runtime
from explorer.samplers.diffusion import Step, sample
from tests.benchmarks.rows import Row, at_most, in_turn, print_table

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
SHIPPED = assets_folder() / "models" / "fashion-diffusion"
STEPS, TIMES, FRAME_MS, PREVIEW_MS, FASTER = 25, 1.05, 16.0, 100.0, 2.0
EAGER_STEPS, SAME = 50, 1e-3
REPETITIONS = 7


def rows(bundle: Path, repetitions: int = REPETITIONS) -> list[Row]:
    """A trajectory, its clean estimate under another weight, and a preview, in turn with as many bare runs."""
    with closing(Runtime("cpu")) as runtime:
        model = load_model(bundle, runtime)
        assert model.unfolds is not None and model.decodes is not None
        decoder = model.unfolds.under(Style(sampling=Sampling(label=(0,), weight=3.0, steps=STEPS)))
        code = np.random.default_rng(0).standard_normal((1, model.decodes.prior.size), dtype=np.float32)
        session = decoder._denoiser._session  # type: ignore[attr-defined] - the very session, without what is around it
        assert isinstance(session, OrtSession)
        pair = np.repeat(code.reshape(1, *decoder.space.shape), 2, axis=0)
        names = [port.name for port in decoder._denoiser.graph.inputs]  # type: ignore[attr-defined]
        values = (pair, np.full(2, 500, np.float32), np.array([[0], [-1]], np.int64))
        feeds = dict(zip(names, values, strict=True))
        kept: list[Step] = []

        def watched() -> None:
            kept[:] = steps_of(decoder, code)

        times = in_turn(
            repetitions,
            bare=lambda: [session.raw.run(None, feeds) for _ in range(STEPS)],
            watched=watched,
            preview=lambda: steps_of(decoder.quick, code),
        )
        step = kept[STEPS // 2]
        bend = in_turn(50, bend=lambda: decoder.to_pixels(step.clean(7.5)))["bend"]
    ratio = times["watched"] / times["bare"]
    return [
        at_most(
            f"{model.manifest.name}: {STEPS} guided steps, all kept", ratio, TIMES, "times",
            f"{STEPS} bare runs of the pair {times['bare']:.0f} ms", f" ({times['watched']:.0f} ms)",
        ),
        at_most("the clean estimate under another weight", bend, FRAME_MS, "ms", "no network call"),
        at_most("a preview of the picture after a change", times["preview"], PREVIEW_MS, "ms", "8 guided steps"),
    ]  # fmt: skip


def scrub_rows(count: int = 1_000) -> list[Row]:
    """Every frame of a long trajectory of 64 px colour looked at in turn, in the real window, panel and all."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from explorer.app import App
    from explorer.contract.manifest import Attribute
    from explorer.control.picture import KEPT_BYTES
    from explorer.options import LaunchOptions
    from tests.untrained import untrained_faces

    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        path = untrained_faces(Path(folder) / "faces", (Attribute(name="kind", values=("a", "b")),), 64, count)
        app = App(LaunchOptions(target=path, session=False, panel="trajectory", device="cpu"), qt)
        app.open()
        loop, timer = QEventLoop(), QTimer(interval=100)
        wanted = Sampling(label=(0,), steps=count)

        def look() -> None:
            if app.stage.at(app.explore.place) is not None and app.explore.place.style.sampling != wanted:
                app.walk.restyle("Many steps", sampling=wanted)
            picture = app.stage.picture
            found = 0 if picture is None or picture.unfolding is None else len(picture.unfolding.steps)
            if found == count and app.idle:
                loop.quit()

        timer.timeout.connect(look)
        timer.start()
        loop.exec()
        timer.stop()
        times: list[float] = []
        app.trajectory.begin()
        for frame in range(count):
            start = time.perf_counter()
            app.trajectory.scrub(frame)
            app.window.picture.canvas.repaint()
            times.append((time.perf_counter() - start) * 1_000)
        picture = app.stage.picture
        assert picture is not None and picture.unfolding is not None
        kept = Walked(picture.unfolding.steps, picture.pixels).nbytes
        app.window.close()
    middle, worst = float(np.median(times)), max(times)
    return [
        at_most(
            f"scrubbing {count:,} frames of 64 px colour: the slowest",
            worst,
            FRAME_MS,
            "ms",
            "of all",
            f" (median {middle:.1f} ms)",
        ),
        at_most("what these steps take in memory", kept / 2**20, KEPT_BYTES / 2**20, "MB", "the stated budget"),
    ]


def eager_rows(repetitions: int = 3) -> list[Row]:
    """The same network and schedule by diffusers' DDIM scheduler around eager PyTorch, and by us."""
    import torch
    from diffusers import DDIMScheduler

    from trainers.diffusion.config import UNetArchitecture
    from trainers.diffusion.schedule import alphas_bar
    from trainers.diffusion.unet import UNet

    torch.manual_seed(0)
    network = UNet(UNetArchitecture(width=48, widest=96, blocks=1), 28, 1, (10,)).eval()
    for layer in network.modules():  # branches begin at zero: without this the network would say nothing
        if isinstance(layer, torch.nn.Conv2d) and not layer.weight.any():
            torch.nn.init.normal_(layer.weight, std=0.02)
    levels = alphas_bar("linear", 1_000)
    betas = 1 - levels / np.concatenate([[1.0], levels[:-1]])
    scheduler = DDIMScheduler(
        trained_betas=betas, clip_sample=False, set_alpha_to_one=True, prediction_type="v_prediction",
        timestep_spacing="trailing",
    )  # fmt: skip
    noise = np.random.default_rng(0).standard_normal((1, 1, 28, 28), dtype=np.float32)
    found: dict[str, Any] = {}

    def theirs() -> None:
        scheduler.set_timesteps(EAGER_STEPS)
        x = torch.from_numpy(noise)
        labels = torch.tensor([[3], [-1]])
        with torch.inference_mode():
            for step in scheduler.timesteps:
                at = torch.full((2,), float(step))
                yes, no = network(torch.cat([x, x]), at, labels).chunk(2)
                x = scheduler.step(no + 2.0 * (yes - no), step, x).prev_sample
        found["theirs"] = x.numpy()

    with tempfile.TemporaryDirectory() as folder, closing(Runtime("cpu")) as runtime:
        model = load_model(exported(network, levels, Path(folder) / "random"), runtime)
        assert model.unfolds is not None
        sampling = Sampling(label=(3,), weight=2.0, steps=EAGER_STEPS, sampler="ddim")
        predict = model.unfolds._denoiser.predict(sampling, both=True)  # type: ignore[attr-defined]

        def ours() -> None:  # as the decoder does, but for the clipping, which is off on both sides
            found["ours"] = list(sample(predict, noise, model.unfolds.schedule, "v", sampling))[-1]

        times = in_turn(repetitions, ours=ours, theirs=theirs)
        gap = float(np.abs(found["ours"].clean() - found["theirs"]).max())
    times_faster = times["theirs"] / times["ours"]
    return [
        Row(
            f"{EAGER_STEPS} guided DDIM steps, the same network",
            f"{times_faster:.2f} times as fast ({times['ours']:.0f} ms)",
            f"diffusers' scheduler around eager PyTorch {times['theirs']:.0f} ms",
            f"at least {FASTER:g} times",
            times_faster >= FASTER,
        ),
        at_most("the picture of both from the same noise", gap, SAME, "largest difference", "without clipping"),
    ]


def exported(network: Any, levels: np.ndarray, path: Path) -> Path:
    """A bundle of a network with random weights."""
    from explorer.contract import manifest as m
    from explorer.contract.archive import pack_arrays, save_bundle
    from tests.graphs import png_bytes
    from trainers.kit.export import export_graph

    picture = m.ImageMeaning(channels=1, height=28, width=28, value_range=(-1.0, 1.0))
    shape = (None, 1, 28, 28)
    graph = export_graph(
        network,
        "denoiser",
        (
            m.Port(name="x", shape=shape, meaning=picture),
            m.Port(name="step", shape=(None,), meaning=m.TimestepMeaning()),
            m.Port(name="label", dtype="int64", shape=(None, 1), meaning=m.LabelMeaning()),
        ),
        (m.Port(name="predicted", shape=shape, meaning=m.NumberMeaning(of="v")),),
    )
    facts: dict[str, Any] = {
        "name": "random weights",
        "family": "diffusion",
        "description": "A denoiser with random weights, to measure.",
        "licence": "Apache-2.0",
        "provenance": m.Provenance(producer="benchmarks"),
        "graphs": (graph.graph,),
        "classes": tuple(f"class {k}" for k in range(10)),
        "diffusion": m.Diffusion(
            parameterisation="v", alphas_bar=m.Array(file="schedule.npz", key="alphas_bar"), steps=len(levels),
            null_label=-1,
        ),
    }  # fmt: skip
    files = {
        **graph.files,
        "schedule.npz": pack_arrays({"alphas_bar": levels.astype(np.float32)}),
        "preview.png": png_bytes(np.zeros((8, 8, 1), np.uint8)),
    }
    return save_bundle(path, facts, files).path


def steps_of(decoder: Unfolds, code: np.ndarray) -> list[Step]:
    """Every step of a walk."""
    return list(decoder.unfold(code))


if __name__ == "__main__":
    print_table([*rows(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED), *scrub_rows(), *eager_rows()])
