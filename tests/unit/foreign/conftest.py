"""An import in this very process, so that many can be tried: the child's desk without the child."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.contract.archive import pack_arrays
from explorer.contract.pixels import to_pixels
from explorer.foreign.child import Desk
from explorer.foreign.facts import Study
from explorer.foreign.proposal import Proposal
from explorer.foreign.questions import Question, answered, questions
from explorer.models.capabilities import Model
from explorer.models.load import load_model
from explorer.runtime.session import Runtime
from tests.graphs import Toy


@dataclass
class Hand:
    """Drops files, answers questions, saves."""

    folder: Path
    runtime: Runtime

    def __post_init__(self) -> None:
        self.desk = Desk(self.folder, self.runtime)
        self.pictures = ""
        self.study, self.proposal = Study(), Proposal(name="", parts=())

    def drop(self, toy: Toy | None = None, **contents: bytes) -> Proposal:
        """Graphs by name; with ``toy`` also pictures of the kind that it makes, as a person would drop with them."""
        self.pictures = ""
        if toy is not None:
            shown = to_pixels(toy.decode(toy.codes(8)), toy.image_meaning)
            pictures = np.repeat(shown, 3, axis=3) if toy.channels == 1 else shown[..., :3]
            self.pictures = "own.npz"
            packed = pack_arrays({str(at): picture for at, picture in enumerate(pictures)})
            (self.folder / self.pictures).write_bytes(packed)
        paths = []
        for name, content in contents.items():
            path = self.folder / f"{name}.onnx"
            path.write_bytes(content)
            paths.append(path)
        return self.drop_paths(*paths)

    def drop_paths(self, *paths: Path) -> Proposal:
        """Files."""
        answer: dict[str, Any] = self.desk.answer(
            {
                "ask": "study",
                "paths": [str(path) for path in paths],
                "pictures": self.pictures,
            }
        )
        assert "fault" not in answer, answer["fault"]
        self.study = Study.model_validate(answer["study"])
        self.proposal = Proposal.model_validate(answer["proposal"])
        return self.proposal

    def answer(self, key: str, value: str) -> Proposal:
        """Another answer to a question that is open."""
        assert value in [name for name, _ in self.question(key).answers]
        self.proposal = answered(self.study, self.proposal, key, value)
        return self.proposal

    def question(self, key: str) -> Question:
        """An open question."""
        return next(question for question in questions(self.study, self.proposal) if question.key == key)

    @property
    def keys(self) -> set[str]:
        """Of the open questions."""
        return {question.key for question in questions(self.study, self.proposal)}

    def save(self) -> Model:
        """The saved bundle, loaded as the program loads it."""
        proposal = self.proposal.model_dump(mode="json")
        answer = self.desk.answer({"ask": "save", "proposal": proposal, "checked": ["all"]})
        assert "fault" not in answer, answer["fault"]
        return load_model(self.folder / "bundle", self.runtime)


@pytest.fixture(scope="session")
def runtime() -> Iterator[Runtime]:
    made = Runtime("cpu", threads=1, limit_s=5)
    yield made
    made.close()


@pytest.fixture
def hand(tmp_path: Path, runtime: Runtime) -> Hand:
    return Hand(tmp_path, runtime)
