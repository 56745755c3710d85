"""The rules that keep the house as it is drawn: who may import whom, and what no file may contain."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "a pickle runs what its author wrote": ("explorer trainers", r"\b(pickle|cloudpickle|dill|joblib|shelve)\b"),
    "numpy reads pickles when it is allowed to": ("explorer trainers", r"allow_pickle\s*=\s*True"),
    "torch.load reads pickles; checkpoints are safetensors": ("explorer trainers", r"torch\.load\("),
    "wait for a condition, not for time": ("tests", r"qtbot\.wait\(|processEvents\(|time\.sleep\("),
    "collecting garbage by hand hides who holds it": ("explorer tests", r"\bgc\.collect\("),
}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))


def test_imports_follow_the_arrows(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("reason", FORBIDDEN)
def test_no_file_contains(reason: str) -> None:
    folders, pattern = FORBIDDEN[reason]
    searched = list(sources(*folders.split()))
    assert searched
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in searched
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found, f"{reason}:\n" + "\n".join(found)


def test_top_level_is_the_one_that_was_drawn() -> None:
    tracked = {"explorer", "trainers", "assets", "tests", "packaging"}
    made = {"build", "dist", "runs", "venv"}  # by tools
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert folders - made == tracked


def test_no_room_is_a_dumping_ground() -> None:
    names = {"utils", "util", "helpers", "common", "misc"}
    assert not [path for path in sources("explorer", "trainers", "tests") if names & {path.stem, path.parent.name}]
