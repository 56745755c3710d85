"""A crash, a hang or a bomb in the process for foreign files is one sentence here, and nothing else."""

import os
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
from onnx import helper

from explorer.contract.errors import Cancelled
from explorer.foreign import guard as module
from explorer.foreign.guard import ForeignFault, Guard, Limits, check_outside, limits_for, usual_limits
from explorer.foreign.importing import Import
from tests.foreign_graphs import FLOAT, decoder, model
from tests.graphs import ENDLESS, Toy, apart_bundle, hanging_decoder, nan_decoder, tiny_bundle
from tests.unit.contract.sentences import assert_plain

TOY = Toy(size=12)
GIGABYTE = 1_000_000_000
QUICK = Limits(2 * GIGABYTE, 1.0)


def asked(script: str, limits: Limits = QUICK) -> str:
    """The sentence when the child does what ``script`` says instead of answering."""
    with Guard(limits, (sys.executable, "-c", script)) as guard:
        with pytest.raises(ForeignFault) as caught:
            guard.ask("study", paths=[])
        scratch = guard.scratch
        with pytest.raises(ForeignFault):  # it stays dead, and says the same
            guard.ask("study", paths=[])
    assert not scratch.exists()
    assert_plain(caught.value)
    return str(caught.value)


def test_a_crash() -> None:
    assert "signal 11" in asked("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")


def test_an_end_without_an_answer() -> None:
    assert "status 3" in asked("import sys; sys.exit(3)")


def test_a_hang() -> None:
    assert "within 1 s" in asked("import threading; threading.Event().wait()")


