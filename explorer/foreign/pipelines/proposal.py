"""What a bundle made of a pipeline would be: all is known but how large its pictures shall be."""

from explorer.foreign.proposal import Proposed
from explorer.foreign.questions import Question

SIZE = "size"


class PipelineProposal(Proposed):
    """The bundle, as it would be saved now; ``parts`` are its graphs by name, and what each does."""

    side: int
    sides: tuple[int, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """The size, where there is a choice."""
        if len(self.sides) < 2:
            return ()
        answers = tuple((str(side), f"{side} × {side} px") for side in self.sides)
        sentence = "How large shall its pictures be? Smaller ones come sooner, the largest are what it was made for."
        return (Question(SIZE, sentence, answers, str(self.side)),)
