"""Models that are broken in ways that no check of files can know: the program says so and goes on."""

import shutil
from pathlib import Path

import pytest

from explorer.app import App
from tests.graphs import Toy, hanging_decoder, nan_decoder, tiny_bundle
from tests.journeys.conftest import FIRST, SECOND, Journey, assert_shows, code_of

pytestmark = pytest.mark.journey


def spoil(bundle: Path) -> None:
    content = bytearray((bundle / "decoder.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / "decoder.onnx").write_bytes(content)


def assert_unharmed(person: Journey, app: App) -> None:
    """What was in view stays and can be moved."""
    assert_shows(app, FIRST)
    person.drag(app, 0, -1.0)
    assert code_of(app)[0] == pytest.approx(-1.0, abs=0.02)
    assert_shows(app, FIRST)


def test_a_model_with_a_wrong_hash_is_refused(stocked: Journey):
    spoil(tiny_bundle(stocked.library / "spoiled", name="spoiled").path)
    app = stocked.start()
    place = app.explore.place
    stocked.choose(app, "spoiled")
    assert "spoiled: decoder.onnx" in stocked.message(app)
    assert app.explore.place == place
    assert_unharmed(stocked, app)
    stocked.choose(app, "second")
    assert stocked.message(app) == ""  # nobody needs to read it any more


def test_a_model_that_answers_with_nan_is_refused(stocked: Journey):
    tiny_bundle(stocked.library / "without-numbers", name="without-numbers", decoder=nan_decoder(FIRST))
    app = stocked.start()
    place = app.explore.place
    stocked.choose(app, "without-numbers")
    assert "not numbers" in stocked.message(app)
    assert app.explore.place == place
    assert app.window.library.list.chosen_key == place.bundle
    assert_unharmed(stocked, app)


def test_a_model_that_hangs_is_stopped(stocked: Journey):
    tiny_bundle(stocked.library / "without-end", name="without-end", decoder=hanging_decoder(FIRST))
    app = stocked.start(limit_s=0.3)
    stocked.choose(app, "without-end")
    assert "was stopped" in stocked.message(app)
    assert_unharmed(stocked, app)


def test_another_model_is_not_kept_waiting_by_one_that_hangs(stocked: Journey):
    tiny_bundle(stocked.library / "without-end", name="without-end", decoder=hanging_decoder(FIRST))
    app = stocked.start(limit_s=1_000.0)
    shelf = app.window.library
    shelf.chosen.emit(str(stocked.library / "without-end"))
    assert app.window.picture.canvas.accessibleDescription() == "Opening without-end …"
    shelf.chosen.emit(str(stocked.library / "second"))
    stocked.settle(app)
    assert_shows(app, SECOND)
    assert stocked.message(app) == ""


def test_closing_does_not_wait_for_a_model_that_hangs(stocked: Journey):
    tiny_bundle(stocked.library / "without-end", name="without-end", decoder=hanging_decoder(FIRST))
    app = stocked.start(limit_s=1_000.0)
    app.window.library.chosen.emit(str(stocked.library / "without-end"))
    app.window.close()  # the fixture asserts that no thread is left


def test_a_model_that_was_exported_anew_is_shown_anew(stocked: Journey):
    app = stocked.start()
    place, bundle = app.explore.place, Path(app.explore.place.bundle)
    shutil.rmtree(bundle)
    tiny_bundle(bundle, name="first", dims=4, seed=9)
    stocked.choose(app, "first")
    assert app.explore.place == place
    assert_shows(app, Toy(4, seed=9))


def test_the_library_says_why_an_entry_cannot_be_opened(stocked: Journey):
    bundle = tiny_bundle(stocked.library / "torn", name="torn").path
    (bundle / "manifest.json").write_text("{")
    app = stocked.start()
    fault = next(item.fault for item in app.library.items if item.title == "torn")
    assert fault.endswith(".")
    stocked.choose(app, "torn")
    assert stocked.message(app) == f"torn: {fault}"
    assert_unharmed(stocked, app)
