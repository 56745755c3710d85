"""The map follows the model on stage and the place, and moves the place; computed by hand-driven lanes."""

from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract.manifest import Array, Attribute, EncodedStore
from explorer.control import map as maps
from explorer.control.map import KEY, PATH_STEPS, MapController, MapView
from explorer.control.maptiles import MapWindow
from explorer.control.stage import Stage
from explorer.control.walk import Walk
from explorer.latent.maps import MapsMissing
from explorer.models.stores import Encoded
from explorer.state.journey import Journey
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, toy_model

COLUMNS = (Attribute(name="class", values=("shirt", "shoe", "bag")), Attribute(name="bright", values=("no", "yes")))
STORE = EncodedStore(space="z", data="toy", split="test", codes=Array(file="a.npz", key="a"))
WINDOW = MapWindow(-2, -2, 4, 4, 3, 2, 8)


def encoded_of(size: int, count: int = 60, labelled: bool = True) -> Encoded:
    rng = np.random.default_rng(3)
    labels = np.stack([np.arange(count) % 3, np.arange(count) % 2], axis=1)
    return Encoded(
        "toy", "test", (rng.standard_normal((count, size)) * np.linspace(3, 1, size)).astype(np.float32), None,
        labels if labelled else labels[:, :0], COLUMNS if labelled else (), np.zeros((count, 8, 8, 1), np.uint8),
    )  # fmt: skip


class Stand:
    """A map of a toy model of ``size`` dimensions with everything around it."""

    def __init__(self, size: int) -> None:
        self.model = toy_model(toy=Toy(size))
        self.model.bundle.manifest.stores = ()  # type: ignore[misc]
        self.explore, self.stage, self.history = Explore(), Stage(), Steps()
        self.explore.place = Place(bundle=self.model.key, code=tuple(0.5 for _ in range(size)))
        self.walk = Walk(self.explore, self.stage, self.history, np.random.default_rng(0), lambda: None)
        self.plane, self.tiles, self.tsne = HandLane(), HandLane(), HandLane()
        self.view: Any = create_autospec(MapView, instance=True)
        lanes: Any = (self.plane, self.tiles, self.tsne)
        self.map = MapController(self.explore, self.stage, self.history, self.walk, lanes, self.view)

    def open(self, encoded: Encoded | None) -> "Stand":
        self.explore.instrument = KEY
        self.stage.model = self.model
        self.stage.encoded = encoded
        if self.plane.waiting:
            self.plane.run()
        return self

    @property
    def code(self) -> np.ndarray:
        return np.array(self.explore.place.code, np.float32)

    def last(self, name: str) -> Any:
        return getattr(self.view, name).call_args


@pytest.fixture
def flat() -> Stand:
    return Stand(2).open(encoded_of(2))


@pytest.fixture
def deep() -> Stand:
    return Stand(5).open(encoded_of(5))


def test_nothing_is_computed_while_the_panel_is_closed():
    stand = Stand(5)
    stand.stage.model = stand.model
    stand.stage.encoded = encoded_of(5)
    assert stand.plane.asked == 0
    stand.explore.instrument = KEY
    stand.plane.run()
    assert len(stand.last("show_points").args[0].places) == 60


def test_two_dimensions_are_shown_as_they_are(flat: Stand):
    points = flat.last("show_points").args[0]
    assert flat.stage.encoded is not None
    assert np.array_equal(points.places, flat.stage.encoded.codes)
    assert flat.last("show_position").args[0] == (0.5, 0.5) and flat.last("show_position").kwargs["exact"]


def test_the_mark_follows_the_place(flat: Stand):
    flat.walk.begin()
    flat.walk.to_sigma(0, 1.25)
    assert flat.last("show_position").args[0] == (1.25, 0.5)


def test_a_drag_is_one_step_of_undo_and_goes_where_the_hand_is(flat: Stand):
    flat.map.begin()
    for x in (0.75, 1.0, -2.0):
        flat.map.move(x, 1.5)
    assert flat.explore.place.code == (-2.0, 1.5)
    assert {step.gesture for step in flat.history.made} == {flat.history.made[0].gesture}
    assert flat.history.made[0].words == "Move on the map"


def test_a_double_click_takes_its_first_click_back(flat: Stand):
    before = flat.explore.place
    flat.map.begin()
    flat.map.move(2.0, 2.0)
    flat.map.take_back()
    assert flat.explore.place == before


def test_not_a_number_moves_nothing(flat: Stand):
    flat.map.begin()
    flat.map.move(float("nan"), 0.0)
    assert flat.history.made == []


def test_moving_keeps_the_rest_or_puts_it_at_the_mean(deep: Stand):
    assert deep.map._plane is not None
    plane, before = deep.map._plane, deep.code

    def off(code: np.ndarray) -> np.ndarray:
        return code - plane.origin - plane.project(code[None])[0] @ plane.axes

    deep.map.begin()
    deep.map.move(1.0, -1.0)
    assert np.allclose(plane.project(deep.code[None]), [[1.0, -1.0]], atol=1e-4)
    assert np.allclose(off(deep.code), off(before), atol=1e-4) and np.abs(off(before)).max() > 0.1
    deep.map.switch_keep_rest(False)
    deep.map.move(0.5, 0.5)
    assert np.allclose(off(deep.code), 0, atol=1e-4)


