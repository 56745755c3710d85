"""A run's journal can be read while it is written, cut off anywhere, and by an older version."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.contract.errors import CannotWrite, RunError
from explorer.contract.run import (
    COMMANDS,
    CONFIG,
    EVENTS,
    Changed,
    Checkpoint,
    Command,
    Event,
    Failed,
    Finished,
    Metric,
    Paused,
    Progress,
    Resumed,
    Sample,
    Snapshot,
    Started,
    Warned,
    append_event,
    read_commands,
    read_config,
    read_events,
    send,
    write_config,
)
from tests.unit.contract.sentences import assert_plain

ONE_OF_EACH: tuple[Event, ...] = (
    Started(family="vae", data="fashion-mnist", total_images=1_000, pid=42, device="cpu", host="desk"),
    Progress(images=128, images_per_s=170.5, remaining_s=60.0),
    Metric(images=128, split="train", values={"kl_nats": 12.5, "reconstruction": math.nan, "worst": math.inf}),
    Sample(images=128, path="samples/128.png"),
    Checkpoint(images=128, path="checkpoints/128"),
    Snapshot(images=128, path="snapshots/128"),
    Changed(images=130, name="beta", value=4.0),
    Warned(images=131, sentence="A line\nbreak, a „quote“ and an emoji 🙂."),
    Paused(images=140),
    Resumed(images=140, pid=43),
    Finished(images=1_000, why="stopped"),
    Failed(images=1_000, sentence="The disk is full."),
)


def _same(event: Event, other: Event) -> bool:
    """Equal, where a number that is none equals itself."""
    return event.model_dump_json() == other.model_dump_json() and type(event) is type(other)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with one event of each kind."""
    write_config(tmp_path / "run", {"family": "vae", "beta": 4.0, "name": "Bär"})
    for event in ONE_OF_EACH:
        append_event(tmp_path / "run", event)
    return tmp_path / "run"


def test_there_is_one_of_each() -> None:
    assert {type(event) for event in ONE_OF_EACH} == set(get_args(Event))


def test_events_come_back_in_order(run: Path) -> None:
    tail = read_events(run)
    assert len(tail.items) == len(ONE_OF_EACH) and tail.skipped == 0
    assert all(_same(one, other) for one, other in zip(tail.items, ONE_OF_EACH, strict=True))
    assert tail.offset == (run / EVENTS).stat().st_size
    assert len((run / EVENTS).read_text(encoding="utf-8").splitlines()) == len(ONE_OF_EACH)  # one line each


def test_reading_on_gives_only_what_is_new(run: Path) -> None:
    tail = read_events(run)
    assert read_events(run, tail.offset).items == ()
    append_event(run, Paused(images=5))
    more = read_events(run, tail.offset)
    assert [event.kind for event in more.items] == ["paused"] and more.items[0].images == 5
    assert read_events(run, more.offset).items == ()


def test_a_torn_last_line_at_every_byte(tmp_path: Path) -> None:
    """Whoever reads at any moment of a write gets the whole lines, and the rest on the next call."""
    whole = tmp_path / "whole"
    whole.mkdir()
    for event in ONE_OF_EACH[1:5]:
        append_event(whole, event)
    content = (whole / EVENTS).read_bytes()
    ends = [index + 1 for index, byte in enumerate(content) if byte == 0x0A]
    torn = tmp_path / "torn"
    torn.mkdir()
    for cut in range(len(content) + 1):
        (torn / EVENTS).write_bytes(content[:cut])
        tail = read_events(torn)
        assert tail.skipped == 0
        assert len(tail.items) == sum(end <= cut for end in ends)
        assert tail.offset == max((end for end in ends if end <= cut), default=0)
        rest = read_events(whole, tail.offset)  # what the same file holds once the writer is done
        assert len(tail.items) + len(rest.items) == 4 and rest.skipped == 0


def test_a_writer_after_a_killed_one_loses_nothing(run: Path, tmp_path: Path) -> None:
    whole = (run / EVENTS).read_bytes()
    first = whole.index(b"\n") + 1
    last = whole[first : whole.index(b"\n", first)]
    for cut in range(len(last) + 1):
        (run / EVENTS).write_bytes(whole[:first] + last[:cut])
        append_event(run, Paused(images=7))
        tail = read_events(run)
        kinds = [event.kind for event in tail.items]
        assert kinds[0] == "started" and kinds[-1] == "paused" and tail.items[-1].images == 7
        # a line that lacked only its end is whole again; a torn one is counted, an empty one is nothing
        assert (len(kinds), tail.skipped) == {0: (2, 0), len(last): (3, 0)}.get(cut, (2, 1))


