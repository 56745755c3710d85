"""Seeds: typed, stepped, dragged between, visited; in each of the spaces that the model is moved in."""

from collections.abc import Iterator
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.control.seeds import VISITED, SeedsController, SeedsView
from explorer.control.walk import seed_code
from explorer.models.capabilities import Model
from explorer.state.mixlook import LARGEST_SEED
from tests.style_graphs import LAYERS
from tests.unit.control.styled import Desk, styled_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from styled_model(tmp_path_factory.mktemp("seeds"))


class SeedDesk(Desk):
    def __post_init__(self) -> None:
        self.instrument = "seeds"
        super().__post_init__()
        self.view = create_autospec(SeedsView, instance=True)
        self.control = SeedsController(self.explore, self.stage, self.walk, self.lane, self.view, self.seeds)  # type: ignore[arg-type]
        self.enter()

    @property
    def point(self):
        return self.view.show_point.call_args.args[0]

    @property
    def code(self):
        return np.array(self.explore.place.code, np.float32)


@pytest.fixture
def desk(model: Model) -> SeedDesk:
    return SeedDesk(model)


def test_a_typed_seed_is_gone_to_and_shown_on_the_plane(desk: SeedDesk) -> None:
    assert desk.control.go("207")
    assert desk.explore.place.seed == 207 and desk.point == (7.0, 2.0)
    assert np.array_equal(desk.code, desk.w(207))


@pytest.mark.parametrize("text", ["", "seven", "-3", "2.5", "99999999999999999999", "0x10"])
def test_nonsense_moves_nothing(desk: SeedDesk, text: str) -> None:
    assert not desk.control.go(text)
    assert "is no seed" in desk.view.tell.call_args.args[0] and desk.explore.place.seed == 3


def test_steps_end_at_the_first_and_the_last_seed(desk: SeedDesk) -> None:
    desk.control.step(1)
    assert desk.explore.place.seed == 4
    for seed, by in ((0, -1), (LARGEST_SEED, 1)):
        desk.control.jump(seed)
        desk.control.step(by)
        assert desk.explore.place.seed == seed
    desk.control.jump(-1)
    desk.control.jump(LARGEST_SEED + 1)
    assert desk.explore.place.seed == LARGEST_SEED


def test_between_seeds_their_w_is_blended(desk: SeedDesk) -> None:
    desk.control.begin()
    desk.control.move(4.25, 1.5)
    w = [desk.w(seed) for seed in (104, 105, 204, 205)]
    assert np.allclose(desk.code, 0.5 * (0.75 * w[0] + 0.25 * w[1]) + 0.5 * (0.75 * w[2] + 0.25 * w[3]), atol=1e-6)
    assert desk.explore.place.seed is None and desk.point == (4.25, 1.5)
    desk.control.step(1)
    assert desk.explore.place.seed == 205, "one after the nearest, 204"


def test_on_a_lattice_point_it_is_the_seed(desk: SeedDesk) -> None:
    desk.control.begin()
    desk.control.move(8.03, 0.98)
    assert desk.explore.place.seed == 108 and np.array_equal(desk.code, desk.w(108))


def test_a_drag_is_one_step_and_undo_shows_where_it_was(desk: SeedDesk) -> None:
    desk.control.begin()
    for x in (3.2, 4.4, 5.5):
        desk.control.move(x, 0.5)
    assert len({change.gesture for change in desk.steps.made}) == 1
    desk.steps.undo()
    assert desk.point == (4.4, 0.5)
    while desk.steps.made:
        desk.steps.undo()
    assert desk.explore.place.seed == 3 and desk.point == (3.0, 0.0)
    desk.control.begin()
    desk.control.move(6.5, 0.5)
    desk.control.take_back()
    assert desk.explore.place.seed == 3


def test_the_plane_has_edges(desk: SeedDesk) -> None:
    for x, y in ((-5.0, -5.0), (1e9, 1e12), (float("nan"), 0.0)):
        desk.control.begin()
        desk.control.move(x, y)
        seed = desk.explore.place.seed
        assert seed is not None and 0 <= seed <= LARGEST_SEED


@pytest.mark.parametrize("space", ["z", "w+"])
def test_it_blends_in_the_space_that_is_moved_in(desk: SeedDesk, space: str) -> None:
    desk.walk.to_space(space)
    desk.control.refresh()
    assert desk.view.show_seed.call_args.args[1] == f"Between seeds, the four around are blended in {space}."
    desk.control.begin()
    desk.control.move(2.0, 1.0)
    assert desk.explore.place.seed == 102 and desk.explore.place.space == space
    decodes = desk.model.within(space).decodes
    assert decodes is not None
    assert np.allclose(desk.code, seed_code(decodes.prior, 102), atol=1e-6)
    desk.control.move(2.5, 1.0)
    if space == "w+":
        assert np.allclose(desk.code, np.tile((desk.w(102) + desk.w(103)) / 2, LAYERS), atol=1e-6)
    else:
        z = (seed_code(decodes.prior, 102) + seed_code(decodes.prior, 103)) / 2
        assert np.allclose(desk.code, z, atol=1e-6)


def test_a_point_that_is_no_seeds_is_nowhere_on_the_plane(desk: SeedDesk) -> None:
    desk.walk.begin()
    desk.walk.to_code(desk.code + 1, "x")
    assert desk.point is None
    assert desk.view.show_seed.call_args.args[0] is None
    desk.control.step(1)
    assert desk.explore.place.seed == 4, "after the last one visited"


def test_visited_seeds_are_kept_with_their_pictures(desk: SeedDesk) -> None:
    for seed in (7, 9, 7):
        desk.control.jump(seed)
    desk.control.see((0, 1))
    desk.lane.run()
    visited = desk.view.show_visited.call_args.args[0]
    assert [one.seed for one in visited] == [9, 7, 3]
    assert np.abs(visited[1].pixels.astype(int) - desk.pixels(desk.explore.place)).max() <= 1
    assert sorted(desk.view.show_tiles.call_args.args[0]) == [0, 1]
    desk.control.forget()
    assert [one.seed for one in desk.view.show_visited.call_args.args[0]] == [7]
    for seed in range(VISITED + 9):
        desk.control.jump(seed)
    assert len(desk.view.show_visited.call_args.args[0]) == VISITED


def test_nothing_is_drawn_while_nobody_looks(desk: SeedDesk) -> None:
    desk.explore.instrument = "card"
    asked = desk.lane.asked
    desk.control.see((5, 6))
    assert desk.lane.asked == asked
