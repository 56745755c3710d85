"""The grid of two directions: which points its cells show, what can be chosen, where a click leads, what is saved."""

from pathlib import Path
from unittest.mock import call, create_autospec

import numpy as np
import pytest

from explorer.contract.manifest import Direction
from explorer.control.grid import KEY, TOO_FEW, GridController, GridView
from explorer.control.notebooks import Notebooks
from explorer.control.stage import Picture, Stage
from explorer.control.walk import Walk
from explorer.media.recipes import read_picture
from explorer.models.stores import Directions
from explorer.state.gridlook import GridLook
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, pixels_at, toy_model

TOY = Toy(dims=3, size=8)
VECTORS = np.eye(3, dtype=np.float32)
FACTS = (
    Direction(name="hat: none", origin="attribute", deviation=2.0),
    Direction(name="hat: tall", origin="attribute", deviation=0.5),
    Direction(name="principal component 1", origin="pca", deviation=1.0),
)
HERE = (0.5, 1.0, -1.0)


class Desk:
    """A grid controller with a real walk, beside the hands of a lane."""

    def __init__(self) -> None:
        self.explore, self.stage, self.steps, self.lane = Explore(instrument=KEY), Stage(), Steps(), HandLane()
        books = Notebooks(self.stage, self.steps, None, lambda _: lambda: None, lambda _: None)
        walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view = create_autospec(GridView, instance=True)
        self.grid = GridController(self.explore, self.stage, self.steps, books, walk, self.lane, self.view)  # type: ignore[arg-type]
        self.model = toy_model(toy=TOY)
        self.stand(HERE)
        self.stage.directions = Directions(VECTORS, FACTS)

    def stand(self, code: tuple[float, ...]) -> None:
        self.explore.place = Place(bundle=self.model.key, code=code)
        self.stage.model = self.model
        point = np.asarray(code, np.float32)
        self.stage.picture = Picture(1, self.model, point, pixels_at(self.model, point), 1.0)

    def cells(self) -> dict[int, np.ndarray]:
        self.view.show_cell.reset_mock()
        self.lane.run()
        return {made.args[0]: made.args[1] for made in self.view.show_cell.call_args_list}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_cell_is_so_far_along_both_directions(desk: Desk) -> None:
    desk.grid.resize(3)
    cells = desk.cells()
    assert sorted(cells) == list(range(9))
    assert desk.grid.look.rows == "stored:0" and desk.grid.look.columns == "stored:2", "two different topics at first"
    for at, pixels in cells.items():
        row, column = divmod(at, 3)
        code = np.array(HERE) + (row - 1) * 2.0 * 2.0 * VECTORS[0] + (column - 1) * 2.0 * 1.0 * VECTORS[2]
        assert np.array_equal(pixels, pixels_at(desk.model, code.astype(np.float32)))


def test_the_middle_comes_first(desk: Desk) -> None:
    desk.lane.run()
    assert desk.view.show_cell.call_args_list[0].args[0] == 12


def test_reach_and_size_are_steps_of_undo(desk: Desk) -> None:
    desk.grid.stretch(1.0)
    desk.grid.resize(7)
    assert desk.explore.grid == GridLook(rows="stored:0", columns="stored:2", size=7, reach=1.0)
    desk.steps.undo()
    desk.steps.undo()
    assert desk.explore.grid == GridLook()
    assert desk.view.show_look.call_args == call(5, 2.0)
    desk.grid.stretch(float("nan"))
    assert desk.explore.grid == GridLook()


def test_a_direction_chosen_for_both_changes_places(desk: Desk) -> None:
    desk.grid.choose("rows", "stored:2")
    assert (desk.grid.look.rows, desk.grid.look.columns) == ("stored:2", "stored:0")
    desk.grid.choose("columns", "stored:1")
    assert (desk.grid.look.rows, desk.grid.look.columns) == ("stored:2", "stored:1")
    made = len(desk.steps.made)
    desk.grid.choose("rows", "nonsense")
    desk.grid.choose("diagonal", "stored:0")
    assert len(desk.steps.made) == made


def test_a_click_goes_to_the_cell_and_the_grid_follows(desk: Desk) -> None:
    desk.grid.resize(3)
    desk.lane.run()
    desk.grid.go(8)
    wanted = np.array(HERE) + 4.0 * VECTORS[0] + 2.0 * VECTORS[2]
    assert desk.explore.place.code == pytest.approx(wanted)
    desk.stand(tuple(wanted.tolist()))
    desk.grid.rest()
    assert np.array_equal(desk.cells()[4], pixels_at(desk.model, wanted.astype(np.float32)))


def test_nothing_is_drawn_twice_or_out_of_sight(desk: Desk) -> None:
    desk.lane.run()
    asked = desk.lane.asked
    desk.grid.rest()
    assert desk.lane.asked == asked
    desk.explore.instrument = "card"
    desk.stand((0.0, 0.0, 0.0))
    desk.grid.rest()
    assert desk.lane.asked == asked


def test_with_one_direction_it_says_what_is_missing(desk: Desk) -> None:
    desk.stage.directions = Directions(VECTORS[:1], FACTS[:1])
    assert desk.view.show_message.call_args == call(TOO_FEW)


def test_it_is_saved_whole_with_the_way_back(desk: Desk, tmp_path: Path) -> None:
    desk.grid.resize(3)
    desk.grid.save(lambda name: str(tmp_path / name))
    assert "still being drawn" in desk.view.tell.call_args.args[0] and not list(tmp_path.iterdir())
    desk.lane.run()
    desk.grid.save(lambda _: "")
    assert not list(tmp_path.iterdir())
    desk.grid.save(lambda name: str(tmp_path / name))
    assert read_picture(tmp_path / "toy-grid.png").code == HERE
    desk.grid.save(lambda name: str(tmp_path / "missing" / name))
    assert "missing" in desk.view.tell.call_args.args[0]