def test_locked_dimensions_stay(flat: Stand):
    flat.walk.lock(1, True)
    flat.map.begin()
    flat.map.move(2.0, 2.0)
    assert flat.explore.place.code == (2.0, 0.5)


def test_a_picture_of_the_data_is_gone_to_by_its_own_code(deep: Stand):
    assert deep.stage.encoded is not None
    deep.map.jump_to_row(7)
    assert np.allclose(deep.code, deep.stage.encoded.codes[7])
    deep.map.jump_to_row(7_000)
    assert len(deep.history.made) == 1


def test_the_legend_counts_hides_and_shows_alone(flat: Stand):
    values = flat.last("show_legend").args[0]
    assert [(value.name, value.count, value.hidden) for value in values] == [
        ("shirt", 20, False), ("shoe", 20, False), ("bag", 20, False),
    ]  # fmt: skip
    flat.map.toggle_value("shoe")
    assert [value.hidden for value in flat.last("show_legend").args[0]] == [False, True, False]
    flat.map.solo_value("bag")
    assert flat.explore.map.hidden == {"shirt", "shoe"}
    flat.map.solo_value("bag")
    assert flat.explore.map.hidden == frozenset()
    flat.history.undo()
    assert flat.explore.map.hidden == {"shirt", "shoe"}
    assert [value.hidden for value in flat.last("show_legend").args[0]] == [True, True, False]


def test_another_column_begins_without_filters(flat: Stand):
    flat.map.toggle_value("shoe")
    flat.map.choose_column("bright")
    assert flat.explore.map.hidden == frozenset()
    assert flat.last("show_columns").args == (("class", "bright"), "bright")
    values, indices = flat.last("show_legend").args
    assert [value.name for value in values] == ["no", "yes"] and indices.tolist()[:3] == [0, 1, 0]


def test_data_without_labels_have_no_legend():
    stand = Stand(2).open(encoded_of(2, labelled=False))
    assert stand.last("show_legend").args == ((), None) and stand.last("show_columns").args == ((), "")


def test_tiles_are_decoded_for_the_window_from_the_middle(flat: Stand):
    flat.map.see(WINDOW)
    flat.tiles.run()
    told = [call.args[0] for call in flat.view.show_tiles.call_args_list if call.args[0] is not None]
    indices = np.concatenate([tiles.indices for tiles in told])
    assert sorted(indices.tolist()) == list(range(6)) and indices[0] in (1, 4)
    pixels = np.concatenate([tiles.pixels for tiles in told])
    assert flat.model.decodes is not None
    assert np.array_equal(pixels, flat.model.decodes.decode(WINDOW.centres[indices]))


def test_tiles_are_not_asked_for_again_while_nothing_changed(flat: Stand, deep: Stand):
    for stand in (flat, deep):
        stand.map.see(WINDOW)
        stand.tiles.run()
        asked = stand.tiles.asked
        stand.map.begin()
        stand.map.move(1.0, 1.0)  # within the plane: the tiles show the same
        stand.map.rest()
        assert stand.tiles.asked == asked
    deep.walk.begin()
    deep.walk.to_sigma(4, 2.0)  # out of the plane
    deep.map.rest()
    assert deep.tiles.asked == asked + 1


def test_tiles_go_when_they_are_switched_off_and_when_the_panel_closes(flat: Stand):
    flat.map.see(WINDOW)
    flat.tiles.run()
    flat.map.switch_tiles(False)
    assert flat.last("show_tiles").args == (None,)
    flat.map.switch_tiles(True)
    assert flat.tiles.waiting is not None
    flat.explore.instrument = "sliders"
    assert flat.tiles.waiting is None


def test_a_model_that_fails_leaves_a_note_in_the_place_of_tiles(flat: Stand):
    decodes: Any = flat.model.decodes
    decodes.fault = MapsMissing("no answer")
    flat.map.see(WINDOW)
    flat.tiles.run()
    assert flat.last("show_note").args == ("no answer",)


def test_tsne_shows_every_layout_and_then_goes_to_pictures_of_the_data(deep: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "explorer.control.maplayout.tsne", lambda codes, start, seed: iter([(0.5, start), (1.0, -start)])
    )
    deep.map.switch_tsne(True)
    deep.plane.run()
    deep.tsne.run()
    points = deep.last("show_points").args[0]
    assert not points.flat and deep.last("show_progress").args == (None,)
    assert 0.5 in [call.args[0] for call in deep.view.show_progress.call_args_list]
    x, y = points.places[11].tolist()
    deep.map.begin()
    deep.map.move(x + 1e-3, y)
    assert deep.stage.encoded is not None and np.allclose(deep.code, deep.stage.encoded.codes[11])
    place = deep.last("show_position")
    assert place.args[0] == pytest.approx((x, y)) and place.kwargs == {"exact": False}


