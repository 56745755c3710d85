"""The command line: what is understood, what is refused, which sentence comes out, and what is never imported."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from explorer import cli
from explorer.contract.errors import ModelFault
from explorer.options import LaunchOptions, RenderOptions
from tests.graphs import tiny_bundle

HEAVY = ("PySide6", "pyqtgraph", "superqt", "onnxruntime", "onnx", "PIL", "torch", "numpy", "pydantic", "psygnal")


# --- help ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], ["check"], ["render"], ["bench"]])
def test_help_is_given_without_importing_anything_heavy(command: list[str]) -> None:
    script = (
        "import sys\n"
        "from explorer import cli\n"
        "try:\n"
        f"    cli.main([*{command!r}, '--help'])\n"
        "except SystemExit as end:\n"
        "    status = end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], status)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.stdout.splitlines()[-1] == "[] 0", ended.stdout + ended.stderr
    assert ended.stdout.startswith(f"usage: latent-explorer {' '.join(command)}".rstrip())
    assert ended.stderr == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("latent-explorer ")


# --- what is understood --------------------------------------------------------------------------------------------


def opened(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> LaunchOptions:
    """What the window would have been started with."""
    got: list[LaunchOptions] = []
    app: Any = type(sys)("explorer.app")
    app.run = lambda options: got.append(options) or 0
    monkeypatch.setitem(sys.modules, "explorer.app", app)
    monkeypatch.setattr("explorer.app", app, raising=False)
    assert cli.main(arguments) == 0
    return got[0]


def test_without_arguments_the_window_opens_with_the_last_session(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch) == LaunchOptions()
    assert LaunchOptions().session


def test_every_wish_about_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    options = opened(
        monkeypatch, "model.zip", "--device", "cpu", "--present", "--size", "1280X800", "--panel", "card",
        "--theme", "high-contrast", "--fresh",
    )  # fmt: skip
    assert options == LaunchOptions(
        target=Path("model.zip"), device="cpu", present=True, size=(1280, 800), panel="card", theme="high-contrast",
        session=False,
    )  # fmt: skip


def test_a_screenshot_leaves_the_session_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    options = opened(monkeypatch, "--screenshot", "out.png")
    assert (options.screenshot, options.session) == (Path("out.png"), False)


def test_a_file_may_have_the_name_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch, "./check").target == Path("check")


def rendered(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> RenderOptions:
    got: list[RenderOptions] = []
    monkeypatch.setattr("explorer.headless.render", lambda options: got.append(options) or 0)
    assert cli.main(["render", *arguments]) == 0
    return got[0]


def test_render_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(monkeypatch, "tiny", "-o", "out.png") == RenderOptions(Path("tiny"), Path("out.png"))


def test_every_wish_about_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    options = rendered(
        monkeypatch, "tiny", "--out", "out.png", "--seed", "7", "--psi", "0.5", "--set", "z3=-1.5", "--set", "12=2",
        "--device", "cpu",
    )  # fmt: skip
    assert options == RenderOptions(Path("tiny"), Path("out.png"), 7, 0.5, ((3, -1.5), (12, 2.0)), "cpu")


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "b"], "unrecognized arguments: b"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--size", "1440"], "'1440' is not a size such as 1440x900"),
        (["--size", "10x10"], "'10x10' is not a size"),
        (["--size", "99999x900"], "is not a size"),
        (["--theme", "mauve"], "invalid choice: 'mauve'"),
        (["check"], "the following arguments are required: bundle"),
        (["render", "a"], "the following arguments are required: -o/--out"),
        (["render", "a", "-o", "b", "--seed", "1.5"], "'1.5' is not a whole number of 0 or more"),
        (["render", "a", "-o", "b", "--seed", "²"], "'²' is not a whole number"),
        (["render", "a", "-o", "b", "--psi", "much"], "'much' is not a number"),
        (["render", "a", "-o", "b", "--psi", "inf"], "'inf' is not a number"),
        (["render", "a", "-o", "b", "--set", "z=1"], "'z=1' is not like z7=1.5"),
        (["render", "a", "-o", "b", "--set", "z1=x"], "'x' is not a number"),
        (["render", "a", "-o", "b", "--set", "z-1=1"], "is not like z7=1.5"),
        (["bench"], "the following arguments are required: bundle"),
        (["bench", "a", "--moves", "many"], "'many' is not a whole number of 1 or more"),
        (["bench", "a", "--moves", "0"], "'0' is not a whole number of 1 or more"),
    ],
)
def test_a_wrong_call_is_status_2_and_says_what_is_wrong(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert words in capsys.readouterr().err


# --- what goes wrong -----------------------------------------------------------------------------------------------


def failing(error: BaseException) -> Any:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModelFault("The model is broken; get another."), "latent-explorer: The model is broken; get another.\n"),
        (KeyboardInterrupt(), "latent-explorer: stopped.\n"),
        (
            ZeroDivisionError("by nothing"),
            "latent-explorer: an unexpected error: ZeroDivisionError: by nothing (--debug shows where).\n",
        ),
    ],
)
def test_what_goes_wrong_is_one_line_and_status_1(
    error: BaseException, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.saying_why(failing(error), debug=False) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", sentence)


@pytest.mark.parametrize("error", [ModelFault("The model is broken; get another."), ZeroDivisionError("by nothing")])
def test_debug_lets_the_traceback_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        cli.saying_why(failing(error), debug=True)
    assert caught.value is error


@pytest.mark.parametrize("where", [0, 1, 2])
def test_debug_may_stand_anywhere(where: int, tmp_path: Path) -> None:
    arguments = ["render", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out.png")]
    arguments.insert(where, "--debug")
    with pytest.raises(Exception, match="There is no model at"):
        cli.main(arguments)


def test_an_unexpected_error_of_many_lines_is_told_in_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.saying_why(failing(ValueError("first\nsecond\nthird")), debug=False) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["explorer.cli", "check", "assets/models/fashion-ae"], ["trainers", "list"]], ids=lambda words: words[0]
)
def test_who_leaves_before_all_is_printed_is_told_nothing(words: list[str]) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)
    assert child.stdout is not None
    child.stdout.close()  # as ``| head`` does, a little later
    assert child.stderr is not None
    with child.stderr:
        assert child.stderr.read() == ""
    assert child.wait(60) == 1


def test_a_broken_pipe_that_is_not_standard_output_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.saying_why(failing(BrokenPipeError("of a child")), debug=False) == 1
    assert "BrokenPipeError: of a child" in capsys.readouterr().err


def test_check_of_a_fine_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tiny_bundle(tmp_path / "tiny").path
    assert cli.main(["check", str(path)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{path}: fine. CPU · ")
    assert captured.err == ""
