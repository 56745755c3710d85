"""Truncation, noise and the classic grid: what they draw, where a click leads, and what is saved."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract.pixels import Pixels
from explorer.control.mixgrid import MixGridController, MixGridView
from explorer.control.noise import DRAWS, NO_NOISE, NoiseController, NoiseView, spread_of
from explorer.control.truncation import ACROSS, ROW, VARIETY, TruncationController, TruncationView
from explorer.latent.styles import MOST_SOURCES, Source, Style
from explorer.media.recipes import read_picture
from explorer.models.capabilities import Model
from explorer.state.mixlook import LARGEST_SEED
from explorer.state.place import Place
from tests.style_graphs import LAYERS
from tests.unit.control.styled import Desk, styled_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from styled_model(tmp_path_factory.mktemp("pages"))


def same(a: Pixels, b: Pixels) -> bool:
    """Equal but for the rounding of batches."""
    return a.shape == b.shape and int(np.abs(a.astype(int) - b.astype(int)).max()) <= 1


class Truncation(Desk):
    def __post_init__(self) -> None:
        self.page = "truncation"
        super().__post_init__()
        self.view = create_autospec(TruncationView, instance=True)
        self.control = TruncationController(
            self.explore, self.stage, self.steps, self.walk, self.lane, self.view, self.seeds, self.rng  # type: ignore[arg-type]
        )  # fmt: skip
        self.enter()

    def pictures(self):
        self.control.rest()
        self.lane.run()
        return self.view.show_pictures.call_args.args[0]

    def at(self, seed: int, **style: object) -> Pixels:
        return self.pixels(Place(bundle=self.model.key, code=tuple(self.w(seed).tolist()), style=Style(**style)))  # type: ignore[arg-type]


@pytest.fixture
def truncation(model: Model) -> Truncation:
    return Truncation(model)


def test_the_row_goes_from_beyond_the_mean_to_beyond_the_point(truncation: Truncation) -> None:
    found = truncation.pictures()
    assert len(found.row) == len(ROW) and ROW[0] == -1 and ROW[-1] == 2
    for psi, pixels in zip(ROW, found.row, strict=True):
        assert same(pixels, truncation.at(3, psi=psi))
    assert same(found.mean, found.row[ROW.index(0.0)])
    assert same(found.row[ROW.index(1.0)], truncation.pixels(truncation.explore.place))


def test_the_grid_is_of_the_same_seeds_and_spreads_with_psi(truncation: Truncation) -> None:
    found = truncation.pictures()
    for at, pixels in enumerate(found.variety):
        row, column = divmod(at, ACROSS)
        assert same(pixels, truncation.at(column, psi=VARIETY[row]))
    first, sentence = truncation.view.show_variety.call_args.args
    shares = [float(part.split("%")[0].split()[-1]) for part in sentence.split(",")]
    assert first == 0 and len(shares) == 3 and shares == sorted(shares) and shares[0] < shares[2]


def test_a_drag_is_one_step_and_stays_in_range(truncation: Truncation) -> None:
    truncation.control.begin()
    for psi in (0.9, 0.4567, 7.0, float("nan")):
        truncation.control.move(psi)
    assert truncation.style.psi == 2.0
    assert {change.gesture for change in truncation.steps.made} == {truncation.steps.made[0].gesture}
    truncation.control.choose(ROW.index(-0.5))
    assert truncation.style.psi == -0.5
    truncation.steps.undo()
    assert truncation.style.psi == 2.0


def test_the_cutoff_leaves_fine_layers_alone(truncation: Truncation) -> None:
    truncation.control.describe()
    words = truncation.view.show_cutoffs.call_args.args[0]
    assert words == ("all 4 layers", "the first 3: to 8 px", "the first 2: to 4 px", "the first 1: to 4 px")
    truncation.control.cut(2)
    assert truncation.style.cutoff == 2
    truncation.view.show_psi.assert_called_with(1.0, 2)
    assert same(truncation.pictures().row[0], truncation.at(3, psi=-1.0, cutoff=2))
    truncation.control.cut(0)
    assert truncation.style.cutoff is None
    truncation.control.cut(LAYERS)
    assert truncation.style.cutoff is None


def test_the_formula_has_the_numbers_of_the_moment(truncation: Truncation) -> None:
    truncation.control.begin()
    truncation.control.move(0.5)
    truncation.control.rest()
    reading = truncation.view.show_reading.call_args.args[0]
    w = truncation.w(3)
    far = float(np.linalg.norm(w))  # the toy's mean is zero
    assert reading.values == ("0.50", f"{far:.2f}", "0.00") and len(reading.values) == len(reading.formula.symbols)
    assert reading.result == f"{0.5 * far:.2f} from the mean, {far:.2f} before"
    assert reading.more[0].endswith(f"= {0.5 * round(float(w[0]), 3):.3f}".replace("-", "−"))


def test_a_seed_of_the_grid_is_gone_to_with_its_psi(truncation: Truncation) -> None:
    truncation.control.go(ACROSS + 2)
    assert truncation.explore.place.seed == 2 and truncation.style.psi == VARIETY[1]
    assert len(truncation.steps.made) == 1
    truncation.control.others()
    assert truncation.explore.mixing.variety > 0


# --- noise ---------------------------------------------------------------------------------------------------------


class Noise(Desk):
    def __post_init__(self) -> None:
        self.page = "noise"
        super().__post_init__()
        self.view = create_autospec(NoiseView, instance=True)
        self.control = NoiseController(self.explore, self.stage, self.walk, self.lane, self.view, self.rng)  # type: ignore[arg-type]
        self.enter()

    def map(self):
        self.control.rest()
        self.lane.run()
        return self.view.show_map.call_args.args[0]


@pytest.fixture
def noise(model: Model) -> Noise:
    return Noise(model)


def test_off_on_and_again_are_steps(noise: Noise) -> None:
    before = noise.pixels(noise.explore.place)
    noise.control.switch(False)
    assert noise.style.noise == "off"
    noise.control.again()
    assert noise.style.noise == "on" and noise.style.noise_seed != 0
    assert not np.array_equal(noise.pixels(noise.explore.place), before)
    for _ in range(2):
        noise.steps.undo()
    assert np.array_equal(noise.pixels(noise.explore.place), before)


def test_strength_is_one_gesture_and_stays_in_range(noise: Noise) -> None:
    noise.control.begin()
    for strength in (0.5, 9.0, float("inf"), -1.0, 2.125):
        noise.control.strengthen(strength)
    assert noise.style.noise_strength == 2.12
    assert len({change.gesture for change in noise.steps.made}) == 1


def test_the_map_is_the_spread_over_draws(noise: Noise) -> None:
    found = noise.map()
    place = noise.explore.place

    def at(**fields: object) -> Pixels:
        return noise.pixels(place.model_copy(update={"style": Style(**fields)}))  # type: ignore[arg-type]

    assert same(found.without, at(noise="off")) and same(found.with_noise, at())
    draws = np.stack([at(noise_seed=seed) for seed in range(DRAWS)])
    assert found.spread.max() > 0.01 and np.allclose(found.spread, spread_of(draws), atol=1 / 255)
    noise.control.begin()
    noise.control.strengthen(0.0)
    assert noise.map().spread.max() == 0


def test_a_model_without_noise_says_so(noise: Noise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(noise.model.styles), "noise_shapes", ())
    noise.control.describe()
    noise.view.show_message.assert_called_with(NO_NOISE)
    assert noise.lane.waiting is None


# --- the classic grid ----------------------------------------------------------------------------------------------


class Grid(Desk):
    def __post_init__(self) -> None:
        self.page = "grid"
        super().__post_init__()
        self.view = create_autospec(MixGridView, instance=True)
        self.control = MixGridController(
            self.explore, self.stage, self.steps, self.walk, self.lane, self.view, self.seeds, self.rng  # type: ignore[arg-type]
        )  # fmt: skip
        self.enter()
        self.control.resize(2)
        self.control.split(3)
        self.steps.made.clear()

    def cells(self) -> tuple[Pixels | None, ...]:
        self.control.rest()
        self.lane.run()
        return self.view.show_cells.call_args.args[0]

    def crossed(self, row: int, column: int, split: int) -> Pixels:
        w = np.repeat(self.w(row)[None], LAYERS, axis=0)
        w[:split] = self.w(column)
        return self.pixels(Place(bundle=self.model.key, space="w+", code=tuple(w.reshape(-1).tolist())))


@pytest.fixture
def grid(model: Model) -> Grid:
    return Grid(model)


def test_cells_are_coarse_of_the_column_and_fine_of_the_row(grid: Grid) -> None:
    cells = grid.cells()
    assert len(cells) == 9 and cells[0] is None
    for at, (row, column) in {4: (0, 100), 5: (0, 101), 7: (1, 100), 8: (1, 101)}.items():
        assert same(cells[at], grid.crossed(row, column, 3))  # type: ignore[arg-type]
    for at, seed in {1: 100, 2: 101, 3: 0, 6: 1}.items():
        assert same(cells[at], grid.crossed(seed, seed, 0))  # type: ignore[arg-type]


@pytest.mark.parametrize("split", [0, 3, LAYERS])
def test_a_click_on_a_cell_shows_that_very_picture_in_one_step(grid: Grid, split: int) -> None:
    grid.control.split(split)
    cells = grid.cells()
    grid.steps.made.clear()
    grid.control.go(5)
    assert len(grid.steps.made) == 1
    assert same(grid.pixels(grid.explore.place), cells[5])  # type: ignore[arg-type]
    if split < LAYERS:
        assert grid.explore.place.seed == 0
    if split == 3:
        grid.view.show_chosen.assert_called_with(5)
        assert [source.seed for source in grid.style.sources] == [101]
    grid.steps.undo()
    assert grid.explore.place.seed == 3


def test_an_edge_leads_to_its_seed_and_the_corner_nowhere(grid: Grid) -> None:
    grid.control.go(2)
    assert grid.explore.place.seed == 101
    grid.control.go(6)
    assert grid.explore.place.seed == 1
    steps = len(grid.steps.made)
    for at in (0, -1, 99):
        grid.control.go(at)
    assert len(grid.steps.made) == steps


def test_a_source_that_is_there_is_used_again_and_a_full_desk_gives_way(grid: Grid) -> None:
    grid.control.go(5)
    grid.control.go(8)
    assert [source.seed for source in grid.style.sources] == [101]
    grid.walk.restyle("x", sources=tuple(Source(name=f"{k}", code=(float(k),) * 5) for k in range(MOST_SOURCES)))
    grid.control.go(5)
    assert len(grid.style.sources) == MOST_SOURCES and grid.style.sources[-1].seed == 101


def test_only_what_changes_is_drawn_anew(grid: Grid) -> None:
    grid.cells()
    asked = grid.lane.asked
    grid.control.rest()
    assert grid.lane.asked == asked
    grid.control.split(1)
    cells = grid.cells()
    assert all(same(cells[at], grid.crossed(*pair, 1)) for at, pair in {4: (0, 100), 8: (1, 101)}.items())  # type: ignore[arg-type]


def test_a_newer_request_takes_the_place_of_an_older_one(grid: Grid) -> None:
    grid.control.rest()
    late = grid.lane.compute()
    grid.control.seed("rows", "40")
    late()
    grid.lane.run()
    assert same(grid.view.show_cells.call_args.args[0][4], grid.crossed(40, 100, 3))
    grid.control.rest()
    assert grid.lane.waiting is None
    grid.control.seed("rows", "50")
    cancelled = grid.lane.cancelled
    grid.explore.instrument = "card"
    assert grid.lane.cancelled == cancelled + 1


def test_seeds_are_typed_drawn_and_swapped(grid: Grid) -> None:
    assert not grid.control.seed("columns", "no seed")
    assert "is no seed" in grid.view.tell.call_args.args[0] and grid.steps.made == []
    assert grid.control.seed("columns", f"{LARGEST_SEED}")
    words = grid.view.show_grid.call_args.args[0]
    assert words.columns == (LARGEST_SEED - 1, LARGEST_SEED), "the last seeds there are"
    grid.control.seed("columns", "200")
    grid.control.turn_over()
    assert (grid.explore.mixing.rows, grid.explore.mixing.columns) == (200, 0)
    grid.control.others("rows")
    assert grid.explore.mixing.rows != 200


def test_the_split_is_told_in_words(grid: Grid) -> None:
    sentences = []
    for split in (0, 2, LAYERS):
        grid.control.split(split)
        sentences.append(grid.view.show_grid.call_args.args[0].sentence)
    assert sentences == [
        "Every layer is of the row.",
        "Layers 1 to 2 (to 4 px) are of the column, the finer ones of the row.",
        "Every layer is of the column.",
    ]


def test_the_sheet_holds_its_grid(grid: Grid, tmp_path: Path) -> None:
    grid.control.save(lambda name: str(tmp_path / name))
    assert "still being drawn" in grid.view.tell.call_args.args[0]
    cells = grid.cells()
    grid.control.save(lambda name: "")
    grid.control.save(lambda name: str(tmp_path / name))
    recipe = read_picture(tmp_path / "styled-mixing.png")
    assert recipe.mixing is not None and (recipe.mixing.size, recipe.mixing.split, recipe.mixing.columns) == (2, 3, 100)
    first = Place(bundle=grid.model.key, code=recipe.code, style=recipe.style)
    assert same(grid.pixels(first), cells[4])  # type: ignore[arg-type]
    grid.control.save(lambda name: str(tmp_path / "absent" / name))
    assert "cannot be written" in grid.view.tell.call_args.args[0]
