"""Two windows of the program over the same trainings: the first steers, the second watches and takes over."""

import os

import pytest

from explorer.contract import run as contract
from explorer.control.training import WATCHED
from explorer.places import runs_folder
from tests.journeys.conftest import Journey
from tests.qt.legible import assert_legible
from tests.unit.training.runs import make, metric, started

pytestmark = pytest.mark.journey


def test_a_second_window_only_watches_until_the_first_is_closed(stocked: Journey) -> None:
    run = make(runs_folder() / "vae", started(pid=os.getpid(), at=10.0**10), metric(100, loss=2.0))
    first, second = stocked.start(session=False), stocked.start(session=False)
    for app in (first, second):
        app.window.header.pages.button("train").click()
        app.room.training.choose(run)
        stocked.until(lambda app=app: app.room.training.seen.chosen is not None and app.window.train.run.isVisible())
    mine, theirs = first.window.train.run, second.window.train.run
    assert not mine._watched.isVisible() and mine._buttons["pause"].isEnabled()
    assert theirs._watched.isVisible() and theirs._watched.text() == WATCHED
    assert not any(theirs._buttons[key].isEnabled() for key in ("pause", "snapshot", "stop"))
    assert_legible(stocked.qtbot, second.window)
    second.room.training.pause()
    assert WATCHED in stocked.message(second) and contract.read_commands(run).items == ()
    first.window.close()
    stocked.until(lambda: theirs._buttons["pause"].isEnabled())
    assert not theirs._watched.isVisible()
    theirs._buttons["pause"].click()
    assert [command.ask for command in contract.read_commands(run).items] == ["pause"]
