"""Style generators whose mapping takes a label: what it gets, and that everything drawn is of that kind."""

from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from explorer.contract.archive import open_bundle, save_bundle
from explorer.contract.errors import PortMismatch
from explorer.contract.manifest import Attribute, ImageMeaning, LabelMeaning, Port
from explorer.contract.pixels import to_pixels
from explorer.latent.styles import Style
from explorer.models.labels import label_row, whole_label
from explorer.models.load import check_bundle, load_model
from explorer.runtime.session import Runtime
from tests.style_graphs import CHANNELS, LAYERS, SIZE, StyleToy, Z, style_bundle, style_facts

HAIR, MOUTH = Attribute(name="hair", values=("short", "long")), Attribute(name="mouth", values=("a", "b", "c"))


def port(encoding: Literal["index", "one_hot", "multi_hot"], *shape: int | None) -> Port:
    kind = "int64" if encoding == "index" else "float32"
    return Port(name="label", dtype=kind, shape=shape, meaning=LabelMeaning(encoding=encoding))


def test_what_is_not_said_or_not_there_is_the_first_value():
    assert whole_label((), (HAIR, MOUTH)) == (0, 0)
    assert whole_label((1, 7), (HAIR, MOUTH)) == (1, 0)
    assert whole_label((-1, 2, 9), (HAIR, MOUTH)) == (0, 2)


def test_a_label_becomes_what_the_port_takes():
    both = (HAIR, MOUTH)
    np.testing.assert_array_equal(label_row(port("multi_hot", None, 5), both, (1, 2), "f"), [[0, 1, 0, 0, 1]])
    found = label_row(port("index", None, 2), both, (1, 2), "f")
    np.testing.assert_array_equal(found, [[1, 2]])
    assert found.dtype == np.int64
    np.testing.assert_array_equal(label_row(port("index", None), (MOUTH,), (2,), "f"), [2])
    np.testing.assert_array_equal(label_row(port("one_hot", None, 3), (MOUTH,), (1,), "f"), [[0, 1, 0]])
    with pytest.raises(PortMismatch, match="knows 5 values"):
        label_row(port("multi_hot", None, 4), both, (0, 0), "mapping.onnx")


@pytest.mark.parametrize("asks", ["index", "multi_hot"])
def test_everything_is_drawn_as_it_is_asked_for(tmp_path: Path, asks: Literal["index", "multi_hot"]):
    toy = StyleToy()
    path = style_bundle(tmp_path / "asked", asks=asks).path
    with closing(Runtime("cpu", threads=1)) as runtime:
        assert check_bundle(path, runtime) == []
        model = load_model(path, runtime)
        assert model.columns == (HAIR,) and model.label == (0,)
        z = np.random.default_rng(4).standard_normal((5, Z), dtype=np.float32)
        for kind in (0, 1):
            w = toy.map(z, kind)
            meant = {"": w, "z": z, "w+": np.tile(w, (1, LAYERS))}
            for space, code in meant.items():
                view = model.within(space, (kind,))
                assert view.decodes is not None and (view.label, view.space) == ((kind,), space)
                drawn = view.decodes.prior.sample(np.random.default_rng(4), 5)
                np.testing.assert_allclose(drawn, code, atol=1e-5)
                picture = view.decodes.under(Style(noise="off")).decode(drawn)
                wanted = toy.draw(np.repeat(w[:, None], LAYERS, axis=1))
                assert np.abs(picture.astype(int) - to_pixels(wanted, MEANING)).max() <= 1
        assert model.within("z", (1,)) is model.within("z", (1,)).within("", (1,)).within("z")
        assert model.within("", (9,)) is model and model.within("") is model, (
            "the first value stands for what is not there"
        )


MEANING = ImageMeaning(channels=CHANNELS, height=SIZE, width=SIZE)


def test_a_label_of_nothing_known_is_refused(tmp_path: Path):
    bundle = open_bundle(style_bundle(tmp_path / "asked", asks="multi_hot").path)
    facts = style_facts("asked", "multi_hot")
    facts["attributes"] = ()
    facts["stores"] = ()
    files = {entry.path: bundle.read(entry.path) for entry in bundle.manifest.files}
    unnamed = save_bundle(tmp_path / "unnamed", facts, files)
    with closing(Runtime("cpu", threads=1)) as runtime, pytest.raises(PortMismatch, match="does not say of what"):
        load_model(unnamed.path, runtime)
