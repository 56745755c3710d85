"""Loaded models: what leaves the shelf leaves the memory too, however its parts refer to each other."""

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.control import stage
from explorer.control.stage import Models
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.tasks.latest import Job

SHIPPED = Path(__file__).parents[3] / "assets" / "models"


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


@pytest.mark.usefixtures("no_collector")
def test_what_left_the_shelf_is_gone_when_the_next_model_is_loaded(
    monkeypatch: pytest.MonkeyPatch, runtime: Runtime
) -> None:
    monkeypatch.setattr(stage, "BUDGET_BYTES", 0)
    loaded: list[weakref.ref[Model]] = []

    def load(path: Path, runtime: Runtime, stop: Callable[[Callable[[], None]], None]) -> Model:
        views: dict[str, Model] = {}
        model = views[""] = replace(load_model(path, runtime, stop), views=views)  # as those of a style generator
        loaded.append(weakref.ref(model))
        return model

    models = Models(runtime, load)
    job = Job(lambda _: None)
    for name in ("fashion-vae", "fashion-ae", "fashion-vae-2d"):
        models.get(str(SHIPPED / name), job)
    assert [model() is None for model in loaded] == [True, False, False]
