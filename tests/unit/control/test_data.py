"""The stores of the model on stage come beside it, and what cannot be read is said."""

from pathlib import Path
from typing import Any

import numpy as np

from explorer.contract.archive import pack_arrays
from explorer.control.data import DataController
from explorer.control.stage import Stage
from explorer.models.capabilities import Model
from explorer.runtime.providers import CPU, RunsOn
from tests.graphs import STORED, tiny_bundle
from tests.unit.control.stand import HandLane, toy_model


class Stand:
    def __init__(self) -> None:
        self.stage, self.lane = Stage(), HandLane()
        lane: Any = self.lane
        self.control = DataController(self.stage, lane)

    def open(self, folder: Path, **facts: Any) -> Model:
        bundle = tiny_bundle(folder, **facts)
        model = Model(str(folder), bundle, lambda: RunsOn(CPU), lambda: None, decodes=toy_model().decodes)
        self.stage.model = model
        return model


def test_what_came_with_a_model_is_read(tmp_path: Path):
    stand = Stand()
    stand.open(tmp_path / "one")
    assert stand.stage.encoded is None
    stand.lane.run()
    assert stand.stage.encoded is not None and len(stand.stage.encoded) == STORED
    assert stand.stage.directions is not None and stand.stage.data_fault == ""


def test_the_data_of_the_former_model_goes_at_once_and_comes_late_to_nobody(tmp_path: Path):
    stand = Stand()
    stand.open(tmp_path / "one")
    late = stand.lane.compute()
    stand.open(tmp_path / "two", stores=False)
    assert stand.stage.encoded is None
    late()
    assert stand.stage.encoded is None
    stand.lane.run()
    assert stand.stage.encoded is None and stand.stage.data_fault == ""


def test_damaged_data_is_said_until_another_model_comes(tmp_path: Path):
    stand = Stand()
    spoilt = pack_arrays({"codes": np.full((3, 4), np.nan, np.float32), "labels": np.zeros(3, np.int64)})
    stand.open(tmp_path / "one", files={"encoded.npz": spoilt})
    stand.lane.run()
    assert stand.stage.data_fault.endswith("get the model again.") and stand.stage.encoded is None
    stand.open(tmp_path / "two")
    assert stand.stage.data_fault == ""
