"""Bad models on the command line and in the program: one sentence a fault, exit status 1, and nothing damaged."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from explorer import cli, headless
from explorer.contract.archive import MANIFEST
from explorer.contract.errors import BundleError, BundleNotFound, ExplorerError, ModelFault
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from explorer.state.library import read_item
from tests.graphs import (
    Toy,
    custom_operator_decoder,
    edit_manifest,
    external_data_decoder,
    folding_decoder,
    hanging_decoder,
    huge_tensor_decoder,
    hungry_decoder,
    nan_decoder,
    tiny_bundle,
    vast_arrays,
)
from tests.unit.contract.sentences import assert_plain, faults_of

TOY = Toy(3, 4)
LIMIT_S = 0.3  # instead of half a minute
PREFIX = "latent-explorer: "
Make = Callable[[Path], None]

_tiny = partial(tiny_bundle, dims=3, size=4)


def _wrong_hash(place: Path) -> None:
    _tiny(place)
    content = bytearray((place / "decoder.onnx").read_bytes())
    content[-1] ^= 1
    (place / "decoder.onnx").write_bytes(content)


def _missing_graph(place: Path) -> None:
    _tiny(place)
    (place / "decoder.onnx").unlink()


def _truncated(place: Path) -> None:
    _tiny(place)
    (place / "encoder.onnx").write_bytes((place / "encoder.onnx").read_bytes()[:100])


def _newer_format(place: Path) -> None:
    _tiny(place)
    edit_manifest(place, format=2)


def _no_manifest(place: Path) -> None:
    _tiny(place)
    (place / MANIFEST).write_text("{", encoding="utf-8")


def _link(place: Path) -> None:
    _tiny(place)
    (place / "CARD.md").unlink()
    (place / "CARD.md").symlink_to("/etc/passwd")


def _escaping_zip(place: Path) -> None:
    _tiny(place)
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("../../outside", b"x")


def _cut_zip(place: Path) -> None:
    _tiny(place)
    place.write_bytes(place.read_bytes()[:-100])


def _no_model(place: Path) -> None:
    place.mkdir()
    (place / "photo.png").write_bytes(b"")


def _vast_arrays(place: Path) -> None:
    _tiny(place, files={"encoded.npz": vast_arrays()})


def _decoder(graph: Callable[[Toy], bytes]) -> Make:
    return lambda place: _tiny(place, decoder=graph(TOY)) and None


def _outside_data(place: Path) -> None:
    graph, weights = external_data_decoder(TOY, "../weights.bin")
    (place.parent / "weights.bin").write_bytes(weights)
    _tiny(place, decoder=graph)


# what is wrong -> how to make it, and words of the sentence
FAULTS: dict[str, tuple[Make, str]] = {
    "wrong hash": (_wrong_hash, "decoder.onnx was changed or damaged"),
    "missing graph": (_missing_graph, "decoder.onnx is missing"),
    "truncated file": (_truncated, "encoder.onnx has 100 bytes"),
    "newer format": (_newer_format, "bundle format 2"),
    "no manifest": (_no_manifest, "not valid JSON"),
    "a link": (_link, "CARD.md is a link"),
    "escaping.zip": (_escaping_zip, "../../outside"),
    "cut.zip": (_cut_zip, "not a whole zip"),
    "no model": (_no_model, "holds no manifest.json"),
    "vast arrays": (_vast_arrays, "100,000,000,000 bytes"),
    "vast tensor": (_decoder(huge_tensor_decoder), "decoder.onnx"),
    "vast memory": (_decoder(hungry_decoder), "decoder.onnx"),
    "no graph": (_decoder(lambda toy: b"not a graph"), "not an ONNX graph"),
    "foreign operator": (_decoder(custom_operator_decoder), "com.example.unknown.Surprise"),
    "outside data": (_outside_data, "keeps weights in another file"),
    "wrong port": (_decoder(lambda toy: toy.decoder(input_name="latent")), "has no input 'z'"),
    "wrong size": (_decoder(lambda toy: Toy(5, 4).decoder()), "the input 'z' is"),
    "not a number": (_decoder(nan_decoder), "not numbers"),
    "endless": (_decoder(hanging_decoder), "gave no answer"),
    "endless loading": (_decoder(folding_decoder), "gave no answer"),
}
IN_PROCESSES = (
    "wrong hash", "missing graph", "truncated file", "newer format", "escaping.zip", "vast arrays", "not a number",
    "endless",
)  # fmt: skip
ONLY_CHECKED = {"vast arrays"}  # not needed for a picture, so a picture can be made


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name of the fault -> bundle that has it."""
    places = {}
    for name, (make, _) in FAULTS.items():
        places[name] = tmp_path_factory.mktemp("bad") / name.replace(" ", "-")
        make(places[name])
    return places


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line waits a moment for a model, not half a minute."""
    monkeypatch.setattr(headless, "Runtime", partial(Runtime, threads=1, limit_s=LIMIT_S))


def _tree(place: Path) -> dict[str, bytes | str]:
    """Everything beside and inside, links as what they point to."""
    return {
        str(path.relative_to(place.parent)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in place.parent.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _sentences(stderr: str) -> list[str]:
    lines = stderr.splitlines()
    assert all(line.startswith(PREFIX) for line in lines), stderr
    return [line.removeprefix(PREFIX) for line in lines]


# --- real processes ------------------------------------------------------------------------------------------------

START = f"""
import sys
from functools import partial
from explorer import cli, headless
from explorer.runtime.session import Runtime
headless.Runtime = partial(Runtime, threads=1, limit_s={LIMIT_S})
sys.exit(cli.main(sys.argv[1:]))
"""


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "explorer.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},  # as in most terminals; strict about what can be printed
    )


@pytest.fixture(scope="module")
def checked(bad: dict[str, Path]) -> dict[str, tuple[int, str, str, bool]]:
    """Name -> exit status, stdout and stderr of ``check`` in a process of its own, and whether the files stayed."""
    before = {name: _tree(place) for name, place in bad.items()}
    running = {
        name: subprocess.Popen(
            [sys.executable, "-c", START, "check", str(place)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, place in bad.items()
        if name in IN_PROCESSES
    }
    ended = {name: (process, *process.communicate(timeout=120)) for name, process in running.items()}
    return {
        name: (process.returncode, out, err, _tree(bad[name]) == before[name])
        for name, (process, out, err) in ended.items()
    }


@pytest.mark.parametrize("fault", IN_PROCESSES)
def test_check_tells_each_fault_in_one_sentence(fault: str, checked: dict[str, tuple[int, str, str, bool]]) -> None:
    status, out, err, untouched = checked[fault]
    assert (status, out) == (1, "")
    (sentence,) = _sentences(err)
    assert not faults_of(sentence), (faults_of(sentence), sentence)
    assert FAULTS[fault][1] in sentence
    assert untouched


def test_several_faults_are_several_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _wrong_hash(tmp_path / "model")
    (tmp_path / "model/CARD.md").write_bytes(b"X" * (tmp_path / "model/CARD.md").stat().st_size)
    assert cli.main(["check", str(tmp_path / "model")]) == 1
    assert len(_sentences(capsys.readouterr().err)) == 2


def test_a_fine_model_is_fine(tmp_path: Path) -> None:
    ended = _run("check", _tiny(tmp_path / "tiny.zip").path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "fine" in ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
def test_a_full_disk_leaves_the_old_picture(tmp_path: Path) -> None:
    """The system itself refuses to write another byte to any file."""
    out = tmp_path / "out.png"
    out.write_bytes(b"an earlier picture")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))" + START
    arguments = ["render", str(_tiny(tmp_path / "model").path), "-o", str(out)]
    ended = subprocess.run([sys.executable, "-c", limited, *arguments], capture_output=True, text=True, timeout=60)
    (sentence,) = _sentences(ended.stderr)
    assert ended.returncode == 1 and not faults_of(sentence)
    assert "The disk is full" in sentence and "out.png was not written" in sentence
    assert out.read_bytes() == b"an earlier picture"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "out.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
def test_a_model_whose_name_is_no_text(tmp_path: Path) -> None:
    _tiny(tmp_path / "caf\udce9")
    ended = _run("check", tmp_path / "caf\udce9")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_debug_shows_where(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound):
        cli.main(["render", str(tmp_path / "absent"), "-o", str(tmp_path / "out.png"), "--debug"])


# --- the same, in this process -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "a", "b"], ["render", "x"], ["render", "x", "-o", "y", "--seed", "-1"], ["--size", "huge"],
     ["render", "x", "-o", "y", "--psi", "nan"], ["render", "x", "-o", "y", "--set", "7"], ["--device", "abacus"]],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_call_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: latent-explorer")


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - set(IN_PROCESSES)))
def test_check_tells_every_other_fault_too(
    fault: str, bad: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = _tree(bad[fault])
    assert cli.main(["check", str(bad[fault])]) == 1
    captured = capsys.readouterr()
    (sentence,) = _sentences(captured.err)
    assert captured.out == "" and not faults_of(sentence) and FAULTS[fault][1] in sentence
    assert _tree(bad[fault]) == before


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize("fault", FAULTS)
def test_render_tells_the_fault_and_leaves_the_old_picture(
    fault: str, bad: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, fresh = tmp_path / "old.png", tmp_path / "fresh.png"
    old.write_bytes(b"an earlier picture")
    statuses = [cli.main(["render", str(bad[fault]), "-o", str(out)]) for out in (old, fresh)]
    captured = capsys.readouterr()
    if fault in ONLY_CHECKED:
        assert statuses == [0, 0] and captured.err == ""
        return
    assert statuses == [1, 1] and captured.out == ""
    for sentence in _sentences(captured.err):
        assert not faults_of(sentence) and FAULTS[fault][1] in sentence
    assert old.read_bytes() == b"an earlier picture" and not fresh.exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_loading_raises_an_error_with_a_sentence(fault: str, bad: dict[str, Path]) -> None:
    runtime = Runtime("cpu", threads=1, limit_s=LIMIT_S)
    try:
        if fault in ONLY_CHECKED:
            assert load_model(bad[fault], runtime).decodes is not None
            return
        with pytest.raises(ExplorerError) as caught:
            load_model(bad[fault], runtime)
        assert isinstance(caught.value, BundleError | ModelFault)
        assert_plain(caught.value)
    finally:
        runtime.close()


def test_the_library_shows_why_and_goes_on(bad: dict[str, Path], tmp_path: Path) -> None:
    for place in bad.values():
        item = read_item(place)
        assert not item.fault or not faults_of(item.fault)
        assert item.title
    assert read_item(bad["newer format"]).fault and read_item(bad["cut.zip"]).fault
    fine = read_item(_tiny(tmp_path / "fine").path)
    assert fine.fault == "" and fine.preview_png is not None
