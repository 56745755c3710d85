"""Adapters of decoders and encoders against what numpy computes."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.contract.errors import ModelFault, PortMismatch
from explorer.contract.manifest import Graph, ImageMeaning, LatentMeaning, LatentSpace, NormalPrior, NumberMeaning, Port
from explorer.contract.pixels import to_pixels
from explorer.latent.priors import Prior
from explorer.models.autoencoder import Decoder, Encoder, latent_space_of
from explorer.runtime.session import Runtime
from tests import graphs
from tests.graphs import Toy

TOY = Toy()
SPACE = LatentSpace(name="z", shape=(TOY.dims,), prior=NormalPrior())
PRIOR = Prior(np.zeros(TOY.dims, np.float32), np.ones(TOY.dims, np.float32))
Z = LatentMeaning(space="z")


class NumpySession:
    """The toy's graphs computed by numpy; remembers what it was fed."""

    provider, reason = "numpy", ""

    def __init__(self, toy: Toy = TOY, **answers: NDArray[Any]) -> None:
        self._toy, self._answers = toy, answers
        self.fed: list[NDArray[Any]] = []

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        (values,) = feeds.values()
        self.fed.append(values)
        if "z" in feeds:
            return {"image": self._toy.decode(values)} | self._answers
        mean, log_variance = self._toy.encode(values)
        return {"mean": mean, "log_variance": log_variance} | self._answers

    def cancel(self) -> None: ...


def decoder_graph(toy: Toy = TOY, batch: int | None = None, meaning: ImageMeaning | None = None) -> Graph:
    shape = (batch, toy.channels, toy.size, toy.size)
    return Graph(
        file="decoder.onnx",
        role="decoder",
        inputs=(Port(name="z", shape=(batch, toy.dims), meaning=Z),),
        outputs=(Port(name="image", shape=shape, meaning=meaning or toy.image_meaning),),
    )


def encoder_graph(toy: Toy = TOY, batch: int | None = None, parts: tuple[str, ...] = ("mean", "log_variance")) -> Graph:
    return Graph(
        file="encoder.onnx",
        role="encoder",
        inputs=(Port(name="image", shape=(batch, toy.channels, toy.size, toy.size), meaning=toy.image_meaning),),
        outputs=tuple(
            Port(name=part, shape=(batch, toy.dims), meaning=LatentMeaning(space="z", part=part))  # type: ignore[arg-type]
            for part in parts
        ),
    )


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


def pixels_of(toy: Toy, codes: NDArray[np.float32]) -> NDArray[np.uint8]:
    return to_pixels(toy.decode(codes), toy.image_meaning)


# --- decoding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("batch", [None, 1, 4])
def test_decoding_is_what_numpy_computes(runtime: Runtime, channels: int, batch: int | None) -> None:
    toy = Toy(dims=5, channels=channels)
    space = LatentSpace(name="z", shape=(5,), prior=NormalPrior())
    graph = decoder_graph(toy, batch)
    decoder = Decoder(runtime.open(toy.decoder(batch=batch), graph), graph, space, PRIOR)
    for count in (1, 4, 7):
        codes = toy.codes(count)
        pixels = decoder.decode(codes)
        assert (pixels.shape, pixels.dtype) == ((count, 8, 8, channels), np.uint8)
        # one grey level: onnxruntime and numpy round a float that lies between two of them differently
        assert np.abs(pixels.astype(int) - pixels_of(toy, codes)).max() <= 1


def test_a_fixed_batch_is_filled_up_and_the_filling_is_not_told() -> None:
    session = NumpySession()
    codes = TOY.codes(5)
    pixels = Decoder(session, decoder_graph(batch=2), SPACE, PRIOR).decode(codes)
    assert [len(batch) for batch in session.fed] == [2, 2, 2]
    np.testing.assert_array_equal(session.fed[-1], np.stack([codes[4], codes[4]]))
    np.testing.assert_array_equal(pixels, pixels_of(TOY, codes))


def test_a_free_batch_is_one_call() -> None:
    session = NumpySession()
    Decoder(session, decoder_graph(), SPACE, PRIOR).decode(TOY.codes(5))
    assert [batch.shape for batch in session.fed] == [(5, 4)]


def test_doubles_are_sent_as_floats() -> None:
    session = NumpySession()
    Decoder(session, decoder_graph(), SPACE, PRIOR).decode(TOY.codes(1).astype(np.float64))  # type: ignore[arg-type]
    assert session.fed[0].dtype == np.float32


def test_layout_and_range_are_the_manifests() -> None:
    image = TOY.decode(TOY.codes(2))
    meaning = ImageMeaning(layout="NHWC", channels=1, value_range=(-1.0, 1.0))
    session = NumpySession(image=np.moveaxis(image, 1, 3) * 2 - 1)
    pixels = Decoder(session, decoder_graph(meaning=meaning), SPACE, PRIOR).decode(TOY.codes(2))
    assert np.abs(pixels.astype(int) - pixels_of(TOY, TOY.codes(2))).max() <= 1


@pytest.mark.parametrize("shape", [(1, 3), (1, 5), (4,), (1, 2, 2)])
def test_a_code_of_another_size_is_refused(shape: tuple[int, ...]) -> None:
    decoder = Decoder(NumpySession(), decoder_graph(), SPACE, PRIOR)
    with pytest.raises(PortMismatch, match=r"^decoder\.onnx: a code has 4 numbers, got "):
        decoder.decode(np.zeros(shape, np.float32))


