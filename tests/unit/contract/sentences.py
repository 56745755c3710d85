"""What every error sentence of the contract must be: short, plain, ended by a full stop, and saying what to do."""

import re

from explorer.contract.errors import ExplorerError

LONGEST = 300
_DEEDS = re.compile(
    r"\b(get|export|choose|check|do not use|update|free|unpack|copy|pack|name|try|start|open|resize|stop|install)\b",
    re.IGNORECASE,
)


def faults_of(sentence: str) -> list[str]:
    """What is wrong with a sentence that is shown to a person; empty when nothing is."""
    checks = {
        "does not end with a full stop": sentence.endswith("."),
        f"is longer than {LONGEST} characters": len(sentence) < LONGEST,
        "holds a line break or an invisible character": sentence.isprintable(),
        "holds a traceback": "Traceback" not in sentence and ", line " not in sentence,
        "does not say what to do": _DEEDS.search(sentence) is not None,
    }
    return [fault for fault, fine in checks.items() if not fine]


def assert_plain(error: BaseException) -> None:
    """An error of ours, whose sentence can be shown as it is."""
    assert isinstance(error, ExplorerError), repr(error)
    assert not faults_of(str(error)), (faults_of(str(error)), str(error))