def test_a_reader_beside_a_writer_sees_every_event_once_and_in_order(tmp_path: Path) -> None:
    """Another process writes each line in two pieces, as fast as it can, but in one line stops till it was read."""
    count = 2_000
    writer = f"""
import os, sys
from explorer.contract.run import Progress, Finished
from pathlib import Path
print("ready", flush=True)
handle = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for index in range({count}):
    line = Progress(images=index, images_per_s=1.0).model_dump_json().encode() + b"\\n"
    os.write(handle, line[: index % len(line)])
    if index == {count // 2}:
        sys.stdin.readline()
    os.write(handle, line[index % len(line) :])
os.write(handle, Finished(images={count}).model_dump_json().encode() + b"\\n")
"""
    (tmp_path / EVENTS).touch()
    command = [sys.executable, "-c", writer, str(tmp_path / EVENTS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        seen: list[Event] = []
        offset, reads = 0, 0
        while not (seen and seen[-1].kind == "finished"):
            done = process.poll() is not None
            tail = read_events(tmp_path, offset)
            assert tail.skipped == 0
            if tail.items and not seen:
                process.stdin.write(b"read\n")
                process.stdin.flush()
            seen += tail.items
            offset, reads = tail.offset, reads + bool(tail.items)
            assert not done or seen[-1].kind == "finished"
        assert process.wait(10) == 0
    assert [event.images for event in seen] == list(range(count + 1))
    assert reads > 1  # otherwise it was all there at once and nothing was tried


def test_what_a_later_version_writes_is_passed_over(run: Path) -> None:
    with (run / EVENTS).open("a", encoding="utf-8") as file:
        file.write('{"kind": "telepathy", "images": 3}\n')
        file.write('{"kind": "paused", "images": 4, "mood": "calm"}\n')
        file.write("\n   \n\x00\x00\x00\nnot json\n[]\n{}\n")
        file.write('{"kind": "progress", "images": -1, "images_per_s": 1}\n')
    (run / EVENTS).write_bytes((run / EVENTS).read_bytes() + b"\xff\xfe\n" + b"[" * 5_000 + b"\n")
    append_event(run, Finished(images=9))
    tail = read_events(run)
    assert [(event.kind, event.images) for event in tail.items[len(ONE_OF_EACH) :]] == [("paused", 4), ("finished", 9)]
    assert tail.skipped == 8


def test_a_file_name_that_is_no_text_can_be_warned_of(run: Path) -> None:
    """Linux allows any bytes in a name; Python shows those that are no UTF-8 as lone surrogates."""
    append_event(run, Warned(sentence="caf\udce9.png is broken."))
    (*_, event) = read_events(run).items
    assert isinstance(event, Warned) and event.sentence == "caf?.png is broken."


numbers = st.dictionaries(st.text(max_size=5), st.floats(), max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(Metric, images=st.integers(0, 2**40), split=st.text(max_size=5), values=numbers)
        | st.builds(Warned, sentence=st.text(max_size=20)),
        max_size=5,
    )
)
def test_any_event_is_one_line_and_comes_back(tmp_path: Path, events: list[Event]) -> None:
    (tmp_path / EVENTS).write_bytes(b"")
    for event in events:
        append_event(tmp_path, event)
    tail = read_events(tmp_path)
    assert tail.skipped == 0
    assert [event.model_dump_json() for event in tail.items] == [event.model_dump_json() for event in events]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_in_a_journal_make_an_exception(tmp_path: Path, content: bytes) -> None:
    (tmp_path / EVENTS).write_bytes(content)
    tail = read_events(tmp_path)
    assert tail.offset == content.rfind(b"\n") + 1
    assert len(tail.items) + tail.skipped == sum(bool(line.strip()) for line in content[: tail.offset].split(b"\n"))


# --- commands ------------------------------------------------------------------------------------------------------


def test_commands_come_back(run: Path) -> None:
    assert read_commands(run).items == ()
    asked = (Command(ask="pause"), Command(ask="set", name="beta", value=2.0), Command(ask="stop"))
    for command in asked:
        send(run, command)
    tail = read_commands(run)
    assert tail.items == asked
    assert read_commands(run, tail.offset).items == ()


def test_a_command_that_is_unknown_is_passed_over(run: Path) -> None:
    send(run, Command(ask="pause"))
    with (run / COMMANDS).open("a", encoding="utf-8") as file:
        file.write('{"ask": "dance"}\n{"ask": "sto')
    tail = read_commands(run)
    assert [command.ask for command in tail.items] == ["pause"] and tail.skipped == 1
    send(run, Command(ask="stop"))
    assert [command.ask for command in read_commands(run, tail.offset).items] == ["stop"]


def test_no_commands_for_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        send(tmp_path, Command(ask="stop"))
    assert_plain(caught.value)
    assert list(tmp_path.iterdir()) == []


# --- configuration and faults --------------------------------------------------------------------------------------


def test_a_configuration_may_name_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    write_config(tmp_path, {"data": "/photos/caf\udce9"})
    assert read_config(tmp_path) == {"data": "/photos/caf\udce9"}


def test_the_configuration_comes_back(run: Path) -> None:
    assert read_config(run) == {"family": "vae", "beta": 4.0, "name": "Bär"}
    write_config(run, {"family": "ae"})
    assert read_config(run) == {"family": "ae"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b"1" * 5_000])
def test_a_damaged_configuration(run: Path, content: bytes) -> None:
    (run / CONFIG).write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_config(run)
    assert_plain(caught.value)


def test_what_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path, tmp_path / "absent", tmp_path / "file", tmp_path / ("x" * 300)):
        for read in (read_config, read_events):
            with pytest.raises(RunError) as caught:
                read(place)
            assert_plain(caught.value)


def test_a_place_where_no_run_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for write in (lambda run: write_config(run, {}), lambda run: append_event(run, Paused())):
        with pytest.raises(CannotWrite) as caught:
            write(tmp_path / "file")
        assert_plain(caught.value)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_an_event_carries_the_time_of_its_making() -> None:
    before = time.time()
    event = json.loads(Paused().model_dump_json())
    assert before <= event["time_s"] <= time.time()
