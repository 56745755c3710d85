"""The shared loop: order, noise, rate, averages and what stops it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainers import toys
from trainers.kit.ema import Averaged
from trainers.kit.likeness import novelty
from trainers.kit.loop import Diverged, Window, to_floats, to_pixels, train
from trainers.kit.plan import Plan
from trainers.kit.randomness import Draw, Order, Share

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


def test_every_epoch_shows_every_picture_once_in_another_order() -> None:
    order = Order(count=20, batch=6, seed=1)
    shown = np.concatenate([order.batch(step) for step in range(10)])
    epochs = shown.reshape(3, 20)
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs.tolist())
    assert not np.array_equal(epochs[0], epochs[1])


def test_the_order_of_a_step_does_not_depend_on_those_before() -> None:
    walked = Order(count=20, batch=6, seed=1)
    for step in range(8):
        walked.batch(step)
    np.testing.assert_array_equal(walked.batch(8), Order(count=20, batch=6, seed=1).batch(8))


def test_processes_together_draw_what_one_would() -> None:
    whole = Draw(0, 3, Share(), CPU).normal("posterior", 6, 2)
    parts = [Draw(0, 3, Share(rank, 2), CPU).normal("posterior", 3, 2) for rank in range(2)]
    torch.testing.assert_close(torch.stack(parts, dim=1).reshape(6, 2), whole)


def test_purposes_and_steps_have_numbers_of_their_own() -> None:
    draws = [
        Draw(0, 3, Share(), CPU).normal("a", 4),
        Draw(0, 3, Share(), CPU).normal("b", 4),
        Draw(0, 4, Share(), CPU).normal("a", 4),
        Draw(1, 3, Share(), CPU).normal("a", 4),
    ]
    assert len({tuple(draw.tolist()) for draw in draws}) == 4


def test_the_rate_rises_then_falls_along_a_cosine() -> None:
    plan = Plan(images=1_000, batch=10, rate=1.0, rate_warmup=100, rate_end=0.1)
    assert plan.rate_at(0, 1.0) == pytest.approx(0.1)
    assert plan.rate_at(500, 1.0) == pytest.approx(0.1 + 0.9 * 0.5)
    assert plan.rate_at(1_000, 1.0) == pytest.approx(0.1)
    assert plan.rate_at(500, 2.0) == pytest.approx(2 * plan.rate_at(500, 1.0))


def test_what_is_due_happens_once_in_every_interval_and_at_the_end() -> None:
    plan = Plan(images=100, batch=8)
    due = [images for images in range(8, 105, 8) if plan.is_due(images, 24)]
    assert due == [24, 48, 72, 96, 104]


def test_averaged_weights_move_half_way_in_a_half_life() -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    average = Averaged(module, half_life=100)
    torch.nn.init.ones_(module.weight)
    for step in range(10):
        average.follow(module, images=10_000 + 10 * step, batch=10)
    assert average.module.weight.item() == pytest.approx(0.5)


def test_a_window_averages_and_begins_anew() -> None:
    window = Window()
    window.add({"loss": torch.tensor(1.0)})
    window.add({"loss": torch.tensor(3.0)})
    assert window.take() == {"loss": 2.0}
    window.add({"loss": torch.tensor(5.0)})
    assert window.take() == {"loss": 5.0}


def test_pixels_survive_the_way_through_floats() -> None:
    images = toys.discs(3, channels=3)
    values = to_floats(images, CPU)
    assert values.shape == (3, 3, 28, 28)
    assert 0 <= values.min() <= values.max() <= 1
    np.testing.assert_array_equal(to_pixels(values), images)


def test_the_plan_s_images_are_shown() -> None:
    plan = replace(toys.PLAN, images=30)
    reports = list(train(toys.learner(toys.variational(plan=plan)), toys.material(), plan, Share(), CPU))
    assert [report.images for report in reports] == [8, 16, 24, 32]


def test_numbers_that_are_no_numbers_end_the_training_in_a_sentence() -> None:
    learner = toys.learner(toys.variational())
    learner.settings["rate"] = float("nan")
    with pytest.raises(Diverged, match=r"diverged after \d+ images: .* Resume it with a smaller learning rate"):
        list(train(learner, toys.material(), toys.PLAN, Share(), CPU))


def test_novelty_is_nought_for_copies_and_one_for_pictures_like_unseen_ones() -> None:
    rng = np.random.default_rng(0)
    trained, unseen, others = (rng.integers(0, 256, (40, 6, 6, 1)).astype(np.uint8) for _ in range(3))
    assert novelty(trained[:8], trained, unseen) == pytest.approx(0, abs=1e-4)
    assert novelty(others, trained, unseen) == pytest.approx(1, abs=0.1)
