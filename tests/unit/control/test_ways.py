"""Kept ways within a budget: the oldest in half precision first, then on the disk, which is left as it was found."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.control.ways import Walked, Ways, halved, to_disk
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.samplers.diffusion import Step
from explorer.state.branches import Branch

STEP_BYTES = 3 * 4 * 64
BRANCHES = [Branch(name=f"way {k}", bundle="/b", code=(0.0,), style=Style(sampling=Sampling())) for k in range(4)]


def walked(seed: int, *, pair: bool = True) -> Walked:
    rng = np.random.default_rng(seed)

    def part() -> Any:
        return rng.standard_normal((1, 1, 8, 8), dtype=np.float32)

    steps = tuple(
        Step(k, 9.0 - k, 0.6, 0.8, part(), part(), part() if pair else None, 2.0, 0.0, "eps") for k in range(10)
    )
    return Walked(steps, np.zeros((8, 8, 1), np.uint8))


def relieve(ways: Ways) -> list[str]:
    done: list[str] = []
    while (found := ways.relief()) is not None:
        branch, work = found
        ways.put(branch, work())
        smaller = ways.get(branch)
        assert smaller is not None
        done.append(f"{branch.name} {'disk' if smaller.on_disk else 'half'}")
    return done


def test_the_oldest_are_halved_first_and_then_put_on_the_disk():
    ways = Ways(budget=10 * STEP_BYTES)
    for seed, branch in enumerate(BRANCHES):
        ways.put(branch, walked(seed))
    assert ways.nbytes == 40 * STEP_BYTES
    assert relieve(ways) == [f"way {k} half" for k in range(4)] + ["way 0 disk", "way 1 disk"]
    assert ways.nbytes == 10 * STEP_BYTES
    assert "2 in half precision and 2 on the disk" in ways.sentence
    for seed, branch in enumerate(BRANCHES):
        before, after = walked(seed), ways.get(branch)
        assert after is not None
        for a, b in zip(before.steps, after.steps, strict=True):
            np.testing.assert_allclose(b.clean(3.0), a.clean(3.0), atol=0.05)
    ways.close()


def test_within_the_budget_nothing_happens_and_nothing_is_said():
    ways = Ways(budget=10 * STEP_BYTES)
    ways.put(BRANCHES[0], walked(0))
    assert ways.relief() is None and ways.sentence == ""


def test_the_disk_is_left_as_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ways = Ways(budget=0)
    ways.put(BRANCHES[0], walked(0))
    assert relieve(ways) == ["way 0 half", "way 0 disk"]
    assert len([*tmp_path.rglob("*.npy")]) == 3
    ways.close()
    assert [*tmp_path.iterdir()] == []


def test_what_was_never_asked_for_is_not_stored(tmp_path: Path):
    found = to_disk(halved(walked(1, pair=False)), tmp_path, 1)
    assert found.on_disk and found.nbytes == 0 and found.steps[3].unconditional is None
    assert len([*tmp_path.iterdir()]) == 2


def test_a_renamed_way_keeps_its_steps_and_its_age():
    ways = Ways(budget=5 * STEP_BYTES)
    for seed in range(2):
        ways.put(BRANCHES[seed], walked(seed))
    ways.rename(BRANCHES[0], BRANCHES[3])
    assert ways.get(BRANCHES[0]) is None
    assert relieve(ways)[0] == "way 3 half"
    ways.close()


def test_where_the_disk_fails_ways_stay_in_memory():
    ways = Ways(budget=0)
    ways.put(BRANCHES[0], halved(walked(0)))
    ways.disk_fails = True
    assert ways.relief() is None
