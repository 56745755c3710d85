"""The mixing desk: sources, shares, presets and swaps, each one step of undo."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest
from PIL import Image

from explorer.contract.archive import write_file
from explorer.control.export import png_of
from explorer.control.mixing import FULL, LayerView, MixingController, MixView
from explorer.control.sessions import bring_in, read_session, write_session
from explorer.latent.styles import MOST_SOURCES, Source, Style
from explorer.media.recipes import read_picture
from explorer.models.capabilities import Model
from explorer.state.journey import Journey
from explorer.state.notebook import Notes
from explorer.state.place import Place
from tests.style_graphs import LAYERS, W
from tests.unit.control.stand import HandLane
from tests.unit.control.styled import Desk, styled_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from styled_model(tmp_path_factory.mktemp("mixing"))


class Mixing(Desk):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.reader = HandLane()
        self.view = create_autospec(MixView, instance=True)
        lanes = self.lane, self.reader
        self.control = MixingController(
            self.explore, self.stage, self.steps, self.walk, lanes, self.view, self.seeds, self.rng  # type: ignore[arg-type]
        )  # fmt: skip
        self.enter()

    @property
    def told(self) -> str:
        return self.view.tell.call_args.args[0]

    @property
    def shares(self) -> tuple[tuple[float, ...], ...]:
        return self.view.show_shares.call_args.args[0]


@pytest.fixture
def desk(model: Model) -> Mixing:
    return Mixing(model)


def test_it_shows_layers_and_sources_with_their_pictures(desk: Mixing) -> None:
    desk.control.describe()
    desk.view.show_layers.assert_called_with(tuple(LayerView(f"{pixels} px", "coarse") for pixels in (4, 4, 8, 8)))
    desk.control.add_seed("7")
    desk.lane.run()
    own, lent = desk.view.show_sources.call_args.args[0]
    assert (own.letter, lent.letter, lent.name) == ("A", "B", "seed 7")
    assert np.array_equal(own.pixels, desk.pixels(desk.explore.place))
    assert np.array_equal(lent.pixels, desk.pixels(Place(bundle=desk.model.key, code=tuple(desk.w(7).tolist()))))


def test_a_stroke_over_several_layers_is_one_step(desk: Mixing) -> None:
    desk.control.add_seed("7")
    before = desk.style
    desk.control.begin()
    for layer in (0, 1, 1, 2):
        desk.control.paint(layer, 1)
    gestures = {change.gesture for change in desk.steps.made[1:]}
    assert len(gestures) == 1 and None not in gestures
    assert desk.shares == ((0, 1), (0, 1), (0, 1), (1, 0))
    desk.control.begin()
    desk.control.paint(0, 1)
    assert len(desk.steps.made) == 4, "what is painted already is no step"
    for _ in range(3):
        desk.steps.undo()
    assert desk.style == before


def test_all_from_b_is_exactly_b_and_none_is_the_point(desk: Mixing) -> None:
    alone = desk.pixels(desk.explore.place)
    desk.control.add_seed("7")
    desk.control.take(1, "all")
    there = Place(bundle=desk.model.key, code=tuple(desk.w(7).tolist()))
    assert np.array_equal(desk.pixels(desk.explore.place), desk.pixels(there))
    desk.control.clear()
    assert np.array_equal(desk.pixels(desk.explore.place), alone)
    assert desk.steps.words[-2:] == ["Take all from B", "Mix nothing"]


def test_a_band_takes_only_its_layers(desk: Mixing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.model.styles, "resolutions", (4, 16, 32, 64))
    desk.control.add_seed("7")
    for band, layers in (("coarse", (0,)), ("middle", (1, 2)), ("fine", (3,))):
        desk.control.clear()
        desk.control.take(1, band)
        assert tuple(at for at, row in enumerate(desk.shares) if row[1] == 1) == layers
    desk.control.clear()
    steps = len(desk.steps.made)
    monkeypatch.setattr(desk.model.styles, "resolutions", ())
    desk.control.take(1, "coarse")
    assert len(desk.steps.made) == steps, "without resolutions nobody knows what is coarse"


def test_a_blend_lies_between(desk: Mixing) -> None:
    desk.control.add_seed("7")
    desk.control.begin()
    desk.control.blend(2, 1, 0.25)
    rows = desk.model.decodes.under(desk.style).rows(np.array([desk.explore.place.code], np.float32))[0]  # type: ignore[union-attr]
    assert np.allclose(rows[2], 0.75 * desk.w(3) + 0.25 * desk.w(7), atol=1e-6)
    assert np.array_equal(rows[1], desk.w(3))
    desk.control.blend(2, 1, float("nan"))
    assert desk.shares[2] == (0.75, 0.25)


def test_cells_that_are_not_there_change_nothing(desk: Mixing) -> None:
    desk.control.add_seed("7")
    steps = len(desk.steps.made)
    for layer, column in ((-1, 1), (LAYERS, 1), (0, 2), (0, -1)):
        desk.control.paint(layer, column)
    desk.control.remove(0)
    desk.control.remove(5)
    desk.control.swap(0)
    desk.control.take(9, "all")
    assert len(desk.steps.made) == steps


@pytest.mark.parametrize("text", ["", "abc", "-1", "1.5", "2147483647", "9" * 30, "７"])
def test_nonsense_is_no_seed(desk: Mixing, text: str) -> None:
    assert not desk.control.add_seed(text)
    assert "is no seed; type a whole number from 0 to 2,147,483,646." in desk.told and desk.steps.made == []


def test_a_source_that_goes_takes_its_layers_along(desk: Mixing) -> None:
    for seed in ("7", "8"):
        desk.control.add_seed(seed)
    desk.control.begin()
    desk.control.paint(0, 1)
    desk.control.paint(1, 2)
    desk.control.remove(1)
    assert [source.seed for source in desk.style.sources] == [8]
    assert desk.shares == ((1, 0), (0, 1), (1, 0), (1, 0))
    desk.steps.undo()
    assert [source.seed for source in desk.style.sources] == [7, 8] and desk.shares[0] == (0, 1, 0)


def test_a_desk_is_full_at_some_point(desk: Mixing) -> None:
    for seed in range(MOST_SOURCES):
        desk.control.add_seed(str(seed))
    desk.control.add_random()
    assert len(desk.style.sources) == MOST_SOURCES and desk.told == FULL


def test_swapping_goes_to_the_source_and_keeps_the_point(desk: Mixing) -> None:
    desk.control.add_seed("7")
    steps = len(desk.steps.made)
    desk.control.swap(1)
    place = desk.explore.place
    assert place.seed == 7 and np.allclose(place.code, desk.w(7))
    assert place.style.sources[0].seed == 3 and np.allclose(place.style.sources[0].code, desk.w(3))
    assert len(desk.steps.made) == steps + 1
    desk.control.swap(1)
    assert desk.explore.place.seed == 3


def test_swapping_a_source_of_many_styles_moves_to_w_plus(desk: Mixing) -> None:
    rows = np.arange(LAYERS * W, dtype=np.float32)
    desk.walk.restyle("x", sources=(Source(name="layered", code=tuple(rows.tolist())),))
    desk.control.swap(1)
    assert desk.explore.place.space == "w+" and desk.explore.place.code == tuple(rows.tolist())
    assert len(desk.style.sources[0].code) == W
    desk.control.swap(1)
    assert desk.explore.place.space == "w+" and np.allclose(desk.explore.place.code, np.tile(desk.w(3), LAYERS))


def test_from_z_it_swaps_into_w(desk: Mixing) -> None:
    desk.walk.to_space("z")
    desk.control.add_seed("7")
    desk.control.swap(1)
    assert desk.explore.place.space == "" and desk.explore.place.seed == 7


def test_the_picture_in_view_is_a_source_as_it_is_mixed(desk: Mixing) -> None:
    desk.control.add_view()
    desk.control.add_seed("7")
    desk.control.begin()
    desk.control.paint(1, 2)
    desk.control.add_view()
    first, _, second = desk.style.sources
    assert first.seed == 3 and len(first.code) == W
    assert second.seed is None and np.allclose(np.reshape(second.code, (LAYERS, W))[1], desk.w(7))


def test_keyframes_are_sources(desk: Mixing) -> None:
    code = tuple(desk.w(11).tolist())
    desk.explore.journey = Journey(bundle=desk.model.key, keyframes=(code, tuple(desk.w(12).tolist())))
    desk.view.show_offers.assert_called_with(2, True)
    desk.control.add_keyframe(0)
    desk.control.add_keyframe(5)
    assert [(source.name, source.code) for source in desk.style.sources] == [("keyframe 1", code)]
    desk.explore.journey = Journey(bundle="/another", keyframes=(code,))
    desk.view.show_offers.assert_called_with(0, True)


def test_a_picture_is_a_source_through_the_encoder(desk: Mixing, tmp_path: Path) -> None:
    code = tuple((0.1 * desk.w(9)).tolist())  # so near to the mean that no pixel is cut off
    there = desk.pixels(Place(bundle=desk.model.key, code=code, style=Style(noise="off")))
    path = tmp_path / "face.bmp"
    Image.fromarray(there).save(path)
    desk.control.add_file(path)
    desk.reader.run()
    (source,) = desk.style.sources
    assert source.name == "face.bmp" and len(source.code) == LAYERS * W
    desk.control.take(1, "all")
    again = desk.pixels(desk.explore.place.model_copy(update={"style": desk.style.model_copy(update={"noise": "off"})}))
    assert np.abs(again.astype(int) - there).max() <= 2


def test_a_picture_that_the_model_saved_is_its_own_point(desk: Mixing, tmp_path: Path) -> None:
    path = tmp_path / "saved.png"
    write_file(path, png_of(desk.model, desk.w(9), desk.pixels(desk.explore.place), 9))
    desk.control.add_file(path)
    desk.reader.run()
    (source,) = desk.style.sources
    assert source.seed == 9 and np.array_equal(np.array(source.code, np.float32), desk.w(9))


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_told(desk: Mixing, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    desk.control.add_file(path)
    desk.reader.run()
    assert "broken.png is not a picture that can be read" in desk.told and desk.style.sources == ()
    desk.control.add_file(tmp_path / "absent.png")
    desk.reader.run()
    assert "cannot be read" in desk.told


def test_a_source_of_another_length_is_named_and_can_be_taken_out(desk: Mixing) -> None:
    desk.walk.restyle("x", sources=(Source(name="stranger", code=(1.0,) * 7),))
    sentence = desk.view.show_fault.call_args.args[0]
    assert sentence == f"“stranger” has 7 numbers, a style of this model has {W}; take it out."
    desk.control.rest()
    desk.lane.run()
    assert [source.fits for source in desk.view.show_sources.call_args.args[0]] == [True, False]
    desk.control.swap(1)
    assert desk.told == sentence
    desk.control.remove(1)
    assert desk.view.show_fault.call_args.args[0] == "" and desk.style.sources == ()


def test_a_mix_comes_back_from_a_recipe_and_from_a_session(desk: Mixing, tmp_path: Path) -> None:
    desk.control.add_seed("7")
    desk.control.begin()
    desk.control.blend(2, 1, 0.25)
    desk.control.turn("noise")
    place = desk.explore.place
    picture = desk.stage.picture
    assert picture is not None and place.code is not None
    recipe = tmp_path / "mixed.png"
    write_file(recipe, png_of(desk.model, picture.code, picture.pixels, 3, place.style))
    found = read_picture(recipe)
    assert (found.code, found.style) == (place.code, place.style)
    assert np.array_equal(desk.pixels(Place(bundle="", code=found.code, style=found.style)), picture.pixels)
    session = tmp_path / "mixed.session.json"
    write_session(desk.explore, desk.model, Notes(), session)
    back = read_session(session)
    assert back.place == place
    desk.control.turn("mix")
    bring_in(back, desk.model, desk.explore, desk.steps)
    assert desk.explore.mixing.page == "noise"


def test_nothing_is_drawn_while_nobody_looks(desk: Mixing) -> None:
    desk.control.turn("noise")
    asked = desk.lane.asked
    desk.control.add_seed("7")
    desk.control.rest()
    assert desk.lane.asked == asked
