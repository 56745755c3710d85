"""Pictures from outside: encoded with every crop, placed, compared, never shown for another model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explorer.contract.errors import ModelFault
from explorer.contract.pixels import Pixels, from_pixels, to_pixels
from explorer.control.encode import (
    COMPARED,
    IMPORTANCE,
    NEAREST,
    SAMPLES,
    EncodeController,
    EncodeView,
    Encoding,
)
from explorer.control.stage import Picture, Stage
from explorer.control.walk import Walk
from explorer.latent.bounds import kl_per_dimension
from explorer.media.pictures_in import fitted
from explorer.media.recipes import Recipe, to_png
from explorer.models.capabilities import Model, Posterior
from explorer.models.stores import Encoded
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, decoder_of, toy_model

GAUSSIAN = {"likelihood": {"kind": "gaussian", "scale": 0.1}}


class ToyEncodes:
    """The toy encoder in numpy."""

    def __init__(self, toy: Toy, *, plain: bool = False) -> None:
        self.toy, self.plain, self.encoded = toy, plain, 0
        self.picture_shape = (toy.size, toy.size, toy.channels)
        self.fault: Exception | None = None

    def encode(self, pixels: Pixels) -> Posterior:
        if self.fault is not None:
            raise self.fault
        self.encoded += 1
        mean, log_variance = self.toy.encode(from_pixels(pixels, self.toy.image_meaning))
        return Posterior(mean, None if self.plain else log_variance)


def with_encoder(
    key: str = "/models/toy", toy: Toy | None = None, *, plain: bool = False, config: dict[str, Any] | None = None
) -> Model:
    toy = toy or Toy()
    bare = toy_model(key, toy)
    facts: Any = SimpleNamespace(
        manifest=SimpleNamespace(name="toy", provenance=SimpleNamespace(config=GAUSSIAN if config is None else config)),
        identity=lambda: "id",
    )
    encodes: Any = ToyEncodes(toy, plain=plain)
    return Model(bare.key, facts, bare.runs_on, bare.cancel, bare.decodes, encodes)


def encoder_of(model: Model) -> ToyEncodes:
    assert isinstance(model.encodes, ToyEncodes)
    return model.encodes


def data_of(toy: Toy, *, side: int | None = None, thumbnails: bool = True) -> Encoded:
    codes = toy.codes()
    pictures = to_pixels(toy.decode(codes), toy.image_meaning)
    if side is not None:
        pictures = pictures[:, ::2, ::2]
    return Encoded(
        "toy", "test", codes, None, np.zeros((len(codes), 0), np.int64), (), pictures if thumbnails else None
    )


class Stand:
    """The controller, what it stands on, and what it showed."""

    def __init__(self, model: Model | None = None) -> None:
        self.explore, self.stage, self.steps = Explore(), Stage(), Steps()
        self.lane, self.patient = HandLane(), HandLane()
        walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view: Mock = create_autospec(EncodeView, instance=True)
        lanes = self.lane, self.patient, HandLane()
        self.control = EncodeController(self.stage, walk, *lanes, self.view, np.random.default_rng(0))
        self.enter(with_encoder() if model is None else model)

    def enter(self, model: Model) -> None:
        self.stage.enter(model)
        if model.decodes is not None:
            self.explore.place = Place(bundle=model.key, code=tuple([0.0] * model.decodes.prior.size))

    @property
    def code(self) -> NDArray[np.float32]:
        code = self.explore.place.code
        assert code is not None
        return np.array(code, np.float32)

    @property
    def encoding(self) -> Encoding:
        shown = self.view.show_encoding.call_args.args[0]
        assert isinstance(shown, Encoding) and shown is self.control.encoding
        return shown


def picture_at(toy: Toy, code: tuple[float, ...]) -> Pixels:
    """(H, W, 3) that the toy decodes at a code."""
    grey = to_pixels(toy.decode(np.array([code], np.float32)), toy.image_meaning)[0]
    return np.repeat(grey, 3, axis=2) if grey.shape[2] == 1 else grey


CODE = (0.5, -0.5, 0.2, 0.1)


def test_a_picture_of_the_models_own_is_restored_and_its_code_found():
    stand = Stand()
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    found = stand.encoding
    np.testing.assert_allclose(found.mean, CODE, atol=0.05)
    assert found.squared_error < 1e-4 and found.error.shape == (8, 8) and found.name == "own"
    assert np.abs(found.picture.astype(int) - found.restored).max() <= 3
    np.testing.assert_allclose(stand.code, found.mean)
    assert stand.steps.words == ["Go to own"]


def test_the_posterior_is_sampled_weighed_and_costs_what_it_costs():
    stand = Stand()
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    found = stand.encoding
    assert found.log_variance is not None and found.kl_nats is not None and found.weights is not None
    np.testing.assert_allclose(found.kl_nats, kl_per_dimension(found.mean, found.log_variance))
    assert found.samples.shape == (SAMPLES, 8, 8, 1)
    assert found.weights.log_weights.shape == (IMPORTANCE,) and np.isfinite(found.weights.log_weights).all()


def test_a_plain_autoencoder_has_no_posterior():
    stand = Stand(with_encoder(plain=True))
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    found = stand.encoding
    assert found.log_variance is None and found.kl_nats is None and found.weights is None
    assert len(found.samples) == 0


def test_without_a_stated_likelihood_nothing_is_weighed():
    stand = Stand(with_encoder(config={}))
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    assert stand.encoding.weights is None and stand.encoding.kl_nats is not None


def test_a_crop_is_encoded_anew_and_the_place_stays():
    stand = Stand()
    stand.control.take(np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8), "noise")
    stand.lane.run()
    assert stand.view.show_source.call_args.args[1] == (5, 0, 30)
    here, first = stand.code.tolist(), stand.encoding
    stand.control.crop((0, 0, 12))
    stand.lane.run()
    assert not np.array_equal(stand.encoding.picture, first.picture)
    assert stand.code.tolist() == here
    asked = stand.lane.asked
    stand.control.crop((0, 0, 12))
    stand.control.crop((0, 0, 1))
    assert stand.lane.asked == asked  # the same square, and one too small
    stand.control.go()
    np.testing.assert_allclose(stand.code, stand.encoding.mean)


def test_new_noise_gives_other_samples_of_the_same_posterior():
    stand = Stand()
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    first = stand.encoding
    stand.control.crop((0, 0, 7))
    stand.control.crop((0, 0, 8))
    stand.lane.run()
    np.testing.assert_array_equal(stand.encoding.noise, first.noise)  # a crop keeps it
    stand.control.renew()
    stand.lane.run()
    np.testing.assert_array_equal(stand.encoding.mean, first.mean)
    assert not np.array_equal(stand.encoding.noise, first.noise)


def test_a_sample_of_the_posterior_can_be_gone_to():
    stand = Stand()
    stand.control.go_to_sample(0)  # there is none yet
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    stand.control.go_to_sample(3)
    found, model = stand.encoding, stand.stage.model
    assert model is not None and found.log_variance is not None
    np.testing.assert_allclose(stand.code, found.mean + np.exp(0.5 * found.log_variance) * found.noise[3], rtol=1e-5)
    np.testing.assert_array_equal(decoder_of(model).decode(stand.code[None])[0], found.samples[3])
    assert stand.steps.words == ["Go to own", "Go to sample 4 of the posterior"]


def test_a_model_without_encoder_says_so_and_encodes_nothing():
    stand = Stand(toy_model())
    ready, sentence = stand.view.show_ready.call_args.args
    assert not ready and "no encoder" in sentence
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.control.renew()
    stand.control.go()
    assert stand.lane.asked == 0 and stand.steps.made == []


def test_another_model_sees_the_same_picture():
    stand = Stand()
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    other = with_encoder("/models/other", Toy(3, 12, 3, 1))
    stand.enter(other)
    assert stand.control.encoding is None and stand.view.show_encoding.call_args.args[0] is None
    stand.lane.run()
    assert stand.encoding.model is other and stand.encoding.picture.shape == (12, 12, 3)
    assert stand.code.tolist() == [0.0, 0.0, 0.0]  # only a new picture moves the place


def test_an_answer_about_a_model_that_has_left_is_not_shown():
    stand = Stand()
    stand.control.take(picture_at(Toy(), CODE), "own")
    late = stand.lane.compute()
    stand.enter(toy_model("/models/blind"))
    late()
    assert stand.control.encoding is None and stand.steps.made == []


def test_a_fault_of_the_model_is_told():
    stand = Stand()
    encoder_of(stand.stage.model).fault = ModelFault("It broke; open another.")  # type: ignore[arg-type]
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    stand.view.show_fault.assert_called_once_with("It broke; open another.")
    assert stand.control.encoding is None


def test_the_nearest_data_come_in_order_and_one_can_go_there():
    toy, stand = Toy(), Stand()
    stand.stage.encoded = data = data_of(toy)
    stand.control.take(picture_at(toy, tuple(data.codes[7].tolist())), "row 7")
    stand.lane.run()
    rows = [row for row, _ in stand.encoding.nearest]
    gaps = [gap for _, gap in stand.encoding.nearest]
    assert rows[0] == 7 and len(rows) == NEAREST and gaps == sorted(gaps)
    stand.control.go_to(rows[1])
    np.testing.assert_array_equal(stand.code, data.codes[rows[1]])
    for row in (-1, len(data)):
        stand.control.go_to(row)
    assert len(stand.steps.made) == 2


@pytest.mark.parametrize("first", ["data", "picture"])
def test_the_error_is_held_against_those_of_the_data(first: str):
    toy, stand = Toy(), Stand()
    stand.stage.encoded = data_of(toy)
    noise = np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8)
    if first == "data":
        stand.patient.run()
    stand.control.take(noise, "noise")
    stand.lane.run()
    if first == "picture":
        assert stand.view.show_rank.call_args.args == (None, 0)
        stand.patient.run()
    share, count = stand.view.show_rank.call_args.args
    assert share == 1.0 and count == min(COMPARED, len(toy.codes()))


def test_errors_of_data_that_have_left_are_forgotten():
    stand = Stand()
    stand.stage.encoded = data_of(Toy())
    late = stand.patient.compute()
    stand.stage.encoded = data_of(Toy())
    late()
    stand.control.take(picture_at(Toy(), CODE), "own")
    stand.lane.run()
    assert stand.view.show_rank.call_args.args == (None, 0)


def test_a_stored_picture_is_offered_only_at_the_models_size():
    stand = Stand()
    stand.stage.encoded = data_of(Toy())
    assert stand.view.show_stored.call_args.args == (True,)
    stand.control.take_stored()
    stand.lane.run()
    assert stand.encoding.name.startswith("test picture ") and stand.encoding.squared_error < 1e-4
    for other in (data_of(Toy(), side=4), data_of(Toy(), thumbnails=False), None):
        stand.stage.encoded = other
        assert stand.view.show_stored.call_args.args == (False,)
        asked = stand.lane.asked
        stand.control.take_stored()
        assert stand.lane.asked == asked


@pytest.mark.parametrize("toy", [Toy(), Toy(3, 12, 3, 1), Toy(3, 12, 4, 1)])
def test_the_picture_in_view_can_be_taken(toy: Toy):
    stand = Stand(with_encoder(toy=toy))
    stand.control.take_view()
    assert stand.lane.asked == 0  # none is there
    model = stand.stage.model
    assert model is not None
    code = np.full(toy.dims, 0.3, np.float32)
    stand.stage.picture = Picture(1, model, code, decoder_of(model).decode(code[None])[0], 1.0)
    stand.control.take_view()
    stand.lane.run()
    assert stand.encoding.picture.shape[:2] == (toy.size, toy.size)


def test_a_file_is_read_away_from_the_window_and_encoded(tmp_path: Path):
    stand, opened, taken, refused = Stand(), Mock(), Mock(), Mock()
    path = tmp_path / "a.png"
    Image.fromarray(picture_at(Toy(), CODE)).save(path)
    stand.control.take_file(path, opened, taken, refused)
    taken.assert_not_called()
    stand.lane.run()
    taken.assert_called_once_with()
    opened.assert_not_called()
    np.testing.assert_allclose(stand.code, CODE, atol=0.05)


def test_a_file_with_a_recipe_is_opened_as_such(tmp_path: Path):
    stand, opened, taken, refused = Stand(), Mock(), Mock(), Mock()
    path = tmp_path / "a.png"
    path.write_bytes(to_png(picture_at(Toy(), CODE), Recipe(bundle="ab" * 32, name="toy", code=CODE)))
    stand.control.take_file(path, opened, taken, refused)
    stand.lane.run()
    opened.assert_called_once_with()
    taken.assert_not_called()
    assert stand.steps.made == []


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_file_that_is_no_picture_is_told(tmp_path: Path, name: str):
    stand, opened, taken, refused = Stand(), Mock(), Mock(), Mock()
    path = tmp_path / name
    path.write_bytes(b"not a picture")
    stand.control.take_file(path, opened, taken, refused)
    stand.lane.run()
    assert "not a picture" in stand.view.show_fault.call_args.args[0]
    assert taken.called and not opened.called  # so that the sentence is in sight
    refused.assert_not_called()


@pytest.mark.parametrize(("readable", "said"), [(True, "no encoder"), (False, "not a picture")])
def test_where_there_is_no_encoder_a_file_is_refused_elsewhere(tmp_path: Path, readable: bool, said: str):
    """The panel is not there for such a model, so what it would say nobody would see."""
    stand, opened, taken, refused = Stand(toy_model()), Mock(), Mock(), Mock()
    path = tmp_path / "a.png"
    Image.fromarray(picture_at(Toy(), CODE)).save(path) if readable else path.write_bytes(b"not a picture")
    stand.control.take_file(path, opened, taken, refused)
    stand.lane.run()
    assert said in refused.call_args.args[0]
    assert not taken.called and not opened.called and not stand.view.show_fault.called
    assert stand.control.refusal and stand.steps.made == []


def test_what_is_cut_out_is_what_is_encoded():
    stand = Stand(with_encoder(toy=Toy(3, 12, 3, 1)))
    pixels = np.random.default_rng(5).integers(0, 256, (40, 30, 3), np.uint8)
    stand.control.take(pixels, "noise")
    stand.control.crop((3, 4, 20))
    stand.lane.run()
    np.testing.assert_array_equal(stand.encoding.picture, fitted(pixels, (3, 4, 20), 12, 12))
