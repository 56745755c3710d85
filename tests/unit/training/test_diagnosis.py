"""Findings: each is found where it is, and only there."""

from pathlib import Path

import numpy as np
import pytest

from explorer.contract import run as contract
from explorer.training.diagnosis import collapse, findings, variety_of
from explorer.training.record import Record, RunView
from tests.unit.training.runs import CONFIG, make, metric, started


def run_with(folder: Path, family: str = "vae", **columns: list[float]) -> RunView:
    """A run whose reports hold these numbers; names with ``held_out_`` go to that split."""
    events: list[contract.Event] = [started(family=family)]
    for at in range(max(map(len, columns.values()))):
        for split, prefix in (("train", ""), ("held-out", "held_out_")):
            values = {
                name.removeprefix("held_out_"): column[at]
                for name, column in columns.items()
                if at < len(column) and name.startswith("held_out_") == bool(prefix)
            }
            if values:
                events.append(metric((at + 1) * 100, split, **values))
    record = Record(make(folder / family, *events, config={**CONFIG, "family": family}))
    record.read()
    return record.view()


def said(view: RunView) -> dict[str, str]:
    """Level by the first words of the sentence."""
    return {finding.sentence.split(":")[0].split(" by ")[0]: finding.level for finding in findings(view)}


def test_learning_and_levelling_off(tmp_path: Path) -> None:
    falls = run_with(tmp_path / "a", loss=[10 * 0.9**k for k in range(20)])
    assert said(falls)["Learning"] == "good"
    flat = run_with(tmp_path / "b", loss=[5.0] * 20)
    assert any("levelled off" in finding.sentence for finding in findings(flat))
    rises = run_with(tmp_path / "c", loss=[1 + 0.1 * k for k in range(20)])
    assert said(rises)["The loss rose"] == "watch"


def test_a_collapsed_posterior(tmp_path: Path) -> None:
    asleep = run_with(tmp_path / "a", ELBO=[-200.0] * 8, held_out_active_units=[1.0] * 8)
    (finding,) = [finding for finding in findings(asleep) if "asleep" in finding.sentence]
    assert (finding.level, finding.sentence[:7]) == ("watch", "3 of 4 ")
    dead = run_with(tmp_path / "b", ELBO=[-200.0] * 8, held_out_active_units=[0.0] * 8)
    assert next(f for f in findings(dead) if "asleep" in f.sentence).level == "bad"
    fine = run_with(tmp_path / "c", ELBO=[-200.0] * 8, held_out_active_units=[4.0] * 8)
    assert not any("asleep" in finding.sentence for finding in findings(fine))
    silent = run_with(tmp_path / "d", ELBO=[-200.0] * 8, KL=[0.001] * 8)
    assert next(f for f in findings(silent) if "collapsed" in f.sentence).level == "bad"


@pytest.mark.parametrize(
    ("real", "fake", "word", "level"),
    [(9.0, -9.0, "winning", "bad"), (0.01, 0.0, "lost", "watch"), (1.5, -1.0, "match", "good")],
)
def test_a_critic_that_wins_or_loses(tmp_path: Path, real: float, fake: float, word: str, level: str) -> None:
    view = run_with(tmp_path, "stylegan", critic_on_real=[real] * 8, critic_on_samples=[fake] * 8)
    (finding,) = [finding for finding in findings(view) if word in finding.sentence]
    assert finding.level == level


def test_gradients_that_vanish_or_blow_up(tmp_path: Path) -> None:
    gone = run_with(tmp_path / "a", gradient_norm=[1.0] * 8 + [1e-9])
    assert next(f for f in findings(gone) if "vanished" in f.sentence).level == "bad"
    blown = run_with(tmp_path / "b", gradient_norm=[1.0] * 8 + [50.0])
    assert next(f for f in findings(blown) if "blown up" in f.sentence).level == "bad"
    calm = run_with(tmp_path / "c", gradient_norm=[1.0] * 8)
    assert not any("gradient" in finding.sentence for finding in findings(calm))


def test_overfitting(tmp_path: Path) -> None:
    falling = [2 - 0.1 * k for k in range(10)]
    over = run_with(tmp_path / "a", loss=falling, held_out_loss=[2.0, 1.5, 1.2, 1.4, 1.6, 1.9])
    finding = next(f for f in findings(over) if f.sentence.startswith("Overfitting"))
    assert finding.level == "bad" and "after 300 images" in finding.sentence
    good = run_with(tmp_path / "b", loss=falling, held_out_loss=[2.0, 1.5, 1.2, 1.1])
    assert said(good)["No overfitting"] == "good"


def test_a_run_that_diverged_comes_first(tmp_path: Path) -> None:
    events = [metric(at * 100, loss=10.0 / at) for at in range(1, 9)]
    end = contract.Failed(images=800, sentence="The training diverged after 800 images: loss is nan. Resume it.")
    record = Record(make(tmp_path / "run", started(), *events, end))
    record.read()
    assert findings(record.view())[0].level == "bad"
    assert "diverged" in findings(record.view())[0].sentence


def test_variety_of_samples_beside_that_of_pictures() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (64, 8, 8, 1)).astype(np.uint8)
    same = np.repeat(pictures[:1], 64, axis=0)
    assert variety_of(same, pictures) == 0
    assert variety_of(pictures, pictures) == 1
    half = (pictures // 2).astype(np.uint8)
    assert variety_of(half, pictures) == pytest.approx(0.5, abs=0.01)
    assert collapse(0.1, progress=0.9).level == "bad"
    assert collapse(0.1, progress=0.1).level == "watch"
    assert collapse(0.9, progress=0.9).level == "good"


def test_samples_that_are_training_pictures(tmp_path: Path) -> None:
    copied = run_with(tmp_path / "a", loss=[1.0] * 8, held_out_novelty=[0.9, 0.5, 0.05, 0.04])
    assert next(f for f in findings(copied) if f.sentence.startswith("Memorised")).level == "bad"
    new = run_with(tmp_path / "b", loss=[1.0] * 8, held_out_novelty=[0.9, 0.95, 0.9, 0.92])
    assert said(new)["Nothing memorised"] == "good"
