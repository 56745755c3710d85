"""The adapter of a diffusion model against numpy: labels, pairs, batches, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

from explorer.contract.errors import ExplorerError, ManifestInvalid, ModelFault, PortMismatch
from explorer.latent.retouch import Raster, Retouch
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.models.capabilities import Model, Unfolds
from explorer.models.load import check_bundle, load_model
from explorer.runtime.session import Runtime
from explorer.samplers.diffusion import Array, sample
from explorer.samplers.known import Known
from tests.diffusion_graphs import CHANNELS, LEVELS, NULL, SIZE, DiffusionToy, diffusion_bundle

TOY = DiffusionToy()
PIXELS = CHANNELS * SIZE * SIZE


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("diffusion") / "steps"
    diffusion_bundle(path)
    return load_model(path, Runtime("cpu", threads=1))


def bound(model: Model, **facts: object) -> Unfolds:
    assert model.unfolds is not None
    return model.unfolds.under(Style(sampling=Sampling.model_validate(facts)))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, PIXELS), dtype=np.float32)


def by_hand(
    codes: np.ndarray, sampling: Sampling, label: int, against: int = NULL, known: Known | None = None
) -> np.ndarray:
    def predict(x: Array, step: float) -> tuple[Array, Array | None]:
        yes = TOY.eps(x, step, label)
        return yes, None if label == against else TOY.eps(x, step, against)

    x = codes.reshape(-1, CHANNELS, SIZE, SIZE)
    if known is not None:
        x = known.start(*TOY.schedule.at(TOY.schedule.places(sampling)[0]))
    walk = sample(predict, x, TOY.schedule, "eps", sampling, clip=True, known=known)
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("label", [0, 2, NULL])
@pytest.mark.parametrize("weight", [0.0, 1.0, 3.0])
def test_pictures_are_those_of_the_sampler_by_hand(model: Model, label: int, weight: float):
    asked = Sampling(label=(label,), weight=weight, steps=12)
    decoder = bound(model, **asked.model_dump())
    pictures = decoder.decode(noise(3))
    wanted = by_hand(noise(3), asked, label)
    meaning = decoder.to_pixels(wanted)
    assert np.abs(pictures.astype(int) - meaning).max() <= 1
    assert pictures.shape == (3, SIZE, SIZE, CHANNELS)


def test_a_class_comes_out_where_it_is_asked_for(model: Model):
    means = bound(model).to_pixels(TOY.means)
    for label in range(3):
        picture = bound(model, label=(label,), weight=1.0, steps=50).decode(noise(1))[0]
        gaps = [np.abs(picture.astype(int) - mean).mean() for mean in means[:3]]
        assert int(np.argmin(gaps)) == label and gaps[label] < 20


def test_a_negative_label_takes_the_place_of_nothing(model: Model):
    asked = Sampling(label=(0,), negative=(1,), weight=3.0, steps=9)
    pictures = bound(model, **asked.model_dump()).decode(noise(2))
    wanted = bound(model).to_pixels(by_hand(noise(2), asked, 0, 1))
    assert np.abs(pictures.astype(int) - wanted).max() <= 1


def test_every_step_is_told_and_the_walk_goes_on_from_any(model: Model):
    decoder = bound(model, label=(1,), steps=10)
    steps = []
    walk = decoder.unfold(noise(1))
    while True:
        try:
            steps.append(next(walk))
        except StopIteration as end:
            whole = end.value
            break
    assert [step.index for step in steps] == [*range(10)]
    assert all(step.unconditional is not None for step in steps)
    again = decoder.unfold(noise(1), 6, steps[6].x, steps[5])
    for _ in range(4):
        next(again)
    with pytest.raises(StopIteration) as end:
        next(again)
    np.testing.assert_array_equal(end.value.value, whole)


def test_nothing_asked_costs_one_call_a_step(model: Model):
    step = next(bound(model).unfold(noise(1)))
    assert step.unconditional is None


def test_a_batch_is_the_pictures_one_by_one(model: Model):
    decoder = bound(model, label=(0,), steps=5)
    together = decoder.decode(noise(20))
    alone = np.concatenate([decoder.decode(row[None]) for row in noise(20)])
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_equal_samplings_are_one_decoder_and_the_quick_one_has_few_steps(model: Model):
    assert bound(model, label=(1,)) is bound(model, label=(1,))
    assert bound(model, label=(1,)) is not bound(model, label=(2,))
    slow = bound(model, label=(1,), steps=50)
    assert slow.quick.sampling.steps == 8 and slow.quick.sampling.label == (1,)
    few = bound(model, label=(1,), steps=4)
    assert few.quick is few


def test_what_is_not_finite_names_its_step(tmp_path: Path):
    diffusion_bundle(tmp_path / "spoilt", spoilt_from=40)
    broken = load_model_untimed(tmp_path / "spoilt")
    walk = bound(broken, label=(0,), steps=10, spacing="uniform").unfold(noise(1))
    seen = []
    with pytest.raises(ModelFault, match="not finite at step 33"):
        while True:
            seen.append(next(walk))
    assert len(seen) == 6


def load_model_untimed(path: Path) -> Model:
    """As ``load_model``, for models whose first picture cannot be made."""
    import explorer.models.load as load

    before, load._timed = load._timed, lambda decodes: 1.0
    try:
        return load_model(path, Runtime("cpu", threads=1))
    finally:
        load._timed = before


def test_without_a_null_condition_guidance_says_why_it_is_off(tmp_path: Path):
    diffusion_bundle(tmp_path / "plain", null_label=None)
    model = load_model(tmp_path / "plain", Runtime("cpu", threads=1))
    assert model.unfolds is not None and "no null condition" in model.unfolds.refusal
    assert next(bound(model, label=(1,), weight=5.0).unfold(noise(1))).unconditional is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"steps": 50}, "100 values for 50 steps"),
        ({"space": ""}, ""),
    ],
)
def test_a_schedule_that_does_not_fit_is_refused(tmp_path: Path, facts: dict[str, object], words: str):
    diffusion_bundle(tmp_path / "odd", **facts)
    if not words:
        assert check_bundle(tmp_path / "odd", Runtime("cpu")) == []
        return
    with pytest.raises(ManifestInvalid, match=words):
        load_model(tmp_path / "odd", Runtime("cpu", threads=1))


@pytest.mark.parametrize("levels", [LEVELS[::-1], np.where(np.arange(100) == 5, np.nan, LEVELS), LEVELS * 0])
def test_a_schedule_that_does_not_fall_is_refused(levels: np.ndarray):
    from explorer.contract.manifest import Array as StoredArray
    from explorer.contract.manifest import Diffusion
    from explorer.models.denoiser import checked_levels

    facts = Diffusion(parameterisation="eps", alphas_bar=StoredArray(file="a.npz", key="a"), steps=100)
    with pytest.raises(ExplorerError, match="does not fall"):
        checked_levels(levels, facts)


DRAWN = np.random.default_rng(7).integers(0, 256, (SIZE, SIZE, 1), np.uint8)
HALF = np.arange(SIZE)[:, None] * np.ones((1, SIZE)) < SIZE // 2  # the upper half


@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_a_picture_is_begun_with_and_kept_outside_the_mask(model: Model, strength: float, rounds: int):
    retouch = Retouch(picture=Raster.of(DRAWN), strength=strength, rounds=rounds).masked(HALF)
    asked = Sampling(label=(1,), steps=15, retouch=retouch)
    found = bound(model, **dict(asked)).decode(noise(2))
    np.testing.assert_array_equal(found[:, SIZE // 2 :], np.repeat(DRAWN[None, SIZE // 2 :], 2, 0))
    assert np.abs(found[:, : SIZE // 2].astype(int) - DRAWN[: SIZE // 2]).mean() > 10
    picture = (DRAWN.transpose(2, 0, 1)[None] / 127.5 - 1).astype(np.float32)
    known = Known(picture, noise(2).reshape(-1, CHANNELS, SIZE, SIZE), strength, HALF[None, None], rounds)
    wanted = bound(model).to_pixels(by_hand(noise(2), asked, 1, known=known))
    assert np.abs(found.astype(int) - wanted).max() <= 1


def test_a_fork_of_a_begun_picture_goes_the_same_way_up_to_there(model: Model):
    base = Sampling(label=(1,), steps=10, retouch=Retouch(picture=Raster.of(DRAWN), strength=0.5))
    fork = base.model_copy(update={"base": base, "since": 4, "label": (2,)})
    before, after = (list(bound(model, **dict(each)).unfold(noise(1))) for each in (base, fork))
    assert len(before) == len(after) == 10 and before[0].step == 49
    np.testing.assert_array_equal(before[4].x, after[4].x)
    assert np.abs(before[5].x - after[5].x).max() > 0.01


@pytest.mark.parametrize("what", ["picture", "mask"])
def test_a_picture_or_mask_of_another_size_is_refused(model: Model, what: str):
    small = Raster.of(np.full((SIZE - 1, SIZE, 1), 255, np.uint8))
    facts = {"picture": Raster.of(DRAWN), "mask": None} | {what: small}
    decoder = bound(model, retouch=Retouch.model_validate(facts))
    with pytest.raises(
        PortMismatch, match=rf"{what}.* is {SIZE} x {SIZE - 1} pixels, but this model draws 8 x 8; make"
    ):
        decoder.decode(noise(1))
