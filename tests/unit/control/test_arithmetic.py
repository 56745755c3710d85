"""The arithmetic panel: taking, weighing, groups, analogies, and going to what comes out."""

from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract.manifest import Attribute
from explorer.contract.pixels import to_pixels
from explorer.control.arithmetic import ArithmeticController, ArithmeticView, Choice, Result, TermView
from explorer.control.groups import labelled, labels_of, row_name
from explorer.control.notebooks import Notebooks
from explorer.control.stage import Picture, Stage
from explorer.control.walk import Walk
from explorer.latent.priors import Prior
from explorer.models.stores import Encoded
from explorer.state.notebook import HEAVIEST, Pick, Trait
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, decoder_of, pixels_at, toy_model

TOY = Toy(dims=3, size=8)
CENTER = np.array([1, 0, 0], np.float32)
HERE = (0.5, -0.5, 1.0)
COLUMNS = (Attribute(name="mouth", values=("smile", "neutral", "never")), Attribute(name="hat", values=("yes", "no")))


def data(columns: tuple[Attribute, ...] = COLUMNS, *, thumbnails: bool = True) -> Encoded:
    codes = np.random.default_rng(0).standard_normal((60, 3)).astype(np.float32)
    labels = np.stack([np.arange(60) % 2, np.arange(60) % 2], axis=1)[:, : len(columns)]
    pictures = to_pixels(TOY.decode(codes), TOY.image_meaning) if thumbnails else None
    return Encoded("toy", "test", codes, None, labels, columns, pictures)


