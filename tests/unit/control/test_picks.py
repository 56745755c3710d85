"""Teaching a direction: what marks do, what is said, and what comes of them."""

from unittest.mock import create_autospec

import numpy as np
import pytest

from explorer.contract.manifest import Dimension
from explorer.control.notebooks import Notebooks
from explorer.control.picks import (
    DOUBTFUL,
    ENOUGH,
    PicksController,
    Teaching,
    TeachView,
    progress_sentence,
    units_of,
)
from explorer.control.stage import Picture, Stage
from explorer.control.walk import Walk
from explorer.models.capabilities import Model
from explorer.state.notebook import Pick, Trait
from explorer.state.place import Explore, Place
from tests.graphs import Toy
from tests.unit.control.stand import HandLane, Steps, decoder_of, pixels_at, toy_model


class Desk:
    """A person who marks by the first number of the code."""

    def __init__(self, model: Model | None = None) -> None:
        self.explore, self.stage, self.steps, self.lane = Explore(), Stage(), Steps(), HandLane()
        self.books = Notebooks(self.stage, self.steps, None, lambda _: lambda: None, lambda _: None)
        self.walk = Walk(self.explore, self.stage, self.steps, np.random.default_rng(0), lambda: None)
        self.view = create_autospec(TeachView, instance=True)
        self.picks = PicksController(
            self.explore, self.stage, self.books, self.walk, self.steps.together, self.lane, self.view
        )  # type: ignore[arg-type]
        self.model = model or toy_model()
        self.explore.place = Place(bundle=self.model.key, code=(0.5,) * decoder_of(self.model).toy.dims)
        self.stage.model = self.model
        self.arrive()

    def arrive(self) -> None:
        """The picture of the place comes into view."""
        code = np.asarray(self.explore.place.code, np.float32)
        self.stage.picture = Picture(1, self.model, code, pixels_at(self.model, code), 1.0)

    def mark(self, more: bool) -> str:
        said = self.picks.mark(more)
        self.arrive()
        return said

    def teach(self, count: int, *, flip: float = 0.0) -> None:
        """Mark so many pictures by their first number, some of them wrongly."""
        rng = np.random.default_rng(1)
        for _ in range(count):
            code = self.explore.place.code
            assert code is not None
            self.mark((code[0] > 0) != (rng.random() < flip))
        self.lane.run()

    @property
    def teaching(self) -> Teaching:
        return self.view.show_teaching.call_args.args[0]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_mark_keeps_the_picture_in_view_and_draws_the_next(desk: Desk) -> None:
    here = desk.explore.place.code
    desk.picks.ask("  wide ")
    assert desk.mark(True) == "Marked as more “wide”"
    (trait,) = desk.books.notes.traits
    assert (trait.name, trait.picks) == ("wide", (Pick(code=here, more=True),))
    assert desk.explore.place.code != here
    assert desk.explore.place.seed is not None
    assert desk.steps.names == ["Mark as more “wide”"]  # both are one step


def test_without_a_name_it_gets_one(desk: Desk) -> None:
    desk.mark(False)
    assert [trait.name for trait in desk.books.notes.traits] == ["my direction"]
    assert desk.books.notes.question == "my direction"


def test_a_picture_is_not_marked_twice_while_the_next_one_is_on_its_way(desk: Desk) -> None:
    desk.picks.mark(True)
    assert desk.picks.mark(True) == ""
    assert len(desk.books.notes.traits[0].picks) == 1


def test_the_last_word_on_a_picture_counts(desk: Desk) -> None:
    here = desk.explore.place
    desk.mark(True)
    desk.explore.place = here
    desk.arrive()
    desk.mark(False)
    assert desk.books.notes.traits[0].picks == (Pick(code=here.code, more=False),)


def test_without_a_picture_nothing_is_marked(desk: Desk) -> None:
    desk.stage.picture = None
    assert desk.picks.mark(True) == ""
    assert desk.books.notes.traits == ()


def test_a_direction_appears_after_enough_of_both_kinds_and_finds_what_was_meant() -> None:
    desk = Desk(toy_model(toy=Toy(dims=6)))
    desk.teach(4)
    assert desk.stage.taught == {}
    desk.teach(40)
    fit = desk.stage.taught["my direction"]
    assert fit.accuracy > 0.8
    assert fit.vector[0] > 0.8
    assert desk.teaching.sentence.startswith(f"Right on {100 * fit.accuracy:.0f}")
    assert "chance is 50" in desk.teaching.sentence
    assert not desk.teaching.doubtful


