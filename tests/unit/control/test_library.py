"""The library: what it lists, what opens, and what a model that does not open leaves alone."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import call, create_autospec

import numpy as np
import pytest

from explorer.control.export import png_of
from explorer.control.library import RECENT, LibraryController, LibraryView
from explorer.control.sessions import SessionFile
from explorer.control.stage import Models, Stage
from explorer.control.walk import FIRST_SEED, Walk, seed_code
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.state.journey import Journey
from explorer.state.library import Item, Library
from explorer.state.place import Explore, Place
from explorer.state.settings import Settings
from tests.graphs import tiny_bundle
from tests.unit.control.stand import HandLane, Steps


class Desk:
    """A library over a folder of shipped models and one of the user's, with real bundles."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self.runtime = runtime
        self.shipped, self.own, self.elsewhere = folder / "shipped", folder / "own", folder / "elsewhere"
        for place in (self.shipped, self.own, self.elsewhere):
            place.mkdir()
        tiny_bundle(self.shipped / "alpha", name="alpha")
        tiny_bundle(self.shipped / "beta", name="beta", dims=3, seed=1)
        self.explore, self.stage, self.steps = Explore(), Stage(), Steps()
        self.library, self.settings = Library(), Settings()
        self.open_lane, self.find_lane, self.other_lane = HandLane(), HandLane(), HandLane()
        self.view = create_autospec(LibraryView, instance=True)
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.models = Models(runtime)
        self.journeys: list[Journey] = []  # that came with films
        self.sessions: list[tuple[SessionFile, Model]] = []  # that were opened
        self.shelf = LibraryController(
            self.library, self.settings, self.steps, (self.shipped, self.own), self.models, self.open_lane,  # type: ignore[arg-type]
            self.find_lane, (self.other_lane,), self.walk, self.view, lambda: self.explore.place.bundle,  # type: ignore[arg-type]
            self.journeys.append, lambda session, model: self.sessions.append((session, model)),
        )  # fmt: skip

    def find(self) -> None:
        self.shelf.find()
        self.find_lane.run()

    def open(self, path: Path | str, **more: object) -> None:
        self.shelf.open(str(path), **more)  # type: ignore[arg-type]
        self.open_lane.run()
        if self.find_lane.waiting is not None:
            self.find_lane.run()

    def picture_of(self, path: Path, code: tuple[float, ...], seed: int | None, out: Path) -> Path:
        """A saved picture with its recipe."""
        model = load_model(path, self.runtime)
        assert model.decodes is not None
        point = np.asarray(code, np.float32)
        out.write_bytes(png_of(model, point, model.decodes.decode(point[None])[0], seed))
        return out

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.library.items]

    @property
    def told(self) -> list[str]:
        return [found.args[0] for found in self.view.tell.call_args_list]

    @property
    def place(self) -> Place:
        return self.explore.place


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    runtime = Runtime("cpu", threads=1)
    yield Desk(tmp_path, runtime)
    runtime.close()


# --- listing -------------------------------------------------------------------------------------------------------


def test_shipped_models_come_first_then_the_users_then_what_was_opened(desk: Desk) -> None:
    tiny_bundle(desk.own / "mine.zip", name="mine")
    opened = tiny_bundle(desk.elsewhere / "found", name="found").path
    desk.settings.opened = (str(opened),)
    desk.find()
    assert desk.titles == ["alpha", "beta", "mine", "found"]
    assert all(item.preview_png for item in desk.library.items)
    items, current = desk.view.show_items.call_args.args
    assert (items, current) == (desk.library.items, "")


def test_a_broken_model_is_listed_with_the_reason_and_breaks_nothing(desk: Desk) -> None:
    (desk.own / "torn.zip").write_bytes(b"PK\3\4 torn")
    desk.find()
    (torn,) = [item for item in desk.library.items if item.fault]
    assert (torn.title, torn.subtitle) == ("torn", "cannot be opened")
    assert torn.fault == "torn.zip is not a whole zip file; get the model again."
    assert desk.titles == ["alpha", "beta", "torn"]


def test_a_model_opened_once_that_is_gone_says_so(desk: Desk) -> None:
    desk.settings.opened = (str(desk.elsewhere / "gone"),)
    desk.find()
    assert desk.library.items[-1].fault.startswith("There is no model at ")


def test_a_model_that_is_in_two_lists_is_shown_once(desk: Desk) -> None:
    desk.settings.opened = (str(desk.shipped / "alpha"), str(desk.shipped / "alpha"))
    desk.find()
    assert desk.titles == ["alpha", "beta"]


def test_the_same_list_is_not_shown_twice(desk: Desk) -> None:
    desk.find()
    shown = desk.view.show_items.call_count
    desk.find()
    desk.shelf.refresh()
    assert desk.view.show_items.call_count == shown


# --- opening -------------------------------------------------------------------------------------------------------


