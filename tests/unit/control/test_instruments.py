"""Which instruments appear for which model."""

from dataclasses import replace
from unittest.mock import create_autospec

from explorer.control.instruments import answered
from explorer.models.capabilities import Encodes
from tests.graphs import Toy
from tests.unit.control.stand import toy_model


def test_a_decoder_alone_gets_no_encoding() -> None:
    alone = toy_model("a", Toy())
    assert alone.encodes is None
    assert "encode" not in answered(alone)
    assert "encode" in answered(replace(alone, encodes=create_autospec(Encodes, instance=True)))
    assert {"sliders", "map", "directions", "arithmetic", "card"} <= answered(toy_model("a", Toy()))


def test_a_model_that_cannot_decode_has_its_card() -> None:
    assert answered(replace(toy_model("a", Toy()), decodes=None)) == {"sliders", "layers", "card"}


def test_without_a_model_everything_can_be_looked_at() -> None:
    assert "encode" in answered(None)
