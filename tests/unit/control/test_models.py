"""Loaded models: what leaves the shelf leaves the memory at once, not when the garbage collector comes."""

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.control import stage
from explorer.control.stage import Models
from explorer.latent.sampling import Sampling
from explorer.latent.styles import Style
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.tasks.latest import Job

SHIPPED = Path(__file__).parents[3] / "assets" / "models"


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    runtime = Runtime("cpu", threads=1)
    yield runtime
    runtime.close()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("name", ["fashion-vae", "fashion-stylegan", "fashion-diffusion"])
def test_a_model_that_left_the_shelf_is_gone(name: str, monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    monkeypatch.setattr(stage, "BUDGET_BYTES", 0)
    parts: list[weakref.ref[object]] = []

    def load(path: Path, runtime: Runtime, stop: Callable[[Callable[[], None]], None]) -> Model:
        model = load_model(path, runtime, stop)
        for view in (model, *model.views.values()):
            assert view.graphs is not None
            decoder = None if view.decodes is None else view.decodes.under(Style(sampling=Sampling(steps=3)))
            parts.extend(weakref.ref(part) for part in (view, view.graphs, view.decodes, decoder) if part is not None)
        return model

    models, job = Models(runtime, load), Job(lambda _: None)
    models.get(str(SHIPPED / name), job)
    count = len(parts)
    assert any(part() is not None for part in parts)
    models.get(str(SHIPPED / "fashion-ae"), job)
    assert [type(part()) for part in parts[:count] if part() is not None] == []
