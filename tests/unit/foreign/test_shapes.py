"""Every shape in which people export a model opens, and gives the pictures that can be computed by hand."""

import numpy as np
import pytest

from explorer.contract.pixels import to_pixels
from explorer.models.capabilities import Model
from tests.foreign_graphs import (
    CLASSES,
    critic,
    decoder,
    denoiser,
    encoder,
    inverter,
    labelled,
    pyramid,
    whole_autoencoder,
)
from tests.graphs import Toy
from tests.unit.foreign.conftest import Hand

GREY, COLOUR, ALPHA = Toy(size=12), Toy(size=12, channels=3), Toy(size=12, channels=4)
CODES = np.random.default_rng(3).standard_normal((5, 4)).astype(np.float32)


def assert_shows(model: Model, toy: Toy, codes: np.ndarray = CODES, atol: int = 1) -> None:
    """The model's pictures are those of the toy, to one grey of rounding."""
    assert model.decodes is not None
    wanted = to_pixels(toy.decode(codes), toy.image_meaning)
    assert np.abs(model.decodes.decode(codes).astype(int) - wanted).max() <= atol


# --- layouts, channels, ranges, batches ------------------------------------------------------------------------------


@pytest.mark.parametrize("toy", [GREY, COLOUR, ALPHA], ids=["grey", "colour", "alpha"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_layouts_with_a_free_batch(hand: Hand, toy: Toy, layout: str) -> None:
    proposal = hand.drop(decoder=decoder(toy, layout=layout))
    part = proposal.part("decoder")
    assert part is not None and part.batch == 0 and part.picture_out is not None
    assert part.picture_out.layout == layout and part.picture_out.channels == toy.channels
    assert_shows(hand.save(), toy)


@pytest.mark.parametrize(
    ("layout", "toy"), [("HWC", ALPHA), ("HWC", GREY), ("CHW", COLOUR), ("HW", GREY), ("flat", GREY), ("flat", COLOUR)]
)
def test_pictures_without_a_batch_axis(hand: Hand, layout: str, toy: Toy) -> None:
    hand.drop(decoder=decoder(toy, layout=layout, batch=0))
    assert_shows(hand.save(), toy)


def test_a_picture_without_a_batch_axis_from_a_code_that_has_one(hand: Hand) -> None:
    """As of bVAE-Interactive: float32 (1, 2) in, uint8 (28, 28, 4) out."""
    proposal = hand.drop(decoder=decoder(ALPHA, layout="HWC", batch=1, uint8=True))
    part = proposal.part("decoder")
    assert part is not None and part.batch == 1 and "range" not in hand.keys
    assert_shows(hand.save(), ALPHA)


@pytest.mark.parametrize("batch", [1, 7, 128])
def test_fixed_batches(hand: Hand, batch: int) -> None:
    hand.drop(decoder=decoder(GREY, batch=batch))
    model = hand.save()
    assert_shows(model, GREY)
    assert model.decodes is not None and model.decodes.batch == batch


def test_flat_grey_pictures(hand: Hand) -> None:
    hand.drop(decoder=decoder(GREY, layout="flat"))
    assert_shows(hand.save(), GREY)


def test_flat_colour_pictures_are_asked_about(hand: Hand) -> None:
    """144 x 3 numbers: one channel after the other, or the channels of a pixel together."""
    hand.drop(decoder=decoder(COLOUR, layout="flat-last"))
    question = hand.question("form")
    assert len(question.answers) == 2
    other = next(value for value, words in question.answers if "last" in words)
    hand.answer("form", other)
    assert_shows(hand.save(), COLOUR)


def test_an_encoder_settles_how_flat_colours_lie(hand: Hand) -> None:
    hand.drop(decoder=decoder(COLOUR, layout="flat-last"), toy=COLOUR, encoder=encoder(COLOUR))
    assert_shows(hand.save(), COLOUR)


@pytest.mark.parametrize("numbers", ["0..1", "-1..1", "0..255"])
def test_ranges_are_guessed(hand: Hand, numbers: str) -> None:
    hand.drop(decoder=decoder(GREY, numbers=numbers))
    assert hand.question("range").chosen == numbers
    assert_shows(hand.save(), GREY)


def test_another_range_is_as_measured(hand: Hand) -> None:
    hand.drop(decoder=decoder(GREY, numbers="other"))
    assert hand.question("range").chosen == "stretch"
    assert_shows(hand.save(), GREY, atol=25)  # measured on a few codes: nearly -3 to 5


def test_bytes_need_no_range(hand: Hand) -> None:
    hand.drop(decoder=decoder(COLOUR, uint8=True))
    assert "range" not in hand.keys
    assert_shows(hand.save(), COLOUR)


# --- encoders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", ["0..1", "-1..1", "0..255"])
def test_the_range_that_an_encoder_wants_is_found_by_restoring(hand: Hand, numbers: str) -> None:
    hand.drop(GREY, decoder=decoder(GREY), encoder=encoder(GREY, numbers=numbers))
    assert hand.question("input range").chosen == numbers and hand.proposal.belongs


@pytest.mark.parametrize("split", [False, True], ids=["two outputs", "one output"])
def test_mean_and_log_variance(hand: Hand, split: bool) -> None:
    hand.drop(GREY, decoder=decoder(GREY), encoder=encoder(GREY, split=split))
    hand.answer("prior", "normal")
    model = hand.save()
    assert model.encodes is not None and model.decodes is not None
    codes = 0.3 * CODES  # so that no picture has pixels that are nearly black or white, which say little
    pictures = model.decodes.decode(codes)
    posterior = model.encodes.encode(pictures)
    assert posterior.log_variance is not None and np.allclose(posterior.log_variance, -2, atol=1e-4)
    assert np.abs(posterior.mean - codes).max() < 0.05  # pictures have 256 greys


def test_codes_far_from_normal_are_brought_to_it(hand: Hand) -> None:
    hand.drop(GREY, decoder=decoder(GREY), encoder=encoder(GREY, shifted=0.0))
    hand.answer("prior", "measured")
    model = hand.save()
    assert model.encodes is not None and model.decodes is not None
    shift, scale = (np.asarray(values, np.float32) for values in (hand.proposal.shift, hand.proposal.scale))
    wanted = to_pixels(GREY.decode(CODES * scale + shift), GREY.image_meaning)
    assert np.abs(model.decodes.decode(CODES).astype(int) - wanted).max() <= 1
    again = model.encodes.encode(wanted)
    assert again.log_variance is not None
    assert np.allclose(again.log_variance, -2 - 2 * np.log(scale), atol=1e-3)


def test_an_encoder_of_another_model_is_noticed(hand: Hand) -> None:
    other = Toy(size=12, seed=9)
    assert hand.drop(GREY, decoder=decoder(GREY), encoder=encoder(other)).belongs is False
    assert hand.drop(GREY, decoder=decoder(GREY), encoder=encoder(GREY)).belongs is True


def test_of_two_encoders_the_one_with_the_decoders_name_is_taken(hand: Hand) -> None:
    hand.drop(a_encoder=encoder(Toy(size=12, seed=5)), b_decoder=decoder(GREY), b_encoder=encoder(GREY))
    part = hand.proposal.part("encoder")
    assert part is not None and hand.study.graph(part.graph).file == "b_encoder.onnx"


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["int64", "one_hot", "both"])
def test_labels_become_numbers_of_the_code(hand: Hand, kind: str) -> None:
    hand.drop(generator=labelled(GREY, kind))
    assert "classes" not in hand.keys  # the table of the graph says how many there are
    model = hand.save()
    assert model.decodes is not None
    kinds = 2 if kind == "both" else 1
    space = model.decodes.space
    assert space.shape == (4 + kinds * CLASSES,) and space.dimensions[4].meaning.endswith(" 0")
    shifts = np.linspace(-2, 2, CLASSES, dtype=np.float32)
    for chosen in range(CLASSES):
        code = np.concatenate([CODES[0], np.tile(np.eye(CLASSES, dtype=np.float32)[chosen] * 3, kinds)])
        logits = CODES[:1] @ GREY.weights + GREY.bias + kinds * shifts[chosen]
        wanted = to_pixels((1 / (1 + np.exp(-logits))).reshape(-1, 1, 12, 12), GREY.image_meaning)
        assert np.abs(model.decodes.decode(code[None]).astype(int) - wanted).max() <= 1


# --- several outputs, free sizes, spatial codes ----------------------------------------------------------------------


def test_outputs_of_several_sizes_are_added_where_that_restores_the_picture(hand: Hand) -> None:
    first, second = pyramid()
    proposal = hand.drop(VAEencoder=first, VAEdecoder=second)
    assert hand.question("output").chosen == "sum" and proposal.belongs
    assert hand.question("range").chosen == "0..1" and hand.question("input range").chosen == "0..1"
    hand.answer("size", "64")
    model = hand.save()
    assert model.encodes is not None and model.decodes is not None
    picture = np.zeros((1, 64, 64, 3), np.uint8)
    picture[:, :32, :32] = (200, 40, 90)
    back = model.decodes.decode(model.encodes.encode(picture).mean)
    assert np.abs(back.astype(int) - picture).max() <= 2  # blocks of 4 x 4 that are all of one colour come back
    assert model.decodes.space.shape == (4, 16, 16)


@pytest.mark.parametrize("side", [64, 128])
def test_free_sizes_are_chosen(hand: Hand, side: int) -> None:
    hand.drop(net=inverter(size="H", batch="N"))
    hand.answer("size", str(side))
    model = hand.save()
    assert model.encodes is not None and model.encodes.picture_shape == (side, side, 3)


# --- pictures of pictures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enlarge", [1, 2])
def test_pictures_of_pictures(hand: Hand, enlarge: int) -> None:
    hand.drop(net=inverter(enlarge=enlarge))
    model = hand.save()
    assert model.translates and model.encodes is not None and model.decodes is not None
    picture = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)
    result = model.decodes.decode(model.encodes.encode(picture).mean)
    assert np.array_equal(result, np.repeat(np.repeat(255 - picture, enlarge, axis=1), enlarge, axis=2))