def test_a_child_that_eats_memory() -> None:
    script = "import threading\nkept = [bytearray(50_000_000) for _ in range(20)]\nthreading.Event().wait()"
    assert "more than 0.3 GB" in asked(script, Limits(GIGABYTE * 3 // 10, 20.0))


@pytest.mark.parametrize("line", ["nonsense", "[]", "{" * 5_000, "\\x00\\xff", "1e999"])
def test_an_answer_that_is_none(line: str) -> None:
    assert "no sense" in asked(f"import sys; sys.stdin.readline(); print({line!r}, flush=True)")


def test_an_answer_that_never_ends() -> None:
    script = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * 1_000_000)"
    assert "crashed" in asked(script, Limits(2 * GIGABYTE, 30.0))


def test_a_fault_of_the_child_is_shortened_and_made_plain() -> None:
    script = (
        "import sys, json; sys.stdin.readline(); print(json.dumps({'fault': '\\x1b[2J' + 'a' * 10_000}), flush=True)"
    )
    with Guard(QUICK, (sys.executable, "-c", script)) as guard, pytest.raises(ForeignFault) as caught:
        guard.ask("study", paths=[])
    assert str(caught.value).isprintable() and len(str(caught.value)) <= 400


def test_stopping_from_another_thread() -> None:
    with Guard(Limits(GIGABYTE, 60.0), (sys.executable, "-c", "import threading; threading.Event().wait()")) as guard:
        threading.Timer(0.2, guard.stop).start()
        with pytest.raises(Cancelled):
            guard.ask("study", paths=[])


# --- the real child --------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A decoder that makes 64 GB of a shape which it works out, so that no reader can see it coming."""
    nodes = [
        helper.make_node("Mul", ["few", "few"], ["side"]),
        helper.make_node("Expand", ["one", "side"], ["vast"]),
        helper.make_node("ReduceMean", ["vast"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["z", "weights"], ["flat"]),
        helper.make_node("Add", ["flat", "mean"], ["shifted"]),
        helper.make_node("Reshape", ["shifted", "four"], ["out"]),
    ]
    constants = {
        "few": np.array([360, 360], np.int64), "one": np.float32(1), "weights": TOY.weights,
        "four": np.array([-1, 1, 12, 12], np.int64),
    }  # fmt: skip
    made = model(nodes, {"z": (FLOAT, ("N", 4))}, {"out": (FLOAT, ("N", 1, 12, 12))}, constants)
    return made.SerializeToString()


def imported(path: Path, content: bytes, limits: Limits) -> Import:
    path.write_bytes(content)
    return Import([path], limits=limits)


def test_an_import_from_the_first_look_to_the_library(tmp_path: Path) -> None:
    job = imported(tmp_path / "decoder.onnx", decoder(TOY), Limits(3 * GIGABYTE, 60.0))
    try:
        proposal = job.read()
        answers = job.look(proposal)
        assert answers.rows["now"].shape == (96, 3 * 96, 3)
        assert all(answers.row(question, at) is not None for question in answers.questions
                   for at in range(len(question.answers)))  # fmt: skip
        job.save(proposal, tmp_path / "library" / "model")
        assert 0 < job.guard.peak_bytes < 3 * GIGABYTE
    finally:
        job.close()
    assert sorted(path.name for path in (tmp_path / "library" / "model").iterdir()) == [
        "CARD.md", "decoder.onnx", "manifest.json", "preview.png",
    ]  # fmt: skip
    assert len(check_outside(tmp_path / "library" / "model")) == 64


def test_a_bomb_ends_with_a_sentence(tmp_path: Path) -> None:
    job = imported(tmp_path / "bomb.onnx", bomb(), Limits(GIGABYTE, 60.0))
    try:
        proposal = job.read()  # the run fails inside its limit, or the process ends: either is told
        assert proposal.fault and any("does not run" in sentence for sentence in proposal.told)
    except ForeignFault as error:
        assert_plain(error)
    finally:
        job.close()


def test_an_endless_loop_ends_with_a_sentence(tmp_path: Path) -> None:
    job = imported(tmp_path / "loop.onnx", hanging_decoder(Toy(size=12), ENDLESS), Limits(3 * GIGABYTE, 4.0))
    try:
        with pytest.raises(ForeignFault, match="within 4 s"):
            job.read()
    finally:
        job.close()


def test_a_bundle_from_outside_is_tried_there(tmp_path: Path) -> None:
    good = tiny_bundle(tmp_path / "good")
    assert check_outside(tmp_path / "good") == good.identity()
    tiny_bundle(tmp_path / "bad", decoder=nan_decoder(Toy()))
    with pytest.raises(ForeignFault, match="not numbers"):
        check_outside(tmp_path / "bad")


def test_a_bundle_with_weights_in_a_file_of_their_own_is_tried_there(tmp_path: Path) -> None:
    good = apart_bundle(tmp_path / "good", TOY)
    assert check_outside(tmp_path / "good") == good.identity()
    (tmp_path / "good" / "weights.bin").write_bytes(bytes(TOY.weights.nbytes))
    with pytest.raises(ForeignFault, match="checksum differs"):
        check_outside(tmp_path / "good")


def test_weights_bring_memory_and_time_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart_bundle(tmp_path / "large", TOY)
    tiny_bundle(tmp_path / "usual")
    size = TOY.weights.nbytes
    free = [16 * size]
    monkeypatch.setattr(module.psutil, "virtual_memory", lambda: type("Memory", (), {"available": free[0]}))
    monkeypatch.setattr(module, "usual_limits", lambda: Limits(size, 60.0))
    monkeypatch.setattr(module, "LEAST", size)
    monkeypatch.setattr(module, "S_PER_GB", 240e9 / size)
    assert limits_for(tmp_path / "usual") == limits_for(tmp_path / "nothing") == Limits(size, 60.0)
    assert limits_for(tmp_path / "large") == Limits(size + size * 5 // 2, 300.0)
    free[0] = 2 * size
    assert limits_for(tmp_path / "large").memory_bytes == 3 * size  # what is free, and the file itself
    free[0] = 2 * size - 1
    with pytest.raises(ForeignFault, match=r"It needs about .* GB of memory, and .* GB are free") as caught:
        check_outside(tmp_path / "large")
    assert_plain(caught.value)


def test_a_usual_bundle_has_the_usual_limits(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "usual")
    assert limits_for(tmp_path / "usual").seconds == usual_limits().seconds


def test_the_child_leaves_with_its_parent(tmp_path: Path) -> None:
    """It waits for requests, and ends when there can be no more."""
    guard = Guard(Limits(GIGABYTE, 30.0))
    with pytest.raises(ForeignFault):
        guard.ask("check", path=str(tmp_path / "nothing"))
    children = [
        child for child in psutil.Process(os.getpid()).children() if "serve-import" in " ".join(child.cmdline())
    ]
    assert len(children) == 1
    guard.close()
    assert not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE
