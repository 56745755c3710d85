"""Pictures without a window: the same state gives the same bytes, and those of the window."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import cli
from explorer.control.export import png_of
from explorer.control.walk import FIRST_SEED, seed_code
from explorer.media.recipes import Recipe, read_recipe, to_png
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.places import model_folders
from explorer.runtime.session import Runtime
from tests.graphs import Toy, edit_manifest, tiny_bundle

TOY = Toy()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "tiny").path


@pytest.fixture
def own(user_folders: Path) -> Path:
    """A model in the user's own folder, where recipes are looked for."""
    assert user_folders in model_folders()[1].parents
    model_folders()[1].mkdir(parents=True)
    return tiny_bundle(model_folders()[1] / "own", name="own", seed=3).path


@pytest.fixture
def model(bundle: Path) -> Iterator[Model]:
    runtime = Runtime("cpu")
    yield load_model(bundle, runtime)
    runtime.close()


def render(target: Path, out: Path, *wishes: str) -> bytes:
    assert cli.main(["render", str(target), "-o", str(out), "--device", "cpu", *wishes]) == 0
    return out.read_bytes()


def pixels_of(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


def prior_point(model: Model, seed: int) -> np.ndarray:
    assert model.decodes is not None
    return seed_code(model.decodes.prior, seed)


# --- the same bytes ------------------------------------------------------------------------------------------------


def test_twice_is_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    assert render(bundle, tmp_path / "a.png") == render(bundle, tmp_path / "b.png")


def test_a_zip_gives_the_bytes_of_its_folder(bundle: Path, tmp_path: Path) -> None:
    packed = tiny_bundle(tmp_path / "tiny.zip").path
    assert render(bundle, tmp_path / "a.png") == render(packed, tmp_path / "b.png")


@pytest.mark.parametrize("wishes", [(), ("--seed", "9"), ("--psi", "0.3"), ("--set", "z1=2.5")])
def test_a_rendered_picture_renders_to_itself(own: Path, tmp_path: Path, wishes: tuple[str, ...]) -> None:
    first = render(own, tmp_path / "first.png", *wishes)
    assert render(tmp_path / "first.png", tmp_path / "second.png") == first


def test_it_is_what_the_window_saves(bundle: Path, model: Model, tmp_path: Path) -> None:
    assert model.decodes is not None
    code = prior_point(model, 9)
    expected = png_of(model, code, model.decodes.decode(code[None])[0], 9)
    assert render(bundle, tmp_path / "out.png", "--seed", "9") == expected


# --- which point ---------------------------------------------------------------------------------------------------


def test_by_default_it_is_the_first_seed(bundle: Path, tmp_path: Path) -> None:
    assert render(bundle, tmp_path / "a.png") == render(bundle, tmp_path / "b.png", "--seed", str(FIRST_SEED))
    assert read_recipe((tmp_path / "a.png").read_bytes()).seed == FIRST_SEED


def test_the_recipe_says_how_it_was_made(bundle: Path, model: Model, tmp_path: Path) -> None:
    recipe = read_recipe(render(bundle, tmp_path / "out.png", "--seed", "9"))
    assert recipe == Recipe(
        bundle=model.bundle.identity(),
        name="tiny",
        code=tuple(prior_point(model, 9).tolist()),
        seed=9,
        version=recipe.version,
    )


def test_psi_0_is_the_centre_and_psi_1_the_point(bundle: Path, model: Model, tmp_path: Path) -> None:
    assert model.decodes is not None
    centre = model.decodes.decode(model.decodes.prior.center[None])[0, ..., 0]
    for seed in ("1", "2"):
        content = render(bundle, tmp_path / "out.png", "--seed", seed, "--psi", "0")
        np.testing.assert_array_equal(pixels_of(content), centre)
        assert read_recipe(content).seed is None  # it is no seed's own point any more
    assert render(bundle, tmp_path / "a.png", "--psi", "1") == render(bundle, tmp_path / "b.png")


def test_psi_is_the_share_of_the_way(bundle: Path, model: Model, tmp_path: Path) -> None:
    recipe = read_recipe(render(bundle, tmp_path / "out.png", "--seed", "5", "--psi", "-0.5"))
    np.testing.assert_allclose(recipe.code, -0.5 * prior_point(model, 5), rtol=1e-6)


def test_set_puts_single_numbers_at_sigmas(bundle: Path, model: Model, tmp_path: Path) -> None:
    recipe = read_recipe(render(bundle, tmp_path / "out.png", "--seed", "5", "--set", "z0=1.5", "--set", "z2=-2"))
    expected = prior_point(model, 5)
    expected[[0, 2]] = 1.5, -2
    np.testing.assert_array_equal(np.asarray(recipe.code, np.float32), expected)
    assert recipe.seed is None


def test_set_comes_after_psi(bundle: Path, tmp_path: Path) -> None:
    recipe = read_recipe(render(bundle, tmp_path / "out.png", "--psi", "0", "--set", "z1=2"))
    np.testing.assert_allclose(recipe.code, [0, 2, 0, 0])


def test_a_seed_beside_a_picture_is_another_point_of_its_model(own: Path, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    render(own, picture, "--seed", "1")
    assert render(picture, tmp_path / "a.png", "--seed", "2") == render(own, tmp_path / "b.png", "--seed", "2")


def test_colour_is_colour(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "colour", channels=3, size=6).path
    assert pixels_of(render(bundle, tmp_path / "out.png")).shape == (6, 6, 3)


# --- what is told --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        (("--set", "z4=1"), "There is no dimension z4; the last one is z3."),
        (("--psi", "1e300"), "The point lies beyond what 32-bit numbers can hold; choose a smaller --psi or --set."),
        (("--set", "z0=-1e39"), "The point lies beyond what 32-bit numbers can hold; choose a smaller --psi or --set."),
    ],
)
def test_a_point_that_is_none_is_told(
    bundle: Path, tmp_path: Path, wishes: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", str(bundle), "-o", str(tmp_path / "out.png"), *wishes]) == 1
    assert capsys.readouterr().err == f"latent-explorer: {words}\n"
    assert not (tmp_path / "out.png").exists()


def test_a_picture_whose_model_is_not_here_is_told(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render(bundle, tmp_path / "first.png")
    assert cli.main(["render", str(tmp_path / "first.png"), "-o", str(tmp_path / "out.png")]) == 1
    assert "made with tiny, which is not in the library" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_picture_that_is_none_is_told(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "first.png"
    if content is not None:
        picture.write_bytes(content)
    assert cli.main(["render", str(picture), "-o", str(tmp_path / "out.png")]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("latent-explorer: ")
    assert "unexpected" not in sentence


def test_a_recipe_of_another_size_is_told(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The bundle's identity covers its files, and not what a later manifest says of them."""
    picture = tmp_path / "first.png"
    render(own, picture)
    longer = read_recipe(picture.read_bytes()).model_copy(update={"code": (0.0,) * 9})
    picture.write_bytes(to_png(np.zeros((2, 2, 1), np.uint8), longer))
    assert cli.main(["render", str(picture), "-o", str(tmp_path / "out.png")]) == 1
    assert "The picture's point has 9 numbers, own has 4." in capsys.readouterr().err


def test_a_model_that_makes_no_pictures_is_told_and_still_is_fine(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graphs = json.loads((bundle / "manifest.json").read_text())["graphs"]
    for graph, role in zip(graphs, ("synthesis", "classifier"), strict=True):
        graph["role"] = role
    edit_manifest(bundle, graphs=graphs)
    assert cli.main(["render", str(bundle), "-o", str(tmp_path / "out.png")]) == 1
    assert capsys.readouterr().err == "latent-explorer: tiny holds no decoder, so it makes no pictures.\n"
    assert cli.main(["check", str(bundle)]) == 0
    assert capsys.readouterr().out == f"{bundle}: fine.\n"


def test_a_folder_that_is_not_there_is_told(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", str(bundle), "-o", str(tmp_path / "no" / "out.png")]) == 1
    assert "out.png cannot be written" in capsys.readouterr().err
