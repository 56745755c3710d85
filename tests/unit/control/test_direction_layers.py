"""Directions on some layers, and two spaces beside each other, on the toy whose pictures can be computed by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.control.axes import axes_of, frame_of
from explorer.control.data import _read
from explorer.control.direction_layers import DirectionLayersController, LayersView, LimitView
from explorer.control.directions import DirectionsController, DirectionsView
from explorer.control.disentangled import compared
from explorer.latent.directions import over_layers, within_layers
from explorer.models.capabilities import Model
from explorer.models.stores import read_directions, read_lifted
from explorer.state.notebook import Made, Notes
from explorer.tasks.latest import Job
from tests.style_graphs import LAYERS, StyleToy, W, Z
from tests.unit.control.stand import HandLane, toy_model
from tests.unit.control.styled import Desk, styled_model

TOY = StyleToy()
HAIR = "stored:0"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from styled_model(tmp_path_factory.mktemp("layers"))


class Books(SimpleNamespace):
    """A notebook that is only read."""

    def __init__(self) -> None:
        super().__init__(notes=Notes(), changed=SimpleNamespace(connect=lambda _: None))


@dataclass
class Bench(Desk):
    instrument: str = "directions"
    books: Books = field(default_factory=Books)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.view = create_autospec(DirectionsView, instance=True)
        self.layers_view = create_autospec(LimitView, instance=True)
        self.directions = DirectionsController(
            self.explore, self.stage, self.books, self.walk, HandLane(), self.view  # type: ignore[arg-type]
        )  # fmt: skip
        self.control = DirectionLayersController(self.explore, self.stage, self.steps, self.walk, self.layers_view)
        self.stage.events.model.connect(self.read)
        self.enter()

    def read(self) -> None:
        """What the data controller does, at once."""
        model = self.stage.model
        if model is None or model.decodes is None or model.styles is None:
            return
        found = _read(model, model.decodes.space.name, Job(lambda _: None))
        self.stage.lifted, self.stage.encoded, self.stage.directions = found

    @property
    def layers(self) -> LayersView:
        return self.layers_view.show_layers.call_args.args[0]

    @property
    def code(self) -> np.ndarray:
        assert self.explore.place.code is not None
        return np.array(self.explore.place.code, np.float32)


@pytest.fixture
def bench(model: Model) -> Bench:
    return Bench(model)


def test_a_direction_of_one_style_becomes_one_of_some_layers():
    vector = np.array([0.6, 0.8], np.float32)
    found = over_layers(vector, 4, 1, 2).reshape(4, 2)
    np.testing.assert_allclose(found, np.array([[0, 0], [0.6, 0.8], [0.6, 0.8], [0, 0]]) / np.sqrt(2), atol=1e-6)
    styles = np.random.default_rng(0).standard_normal((500, 2)).astype(np.float32)
    along = np.tile(styles, (1, 4)) @ over_layers(vector, 4, 1, 2)
    assert along.std() == pytest.approx(np.sqrt(2) * (styles @ vector).std(), rel=1e-4)


def test_a_direction_of_all_layers_is_cut_to_some():
    vector = np.array([0.5, 0.5, 0.1, 0.7], np.float32)
    found = within_layers(vector / np.linalg.norm(vector), 2, 1, 1)
    np.testing.assert_allclose(found, [0, 0, 0.1 / np.sqrt(0.5), 0.7 / np.sqrt(0.5)], atol=1e-6)
    with pytest.raises(ValueError, match="nothing is left"):
        within_layers(np.array([1, 0, 0, 0], np.float32), 2, 1, 1)


def test_what_belongs_to_one_style_is_read_for_all_layers(model: Model):
    found, lifted = read_directions(model.bundle, "w+"), read_lifted(model.bundle, "w+")
    assert found is not None and found.vectors.shape == (3, W) and lifted is not None
    np.testing.assert_array_equal(lifted.codes, np.tile(TOY.map(TOY.codes()), (1, LAYERS)))
    assert read_lifted(model.bundle, "w") is None and read_lifted(model.bundle, "z") is None


def test_the_layers_are_offered_with_their_bands(bench: Bench):
    assert bench.layers.names == ("1: 4 px", "2: 4 px", "3: 8 px", "4: 8 px")
    assert bench.layers.bands == (("coarse", 0, 3),) and bench.layers.own and bench.layers.layers is None
    bench.stage.enter(toy_model())
    assert bench.layers_view.show_layers.call_args.args[0] is None


def test_choosing_layers_goes_where_each_has_a_style_and_keeps_the_picture(bench: Bench):
    w, before = bench.w(3), bench.pixels(bench.explore.place)
    bench.control.choose((0, 1))
    assert bench.explore.place.space == "w+" and bench.layers.layers == (0, 1)
    np.testing.assert_array_equal(bench.code, np.tile(w, LAYERS))
    np.testing.assert_array_equal(bench.pixels(bench.explore.place), before)
    assert bench.steps.names[-1] == "Choose the layers of directions"
    bench.walk.to_space("")
    assert bench.layers.layers is None, "where there is one style, it acts on all layers"


def test_a_slider_moves_only_the_layers_that_were_chosen(bench: Bench):
    bench.control.choose((1, 2))
    start = bench.code.reshape(LAYERS, W)
    bench.directions.begin(HAIR)
    bench.directions.move(HAIR, 2.0)
    moved = bench.code.reshape(LAYERS, W)
    np.testing.assert_array_equal(moved[[0, 3]], start[[0, 3]])
    assert bench.stage.directions is not None
    vector = bench.stage.directions.vectors[0]
    steps = (moved - start)[1:3] @ vector
    np.testing.assert_allclose((moved - start)[1:3], steps[:, None] * vector, atol=1e-5)
    assert steps[0] == pytest.approx(steps[1], rel=1e-4)
    shown = {call.args[0]: call.args[1] for call in bench.view.show_value.call_args_list}
    assert shown[HAIR] == pytest.approx(2.0, abs=1e-3)


def test_all_layers_together_are_the_same_move_as_in_w(bench: Bench):
    bench.directions.begin(HAIR)
    bench.directions.move(HAIR, 1.5)
    wanted = bench.code
    bench.walk.to_seed(3)
    bench.control.choose((0, LAYERS - 1))
    bench.directions.begin(HAIR)
    bench.directions.move(HAIR, 1.5)
    moved = bench.code.reshape(LAYERS, W)
    np.testing.assert_allclose(moved, np.tile(wanted, (LAYERS, 1)), atol=1e-4)


def test_each_direction_can_act_on_the_layers_it_is_meant_for(bench: Bench):
    bench.control.choose("own")
    model = bench.stage.model
    assert model is not None and model.decodes is not None
    axes = {a.name: a for a in axes_of(bench.stage, Notes(), frame_of(bench.stage, model.decodes), "own")}
    rows = axes["SeFa 1, coarse"].vector.reshape(LAYERS, W)
    assert np.abs(rows[:2]).max() > 0 and not rows[2:].any()
    assert all(np.abs(row).max() > 0 for row in axes["hair: long"].vector.reshape(LAYERS, W))


def test_own_directions_are_cut_too_and_stay_whole_where_nothing_is_left(bench: Bench):
    bench.control.choose((0, 1))
    model = bench.stage.model
    assert model is not None and model.decodes is not None
    first, last = np.zeros((2, LAYERS * W), np.float32)
    first[0] = last[-1] = 1.0
    notes = Notes(made=(Made(name="first", vector=tuple(first)), Made(name="last", vector=tuple(last))))
    axes = axes_of(bench.stage, notes, frame_of(bench.stage, model.decodes), (0, 1))
    np.testing.assert_array_equal(axes[0].vector, first)
    np.testing.assert_array_equal(axes[1].vector, last)


def test_what_a_step_changes_beside_is_said(bench: Bench):
    views = {view.name: view for view in bench.view.show_directions.call_args.args[0]}
    hair = views["hair: long"]
    assert hair.short.replace("\N{NO-BREAK SPACE}", " ") == "right on 100 % of test pictures · others 10 %"
    said = hair.sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert said.endswith("A step changes the hair in 50 % of pictures, another attribute in 10 %.")


def test_the_spaces_are_compared_by_their_numbers(model: Model):
    found = compared(model)
    assert found is not None and found.spaces == ("z", "w")
    mean, hair = found.rows
    assert hair.name == "hair: long" and (hair.first.right, hair.second.right) == (0.7, 1.0)
    assert (hair.first.own, hair.second.own) == (0.5, 0.5) and hair.first.others == pytest.approx(0.4)
    assert mean.second == hair.second
    assert "100 % are told right in w, 70 % in z" in found.sentence
    assert "0.20 times in w, 0.80 times in z" in found.sentence and "So w is the more disentangled." in found.sentence
    assert compared(None) is None and compared(toy_model()) is None
    assert Z != W