def test_every_pick_refits_and_removing_picks_takes_the_direction_away(desk: Desk) -> None:
    desk.teach(24)
    first = desk.stage.taught["my direction"]
    desk.teach(1)
    assert desk.stage.taught["my direction"] is not first
    while desk.books.notes.traits[0].side(True) >= ENOUGH:
        picks = desk.books.notes.traits[0].picks
        desk.picks.unmark(next(at for at, pick in enumerate(picks) if pick.more))
    desk.lane.run()
    assert desk.stage.taught == {}


def test_undo_brings_the_former_fit_back_without_computing_it(desk: Desk) -> None:
    desk.teach(24)
    before, asked = desk.stage.taught["my direction"], None
    desk.picks.mark(True)
    desk.lane.run()
    asked = desk.lane.asked
    desk.steps.undo()  # the draw
    desk.steps.undo()  # the mark
    assert desk.stage.taught["my direction"] is before
    assert desk.lane.asked == asked


def test_picks_that_contradict_each_other_are_told(desk: Desk) -> None:
    rng = np.random.default_rng(0)
    codes = [rng.standard_normal(4) for _ in range(2 * ENOUGH)]
    picks = tuple(
        Pick(code=tuple((code + 0.01 * side).tolist()), more=bool(side)) for code in codes for side in (0, 1)
    )  # the same picture, but for a breath, said to be both
    desk.books.write("Teach", traits=(Trait(name="odd", picks=picks),), question="odd")
    desk.lane.run()
    assert desk.stage.taught["odd"].accuracy < DOUBTFUL
    assert "contradict" in desk.teaching.sentence
    assert desk.teaching.doubtful


def test_the_same_pictures_on_both_sides_are_told(desk: Desk) -> None:
    codes = [(0.1, 0.2, 0.3, 0.4)] * ENOUGH
    picks = tuple(Pick(code=code, more=side) for side in (True, False) for code in codes)
    desk.books.write("Teach", traits=(Trait(name="odd", picks=picks),), question="odd")
    desk.lane.run()
    assert desk.stage.taught == {}
    assert "same pictures" in desk.teaching.sentence
    assert desk.teaching.doubtful


@pytest.mark.parametrize(
    ("more", "less", "said"),
    [
        (0, 0, "Mark 5 “less” and 5 “more”; then a direction appears."),
        (2, 5, "Mark 3 “more”; then a direction appears."),
        (1, 3, "Mark 2 “less” and 4 “more”; then a direction appears."),
        (12, 0, "All 12 picks say “more”; mark some as “less”, or nothing can be told apart."),
        (0, 10, "All 10 picks say “less”; mark some as “more”, or nothing can be told apart."),
    ],
)
def test_what_is_missing_is_said(more: int, less: int, said: str) -> None:
    picks = tuple(Pick(code=(float(k),), more=k < more) for k in range(more + less))
    assert progress_sentence(Trait(name="x", picks=picks)) == said


def test_another_name_begins_another_direction_and_the_first_is_kept(desk: Desk) -> None:
    desk.picks.ask("wide")
    desk.mark(True)
    desk.picks.ask("tall")
    desk.mark(True)
    desk.mark(False)
    assert [(t.name, len(t.picks)) for t in desk.books.notes.traits] == [("wide", 1), ("tall", 2)]
    desk.picks.ask("wide")
    assert len(desk.teaching.more) == 1


def test_marked_pictures_are_shown_and_those_from_disk_are_drawn(desk: Desk) -> None:
    desk.mark(True)
    code = (1.0, 0.0, -1.0, 0.5)
    trait = desk.books.notes.traits[0]
    more = trait.model_copy(update={"picks": (*trait.picks, Pick(code=code, more=False))})
    desk.books.write("Teach", traits=(more,))
    assert desk.teaching.more[0].pixels is not None
    assert desk.teaching.less[0].pixels is None
    desk.lane.run()
    np.testing.assert_array_equal(desk.teaching.less[0].pixels, pixels_at(desk.model, code))


def test_another_model_has_other_picks_and_comes_back_with_its_own(desk: Desk) -> None:
    desk.teach(30)
    fit = desk.stage.taught["my direction"]
    desk.stage.model = toy_model("/models/other")
    assert desk.stage.taught == {}
    assert desk.teaching.more == ()
    desk.stage.model = desk.model
    desk.lane.run()
    np.testing.assert_array_equal(desk.stage.taught["my direction"].vector, fit.vector)


def test_dead_dimensions_take_no_part() -> None:
    facts = (Dimension(kl_nats=3.0), Dimension(kl_nats=0.0), Dimension(kl_nats=1.0))
    units = units_of(decoder_of(toy_model(toy=Toy(dims=3), dimensions=facts)))
    assert np.isinf(units).tolist() == [False, True, False]
    assert np.isfinite(units_of(decoder_of(toy_model(toy=Toy(dims=3))))).all()