def test_opening_goes_to_the_first_seed(desk: Desk) -> None:
    desk.find()
    desk.open(desk.shipped / "alpha")
    model = load_model(desk.shipped / "alpha", desk.runtime)
    assert model.decodes is not None
    code = tuple(seed_code(model.decodes.prior, FIRST_SEED).tolist())
    assert desk.place == Place(bundle=str(desk.shipped / "alpha"), code=code, seed=FIRST_SEED)
    assert desk.view.show_items.call_args.args[1] == str(desk.shipped / "alpha")
    assert desk.settings.opened == ()  # it ships, so there is nothing to remember


def test_what_is_being_opened_is_said_until_it_is_open_or_refused(desk: Desk) -> None:
    for name in ("alpha", "nowhere"):
        desk.view.show_opening.reset_mock()
        desk.shelf.open(str(desk.shipped / name))
        assert desk.view.show_opening.call_args_list == [call(name)]
        desk.open_lane.run()
        assert desk.view.show_opening.call_args_list == [call(name), call("")]


def test_a_manifest_opens_its_folder(desk: Desk) -> None:
    desk.open(desk.shipped / "alpha" / "manifest.json")
    assert desk.place.bundle == str(desk.shipped / "alpha")


def test_what_was_opened_by_hand_joins_the_list_and_is_remembered_newest_first(desk: Desk) -> None:
    desk.find()
    paths = [tiny_bundle(desk.elsewhere / name, name=name).path for name in ("one", "two")]
    for path in (*paths, paths[0], paths[0]):
        desk.open(path)
    assert desk.settings.opened == (str(paths[1]), str(paths[0]))
    assert desk.titles == ["alpha", "beta", "two", "one"]


def test_only_so_many_are_remembered_and_each_once(desk: Desk) -> None:
    """At the start the list is not known yet when the model that was asked for opens."""
    path = tiny_bundle(desk.elsewhere / "one", name="one").path
    desk.settings.opened = (*(f"/old/{number}" for number in range(RECENT - 1)), str(path))
    for _ in range(3):
        desk.library.items = ()
        desk.open(path)
    assert desk.settings.opened[0] == str(path)
    assert len(desk.settings.opened) == RECENT == len(set(desk.settings.opened))


def test_only_the_newest_of_many_clicks_opens(desk: Desk) -> None:
    desk.find()
    desk.shelf.open(str(desk.shipped / "alpha"))
    desk.shelf.open(str(desk.shipped / "beta"))
    desk.open_lane.run()
    assert desk.place.bundle == str(desk.shipped / "beta")
    assert len(desk.steps.made) == 0  # from nothing there is no way back


def test_what_takes_long_makes_way_for_opening(desk: Desk) -> None:
    desk.open(desk.shipped / "alpha")
    assert desk.other_lane.hurried == 1


def test_a_click_on_the_open_model_keeps_the_point(desk: Desk) -> None:
    desk.open(desk.shipped / "alpha")
    moved = desk.place.model_copy(update={"code": (1.0, 2.0, 3.0, 4.0), "seed": None})
    desk.explore.place = moved
    desk.open(desk.shipped / "alpha")
    assert desk.place == moved


def test_a_click_on_the_open_model_tells_the_place_again(desk: Desk) -> None:
    """It may have been mended since its picture failed."""
    desk.open(desk.shipped / "alpha")
    told = list[Place]()
    desk.explore.events.place.connect(told.append)
    desk.open(desk.shipped / "alpha")
    assert told == [desk.place]


def test_a_model_that_changed_on_the_disk_is_opened_anew(desk: Desk) -> None:
    desk.open(desk.shipped / "alpha")
    first = desk.models.get(desk.place.bundle, create_autospec(object))
    desk.stage.model = first
    shutil.rmtree(desk.shipped / "alpha")
    tiny_bundle(desk.shipped / "alpha", name="alpha", dims=6)
    desk.open(desk.shipped / "alpha")
    assert desk.place.code is not None
    assert len(desk.place.code) == 6


# --- what does not open --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere", "nowhere: There is no model at "),
        ("empty", "empty: "),
        ("torn.zip", "torn.zip: torn.zip is not a whole zip file; get the model again."),
        ("encoder", "encoder: encoder holds no decoder, so there is nothing to look at here."),
        ("plain.png", "plain.png: This file holds no recipe; drop one that Latent Explorer saved, or a model."),
        ("stranger.png", "stranger.png: This was made with stranger, which is not in the library; open that "),
        ("nowhere.png", "nowhere.png: There is no model at "),
    ],
)
def test_what_does_not_open_is_told_and_changes_nothing(desk: Desk, name: str, sentence: str) -> None:
    path = desk.elsewhere / name
    match name:
        case "empty":
            path.mkdir()
        case "torn.zip":
            path.write_bytes(b"PK\3\4 torn")
        case "encoder":
            graphs = json.loads((desk.shipped / "alpha/manifest.json").read_text())["graphs"]
            graphs[0]["role"] = "synthesis"
            tiny_bundle(path, name=name, facts={"graphs": graphs})
        case "plain.png":
            shutil.copy(desk.shipped / "alpha/preview.png", path)
        case "stranger.png":
            stranger = tiny_bundle(desk.elsewhere / "stranger", name="stranger", seed=77).path
            desk.picture_of(stranger, (0.0,) * 4, None, path)
        case _:
            pass
    desk.find()
    desk.open(desk.shipped / "beta")
    place, settings, items = desk.place, desk.settings.model_copy(), desk.library.items
    desk.open(path)
    (told,) = desk.told
    assert told.startswith(sentence)
    assert told.endswith(".")
    assert desk.view.tell.call_args.kwargs == {"error": True}
    assert (desk.place, desk.settings, desk.library.items) == (place, settings, items)


