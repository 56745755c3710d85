"""Which likelihood a model states, from manifests good and odd."""

from types import SimpleNamespace
from typing import Any

import pytest

from explorer.control.likelihood import StatedLikelihood, stated_likelihood


def stated(config: dict[str, Any]) -> StatedLikelihood | None:
    manifest: Any = SimpleNamespace(provenance=SimpleNamespace(config=config))
    return stated_likelihood(manifest)


@pytest.mark.parametrize(
    "facts, words",
    [
        ({"kind": "gaussian", "scale": 0.0921, "binarised": False}, "Gaussian with deviation 0.0921"),
        ({"kind": "laplace", "scale": 1}, "Laplace with mean deviation 1"),
        ({"kind": "bernoulli"}, "Bernoulli"),
        ({"kind": "bernoulli", "scale": 0.0, "binarised": True}, "Bernoulli, on binarised pictures"),
    ],
)
def test_what_is_stated_is_said(facts: dict[str, Any], words: str):
    found = stated({"likelihood": facts})
    assert found is not None and found.kind == facts["kind"] and found.words == words


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"likelihood": "gaussian"},
        {"likelihood": None},
        {"likelihood": ["gaussian", 0.1]},
        {"likelihood": {}},
        {"likelihood": {"kind": "cauchy", "scale": 1.0}},
        {"likelihood": {"kind": ["gaussian"], "scale": 1.0}},
        {"likelihood": {"kind": "gaussian"}},
        {"likelihood": {"kind": "gaussian", "scale": 0}},
        {"likelihood": {"kind": "gaussian", "scale": -0.1}},
        {"likelihood": {"kind": "gaussian", "scale": True}},
        {"likelihood": {"kind": "gaussian", "scale": "0.1"}},
        {"likelihood": {"kind": "laplace", "scale": float("nan")}},
        {"likelihood": {"kind": "laplace", "scale": float("inf")}},
        {"likelihood": {"kind": "bernoulli", "scale": None}},
    ],
)
def test_without_a_likelihood_that_makes_sense_no_nats_are_quoted(config: dict[str, Any]):
    assert stated(config) is None