def test_a_seed_of_a_translator_is_one_of_the_pictures_it_was_tried_with(hand: Hand) -> None:
    hand.drop(net=inverter())
    model = hand.save()
    assert model.decodes is not None
    one, same = (model.decodes.prior.sample(np.random.default_rng(1), 1) for _ in range(2))
    assert np.array_equal(one, same) and one.std() > 0.1


# --- diffusion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_labels", [False, True])
def test_a_denoiser_takes_the_noise_out(hand: Hand, with_labels: bool) -> None:
    hand.drop(unet=denoiser(labelled=with_labels))
    assert {"parameterisation", "schedule", "time_unit"} <= hand.keys
    model = hand.save()
    assert model.unfolds is not None and model.decodes is not None
    assert len(model.manifest.classes) == (CLASSES if with_labels else 0)
    noise = np.random.default_rng(0).standard_normal((1, 64)).astype(np.float32)
    assert np.abs(model.decodes.decode(noise).astype(int) - 128).max() <= 3  # all its pictures are grey


# --- old, whole, and what is no generator ----------------------------------------------------------------------------


def test_an_old_whole_autoencoder_is_raised_and_cut_in_two(hand: Hand) -> None:
    """As of Riemannian_Geometry: opset 6, which onnxruntime refuses, no batch axis, one graph of both halves."""
    toy = Toy(dims=6, size=28)
    proposal = hand.drop(MNIST=whole_autoencoder(toy))
    assert {part.role for part in proposal.parts} == {"decoder", "encoder"}
    assert proposal.name == "MNIST" and any("opset 6" in sentence for sentence in proposal.told)
    hand.answer("prior", "normal")
    codes = np.random.default_rng(1).standard_normal((3, 6)).astype(np.float32)
    assert_shows(hand.save(), toy, codes)


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("encoder", encoder(GREY), "drop the decoder"), ("critic", critic(GREY), "drop the generator"),
])  # fmt: skip
def test_what_makes_no_pictures_says_what_is_missing(hand: Hand, name: str, content: bytes, sentence: str) -> None:
    assert sentence in hand.drop(**{name: content}).fault


def test_a_critic_comes_along(hand: Hand) -> None:
    hand.drop(decoder=decoder(GREY), critic=critic(GREY))
    assert hand.save().manifest.graph("critic") is not None
