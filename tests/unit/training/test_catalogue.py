"""What the trainers say of themselves, read; and what a person types, checked."""

import json

import pytest

from explorer.training.catalogue import (
    Estimate,
    Knob,
    TrainingFault,
    duration,
    options,
    read_catalogue,
    read_estimate,
)

LATENT = Knob(name="latent", type="integer", default=16, low=1, high=512, unit="numbers", help="Size of the code z.")
RATE = Knob(name="rate", type="number", default=1e-3, low=0, low_is_allowed=False, high=1)


@pytest.mark.parametrize(("text", "value"), [("8", 8), (" 1,0 ", 10), ("512", 512)])
def test_whole_numbers_are_read_as_people_type_them(text: str, value: int) -> None:
    assert LATENT.read(text) == value
    assert isinstance(LATENT.read(text), int)


@pytest.mark.parametrize("text", ["banana", "", "0", "513", "1.5", "nan", "inf", "-3", "1e400"])
def test_nonsense_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(TrainingFault, match="Latent: a whole number from 1 to 512, not"):
        LATENT.read(text)


def test_a_bound_that_is_not_allowed_is_refused() -> None:
    assert RATE.read("1") == 1
    assert RATE.read("2e-3") == 0.002
    with pytest.raises(TrainingFault, match="above 0 to 1"):
        RATE.read("0")


def test_switches_and_words() -> None:
    assert Knob(name="mirror", type="switch", default=False).read("True") is True
    assert Knob(name="mirror", type="switch", default=False).read("False") is False
    assert Knob(name="data", type="text", default="faces").read(" /my pictures ") == "/my pictures"


def test_only_what_differs_goes_on_the_command_line() -> None:
    defaults = {"rate": 1e-3, "latent": 16, "rate_warmup": 10_000, "mirror": False}
    values = {"rate": 1e-3, "latent": 8, "rate_warmup": 500, "mirror": True}
    assert options(values, defaults) == ["--latent", "8", "--rate-warmup", "500", "--mirror", "True"]


def test_what_cannot_be_understood_is_said() -> None:
    with pytest.raises(TrainingFault, match="install both again"):
        read_catalogue('{"families": [{"name": 1}]}')
    with pytest.raises(TrainingFault, match="no numbers"):
        read_estimate("Unexpected: something")


def test_an_estimate_in_words() -> None:
    facts = {
        "images_per_s": 500.0, "seconds": 240.0, "memory_mb": 300, "memory_free_mb": 9000, "parameters": 433_000,
        "device": "CPU", "disk_mb": 12, "disk_free_mb": 5000, "batch_fits": 512, "pictures": 60000, "faults": ["a"],
    }  # fmt: skip
    estimate = read_estimate(json.dumps(facts))
    assert isinstance(estimate, Estimate)
    assert estimate.sentence.startswith("About 4 min on this machine (500 images/s); 0.43 million parameters")
    assert estimate.faults == ("a",)


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (80, "80 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
