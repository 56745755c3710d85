"""Imported pipelines draw what diffusers draws: from the same noise, for the same words, by the same scheduler."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.contract.archive import save_bundle
from explorer.foreign.pipelines.layout import read_pipeline
from explorer.foreign.pipelines.making import pipeline_files
from explorer.foreign.pipelines.previewing import Preview
from explorer.latent.retouch import Raster, Retouch
from explorer.latent.sampling import Sampling
from explorer.models.capabilities import Model, Unfolds
from explorer.models.load import load_model
from explorer.runtime.session import Runtime

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

Pipelines = Callable[..., Any]
PROMPT, NEGATIVE = "a red fox in the snow, oil on canvas", "low quality, blurry"
STEPS, WEIGHT = 5, 5.0
CLOSE = 1e-3  # of pictures in [0, 1]; what is shown is rounded to 1 / 255 on top


def loaded(folder: Path, target: Path, runtime: Runtime, **more: Any) -> Model:
    """The folder as a model."""
    facts, files = pipeline_files(read_pipeline(folder), **more)
    save_bundle(target, facts, files)
    return load_model(target, runtime)


def under(model: Model, **asked: Any) -> Unfolds:
    """Its decoder, asked for these words."""
    assert model.unfolds is not None
    words = {"prompt": PROMPT, "negative_prompt": NEGATIVE, "steps": STEPS, "weight": WEIGHT}
    sampling = Sampling.model_validate(dict(model.style.sampling) | words | asked)
    return model.unfolds.under(model.style.model_copy(update={"sampling": sampling}))


def noise_for(model: Model) -> np.ndarray:
    assert model.decodes is not None
    return np.random.default_rng(3).standard_normal((1, *model.decodes.space.shape), dtype=np.float32)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime("cpu", threads=1)


SCHEDULERS: list[tuple[str, str, dict[str, Any]]] = [
    ("sd1", "DDIMScheduler", {"clip_sample": False}),
    ("sd1", "DPMSolverMultistepScheduler", {}),
    ("sd1", "DPMSolverMultistepScheduler", {"timestep_spacing": "linspace"}),
    ("sd1", "EulerDiscreteScheduler", {"timestep_spacing": "leading"}),
    ("sd2", "DDIMScheduler", {}),
    ("xl", "EulerDiscreteScheduler", {}),
]


@pytest.mark.parametrize(("kind", "scheduler", "options"), SCHEDULERS)
def test_pictures_are_those_of_diffusers(
    pipelines: Pipelines,
    runtime: Runtime,
    tmp_path: Path,
    kind: str,
    scheduler: str,
    options: dict[str, Any],
) -> None:
    built = pipelines(kind)
    folder = built.copied(tmp_path / "folder")
    before = built.pipeline.scheduler
    theirs = getattr(diffusers, scheduler).from_config(before.config, **options)
    place = folder / "scheduler" / "scheduler_config.json"
    place.write_text(json.dumps(dict(theirs.config)), "utf-8")
    model = loaded(folder, tmp_path / "bundle", runtime)
    noise = noise_for(model)
    built.pipeline.scheduler = theirs
    try:
        wanted = built.picture(
            PROMPT, noise, num_inference_steps=STEPS, guidance_scale=WEIGHT, negative_prompt=NEGATIVE
        )
    finally:
        built.pipeline.scheduler = before
    assert wanted.std() > 0.1  # a picture, nothing flat
    found = under(model).decode(noise.reshape(1, -1))
    assert np.abs(found / 255 - wanted).max() < CLOSE + 0.5 / 255


@pytest.mark.parametrize("kind", ["sd1", "xl"])
def test_nothing_to_lead_away_from_is_what_diffusers_takes_for_it(
    pipelines: Pipelines,
    runtime: Runtime,
    tmp_path: Path,
    kind: str,
) -> None:
    built = pipelines(kind)
    folder = built.copied(tmp_path / "folder")
    theirs = diffusers.DDIMScheduler.from_config(built.pipeline.scheduler.config, clip_sample=False)
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(dict(theirs.config)), "utf-8")
    model = loaded(folder, tmp_path / "bundle", runtime)
    noise = noise_for(model)
    before, built.pipeline.scheduler = built.pipeline.scheduler, theirs
    try:
        wanted = built.picture(PROMPT, noise, num_inference_steps=STEPS, guidance_scale=WEIGHT)
    finally:
        built.pipeline.scheduler = before
    found = under(model, negative_prompt="").decode(noise.reshape(1, -1))
    assert np.abs(found / 255 - wanted).max() < CLOSE + 0.5 / 255


def test_words_weight_and_steps_are_heard(pipelines: Pipelines, runtime: Runtime, tmp_path: Path) -> None:
    model = loaded(pipelines("sd2").folder, tmp_path / "bundle", runtime)
    noise = noise_for(model).reshape(1, -1)
    usual = under(model).decode(noise).astype(int)
    for change in ({"prompt": "a blue boat"}, {"negative_prompt": "oil"}, {"weight": 1.0}, {"steps": 6}):
        assert np.abs(under(model, **change).decode(noise) - usual).max() > 3, change


def test_every_step_is_seen_at_once_and_developed_on_demand(
    pipelines: Pipelines,
    runtime: Runtime,
    tmp_path: Path,
) -> None:
    colours = np.zeros((5, 3), np.float32)
    colours[0, 0], colours[1, 1], colours[4] = 0.1, 0.2, (0.5, 0.25, 1.0)
    model = loaded(pipelines("sd1").folder, tmp_path / "bundle", runtime, preview=Preview(colours, 0.9))
    decoder = under(model)
    assert not decoder.exact and decoder.shape_shown == (64, 64, 3)
    walk = decoder.unfold(noise_for(model).reshape(1, -1))
    steps = []
    while True:
        try:
            steps.append(next(walk))
        except StopIteration as end:
            picture = end.value
            break
    assert len(steps) == STEPS and steps[0].unconditional is not None
    clean = steps[-1].clean()
    quick = decoder.to_pixels(clean)[0]
    middle = np.rint(np.array([0.5 + 0.1 * clean[0, 0, 4, 4], 0.25 + 0.2 * clean[0, 1, 4, 4], 1.0]) * 255)
    assert np.abs(quick[35:37, 35:37].mean(axis=(0, 1)) - middle.clip(0, 255)).max() < 20  # between two positions
    assert np.array_equal(decoder.to_pixels(np.zeros_like(clean))[0, 9, 9], [128, 64, 255])
    assert np.array_equal(decoder.develop(clean), picture)


def test_guidance_of_a_step_in_view_needs_no_network(pipelines: Pipelines, runtime: Runtime, tmp_path: Path) -> None:
    model = loaded(pipelines("sd1").folder, tmp_path / "bundle", runtime)
    noise = noise_for(model).reshape(1, -1)
    one, other = (next(under(model, weight=weight).unfold(noise)) for weight in (1.0, 6.0))
    assert np.allclose(one.clean(6.0), other.clean(), atol=1e-5)
    assert np.abs(one.pull()).max() > 0


def test_a_picture_goes_in_and_what_is_not_painted_stays(
    pipelines: Pipelines,
    runtime: Runtime,
    tmp_path: Path,
) -> None:
    model = loaded(pipelines("sd1").folder, tmp_path / "bundle", runtime)
    assert model.encodes is not None and model.unfolds is not None
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = 200
    mask = np.zeros((64, 64, 1), np.uint8)
    mask[:, :9] = 255  # into the second column of positions
    retouch = Retouch(picture=Raster.of(picture), mask=Raster.of(mask), strength=1.0)
    noise = noise_for(model).reshape(1, -1)
    steps = list(under(model, retouch=retouch).unfold(noise))
    through = list(under(model, retouch=retouch.model_copy(update={"mask": None, "strength": 0.0})).unfold(noise))
    known = through[0].clean()
    rest = (steps[-1].x - np.float32(steps[-1].noise) * noise.reshape(steps[-1].x.shape)) / np.float32(steps[-1].signal)
    again = model.unfolds.develop(rest)[0, :, 40:].astype(int)
    assert np.abs(again - model.unfolds.develop(rest)[0, :, 40:]).max() == 0 and known.shape == rest.shape
    posterior = model.encodes.encode(picture[None])
    assert posterior.mean.shape == noise.shape and np.isfinite(posterior.mean).all()


def test_prompts_are_counted(pipelines: Pipelines, runtime: Runtime, tmp_path: Path) -> None:
    model = loaded(pipelines("xl").folder, tmp_path / "bundle", runtime)
    assert model.unfolds is not None and model.unfolds.prompter is not None
    assert model.unfolds.prompter.count("") == (0, 75)
    count, most = model.unfolds.prompter.count("a red fox " * 60)
    assert count > most == 75
    assert model.unfolds.columns == () and model.unfolds.refusal == ""