def test_a_point_of_another_size_is_told(desk: Desk) -> None:
    desk.open(desk.shipped / "alpha", code=(1.0, 2.0), seed=None)
    assert desk.told == ["alpha: The point has 2 numbers, alpha has 4 dimensions."]
    assert desk.place == Place()


def test_when_opening_fails_the_place_is_told_once_more(desk: Desk) -> None:
    """A picture that had to make way is asked for again."""
    desk.open(desk.shipped / "alpha")
    told = list[Place]()
    desk.explore.events.place.connect(told.append)
    desk.open(desk.elsewhere / "nowhere")
    assert told == [desk.place]


def test_a_bug_is_seen(desk: Desk) -> None:
    desk.shelf.open(str(desk.shipped / "alpha"))
    desk.models.fresh = None  # type: ignore[assignment,method-assign]
    with pytest.raises(TypeError):
        desk.open_lane.run()


# --- pictures with recipes -----------------------------------------------------------------------------------------


def test_a_saved_picture_brings_back_model_point_and_seed(desk: Desk, tmp_path: Path) -> None:
    picture = desk.picture_of(desk.shipped / "beta", (0.5, -1.25, 2.0), 9, tmp_path / "saved.PNG")
    desk.open(desk.shipped / "alpha")
    desk.open(picture)
    assert desk.place == Place(bundle=str(desk.shipped / "beta"), code=(0.5, -1.25, 2.0), seed=9)


def test_a_saved_picture_in_the_open_model_moves_to_its_point(desk: Desk, tmp_path: Path) -> None:
    picture = desk.picture_of(desk.shipped / "beta", (0.5, -1.25, 2.0), None, tmp_path / "saved.png")
    desk.open(desk.shipped / "beta")
    desk.open(picture)
    assert desk.place == Place(bundle=str(desk.shipped / "beta"), code=(0.5, -1.25, 2.0))


def test_a_saved_picture_finds_its_model_wherever_it_was_opened(desk: Desk, tmp_path: Path) -> None:
    path = tiny_bundle(desk.elsewhere / "mine", name="mine", seed=5).path
    picture = desk.picture_of(path, (0.0, 0.0, 0.0, 1.0), None, tmp_path / "saved.png")
    desk.open(path)
    desk.explore.place = Place()
    moved = desk.elsewhere / "renamed"
    shutil.move(path, moved)
    desk.settings.opened = (str(path), str(moved))  # the first is gone
    desk.open(picture)
    assert desk.place.bundle == str(moved)


# --- removing ------------------------------------------------------------------------------------------------------


def test_a_removed_model_is_hidden_and_untouched_on_the_disk(desk: Desk) -> None:
    desk.find()
    desk.shelf.remove(str(desk.shipped / "alpha"))
    assert desk.titles == ["beta"]
    desk.find()
    assert desk.titles == ["beta"]
    assert (desk.shipped / "alpha/manifest.json").is_file()


def test_removing_is_a_step_that_can_be_taken_back(desk: Desk) -> None:
    path = str(tiny_bundle(desk.elsewhere / "mine", name="mine").path)
    desk.find()
    desk.open(path)
    desk.shelf.remove(path)
    assert path not in [item.path for item in desk.library.items]
    assert desk.told == ["mine was taken out of the library; Ctrl+Z brings it back."]
    desk.steps.undo()
    desk.find_lane.run()
    assert path in [item.path for item in desk.library.items]


def test_opening_a_removed_model_brings_it_back(desk: Desk) -> None:
    desk.find()
    path = desk.shipped / "alpha"
    desk.shelf.remove(str(path))
    desk.open(path)
    assert desk.settings.hidden == frozenset()
    assert sorted(desk.titles) == ["alpha", "beta"]
    assert desk.place.bundle == str(path)


def test_items_are_facts(desk: Desk) -> None:
    desk.find()
    first = desk.library.items[0]
    assert first == Item(
        path=str(desk.shipped / "alpha"),
        title="alpha",
        subtitle="VAE · 8 px · 4 numbers",
        preview_png=(desk.shipped / "alpha/preview.png").read_bytes(),
        identity=load_model(desk.shipped / "alpha", desk.runtime).bundle.identity(),
    )