class Desk:
    """An arithmetic controller with a real walk, beside the hands of a lane."""

    def __init__(self) -> None:
        self.explore, self.stage, self.steps, self.lane = Explore(), Stage(), Steps(), HandLane()
        self.books = Notebooks(self.stage, self.steps, None, lambda _: lambda: None, lambda _: None)
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view = create_autospec(ArithmeticView, instance=True)
        self.sums = ArithmeticController(
            self.stage, self.books, self.walk, self.lane, self.view, np.random.default_rng(1)  # type: ignore[arg-type]
        )  # fmt: skip
        self.model = toy_model(toy=TOY, prior=Prior(CENTER, np.ones(3, np.float32)))
        self.explore.place = Place(bundle=self.model.key, code=HERE)
        self.stage.model = self.model
        self.stage.picture = Picture(
            1, self.model, np.array(HERE, np.float32), pixels_at(self.model, HERE), 1.0
        )  # fmt: skip
        self.stage.encoded = data()

    def newest(self, name: str):
        return getattr(self.view, f"show_{name}").call_args.args[0]

    @property
    def terms(self) -> tuple[TermView, ...]:
        return self.newest("terms")

    @property
    def result(self) -> Result:
        return self.newest("result")

    def codes(self, label: str) -> np.ndarray:
        found = self.stage.encoded
        assert found is not None
        return found.codes[labelled(found, label)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_smiling_minus_neutral_plus_this_picture(desk: Desk) -> None:
    desk.sums.make_group("mouth: smile", "smiling")
    desk.sums.make_group("mouth: neutral")
    for key in ("group:smiling", "group:mouth: neutral", "here"):
        desk.sums.take(key)
    desk.sums.turn(1)
    assert [(term.name, term.minus) for term in desk.terms] == [
        ("smiling", False), ("mouth: neutral", True), ("this picture", False),
    ]  # fmt: skip
    wanted = desk.codes("mouth: smile").mean(axis=0) - desk.codes("mouth: neutral").mean(axis=0) + np.array(HERE)
    desk.lane.run()
    np.testing.assert_array_equal(desk.result.pixels, pixels_at(desk.model, wanted.astype(np.float32)))
    assert "add up to 1," in desk.result.sentence
    desk.sums.go()
    np.testing.assert_allclose(desk.explore.place.code, wanted, atol=1e-5)


def test_other_weights_are_measured_from_the_centre_of_the_prior(desk: Desk) -> None:
    desk.sums.take("here")
    desk.sums.begin()
    desk.sums.weigh(0, 2.0)
    desk.sums.go()
    np.testing.assert_allclose(desk.explore.place.code, CENTER + 2 * (np.array(HERE) - CENTER), atol=1e-5)
    assert "add up to 2:" in desk.result.sentence


def test_one_gesture_on_a_weight_is_one_step(desk: Desk) -> None:
    desk.sums.take("here")
    desk.sums.begin()
    for weight in (1.1, 1.2, 99.0, float("nan")):
        desk.sums.weigh(0, weight)
    desk.sums.begin()
    desk.sums.weigh(0, 0.5)
    gestures = [change.gesture for change in desk.steps.made[1:]]
    assert gestures[0] == gestures[1] == gestures[2] != gestures[3]
    desk.steps.undo()
    assert desk.terms[0].weight == HEAVIEST


def test_the_result_is_decoded_first_and_everything_once(desk: Desk) -> None:
    desk.sums.make_group("hat: yes")
    desk.lane.run()
    before = decoder_of(desk.model).decoded
    desk.sums.take("here")
    desk.sums.take("group:hat: yes")
    desk.lane.run()
    assert decoder_of(desk.model).decoded == before + 2  # the sum and this picture; the group is known
    desk.sums.refresh()
    assert desk.lane.waiting is None


def test_terms_are_taken_out_and_cleared_and_undo_brings_them_back(desk: Desk) -> None:
    desk.sums.take("here")
    desk.sums.take("row:3")
    desk.sums.remove(0)
    assert [term.name for term in desk.terms] == ["picture 3"]
    desk.sums.clear()
    assert desk.terms == ()
    assert not desk.result.ready
    desk.steps.undo()
    desk.steps.undo()
    assert [term.name for term in desk.terms] == ["this picture", "picture 3"]


def test_a_term_that_is_not_there_is_passed_over(desk: Desk) -> None:
    for call in (desk.sums.remove, desk.sums.turn):
        call(4)
    desk.sums.weigh(4, 1.0)
    desk.sums.take("group:nobody")
    desk.sums.take("row:1000")
    assert desk.steps.made == []


def test_an_analogy_is_a_parallelogram(desk: Desk) -> None:
    desk.sums.show("analogy")
    for slot, key in enumerate(("row:0", "row:1")):
        desk.sums.fill(slot, key)
    assert not desk.result.ready
    desk.sums.fill(2, "here")
    desk.lane.run()
    codes = desk.stage.encoded.codes
    wanted = np.array(HERE, np.float32) + codes[1] - codes[0]
    np.testing.assert_array_equal(desk.result.pixels, pixels_at(desk.model, wanted))
    desk.sums.go()
    np.testing.assert_allclose(desk.explore.place.code, wanted, atol=1e-6)
    desk.sums.clear()
    assert desk.newest("slots") == (None, None, None)


# --- groups --------------------------------------------------------------------------------------------------------


def test_groups_come_from_labels_marks_and_a_lasso(desk: Desk) -> None:
    picks = tuple(Pick(code=(float(k), 0.0, 0.0), more=k > 0) for k in range(4))
    desk.books.write("Teach", traits=(Trait(name="wide", picks=picks),))
    labels, marks = desk.view.show_filters.call_args.args
    assert labels == ("mouth: smile", "mouth: neutral", "mouth: never", "hat: yes", "hat: no")
    assert marks == ("marked more: wide", "marked less: wide")
    desk.sums.make_group("marked more: wide")
    desk.sums.make_group("hat: no", "bare")
    desk.sums.add_group(np.array([2, 5]), "bare")
    groups = desk.books.notes.groups
    assert [(group.name, group.count) for group in groups] == [("marked more: wide", 3), ("bare", 30), ("bare 2", 2)]
    np.testing.assert_allclose(groups[0].code, [2, 0, 0])
    np.testing.assert_allclose(groups[2].code, desk.stage.encoded.codes[[2, 5]].mean(axis=0), atol=1e-6)


def test_a_group_of_nothing_is_told(desk: Desk) -> None:
    desk.sums.make_group("mouth: never")
    assert "no mean" in desk.view.tell.call_args.args[0]
    desk.sums.add_group(np.zeros(0, np.int64), "lasso")
    desk.sums.make_group("what they share …")
    assert desk.view.tell.call_count == 3
    assert desk.books.notes.groups == ()


def test_a_deleted_group_stays_in_the_sums_it_is_in(desk: Desk) -> None:
    desk.sums.make_group("hat: yes")
    desk.sums.take("group:hat: yes")
    desk.sums.delete_group("hat: yes")
    assert desk.newest("groups") == ()
    assert [term.name for term in desk.terms] == ["hat: yes"]


# --- the tray ------------------------------------------------------------------------------------------------------


def test_pictures_of_the_data_are_offered_and_filtered(desk: Desk) -> None:
    rows = [int(choice.key.removeprefix("row:")) for choice in desk.newest("pictures")]
    assert len(set(rows)) == 24
    desk.sums.offer("mouth: smile")
    smiling: tuple[Choice, ...] = desk.newest("pictures")
    assert {int(choice.key.removeprefix("row:")) % 2 for choice in smiling} == {0}
    desk.sums.offer("mouth: never")
    assert desk.newest("pictures") == ()
    desk.sums.offer("")
    assert len(desk.newest("pictures")) == 24


def test_pictures_that_the_model_has_no_copy_of_are_decoded(desk: Desk) -> None:
    desk.stage.encoded = data(thumbnails=False)
    assert all(choice.pixels is None for choice in desk.newest("pictures"))
    desk.lane.run()
    assert all(choice.pixels is not None for choice in desk.newest("pictures"))


def test_a_class_is_called_by_its_value_alone() -> None:
    found = data((Attribute(name="class", values=("shirt", "shoe")),))
    assert labels_of(found) == ("shirt", "shoe")
    assert [row_name(found, row) for row in (0, 1)] == ["shirt", "shoe"]
    assert row_name(data(), 7) == "picture 7"


def test_without_data_there_is_this_picture(desk: Desk) -> None:
    desk.stage.encoded = None
    assert desk.newest("pictures") == ()
    desk.sums.make_group("mouth: smile")
    desk.sums.take("here")
    assert len(desk.terms) == 1


def test_another_model_has_other_sums(desk: Desk) -> None:
    desk.sums.take("here")
    desk.lane.run()
    other = toy_model("/models/other", Toy(dims=2))
    desk.stage.encoded = None
    desk.stage.model = other
    assert desk.terms == ()
    desk.sums.take("here")  # the picture in view is the other model's still
    assert desk.terms == ()
    desk.stage.model = desk.model
    assert desk.terms[0].pixels is None
    desk.lane.run()
    assert desk.terms[0].pixels is not None
