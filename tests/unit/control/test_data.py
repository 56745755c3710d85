"""The stores that came with the model on stage."""

from pathlib import Path

import numpy as np
import pytest

from explorer.contract.archive import pack_arrays
from explorer.control.data import DataController
from explorer.control.stage import Stage
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from tests.graphs import Toy, tiny_bundle
from tests.unit.control.stand import HandLane, toy_model


class Desk:
    def __init__(self) -> None:
        self.stage, self.lane = Stage(), HandLane()
        self.data = DataController(self.stage, self.lane)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def model(tmp_path: Path) -> Model:
    runtime = Runtime("cpu", threads=1)
    loaded = load_model(tiny_bundle(tmp_path / "tiny").path, runtime)
    runtime.close()
    return loaded


def test_the_stores_come_beside_the_model(desk: Desk, model: Model) -> None:
    desk.stage.model = model
    assert (desk.stage.encoded, desk.stage.directions) == (None, None)
    desk.lane.run()
    assert desk.stage.encoded is not None
    np.testing.assert_array_equal(desk.stage.encoded.codes, Toy().codes())
    assert desk.stage.directions is not None
    np.testing.assert_allclose(np.linalg.norm(desk.stage.directions.vectors, axis=1), 1.0, rtol=1e-5)
    assert desk.stage.data_fault == ""


def test_the_stores_of_a_model_that_was_left_are_not_shown(desk: Desk, model: Model) -> None:
    desk.stage.model = model
    deliver = desk.lane.compute()
    desk.stage.model = None
    deliver()
    assert (desk.stage.encoded, desk.stage.directions) == (None, None)


def test_another_model_takes_the_old_stores_away_at_once(desk: Desk, model: Model) -> None:
    desk.stage.model = model
    desk.lane.run()
    desk.stage.model = toy_model(decodes=False)
    assert (desk.stage.encoded, desk.stage.directions) == (None, None)
    assert desk.lane.waiting is None


def unfit(folder: Path) -> Model:
    """A model whose encoded codes have more numbers than its space."""
    shapes = {"codes": (3, 9), "log_variances": (3, 9), "labels": (3,), "thumbnails": (3,)}
    packed = pack_arrays({key: np.zeros(shape, np.float32) for key, shape in shapes.items()})
    runtime = Runtime("cpu", threads=1)
    loaded = load_model(tiny_bundle(folder / "unfit", files={"encoded.npz": packed}).path, runtime)
    runtime.close()
    return loaded


def test_a_store_that_does_not_fit_is_left_out_and_said(desk: Desk, model: Model, tmp_path: Path) -> None:
    desk.stage.model = unfit(tmp_path)
    desk.lane.run()
    assert desk.stage.encoded is None
    assert desk.stage.data_fault == "The model's encoded pictures do not fit together; export the model again."
    desk.stage.model = model
    assert desk.stage.data_fault == ""


def test_the_fault_of_a_model_that_was_left_is_not_said_of_the_next(desk: Desk, model: Model, tmp_path: Path) -> None:
    desk.stage.model = unfit(tmp_path)
    deliver = desk.lane.compute()
    desk.stage.model = model
    deliver()
    desk.lane.run()
    assert desk.stage.data_fault == ""
    assert desk.stage.encoded is not None