def test_a_decoder_that_gives_no_numbers_is_a_fault(runtime: Runtime) -> None:
    graph = decoder_graph()
    decoder = Decoder(runtime.open(graphs.nan_decoder(TOY), graph), graph, SPACE, PRIOR)
    with pytest.raises(ModelFault, match=r"^decoder\.onnx answered with 100% values that are not numbers"):
        decoder.decode(TOY.codes(2))


@pytest.mark.parametrize(
    "image", [np.zeros((1, 1, 8, 8)), np.zeros((0, 1, 8, 8)), np.zeros((2, 8, 8)), np.zeros((2, 3, 8, 8))]
)
def test_answers_that_are_no_pictures_of_the_codes_are_refused(image: NDArray[Any]) -> None:
    decoder = Decoder(NumpySession(image=image.astype(np.float32)), decoder_graph(), SPACE, PRIOR)
    with pytest.raises(PortMismatch):
        decoder.decode(TOY.codes(2))


# --- encoding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 3])
def test_encoding_is_what_numpy_computes(runtime: Runtime, batch: int | None) -> None:
    graph = encoder_graph(batch=batch)
    encoder = Encoder(runtime.open(TOY.encoder(batch=batch), graph), graph, SPACE)
    pixels = pixels_of(TOY, TOY.codes(5))
    mean, log_variance = TOY.encode(np.moveaxis(pixels, 3, 1).astype(np.float32) / 255)
    posterior = encoder.encode(pixels)
    np.testing.assert_allclose(posterior.mean, mean, atol=2e-4)
    assert posterior.log_variance is not None
    np.testing.assert_allclose(posterior.log_variance, log_variance, atol=1e-6)


def test_there_and_back(runtime: Runtime) -> None:
    here, there = decoder_graph(), encoder_graph()
    decoder = Decoder(runtime.open(TOY.decoder(), here), here, SPACE, PRIOR)
    encoder = Encoder(runtime.open(TOY.encoder(), there), there, SPACE)
    codes = TOY.codes(6)
    np.testing.assert_allclose(encoder.encode(decoder.decode(codes)).mean, codes, atol=0.05)  # 8 bits a pixel


def test_a_plain_autoencoder_has_a_point_and_no_variance() -> None:
    session = NumpySession(point=TOY.codes(2))
    posterior = Encoder(session, encoder_graph(parts=("point",)), SPACE).encode(pixels_of(TOY, TOY.codes(2)))
    np.testing.assert_array_equal(posterior.mean, TOY.codes(2))
    assert posterior.log_variance is None


def test_it_says_which_pictures_it_wants() -> None:
    assert Encoder(NumpySession(), encoder_graph(), SPACE).picture_shape == (8, 8, 1)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(PortMismatch, match="wants pictures 8 pixels high, got 9; resize the picture first"):
        Encoder(NumpySession(), encoder_graph(), SPACE).encode(np.zeros((1, 9, 8, 1), np.uint8))


def test_codes_of_another_size_are_refused() -> None:
    encoder = Encoder(NumpySession(mean=np.zeros((2, 3), np.float32)), encoder_graph(), SPACE)
    with pytest.raises(PortMismatch, match="mean should have 4 numbers, has 3"):
        encoder.encode(pixels_of(TOY, TOY.codes(2)))


# --- graphs that do not fit ----------------------------------------------------------------------------------------


def changed(graph: Graph, **fields: Any) -> Graph:
    return Graph(**(dict(graph) | fields))


NUMBER = Port(name="temperature", shape=(None, 1), meaning=NumberMeaning(of="temperature"))
SCALAR = Port(name="z", shape=(), meaning=Z)
NO_CODE = "decoder.onnx has no input of a latent code; export the model again."
NO_PICTURE = "decoder.onnx has no output of a picture; export the model again."


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (changed(decoder_graph(), inputs=(NUMBER,)), NO_CODE),
        (changed(decoder_graph(), inputs=(SCALAR,)), NO_CODE),
        (changed(decoder_graph(), outputs=(NUMBER,)), NO_PICTURE),
        (
            changed(decoder_graph(), inputs=(*decoder_graph().inputs, NUMBER)),
            "decoder.onnx also wants 'temperature'; only graphs that need nothing but a latent code can be used.",
        ),
    ],
)
def test_a_graph_that_is_no_decoder_is_refused(graph: Graph, sentence: str) -> None:
    with pytest.raises(PortMismatch) as caught:
        Decoder(NumpySession(), graph, SPACE, PRIOR)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (changed(encoder_graph(), inputs=(NUMBER,)), "encoder.onnx has no input of a picture; export the model again."),
        (changed(encoder_graph(), outputs=(NUMBER,)), "encoder.onnx has no output of a code; export the model again."),
        (
            changed(encoder_graph(), inputs=(NUMBER, *encoder_graph().inputs)),
            "encoder.onnx also wants 'temperature'; only graphs that need nothing but a picture can be used.",
        ),
    ],
)
def test_a_graph_that_is_no_encoder_is_refused(graph: Graph, sentence: str) -> None:
    with pytest.raises(PortMismatch) as caught:
        Encoder(NumpySession(), graph, SPACE)
    assert str(caught.value) == sentence


def test_the_space_of_a_port() -> None:
    assert latent_space_of(decoder_graph().inputs[0]) == "z"
    assert latent_space_of(decoder_graph().outputs[0]) is None
    assert latent_space_of(None) is None
