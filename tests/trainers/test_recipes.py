"""Recipes: each can be run, and each shipped bundle was made by exactly the one of its name."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from explorer.contract.archive import open_bundle
from explorer.contract.errors import UnknownName
from trainers.families import FAMILIES, family_called
from trainers.recipes import RECIPES

MODELS = Path(__file__).parents[2] / "assets" / "models"
SHIPPED = [name for name, recipe in RECIPES.items() if (MODELS / name).is_dir()]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_whole_and_valid_configuration(name: str) -> None:
    recipe = RECIPES[name]
    config_class = family_called(recipe.family).config
    assert type(recipe.config) is config_class
    assert TypeAdapter(config_class).validate_python(asdict(recipe.config)) == recipe.config
    assert recipe.name == name
    assert recipe.sentence.endswith(".")


def test_the_autoencoders_are_shipped() -> None:
    assert {"fashion-ae", "fashion-vae", "fashion-vae-2d", "faces-vae"} <= set(SHIPPED)


BOTH = {"encoded", "directions"}
GRAPHS = {  # by family: the graphs that a bundle has at least, and its stores
    "ae": ({"decoder", "encoder"}, BOTH),
    "vae": ({"decoder", "encoder"}, BOTH),
    "stylegan": ({"mapping", "synthesis", "critic", "encoder", "inverter", "critic_gradient"}, BOTH),
    "diffusion": ({"denoiser"}, set()),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_bundle_was_made_by_its_recipe(name: str) -> None:
    provenance = open_bundle(MODELS / name).manifest.provenance
    recipe = RECIPES[name]
    assert provenance.recipe == name
    made = {key: value for key, value in provenance.config.items() if key not in ("family", "likelihood")}
    # what came later was at its default then
    assert TypeAdapter(type(recipe.config)).validate_python(made) == recipe.config
    assert provenance.images_seen is not None
    assert provenance.images_seen <= recipe.config.plan.images + recipe.config.plan.batch
    assert re.fullmatch(r"[0-9a-f]{40}\+?", provenance.commit)  # with a plus where a file was being edited


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_bundle_is_sound_and_measured(name: str) -> None:
    bundle = open_bundle(MODELS / name)
    assert bundle.verify() == []
    roles, stores = GRAPHS[bundle.manifest.family]
    assert roles <= {graph.role for graph in bundle.manifest.graphs}
    assert {store.kind for store in bundle.manifest.stores} == stores
    assert bundle.manifest.quality
    assert max(entry.size for entry in bundle.manifest.files) < 16 << 20


def test_fashion_ae_is_well_below_a_linear_code_of_its_size() -> None:
    (error,) = [
        measured
        for measured in open_bundle(MODELS / "fashion-ae").manifest.quality
        if measured.metric.startswith("mean squared error of reconstructions")
    ]
    linear = next(reference.value for reference in error.references if reference.name == "PCA with 16 components")
    assert error.value <= 0.7 * linear
    assert (error.split, error.samples) == ("test", 10_000)


def test_an_unknown_family_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=", ".join(FAMILIES)):
        family_called("gan")
