"""The critic's controller on the toy, whose critic weighs every pixel by a number that is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest
from PIL import Image

from explorer.contract.errors import PortMismatch
from explorer.contract.pixels import Pixels
from explorer.control.critic import PSIS, CriticController, CriticView, Verdict, readings
from explorer.control.instruments import answered
from explorer.latent.judgement import chance, saliency
from explorer.models.capabilities import Model
from explorer.models.critic import Judged, can_judge, look, scores
from tests.style_graphs import CHANNELS, SIZE, StyleToy
from tests.unit.control.stand import HandLane, toy_model
from tests.unit.control.styled import Desk, styled_model

TOY = StyleToy()


def wanted(pixels: Pixels) -> float:
    """What the toy's critic says of a picture (H, W, C)."""
    return float((pixels.transpose(2, 0, 1).reshape(-1).astype(np.float64) / 255) @ TOY.taste)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from styled_model(tmp_path_factory.mktemp("critic"))


@dataclass
class Court(Desk):
    instrument: str = "critic"
    reader: HandLane = field(default_factory=HandLane)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.view = create_autospec(CriticView, instance=True)
        self.control = CriticController(self.explore, self.stage, self.steps, self.lane, self.reader, self.view)
        self.enter()

    @property
    def shown(self) -> Verdict:
        return self.view.show_verdict.call_args.args[0]

    def judge(self) -> Verdict:
        self.control.rest()
        self.lane.run()
        return self.shown


@pytest.fixture
def court(model: Model) -> Court:
    return Court(model)


def test_a_score_becomes_a_chance():
    assert chance(0.0) == 0.5
    assert chance(np.log(3.0)) == pytest.approx(0.75)
    assert (chance(-2_000.0), chance(2_000.0)) == (0.0, 1.0)


def test_the_largest_derivative_of_the_channels_counts():
    gradient = np.array([[[1.0, -2.0]], [[-3.0, 0.5]]], np.float32)
    np.testing.assert_array_equal(saliency(gradient), [[3.0, 2.0]])


def test_scores_and_gradient_are_those_of_the_graph(model: Model):
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, CHANNELS), np.uint8)
    np.testing.assert_allclose(scores(model, pixels), [wanted(one) for one in pixels], atol=1e-5)
    found = look(model, pixels[0])
    assert found.score == pytest.approx(wanted(pixels[0]), abs=1e-5) and found.heat is not None
    np.testing.assert_allclose(found.heat, np.abs(TOY.taste.reshape(CHANNELS, SIZE, SIZE)).max(0), atol=1e-6)


def test_only_a_model_with_a_critic_has_the_instrument(model: Model):
    assert can_judge(model) and "critic" in answered(model)
    plain = toy_model()
    assert not can_judge(plain) and not can_judge(None)
    plain.bundle.manifest.graph = lambda role: None
    with pytest.raises(PortMismatch, match="has no critic"):
        scores(plain, np.zeros((1, 8, 8, 3), np.uint8))


def test_the_picture_is_scored_at_once_and_the_rest_when_the_hand_is_still(court: Court):
    court.walk.to_seed(5)
    court.lane.run()
    assert court.stage.picture is not None
    shown = court.shown
    assert shown.view is not None and shown.view.score == pytest.approx(wanted(court.stage.picture.pixels), abs=1e-5)
    assert shown.curve is None and shown.band is None and shown.sentence == ""
    shown = court.judge()
    assert shown.curve is not None and shown.view is not None and shown.view.heat is not None
    for at in (0, 4, 8, 12):
        place = court.explore.place
        there = place.model_copy(update={"style": place.style.model_copy(update={"psi": PSIS[at]})})
        assert shown.curve[at] == pytest.approx(wanted(court.pixels(there)), abs=1e-5)
    assert shown.curve[PSIS.index(1.0)] == pytest.approx(shown.view.score, abs=1e-5)


def test_the_random_pictures_are_those_of_the_prior(court: Court):
    shown = court.judge()
    assert court.model.decodes is not None and shown.view is not None and shown.band is not None
    codes = court.model.decodes.prior.sample(np.random.default_rng(0), 24)
    others = [wanted(pixels) for pixels in court.model.decodes.decode(codes)]
    assert shown.band == pytest.approx(tuple(np.percentile(others, (10, 90))), abs=1e-5)
    below = sum(score < shown.view.score for score in others)
    assert shown.sentence == f"It looks more real than {below} of 24 random pictures of this model."


def test_psi_moves_along_the_curve_without_drawing_it_anew(court: Court):
    before = court.judge()
    court.walk.restyle("x", psi=0.5)
    court.lane.run()
    assert court.shown.curve is before.curve and court.shown.psi == 0.5
    assert court.shown.view is not None and before.curve is not None
    assert court.shown.view.score == pytest.approx(before.curve[PSIS.index(0.5)], abs=1e-5)
    court.walk.to_seed(9)
    assert court.shown.curve is None, "a curve of another point is not shown"


def test_a_picture_from_outside_is_judged_beside_it(court: Court, tmp_path: Path):
    file = tmp_path / "real.png"
    real = np.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    Image.fromarray(real).save(file)
    court.judge()
    assert court.shown.subject == "view" and court.shown.dropped is None
    court.control.choose("dropped")
    assert court.explore.critic.subject == "view", "there is none yet"
    court.control.take_file(file)
    court.reader.run()
    shown = court.shown
    assert shown.dropped is not None and (shown.name, shown.subject) == ("real.png", "dropped")
    assert shown.dropped.score == pytest.approx(wanted(real), abs=1e-5) and shown.dropped.heat is not None
    court.control.choose("view")
    assert court.shown.subject == "view"
    court.steps.undo()
    assert court.explore.critic.subject == "dropped"


def test_a_file_that_is_no_picture_is_told_in_a_sentence(court: Court, tmp_path: Path):
    file = tmp_path / "real.png"
    file.write_bytes(b"nothing")
    court.control.take_file(file)
    court.reader.run()
    assert "is not a picture that can be read" in court.view.show_fault.call_args.args[0]
    assert court.explore.critic.subject == "view"


def test_nothing_is_judged_out_of_sight(court: Court):
    court.explore.instrument = "card"
    asked = court.lane.asked
    court.walk.to_seed(6)
    court.control.rest()
    assert court.lane.asked == asked


def test_the_cards_hold_the_numbers():
    heat = np.zeros((4, 4), np.float32)
    heat[2, 1] = 0.25
    score, where = readings(Judged(np.zeros((4, 4, 1), np.uint8), -1.0, heat))
    assert score.more == ("1 / (1 + e^(1.00)) = 0.269",) and score.result == "27 % real"
    assert "row 3, column 2: 0.25" in where.result
    assert all(len(card.values) == len(card.formula.symbols) for card in (score, where))
    assert len(readings(Judged(np.zeros((4, 4, 1), np.uint8), -1.0))) == 1