def test_a_finished_layout_is_not_computed_twice(deep: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("explorer.control.maplayout.tsne", lambda codes, start, seed: iter([(1.0, -start)]))
    for on in (True, False, True):
        deep.map.switch_tsne(on)
        deep.plane.run()
        if deep.tsne.waiting:
            deep.tsne.run()
    assert deep.tsne.asked == 1 and not deep.last("show_points").args[0].flat


def test_stopping_keeps_the_layout_and_leaving_stops(deep: Stand):
    deep.map.switch_tsne(True)
    deep.plane.run()
    deep.map.stop()
    assert deep.tsne.waiting is None and deep.last("show_progress").args == (None,)
    deep.map.switch_tsne(False)
    assert deep.explore.map.projection == "plane" and deep.tsne.cancelled >= 2


def test_a_missing_extra_is_said_and_the_flat_map_stays(deep: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "openTSNE", None)
    deep.map.switch_tsne(True)
    deep.plane.run()
    deep.tsne.run()
    assert "pip install" in deep.last("show_note").args[0] and deep.last("show_points").args[0].flat


def test_a_large_data_set_is_laid_out_in_part(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("explorer.control.maplayout.TSNE_POINTS", 20)
    monkeypatch.setattr("explorer.control.maplayout.tsne", lambda codes, start, seed: iter([(1.0, start)]))
    stand = Stand(5).open(encoded_of(5))
    stand.map.switch_tsne(True)
    stand.plane.run()
    stand.tsne.run()
    points, indices = stand.last("show_points").args[0], stand.last("show_legend").args[1]
    assert len(set(points.rows.tolist())) == len(points.places) == 20
    assert stand.stage.encoded is not None
    assert np.array_equal(indices, stand.stage.encoded.labels[points.rows, 0])


def test_the_journey_is_drawn_in_the_plane(deep: Stand):
    assert deep.map._plane is not None and deep.stage.encoded is not None
    keyframes = deep.stage.encoded.codes[:3]
    codes = tuple(tuple(code) for code in keyframes.tolist())
    deep.explore.journey = Journey(bundle=deep.model.key, keyframes=codes, kind="linear")
    path, stops = deep.last("show_path").args
    assert np.allclose(stops, deep.map._plane.project(keyframes), atol=1e-5)
    assert np.allclose(path[[0, PATH_STEPS, -1]], stops, atol=1e-4) and len(path) == 2 * PATH_STEPS + 1
    assert np.allclose(path[PATH_STEPS // 2], (stops[0] + stops[1]) / 2, atol=1e-4)
    deep.explore.journey = Journey()
    assert all(drawn.shape == (0, 2) for drawn in deep.last("show_path").args)


def test_a_journey_through_another_model_is_not_drawn(deep: Stand):
    deep.explore.journey = Journey(bundle="/models/other", keyframes=((0.0,) * 5, (1.0,) * 5))
    assert deep.last("show_path").args[1].shape == (0, 2)
    deep.explore.journey = Journey(bundle=deep.model.key, keyframes=((0.0,) * 3,))
    assert deep.last("show_path").args[1].shape == (0, 2)


@pytest.mark.parametrize(
    "size, encoded, fault, stores, sentence",
    [
        (1, encoded_of(1), "", (), maps.TOO_NARROW),
        (5, None, "", (), maps.NO_DATA.format(count=5)),
        (5, None, "The data is damaged.", (), "The data is damaged."),
        (5, None, "", (STORE,), maps.READING),
        (5, encoded_of(5, count=2), "", (), maps.TOO_FEW),
    ],
)  # fmt: skip
def test_what_no_map_can_be_made_of_is_said(size: int, encoded: Any, fault: str, stores: Any, sentence: str):
    stand = Stand(size)
    stand.model.bundle.manifest.stores = stores  # type: ignore[misc]
    stand.open(encoded)
    stand.stage.data_fault = fault
    assert stand.last("show_message").args == (sentence,)
    stand.map.begin()
    stand.map.move(0.0, 0.0)
    assert stand.history.made == []


def test_two_dimensions_need_no_data(flat: Stand):
    stand = Stand(2).open(None)
    points = stand.last("show_points").args[0]
    assert len(points.places) == 0 and points.bounds.tolist() == [[-3, -3], [3, 3]]
    stand.map.see(WINDOW)
    stand.map.begin()
    stand.map.move(1.0, 2.0)
    assert stand.explore.place.code == (1.0, 2.0) and stand.tiles.waiting is not None


def test_another_model_begins_anew(flat: Stand):
    other = toy_model("/models/other", Toy(2))
    other.bundle.manifest.stores = ()  # type: ignore[misc]
    flat.stage.model = other
    flat.stage.encoded = None
    assert flat.last("show_position").args[0] is None  # the place is still in the former model
    flat.explore.place = Place(bundle=other.key, code=(2.0, 2.0))
    assert flat.last("show_position").args[0] == (2.0, 2.0)


def test_a_few_far_points_do_not_make_the_rest_small():
    encoded = encoded_of(2, count=1_000)
    encoded.codes[0] = 500.0
    stand = Stand(2).open(encoded)
    assert stand.last("show_points").args[0].bounds.max() < 30
