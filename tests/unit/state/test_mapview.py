"""How the map is shown is brought back as it was, and what another version knew of it breaks nothing."""

import json
from pathlib import Path

from explorer.control.keeper import SESSION, SETTINGS, Keeper, bring_back
from explorer.state.mapview import MapLook
from explorer.state.place import Explore
from explorer.state.settings import Settings

LOOK = MapLook(column="hair", hidden=frozenset({"red", "grey"}), projection="tsne", tiles=False, keep_rest=False)


def test_a_session_brings_the_map_back(tmp_path: Path):
    explore = Explore(map=LOOK)
    Keeper(explore, Settings(), tmp_path / SESSION, tmp_path / SETTINGS, lambda call: call, print).save_session()
    later = Explore()
    assert bring_back(later, tmp_path / SESSION) == ""
    assert later.map == LOOK


def test_fields_of_another_version_are_passed_over():
    assert MapLook.model_validate(json.loads('{"column": "hair", "glow": 3}')) == MapLook(column="hair")
